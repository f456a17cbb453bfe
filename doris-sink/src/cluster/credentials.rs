//! The user and the password, and how they stay unsaid.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use connector_api::Secret;
use hyper::header::HeaderValue;
use memchr::memmem;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;

/// What stands in an answer in place of a password.
const MASK: &[u8] = b"******";

/// What frontends encode of a password in a URL (`java.net.URI`, user information).
const JAVA: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What Doris knows the sink by (Basic authentication, RFC 7617).
pub(super) struct Credentials {
    header: Option<HeaderValue>,
    /// The password as answers may repeat it: within a header, and within the address of a redirect.
    forms: Vec<Vec<u8>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    pub(super) fn new(user: &str, password: &Secret) -> Self {
        let password = password.expose();
        let token = STANDARD.encode(format!("{user}:{password}"));
        let mut header = HeaderValue::from_str(&format!("Basic {token}")).ok();
        if let Some(value) = &mut header {
            value.set_sensitive(true);
        }
        let mut forms = Vec::new();
        if !password.is_empty() {
            let encoded = [JAVA, NON_ALPHANUMERIC].map(|set| utf8_percent_encode(password, set).to_string());
            forms.push(token.into_bytes());
            forms.extend(
                encoded.into_iter().chain([password.to_owned()]).map(|p| format!(":{p}@").into_bytes()),
            );
            forms.dedup();
        }
        Self { header, forms }
    }

    /// The value of `Authorization`.
    pub(super) fn header(&self) -> Option<&HeaderValue> {
        self.header.as_ref()
    }

    /// `body`, without the credentials. Proxies like to show the request that they could not serve, and addresses are repeated in
    /// the text of redirects; what Doris says goes into errors and logs.
    pub(super) fn hidden_in(&self, mut body: Bytes) -> Bytes {
        for form in &self.forms {
            if memmem::find(&body, form).is_some() {
                body = replaced(&body, form);
            }
        }
        body
    }
}

fn replaced(body: &[u8], form: &[u8]) -> Bytes {
    let mut clean = Vec::with_capacity(body.len());
    let mut rest = 0;
    for at in memmem::find_iter(body, form) {
        clean.extend_from_slice(&body[rest..at]);
        clean.extend_from_slice(MASK);
        rest = at + form.len();
    }
    clean.extend_from_slice(&body[rest..]);
    clean.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(password: &str, body: &str, expected: &str) {
        let credentials = Credentials::new("loader", &Secret::new(password));
        let hidden = credentials.hidden_in(Bytes::copy_from_slice(body.as_bytes()));
        assert_eq!(String::from_utf8_lossy(&hidden), expected, "{password} in {body}");
        assert!(!format!("{credentials:?}").contains(password), "{credentials:?}");
    }

    #[test]
    fn credentials_that_an_answer_repeats_are_not_passed_on() {
        check(
            "s3cret",
            "<pre>Authorization: Basic bG9hZGVyOnMzY3JldA==</pre>",
            "<pre>Authorization: Basic ******</pre>",
        );
        check(
            "s3cret",
            "to http://loader:s3cret@be:1/, http://loader:s3cret@be:2/",
            "to http://loader******be:1/, http://loader******be:2/",
        );
        check("a/b c@d", "http://loader:a%2Fb%20c%40d@be", "http://loader******be");
        check(
            "a/b-d",
            "http://loader:a%2Fb-d@be http://loader:a%2Fb%2Dd@be http://loader:a/b-d@be",
            "http://loader******be http://loader******be http://loader******be",
        );
    }

    #[test]
    fn what_only_looks_like_a_password_stays() {
        check("1", "{\"TxnId\": 11, \"Label\": \"l1\"}", "{\"TxnId\": 11, \"Label\": \"l1\"}");
    }

    #[test]
    fn no_password_hides_nothing() {
        let body = Bytes::from_static(b"http://loader:@be, bG9hZGVyOg==");
        assert_eq!(Credentials::new("loader", &Secret::new("")).hidden_in(body.clone()), body);
    }
}
