//! Questions about a record, which decide whether a transform applies to it. None looks into key or value.

use crate::{options::Options, pattern::WholeMatch, plugin::Plugin, record::OpenRecord, topic::ByTopic};
use connector_api::{ConfigDef, ConfigErrors, ConfigKey};

/// When a transform applies.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) predicate: Predicate,
    /// Whether it applies where the answer is no.
    pub(crate) is_negated: bool,
}

/// A question about a record.
#[derive(Debug, Clone)]
pub(crate) enum Predicate {
    TopicNameMatches(WholeMatch, ByTopic<bool>),
    HasHeaderKey(String),
    RecordIsTombstone,
}

impl Condition {
    pub(crate) fn holds(&mut self, record: &OpenRecord<'_>) -> bool {
        self.predicate.holds(record) != self.is_negated
    }
}

impl Predicate {
    fn holds(&mut self, record: &OpenRecord<'_>) -> bool {
        match self {
            Self::TopicNameMatches(pattern, known) => {
                *known.of(record.topic(), |topic| pattern.matches(topic))
            }
            Self::HasHeaderKey(name) => record.headers().get(name).is_some(),
            Self::RecordIsTombstone => record.is_tombstone(),
        }
    }
}

/// One class of predicates.
#[derive(Debug)]
pub(crate) struct PredicateKind {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) definition: fn() -> ConfigDef,
    pub(crate) make: fn(&Options<'_>) -> Result<Predicate, ConfigErrors>,
}

/// All of them, by name.
pub(crate) static PREDICATES: [PredicateKind; 3] = [
    PredicateKind {
        name: "HasHeaderKey",
        doc: "true for records that have a property of this name",
        definition: || ConfigDef::new().key(ConfigKey::required("name").doc("the property's name")),
        make: |options| Ok(Predicate::HasHeaderKey(options.text("name").to_owned())),
    },
    PredicateKind {
        name: "RecordIsTombstone",
        doc: "true for records without a value",
        definition: ConfigDef::new,
        make: |_| Ok(Predicate::RecordIsTombstone),
    },
    PredicateKind {
        name: "TopicNameMatches",
        doc: "true for records whose topic matches",
        definition: || {
            ConfigDef::new().key(ConfigKey::required("pattern").doc("a regular expression for whole names"))
        },
        make: |options| {
            let pattern = options.parsed("pattern", WholeMatch::new)?;
            Ok(Predicate::TopicNameMatches(pattern, ByTopic::default()))
        },
    },
];

impl PredicateKind {
    pub(crate) fn plugin(&self) -> Plugin {
        let kafka = format!("org.apache.kafka.connect.transforms.predicates.{}", self.name);
        Plugin {
            name: self.name,
            classes: vec![kafka, self.name.to_owned()],
            doc: self.doc,
            definition: (self.definition)(),
        }
    }
}
