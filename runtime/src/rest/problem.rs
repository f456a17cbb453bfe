//! The one shape of errors: `{"error_code":404,"code":"connector_not_found","message":…}`, and where it helps `errors` and `hint`.

use super::answer::{self, Answer};
use crate::{causes, host::HostError};
use connector_api::ConfigErrors;
use hyper::{
    StatusCode,
    header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;

/// What went wrong, for programs; these words do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    /// The request itself is wrong.
    BadRequest,
    /// The body has more bytes than the worker takes.
    BodyTooLarge,
    /// There is no such connector.
    ConnectorNotFound,
    /// The connector has no such task.
    TaskNotFound,
    /// There is a connector of that name.
    ConnectorExists,
    /// The configuration is wrong; `errors` says where.
    InvalidConfig,
    /// The configuration is right, and does not fit the connector's target; `errors` says where.
    DoesNotFit,
    /// The internal topic did not take the change: nothing has changed.
    NotStored,
    /// The internal topic may have taken the change.
    InDoubt,
    /// The connector's class did not answer.
    ClassFailed,
    /// The worker is ending.
    ShuttingDown,
    /// What was asked has not happened in time, and may still happen.
    Timeout,
    /// Credentials are missing or not right.
    Unauthorized,
    /// The account may look only.
    Forbidden,
    /// The GET would change something, which is switched off.
    GetMustNotChange,
    /// As many requests are under way as may be.
    TooManyRequests,
    /// As many connections are open as may be.
    TooManyConnections,
}

impl Code {
    /// All of them, for whoever lists them.
    #[cfg(test)]
    pub(super) const ALL: [Self; 17] = [
        Self::BadRequest,
        Self::BodyTooLarge,
        Self::ConnectorNotFound,
        Self::TaskNotFound,
        Self::ConnectorExists,
        Self::InvalidConfig,
        Self::DoesNotFit,
        Self::NotStored,
        Self::InDoubt,
        Self::ClassFailed,
        Self::ShuttingDown,
        Self::Timeout,
        Self::Unauthorized,
        Self::Forbidden,
        Self::GetMustNotChange,
        Self::TooManyRequests,
        Self::TooManyConnections,
    ];

    /// What HTTP wants said with it.
    fn headers(self) -> &'static [(HeaderName, &'static str)] {
        match self {
            Self::Unauthorized => &[
                (WWW_AUTHENTICATE, "Basic realm=\"rocketmq-connect\", charset=\"UTF-8\""),
                (WWW_AUTHENTICATE, "Bearer realm=\"rocketmq-connect\""),
            ],
            Self::GetMustNotChange => &[(ALLOW, "POST, PUT, PATCH, DELETE")],
            Self::TooManyRequests | Self::TooManyConnections => &[(RETRY_AFTER, "1")],
            _ => &[],
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::InvalidConfig | Self::DoesNotFit => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ConnectorNotFound | Self::TaskNotFound => StatusCode::NOT_FOUND,
            Self::ConnectorExists => StatusCode::CONFLICT,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::GetMustNotChange => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotStored
            | Self::InDoubt
            | Self::ShuttingDown
            | Self::TooManyRequests
            | Self::TooManyConnections => StatusCode::SERVICE_UNAVAILABLE,
            Self::ClassFailed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

/// Why a request was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    code: Code,
    message: String,
    hint: Option<&'static str>,
    errors: Vec<(String, String)>,
}

impl Problem {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, errors: Vec::new() }
    }

    /// The same, with what to do about it.
    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    pub(super) fn no_connector(name: &str) -> Self {
        Self::new(Code::ConnectorNotFound, format!("Connector {name} not found"))
            .hint("GET /connectors lists the connectors there are")
    }

    /// Why a change of connector `name` was refused or failed.
    pub(super) fn of(name: &str, error: &HostError) -> Self {
        let told = |code| Self::new(code, causes(error));
        match error {
            HostError::UnknownConnector(_) => Self::no_connector(name),
            HostError::Exists(_) => {
                told(Code::ConnectorExists).hint("PUT /connectors/{name}/config replaces a configuration")
            }
            HostError::SameConfig => told(Code::ConnectorExists),
            HostError::MissingClass => {
                told(Code::InvalidConfig).at("connector.class", "required and not given")
            }
            HostError::MissingTopics => {
                told(Code::InvalidConfig).at("connect.topicnames", "required and not given")
            }
            HostError::UnknownClass(unknown) => {
                told(Code::InvalidConfig).at("connector.class", &unknown.to_string())
            }
            HostError::InvalidConfig(errors) => told(Code::InvalidConfig).with(errors),
            HostError::DoesNotFit(errors) => told(Code::DoesNotFit).with(errors),
            HostError::Class(_) => told(Code::ClassFailed),
            HostError::Store(_) => {
                told(Code::NotStored).hint("nothing has changed; ask again once the broker answers")
            }
            HostError::InDoubt(_) => told(Code::InDoubt),
            HostError::ShuttingDown => told(Code::ShuttingDown),
        }
    }

    fn at(mut self, key: &str, message: &str) -> Self {
        self.errors.push((key.to_owned(), message.to_owned()));
        self
    }

    fn with(mut self, errors: &ConfigErrors) -> Self {
        self.errors.extend(errors.0.iter().map(|error| (error.key.clone(), error.problem.clone())));
        self
    }

    pub(super) fn answer(&self) -> Answer {
        #[derive(Serialize)]
        struct Body<'a> {
            error_code: u16,
            code: Code,
            message: &'a str,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            errors: Vec<At<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            hint: Option<&'static str>,
        }
        #[derive(Serialize)]
        struct At<'a> {
            key: &'a str,
            message: &'a str,
        }
        let Self { code, message, hint, errors } = self;
        let status = code.status();
        let errors = errors.iter().map(|(key, message)| At { key, message }).collect();
        let body = Body { error_code: status.as_u16(), code: *code, message, errors, hint: *hint };
        let mut answer = answer::json(status, &body);
        for (name, value) in code.headers() {
            answer.headers_mut().append(name, HeaderValue::from_static(value));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_explains_every_code() {
        let page = include_str!("../../../docs/rest.md");
        let (_, codes) = page.split_once("\n## Error codes\n").expect("a chapter of error codes");
        let explained: Vec<_> = codes
            .lines()
            .filter_map(|line| line.strip_prefix("### `")?.split_once('`'))
            .map(|(code, rest)| (code.to_owned(), rest.trim().to_owned()))
            .collect();
        let known = Code::ALL.map(|code| {
            let name = serde_json::to_value(code).unwrap().as_str().unwrap().to_owned();
            (name, code.status().as_u16().to_string())
        });
        assert_eq!(explained, known);
    }
}
