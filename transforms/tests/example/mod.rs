//! An example of the page: a configuration, a record before and after.
//!
//! A block of properties is followed by one that shows a difference: lines with `-` are before, lines with `+` after, others both.

use connector_api::{ConnectRecord, ConnectorConfig, Headers, QueueId, QueueOffset, Text, Value};
use transforms::Chain;

pub(crate) struct Example<'p> {
    pub(crate) config: ConnectorConfig,
    before: Vec<(&'p str, &'p str)>,
    after: Vec<(&'p str, &'p str)>,
}

/// All examples on `page`.
pub(crate) fn read(page: &str) -> Vec<Example<'_>> {
    let blocks = page.split("\n```properties\n").skip(1);
    blocks
        .map(|block| {
            let (config, rest) = block.split_once("```").unwrap();
            let diff = rest.split_once("```diff\n").and_then(|(_, diff)| diff.split_once("```"));
            let (diff, _) = diff.unwrap_or_else(|| panic!("no difference is shown for\n{config}"));
            let lines = |sign: char| {
                let is_shown = move |line: &&str| line.starts_with(sign) || line.starts_with(' ');
                diff.lines()
                    .filter(is_shown)
                    .map(|line| line[2..].split_once(' ').unwrap_or((&line[2..], "")))
                    .collect()
            };
            let config = config.lines().map(|line| line.split_once('=').unwrap()).collect();
            Example { config, before: lines('-'), after: lines('+') }
        })
        .collect()
}

impl Example<'_> {
    /// Applies the configuration to the record before, and compares the one after.
    #[track_caller]
    pub(crate) fn check(&self) {
        let mut chain = Chain::from_config(&self.config).unwrap_or_else(|errors| panic!("{errors}"));
        let (origin, record) = record(&self.before);
        let found = match chain.apply(&origin, record) {
            Ok(Some(record)) => shown(&origin, &record),
            Ok(None) => vec!["dropped".to_owned()],
            Err(error) => vec![format!("error {error}")],
        };
        let is_shown = |line: &&String| {
            let part = line.split_once(' ').map_or(line.as_str(), |(part, _)| part);
            self.before.iter().chain(&self.after).any(|(shown, _)| *shown == part)
        };
        let found: Vec<_> = found.iter().filter(is_shown).map(String::as_str).collect();
        let is_place = |part: &str| matches!(part, "queue" | "offset" | "timestamp");
        let expected: Vec<_> = self
            .after
            .iter()
            .filter(|(part, _)| !is_place(part))
            .map(|(part, text)| format!("{part} {text}").trim_end().to_owned())
            .collect();
        assert_eq!(found, expected, "{:?}", self.config.iter().collect::<Vec<_>>());
    }
}

fn record(parts: &[(&str, &str)]) -> (QueueId, ConnectRecord) {
    let part = |name: &str| parts.iter().find(|(part, _)| *part == name).map(|(_, text)| *text);
    let number = |name: &str| part(name).map_or(0, |text| text.parse::<i64>().unwrap());
    let queue = u32::try_from(number("queue")).unwrap();
    let origin =
        QueueId { topic: part("topic").unwrap_or("orders").into(), broker: "broker-a".into(), queue };
    let value = part("value").map_or(Value::Null, |text| Value::String(text.into()));
    let properties = parts.iter().filter(|(part, _)| *part == "property");
    let headers: Headers = properties.map(|(_, text)| text.split_once('=').unwrap()).collect();
    let record = ConnectRecord::new(QueueOffset::new(number("offset")).unwrap(), value)
        .with_timestamp(number("timestamp"))
        .with_headers(headers);
    match part("key") {
        Some(key) => (origin, record.with_key(Value::String(key.into()))),
        None => (origin, record),
    }
}

/// In the order in which examples show parts.
fn shown(origin: &QueueId, record: &ConnectRecord) -> Vec<String> {
    let text = |value: &Value| Text::from_utf8(value.text()).unwrap().to_string();
    let topic = record.topic().unwrap_or(&origin.topic);
    let mut shown = vec![format!("topic {topic}")];
    shown.extend(record.headers().iter().map(|(name, value)| format!("property {name}={value}")));
    shown.extend(record.key().map(|key| format!("key {}", text(key))));
    if *record.value() != Value::Null {
        shown.push(format!("value {}", text(record.value())));
    }
    shown
}
