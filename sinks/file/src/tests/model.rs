//! Any sequence of batches that the host may put, against a model of the file.
//!
//! Batches begin where the one before began or behind it, end anywhere, and show each record as a line, as one that the sink
//! refuses, or not at all, however it was shown before. In between the task starts anew, also from a crash before the
//! record of a batch was replaced.

use super::{
    Place,
    Shown::{self, Line, Nothing, Refused},
    offset, queue, refused, shown,
};
use proptest::prelude::*;
use std::fs;

#[derive(Debug, Clone, Copy)]
enum Then {
    GoesOn,
    Restarts,
    /// As a crash leaves it between lines and record.
    LosesRecord,
}

#[derive(Debug, Clone)]
struct Step {
    /// How far behind the beginning of the batch before this one begins.
    ahead: i64,
    /// For each message whether it is a line, refused or left out.
    messages: Vec<u8>,
    then: Then,
}

/// What the file should hold.
#[derive(Debug, Clone, Default)]
struct Model {
    /// Offsets of its lines.
    lines: Vec<i64>,
    /// Where the last batch began.
    first: i64,
    /// Where the batches end.
    next: i64,
}

impl Model {
    /// The offsets that the sink has to refuse.
    fn put(&mut self, first: i64, messages: &[Shown<'_>]) -> Vec<i64> {
        let mut refused = Vec::new();
        for (at, message) in (first..).zip(messages) {
            match message {
                _ if self.lines.contains(&at) => {}
                Line(_) => self.lines.push(at),
                Refused => refused.push(at),
                Nothing => {}
            }
        }
        self.first = first;
        self.next = self.next.max(first + messages.len() as i64);
        refused
    }

    fn resume(&self) -> i64 {
        (self.first..self.next).find(|at| !self.lines.contains(at)).unwrap_or(self.next)
    }

    fn text(&self) -> String {
        self.lines.iter().map(|at| format!("{at}\n")).collect()
    }
}

fn step() -> impl Strategy<Value = Step> {
    let then = prop_oneof![3 => Just(Then::GoesOn), 1 => Just(Then::Restarts), 1 => Just(Then::LosesRecord)];
    let messages = prop::collection::vec(0..3u8, 1..7);
    (0..4i64, messages, then).prop_map(|(ahead, messages, then)| Step { ahead, messages, then })
}

async fn check(steps: &[Step]) -> Result<(), TestCaseError> {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    let mut model = Model::default();
    let mut earliest = 0;
    for Step { ahead, messages, then } in steps {
        let first = earliest + ahead;
        let bodies: Vec<_> = (first..).take(messages.len()).map(|at| at.to_string()).collect();
        let shapes = |(kind, body): (&u8, _)| [Line(body), Refused, Nothing][usize::from(*kind)];
        let messages: Vec<_> = messages.iter().zip(bodies.iter().map(String::as_str)).map(shapes).collect();

        let before = (model.clone(), fs::read(place.position()).unwrap());
        let expected = model.put(first, &messages);
        prop_assert_eq!(refused(&mut *task, &shown(first, &messages)).await, expected);
        prop_assert_eq!(place.text(), model.text());
        earliest = first;

        if matches!(then, Then::GoesOn) {
            continue;
        }
        drop(task);
        if matches!(then, Then::LosesRecord) {
            model = before.0;
            fs::write(place.position(), before.1).unwrap();
        }
        task = place.start().await.unwrap();
        prop_assert_eq!(place.text(), model.text());
        let recorded = task.open(&queue(0), None).await.unwrap();
        let known = (model.next > 0).then(|| offset(model.resume()));
        prop_assert_eq!(recorded, known);
        earliest = model.resume();
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn each_record_shown_as_a_line_is_there_once(steps in prop::collection::vec(step(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(&steps))?;
    }
}
