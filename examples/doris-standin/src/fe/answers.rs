//! The shapes a front end answers in.

use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::{http_date, now_ms};
use crate::http::{Framing, Response};

/// An answer of the front end.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: u16,
    body: String,
    location: Option<String>,
    /// The three `Vary` lines are missing where no handler takes the method.
    varies: bool,
    /// A session that the client is to keep, as a `Set-Cookie` value.
    cookie: Option<String>,
    content_type: &'static str,
    framing: Framing,
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    msg: &'static str,
    code: u16,
    data: &'a T,
    count: u32,
}

impl Answer {
    /// `{"msg":"success","code":0,…}`.
    pub(super) fn success(data: &impl Serialize) -> Self {
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

    /// An exception that nobody expected; without a text where it had none.
    pub(super) fn internal_error(text: Option<&str>) -> Self {
        Self::envelope("Internal Error", 500, &json!(text))
    }

    pub(super) fn method_not_supported(method: &str) -> Self {
        let text = format!("Request method '{method}' not supported");
        Self { varies: false, ..Self::internal_error(Some(&text)) }
    }

    /// `{"status":"FAILED","msg":…}`, the shape of the load paths.
    pub(super) fn failed(text: &str) -> Self {
        Self::json(json!({ "status": "FAILED", "msg": text }).to_string())
    }

    /// A redirect that leaves the body unread.
    pub(super) fn redirect(location: String) -> Self {
        Self { status: 307, location: Some(location), ..Self::json(String::new()) }
    }

    /// The container's own redirect, before any handler saw the request.
    pub(super) fn found(location: String) -> Self {
        Self { status: 302, varies: false, framing: Framing::Counted, ..Self::redirect(location) }
    }

    /// A bare value, as controllers answer that make no envelope.
    pub(super) fn bare(value: &Value) -> Self {
        Self::json(value.to_string())
    }

    /// JSON that was written straight to the client, bit by bit or, when `framing` is counted, in one go.
    pub(super) fn written(body: String, framing: Framing) -> Self {
        Self { content_type: "application/json;charset=utf-8", framing, ..Self::json(body) }
    }

    /// The same with a session to keep.
    pub(super) fn with_cookie(self, cookie: String) -> Self {
        Self { cookie: Some(cookie), ..self }
    }

    fn envelope(msg: &'static str, code: u16, data: &impl Serialize) -> Self {
        let envelope = Envelope { msg, code, data, count: 0 };
        Self::json(serde_json::to_string(&envelope).unwrap_or_else(|error| error.to_string()))
    }

    fn json(body: String) -> Self {
        Self {
            status: 200,
            body,
            location: None,
            varies: true,
            cookie: None,
            content_type: "application/json",
            framing: Framing::Streamed,
        }
    }

    pub(super) fn into_response(self) -> Response {
        let mut headers = vec![("Date", http_date(now_ms()))];
        if self.varies {
            let varying = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"];
            headers.extend(varying.map(|name| ("Vary", name.to_owned())));
        }
        if let Some(cookie) = self.cookie {
            headers.push(("Set-Cookie", cookie));
            headers.push(("Expires", "Thu, 01 Jan 1970 00:00:00 GMT".to_owned()));
        }
        match self.location {
            Some(location) => {
                if self.varies {
                    headers.push(("Content-Language", "en".to_owned()));
                }
                headers.push(("Location", location));
            }
            None => headers.push(("Content-Type", self.content_type.to_owned())),
        }
        Response {
            headers,
            body: self.body.into_bytes(),
            framing: self.framing,
            ..Response::counted(self.status, "", "")
        }
    }
}
