//! What a request is answered with: a response, or a refusal with a code and a reason.

use remoting::{
    code::response,
    command::{Command, FieldError},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::StoreError;

/// Why a request was not done: the response code clients act on, and a reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: i32,
    pub(crate) remark: String,
}

/// The outcome of a request.
pub(crate) type Answer = Result<Command, Refusal>;

impl Refusal {
    pub(crate) fn new(code: i32, remark: impl Into<String>) -> Self {
        Self { code, remark: remark.into() }
    }

    pub(crate) fn unknown_topic(topic: &str) -> Self {
        Self::new(response::TOPIC_NOT_EXIST, format!("topic[{topic}] not exist, apply first please!"))
    }

    pub(crate) fn response_to(self, request: &Command) -> Command {
        Command::response_to(request, self.code).with_remark(self.remark)
    }
}

/// A Java broker answers a header it cannot read with `SYSTEM_ERROR`; here with which field it was.
impl From<FieldError> for Refusal {
    fn from(error: FieldError) -> Self {
        Self::new(response::SYSTEM_ERROR, error.to_string())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Closed => response::SERVICE_NOT_AVAILABLE,
            StoreError::TopicDeleted { .. } => response::TOPIC_NOT_EXIST,
            _ => response::SYSTEM_ERROR,
        };
        Self::new(code, error.to_string())
    }
}

/// The answer "done" to `request`.
pub(crate) fn done(request: &Command) -> Command {
    Command::response_to(request, response::SUCCESS)
}

/// The answer "done" with a JSON body.
pub(crate) fn done_with(request: &Command, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).map_err(|error| {
        Refusal::new(response::SYSTEM_ERROR, format!("the answer cannot be encoded: {error}"))
    })?;
    Ok(done(request).with_body(body))
}

/// The JSON body of `request`.
pub(crate) fn body<T: DeserializeOwned>(request: &Command) -> Result<T, Refusal> {
    serde_json::from_slice(&request.body).map_err(|error| {
        Refusal::new(
            response::SYSTEM_ERROR,
            format!("the body of request {} is not readable: {error}", request.code),
        )
    })
}
