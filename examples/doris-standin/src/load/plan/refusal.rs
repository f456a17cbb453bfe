//! Why a load cannot be planned, and why a row is filtered: the servers' words.

use crate::load::expression::ExpressionError;

/// Why a load cannot be planned, in the front end's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {0}")]
pub(crate) struct PlanError(String);

impl PlanError {
    pub(super) fn new(detail: impl Into<String>) -> Self {
        Self(detail.into())
    }

    /// A refusal of the stand-in's own.
    pub(super) fn beyond(what: &str) -> Self {
        Self(format!("the Doris stand-in does not do {what}"))
    }
}

impl From<ExpressionError> for PlanError {
    fn from(error: ExpressionError) -> Self {
        Self(error.to_string())
    }
}

/// A row that is filtered, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejected {
    #[error("column({column}) values is null while columns is not nullable")]
    Null { column: String },
    #[error("column({column}) value is incorrect while strict mode is true, src value is {value}")]
    Incorrect { column: String, value: String },
    #[error("{0}")]
    Shape(String),
    #[error("no partition for this tuple. tuple=\n{row}")]
    NoPartition { row: String },
    #[error(
        "column_name[{column}], {nested}the length of input is too long than schema. first 32 bytes of input str: [{prefix}] schema length: {limit}; actual length: {actual}; "
    )]
    TooLong { column: String, nested: &'static str, prefix: String, limit: usize, actual: usize },
    #[error(
        "column_name[{column}], {nested}the length of input string is too long than vec schema. first 32 bytes of input str: [{prefix}] schema length: 2147483643; limit length: {limit}; actual length: {actual}; "
    )]
    TooLongForAny { column: String, nested: &'static str, prefix: String, limit: usize, actual: usize },
}

impl Rejected {
    /// Whether the row is found bad only when it is handed on to be stored; its text is not logged then.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self, Self::TooLong { .. } | Self::TooLongForAny { .. })
    }

    /// Whether the log shows the row's fields.
    pub(crate) fn shows_row(&self) -> bool {
        matches!(self, Self::Null { .. } | Self::Incorrect { .. })
    }
}
