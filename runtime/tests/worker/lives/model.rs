//! What connectors are to be after the words that were said.

use std::collections::BTreeMap;

use proptest::prelude::*;
use runtime::host::TargetState;
use serde_json::{Value, json};

pub(crate) const NAMES: [&str; 3] = ["a", "b", "c"];
/// The one whose sink is idempotent.
pub(crate) const IDEMPOTENT: &str = "b";
pub(crate) const QUEUES: i32 = 3;

/// One step of a life.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) does: Does,
    /// Whether all is waited for that follows from it; otherwise the next step comes into the middle of it.
    pub(crate) settles: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Does {
    Put(&'static str, Variant),
    Target(&'static str, TargetState),
    Delete(&'static str),
    PauseAll,
    ResumeAll,
    DeleteAll,
    /// So many records to a queue.
    Send(i32, i32),
    RestartWorker,
    /// The worker ends at once, with what it has under way.
    ShutDownNow,
    /// The worker is gone from one moment to the next, between so many records to a queue and so many more.
    KillWorker(i32, [i32; 2]),
    RestartBroker,
}

/// What differs between configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) tasks: usize,
    pub(crate) batch: u32,
}

impl Variant {
    pub(crate) fn config(self, name: &str) -> Value {
        json!({
            "connector.class": class(name),
            "connect.topicnames": "t",
            "consume.from.where": "CONSUME_FROM_FIRST_OFFSET",
            "max.tasks": self.tasks.to_string(),
            "batch.max.records": self.batch.to_string(),
        })
    }
}

/// Each connector has a class of its own, so that its records can be told from others'.
pub(crate) fn class(name: &str) -> &'static str {
    match name {
        "a" => "test.SinkOfA",
        "b" => "test.SinkOfB",
        _ => "test.SinkOfC",
    }
}

/// The lives that are tried.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (does(), proptest::bool::weighted(0.4)).prop_map(|(does, settles)| Step { does, settles });
    proptest::collection::vec(step, 1..20)
}

fn does() -> impl Strategy<Value = Does> {
    let name = || proptest::sample::select(&NAMES[..]);
    let variant = (1..=3_usize, proptest::sample::select(&[1, 7, 1_000][..]));
    let variant = variant.prop_map(|(tasks, batch)| Variant { tasks, batch });
    let target = proptest::sample::select(
        &[TargetState::Paused, TargetState::Started, TargetState::Started, TargetState::Stopped][..],
    );
    prop_oneof![
        6 => (name(), variant).prop_map(|(name, variant)| Does::Put(name, variant)),
        4 => (name(), target).prop_map(|(name, target)| Does::Target(name, target)),
        2 => name().prop_map(Does::Delete),
        1 => Just(Does::PauseAll),
        1 => Just(Does::ResumeAll),
        1 => Just(Does::DeleteAll),
        6 => (0..QUEUES, 1..200).prop_map(|(queue, count)| Does::Send(queue, count)),
        2 => Just(Does::RestartWorker),
        1 => Just(Does::ShutDownNow),
        3 => (0..QUEUES, [1..200, 1..200]).prop_map(|(queue, counts)| Does::KillWorker(queue, counts)),
        1 => Just(Does::RestartBroker),
    ]
}

/// All there is to know about a worker and its records.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) connectors: BTreeMap<&'static str, Connector>,
    /// How many records each queue has.
    pub(crate) sent: [i32; QUEUES as usize],
    /// How often the worker has ended without finishing.
    pub(crate) crashes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connector {
    pub(crate) variant: Variant,
    pub(crate) target: TargetState,
}

impl Model {
    /// What comes of a configuration; `false` when it is refused.
    pub(crate) fn put(&mut self, name: &'static str, variant: Variant) -> bool {
        let before = self.connectors.get(name).copied();
        let target = before.map_or(TargetState::Started, |before| before.target);
        self.connectors.insert(name, Connector { variant, target });
        before.is_none_or(|before| before.variant != variant)
    }

    /// What comes of a word about what a connector is to do; `false` when there is none.
    pub(crate) fn aim(&mut self, name: &str, target: TargetState) -> bool {
        let connector = self.connectors.get_mut(name);
        connector.map(|connector| connector.target = target).is_some()
    }

    pub(crate) fn pause_all(&mut self) {
        self.connectors.values_mut().for_each(|connector| connector.target = TargetState::Paused);
    }

    pub(crate) fn resume_all(&mut self) {
        self.connectors.values_mut().for_each(|connector| connector.target = TargetState::Started);
    }
}
