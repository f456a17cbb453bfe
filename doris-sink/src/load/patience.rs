//! How long a load may run that nobody is known to send, before it is cancelled.
//!
//! A backend that does not hear of the end of an upload, as on a line that went silent, leaves the label `PREPARE` until the load's own
//! timeout is over. Cancelling loses nothing: it either aborts the load, or it comes too late and the label is found loaded.
//! What it may cost is work: the load may have been about to end well, only later than `request.read.timeout.ms`. So patience is
//! short at first, and doubles with each cancelled load of a label: one that needs long in the backend ends at last.

use crate::http::Progress;
use std::time::{Duration, Instant};

/// For a load whose body may be in the backend as a whole.
const BODY_SENT: Duration = Duration::from_secs(3);
/// For one whose body surely is not: it can never be committed, and a backend that heard of it aborts it by itself.
const BODY_CUT: Duration = Duration::from_millis(500);

/// The patience with the loads of one label, and what is left of it.
#[derive(Debug)]
pub(super) struct Patience {
    first: Duration,
    cancels: u32,
    refused: bool,
    running_since: Option<Instant>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { first: BODY_SENT, cancels: 0, refused: false, running_since: None }
    }
}

impl Patience {
    /// An attempt of ours ended without an answer, and its connection is closed.
    pub(super) fn upload_ended(&mut self, progress: Progress) {
        self.first = if progress == Progress::Sent { BODY_SENT } else { BODY_CUT };
        self.running_since = Some(Instant::now());
    }

    /// A load is running: how long it runs without anybody known to send it, if that is longer than it may. A load that
    /// Doris gives up after `timeout` is never given longer than that.
    pub(super) fn exceeded(&mut self, timeout: Duration) -> Option<Duration> {
        let running = self.running_since.get_or_insert_with(Instant::now).elapsed();
        let may = self.first.saturating_mul(2_u32.saturating_pow(self.cancels)).min(timeout);
        (running >= may && !self.refused).then_some(running)
    }

    /// The load was asked to be cancelled. If it goes on nevertheless, it has twice as long from now.
    pub(super) fn spent(&mut self) {
        self.cancels = self.cancels.saturating_add(1);
        self.running_since = Some(Instant::now());
    }

    /// Doris does not cancel this load, and need not be asked again.
    pub(super) fn refused(&mut self) {
        self.refused = true;
    }

    /// No load is running any more; the next one begins its time anew.
    pub(super) fn ended(&mut self) {
        self.running_since = None;
        self.refused = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(600);

    /// Whether a load that runs for so long is cancelled.
    fn is_cancelled_after(patience: &mut Patience, seconds: f64) -> bool {
        patience.running_since = Some(Instant::now() - Duration::from_secs_f64(seconds));
        patience.exceeded(TIMEOUT).is_some()
    }

    #[track_caller]
    fn check(patience: &mut Patience, not_after: f64, but_after: f64) {
        assert!(!is_cancelled_after(patience, not_after), "after {not_after} s");
        assert!(is_cancelled_after(patience, but_after), "not after {but_after} s");
    }

    #[test]
    fn patience_doubles_with_each_cancelled_load_up_to_the_timeout() {
        let mut patience = Patience::default();
        for seconds in [3, 6, 12, 24, 48, 96, 192, 384, 600, 600] {
            let seconds = f64::from(seconds);
            check(&mut patience, seconds - 1.0, seconds);
            patience.spent();
            patience.ended();
        }
        for _ in 0..100 {
            patience.spent();
        }
        check(&mut patience, 599.0, 600.0);
    }

    #[test]
    fn a_load_that_lacks_some_of_its_body_is_not_waited_for_long() {
        let mut patience = Patience::default();
        for progress in [Progress::Held, Progress::Cut] {
            patience.upload_ended(progress);
            check(&mut patience, 0.3, 0.5);
        }
        patience.upload_ended(Progress::Sent);
        check(&mut patience, 2.0, 3.0);
    }

    #[test]
    fn a_load_that_is_not_cancelled_is_left_alone_and_the_next_one_is_not() {
        let mut patience = Patience::default();
        patience.spent();
        patience.refused();
        assert!(!is_cancelled_after(&mut patience, 3600.0));
        patience.ended();
        check(&mut patience, 5.0, 6.0);
    }

    #[test]
    fn a_load_that_was_found_has_its_time_from_then_on() {
        let mut patience = Patience::default();
        assert_eq!(patience.exceeded(TIMEOUT), None);
        assert!(patience.running_since.is_some());
    }
}
