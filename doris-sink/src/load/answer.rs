//! What servers of Doris answer, almost always with HTTP 200.

use crate::http::Answer;
use serde::Deserialize;

/// An answer, by the shape of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// A backend tells what became of a load.
    Load(LoadAnswer),
    /// A frontend or a check in front of the load refuses it: `{"status":"FAILED","msg":…}`, or the envelope
    /// `{"msg":…,"code":401,"data":…}`, or HTTP 401, 403, 413.
    Refused(String),
    /// What a transaction was told to do is done: `{"status":"Success","msg":…}`.
    Done,
    /// An envelope with code 0, holding this.
    Data(serde_json::Value),
    /// None of these, such as a proxy's page: how it begins.
    Foreign(String),
}

/// The result of a Stream Load; fields that newer or older versions have or lack are left out or empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LoadAnswer {
    pub(super) status: LoadStatus,
    pub(super) message: String,
    pub(super) transaction: i64,
    pub(super) existing: Existing,
    pub(super) total: Option<i64>,
    pub(super) loaded: Option<i64>,
    pub(super) filtered: i64,
    pub(super) unselected: i64,
    pub(super) times: Times,
    pub(super) error_url: Option<String>,
    pub(super) first_error: Option<String>,
}

/// How long the parts of a load took, in milliseconds; 0 where a version does not say.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Times {
    #[serde(rename = "LoadTimeMs", default)]
    pub(super) whole: i64,
    #[serde(rename = "BeginTxnTimeMs", default)]
    pub(super) begin: i64,
    #[serde(rename = "StreamLoadPutTimeMs", default)]
    pub(super) plan: i64,
    #[serde(rename = "ReceiveDataTimeMs", default)]
    pub(super) receive: i64,
    #[serde(rename = "WriteDataTimeMs", default)]
    pub(super) write: i64,
    #[serde(rename = "CommitAndPublishTimeMs", default)]
    pub(super) publish: i64,
}

/// `Status` of a load.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum LoadStatus {
    Success,
    /// Committed; readers see it a little later.
    PublishTimeout,
    LabelAlreadyExists,
    Fail,
    #[default]
    Missing,
    Other(String),
}

/// `ExistingJobStatus`: where the load stands that has the label already.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Finished,
    Running,
    Precommitted,
    /// Not said: older versions, and the cloud.
    #[default]
    Unsaid,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "Status")]
    load_status: Option<String>,
    #[serde(rename = "Message", default)]
    message: Option<String>,
    #[serde(rename = "TxnId", default)]
    transaction: i64,
    #[serde(rename = "ExistingJobStatus", default)]
    existing: Option<String>,
    #[serde(rename = "NumberTotalRows")]
    total: Option<i64>,
    #[serde(rename = "NumberLoadedRows")]
    loaded: Option<i64>,
    #[serde(rename = "NumberFilteredRows", default)]
    filtered: i64,
    #[serde(rename = "NumberUnselectedRows", default)]
    unselected: i64,
    #[serde(flatten)]
    times: Times,
    #[serde(rename = "ErrorURL")]
    error_url: Option<String>,
    #[serde(rename = "FirstErrorMsg")]
    first_error: Option<String>,
    status: Option<serde_json::Value>,
    msg: Option<String>,
    code: Option<i64>,
    data: Option<serde_json::Value>,
}

impl Parsed {
    /// Reads an answer.
    pub(super) fn of(answer: &Answer) -> Self {
        let excerpt = || excerpt(&answer.body);
        if !answer.status.is_success() {
            let said = match envelope(&answer.body) {
                Some(said) => said,
                None => format!("HTTP {} {}", answer.status, excerpt()).trim_end().to_owned(),
            };
            return match answer.status.as_u16() {
                401 | 403 | 413 => Self::Refused(said),
                _ => Self::Foreign(said),
            };
        }
        let Ok(raw) = serde_json::from_slice::<Raw>(&answer.body) else { return Self::Foreign(excerpt()) };
        match raw {
            Raw { load_status: Some(_), .. } => Self::Load(raw.into()),
            Raw { code: Some(0), data, .. } => Self::Data(data.unwrap_or_default()),
            Raw { code: Some(_), .. } => Self::Refused(envelope(&answer.body).unwrap_or_default()),
            Raw { status: Some(status), .. } if status == "Success" => Self::Done,
            Raw { status: Some(_), msg: Some(msg), .. } => Self::Refused(msg),
            _ => Self::Foreign(excerpt()),
        }
    }
}

impl From<Raw> for LoadAnswer {
    fn from(raw: Raw) -> Self {
        let status = match raw.load_status.as_deref() {
            Some("Success") => LoadStatus::Success,
            Some("Publish Timeout") => LoadStatus::PublishTimeout,
            Some("Label Already Exists") => LoadStatus::LabelAlreadyExists,
            Some("Fail") => LoadStatus::Fail,
            None | Some("") => LoadStatus::Missing,
            Some(other) => LoadStatus::Other(other.to_owned()),
        };
        let existing = match raw.existing.as_deref() {
            Some("FINISHED") => Existing::Finished,
            Some("RUNNING") => Existing::Running,
            Some("PRECOMMITTED") => Existing::Precommitted,
            _ => Existing::Unsaid,
        };
        Self {
            status,
            message: raw.message.unwrap_or_default(),
            transaction: raw.transaction,
            existing,
            total: raw.total,
            loaded: raw.loaded,
            filtered: raw.filtered,
            unselected: raw.unselected,
            times: raw.times,
            error_url: raw.error_url.filter(|url| !url.is_empty()),
            first_error: raw.first_error.filter(|first| !first.is_empty()),
        }
    }
}

/// What an envelope says: the text in `data`, or else `msg`.
fn envelope(body: &[u8]) -> Option<String> {
    let raw: Raw = serde_json::from_slice(body).ok()?;
    match raw.data {
        Some(serde_json::Value::String(text)) if !text.is_empty() => Some(text),
        _ => raw.msg,
    }
}

fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(1000)]);
    let words: Vec<_> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(200).collect();
    if text.is_empty() { "an empty body".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::{HeaderMap, StatusCode};

    fn parse(status: u16, body: &'static str) -> Parsed {
        let status = StatusCode::from_u16(status).unwrap();
        Parsed::of(&Answer { status, headers: HeaderMap::new(), body: body.into() })
    }

    #[test]
    fn a_load_is_read_with_the_fields_it_has() {
        let body = r#"{"TxnId": 7, "Label": "l", "TwoPhaseCommit": "false", "Status": "Success", "Message": "OK",
            "NumberTotalRows": 2, "NumberLoadedRows": 2, "NumberFilteredRows": 0, "NumberUnselectedRows": 0, "New": {}}"#;
        let expected = LoadAnswer {
            status: LoadStatus::Success,
            message: "OK".into(),
            transaction: 7,
            total: Some(2),
            loaded: Some(2),
            ..LoadAnswer::default()
        };
        assert_eq!(parse(200, body), Parsed::Load(expected));
    }

    #[test]
    fn refusals_of_frontends_are_read_from_either_form() {
        let refused = |said: &str| Parsed::Refused(said.to_owned());
        let failed = r#"{"status":"FAILED","msg":"There is no 100-continue header"}"#;
        assert_eq!(parse(200, failed), refused("There is no 100-continue header"));
        let envelope = r#"{"msg":"Unauthorized","code":401,"data":"Need auth information.","count":0}"#;
        assert_eq!(parse(200, envelope), refused("Need auth information."));
        assert_eq!(parse(401, envelope), refused("Need auth information."));
        assert_eq!(parse(413, "too big"), refused("HTTP 413 Payload Too Large too big"));
    }

    #[test]
    fn what_is_no_answer_of_doris_is_shown_as_it_begins() {
        let foreign = |text: &str| Parsed::Foreign(text.to_owned());
        assert_eq!(parse(200, "<html>\n  <h1>hi</h1>"), foreign("<html> <h1>hi</h1>"));
        assert_eq!(parse(200, ""), foreign("an empty body"));
        assert_eq!(parse(502, "bad gateway"), foreign("HTTP 502 Bad Gateway bad gateway"));
        assert_eq!(parse(200, "{\"Status\": \"Succ"), foreign("{\"Status\": \"Succ"));
    }
}
