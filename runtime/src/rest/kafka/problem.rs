//! The one shape of errors: `{"error_code":404,"code":"connector_not_found","message":…}`, and where it helps `errors` and `hint`.

use crate::{
    causes,
    host::HostError,
    rest::answer::{self, Answer},
};
use connector_api::ConfigErrors;
use hyper::StatusCode;
use serde::Serialize;

/// What went wrong, for programs; these words do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::rest) enum Code {
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
}

impl Code {
    /// All of them, for whoever lists them.
    #[cfg(test)]
    pub(in crate::rest) const ALL: [Self; 12] = [
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
    ];

    fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::InvalidConfig | Self::DoesNotFit => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ConnectorNotFound | Self::TaskNotFound => StatusCode::NOT_FOUND,
            Self::ConnectorExists => StatusCode::CONFLICT,
            Self::NotStored | Self::InDoubt | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::ClassFailed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

/// Why a request was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rest) struct Problem {
    code: Code,
    message: String,
    hint: Option<&'static str>,
    errors: Vec<(String, String)>,
}

impl Problem {
    pub(in crate::rest) fn new(code: Code, message: impl Into<String>) -> Self {
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

    pub(in crate::rest) fn answer(&self) -> Answer {
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
        answer::json(status, &Body { error_code: status.as_u16(), code: *code, message, errors, hint: *hint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_explains_every_code() {
        let page = include_str!("../../../../docs/rest.md");
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
