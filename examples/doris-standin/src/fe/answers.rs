//! The shapes a front end answers in.

use serde_json::{Value, json};

use crate::accounts::LoginError;
use crate::clock::{http_date, now_ms};
use crate::http::{Framing, Response};

/// An answer of the front end.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: u16,
    body: String,
    location: Option<String>,
    /// The three `Vary` lines are missing where the container refuses the method.
    varies: bool,
}

impl Answer {
    /// `{"msg":"success","code":0,…}`.
    pub(super) fn success(data: &Value) -> Self {
        Self::envelope("success", 0, data)
    }

    /// `{"msg":"Error","code":1,…}`.
    pub(super) fn error(text: &str) -> Self {
        Self::envelope("Error", 1, &json!(text))
    }

    /// Code 403, which the front end uses for bad requests.
    pub(super) fn bad_request(text: &str) -> Self {
        Self::envelope("Bad Request", 403, &json!(text))
    }

    pub(super) fn not_found(text: &str) -> Self {
        Self::envelope("Not Found", 404, &json!(text))
    }

    pub(super) fn unauthorized(text: &str) -> Self {
        Self::envelope("Unauthorized", 401, &json!(text))
    }

    pub(super) fn method_not_supported(method: &str) -> Self {
        let text = format!("Request method '{method}' not supported");
        Self { varies: false, ..Self::envelope("Internal Error", 500, &json!(text)) }
    }

    /// `{"status":"FAILED","msg":…}`, the shape of the load paths.
    pub(super) fn failed(text: &str) -> Self {
        Self::json(json!({ "status": "FAILED", "msg": text }).to_string())
    }

    /// A redirect that leaves the body unread.
    pub(super) fn redirect(location: String) -> Self {
        Self { status: 307, body: String::new(), location: Some(location), varies: true }
    }

    fn envelope(msg: &str, code: u16, data: &Value) -> Self {
        Self::json(json!({ "msg": msg, "code": code, "data": data, "count": 0 }).to_string())
    }

    fn json(body: String) -> Self {
        Self { status: 200, body, location: None, varies: true }
    }

    pub(super) fn into_response(self) -> Response {
        let mut headers = vec![("Date", http_date(now_ms()))];
        if self.varies {
            let varying = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"];
            headers.extend(varying.map(|name| ("Vary", name.to_owned())));
        }
        match self.location {
            Some(location) => {
                headers.push(("Content-Language", "en".to_owned()));
                headers.push(("Location", location));
            }
            None => headers.push(("Content-Type", "application/json".to_owned())),
        }
        Response {
            headers,
            body: self.body.into_bytes(),
            framing: Framing::Streamed,
            ..Response::counted(self.status, "", "")
        }
    }
}

impl From<LoginError> for Answer {
    fn from(error: LoginError) -> Self {
        Self::unauthorized(&error.to_string())
    }
}
