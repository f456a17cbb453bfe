//! The condition of a running task: what stands in its way, what an operator should know, and how long it was well.

use crate::task::Report;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// So many losses are told of in full.
const IN_FULL: usize = 3;

/// What a task's reports come to.
#[derive(Debug, Default)]
pub(super) struct Condition {
    trouble: Option<String>,
    away: Option<String>,
    losses: Losses,
    well: Well,
}

/// What was lost since an operator was last there.
#[derive(Debug, Default)]
struct Losses {
    /// The newest, the newest last.
    newest: VecDeque<(u64, String)>,
    earlier: u64,
    /// Messages of the earlier ones.
    messages: u64,
}

/// For how long a task took records, or would have if it were not paused, and nothing stood in its way.
#[derive(Debug, Default)]
struct Well {
    before: Duration,
    since: Option<Instant>,
}

impl Condition {
    /// A thread of the task starts. What was lost stays in sight.
    pub(super) fn begin(&mut self) {
        let losses = std::mem::take(&mut self.losses);
        *self = Self { losses, ..Self::default() };
    }

    /// Takes note of what the thread says at `now`.
    pub(super) fn hear(&mut self, report: &Report, now: Instant) {
        match report {
            Report::Running | Report::Recovered => self.is_well(now),
            Report::Paused => {
                self.is_well(now);
                // Whoever paused it has seen them.
                self.losses = Losses::default();
            }
            Report::Trouble(cause) => {
                self.trouble = Some(cause.clone());
                self.well.end(now);
            }
            Report::PassedOver { messages, text } => self.losses.add(*messages, text.clone()),
            Report::Away(queues) => self.away.clone_from(queues),
            Report::Failing(_) | Report::Ended(_) => self.well.end(now),
        }
    }

    /// What its status says while it runs: what stands in its way at the moment, else what is wrong or was lost all the same.
    pub(super) fn trace(&self) -> Option<String> {
        if self.trouble.is_some() {
            return self.trouble.clone();
        }
        let lasting: Vec<_> = self.losses.told().into_iter().chain(self.away.clone()).collect();
        (!lasting.is_empty()).then(|| lasting.join("; "))
    }

    /// How long its thread has been well in all, up to the last that was heard of it.
    pub(super) fn was_well_for(&self) -> Duration {
        self.well.before
    }

    fn is_well(&mut self, now: Instant) {
        self.trouble = None;
        self.well.since.get_or_insert(now);
    }
}

impl Losses {
    fn add(&mut self, messages: u64, text: String) {
        self.newest.push_back((messages, text));
        if self.newest.len() > IN_FULL
            && let Some((messages, _)) = self.newest.pop_front()
        {
            self.earlier += 1;
            self.messages += messages;
        }
    }

    fn told(&self) -> Option<String> {
        let Self { newest, earlier, messages } = self;
        let texts: Vec<_> = newest.iter().map(|(_, text)| text.as_str()).collect();
        let told = (!texts.is_empty()).then(|| texts.join("; "))?;
        Some(match earlier {
            0 => told,
            _ => format!("{told}; and {messages} messages at {earlier} times before, which the log names"),
        })
    }
}

impl Well {
    fn end(&mut self, now: Instant) {
        if let Some(since) = self.since.take() {
            self.before += now.saturating_duration_since(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(cause: &str) -> Report {
        Report::Trouble(cause.to_owned())
    }

    fn passed_over(messages: u64, text: &str) -> Report {
        Report::PassedOver { messages, text: text.to_owned() }
    }

    fn after(reports: impl IntoIterator<Item = Report>) -> Condition {
        let mut condition = Condition::default();
        for report in reports {
            condition.hear(&report, Instant::now());
        }
        condition
    }

    #[track_caller]
    fn check(reports: impl IntoIterator<Item = Report>, expected: Option<&str>) {
        assert_eq!(after(reports).trace().as_deref(), expected);
    }

    #[test]
    fn what_was_lost_stays_in_sight_until_somebody_pauses_the_task() {
        let lost = || passed_over(5, "5 of q");
        check([Report::Running], None);
        check([lost(), Report::Running], Some("5 of q"));
        check([Report::Running, lost()], Some("5 of q"));
        check([lost(), Report::Running, trouble("away")], Some("away"));
        check([lost(), Report::Running, trouble("away"), Report::Recovered], Some("5 of q"));
        check([lost(), Report::Running, passed_over(2, "2 of r")], Some("5 of q; 2 of r"));
        check([lost(), Report::Running, Report::Paused, Report::Running], None);
    }

    #[test]
    fn what_was_lost_stays_in_sight_when_the_task_starts_again() {
        let mut condition = after([passed_over(5, "5 of q"), Report::Away(Some("r is away".to_owned()))]);
        assert_eq!(condition.trace().as_deref(), Some("5 of q; r is away"));
        condition.begin();
        assert_eq!(condition.trace().as_deref(), Some("5 of q"));
    }

    #[test]
    fn queues_that_are_away_are_told_of_until_they_are_back() {
        let away = || Report::Away(Some("r is away".to_owned()));
        check([away(), Report::Running], Some("r is away"));
        check([away(), Report::Running, Report::Paused, Report::Running], Some("r is away"));
        check([away(), Report::Running, Report::Away(None), Report::Running], None);
    }

    #[test]
    fn of_many_losses_the_newest_are_told_and_the_others_are_summed_up() {
        let losses = (1..=5).map(|n| passed_over(n, &format!("loss {n}")));
        check(losses, Some("loss 3; loss 4; loss 5; and 3 messages at 2 times before, which the log names"));
    }

    #[test]
    fn time_in_trouble_is_no_health() {
        let begun = Instant::now();
        let mut condition = Condition::default();
        let mut at = |seconds, report| condition.hear(&report, begun + Duration::from_secs(seconds));
        at(5, Report::Running);
        at(15, trouble("the target refuses"));
        at(20, trouble("the target still refuses"));
        at(75, Report::Recovered);
        at(76, Report::Running);
        at(80, Report::Paused);
        at(90, trouble("the target refuses again"));
        at(200, Report::Failing("it gives up".to_owned()));
        assert_eq!(condition.was_well_for(), Duration::from_secs(10 + 15));
        condition.begin();
        assert_eq!(condition.was_well_for(), Duration::ZERO);
    }
}
