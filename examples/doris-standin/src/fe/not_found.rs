//! The page a servlet container answers for paths it does not know.

use crate::http::Response;

/// The page for a path.
pub(super) fn page(path: &str) -> Response {
    let path = path
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;");
    let body = format!(
        "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=ISO-8859-1\"/>\n\
         <title>Error 404 Not Found</title>\n</head>\n<body><h2>HTTP ERROR 404 Not Found</h2>\n<table>\n\
         <tr><th>URI:</th><td>{path}</td></tr>\n<tr><th>STATUS:</th><td>404</td></tr>\n\
         <tr><th>MESSAGE:</th><td>Not Found</td></tr>\n\
         <tr><th>SERVLET:</th><td>dispatcherServlet</td></tr>\n</table>\n\n</body>\n</html>\n"
    );
    let mut response = Response::counted(404, "text/html;charset=iso-8859-1", body);
    response.headers.insert(0, ("Cache-Control", "must-revalidate,no-cache,no-store".to_owned()));
    response
}
