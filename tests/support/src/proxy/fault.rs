//! What a proxy does to the connections through it.

use std::time::Duration;

/// One way of the two that bytes take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From clients to the target.
    Requests,
    /// From the target to clients.
    Answers,
}

/// What happens to connections for as long as it is set. Unless it says otherwise it strikes those that are open and
/// those that are made meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Connections are closed in good order (`FIN`), new ones as soon as they are made.
    Cut,
    /// Connections are reset (`RST`), new ones as soon as they are made.
    Reset,
    /// New connections are refused, as where nobody listens; open ones go on.
    Refuse,
    /// What goes these ways is swallowed: no byte, no end of stream. A connection that was open at that time stays dead
    /// that way afterwards, as behind a firewall that has forgotten it; new ones are made and are just as silent.
    Silent(&'static [Way]),
    /// Each way brings so many bytes a second.
    Trickle {
        /// At least 1.
        bytes_per_second: u32,
    },
    /// Everything arrives so much later.
    Delay(Duration),
    /// Requests go through whole; in place of the first byte of an answer the connection is closed. Interim answers of
    /// HTTP, which ask for a request's body, go through.
    CutBeforeAnswer,
}

impl Fault {
    /// Silence both ways.
    pub const HALF_OPEN: Self = Self::Silent(&[Way::Requests, Way::Answers]);
}

/// How connections end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Orderly,
    Reset,
}

/// What is set, and what was, as far as it lasts. Changes are counted, so that none is missed however short it was.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    pub(super) fault: Option<Fault>,
    changes: u64,
    ended: Option<(u64, End)>,
    silenced: [u64; 2],
}

impl State {
    pub(super) fn set(&mut self, fault: Option<Fault>) {
        self.fault = fault;
        self.changes += 1;
        match fault {
            Some(Fault::Cut) => self.ended = Some((self.changes, End::Orderly)),
            Some(Fault::Reset) => self.ended = Some((self.changes, End::Reset)),
            Some(Fault::Silent(ways)) => {
                ways.iter().for_each(|way| self.silenced[*way as usize] = self.changes);
            }
            _ => {}
        }
    }

    /// How many changes there were; a connection keeps what it was when it was made. One made in silence counts as older
    /// than that, so that it stays silent.
    pub(super) fn age(&self) -> u64 {
        self.changes - u64::from(matches!(self.fault, Some(Fault::Silent(_))))
    }

    /// How a connection made at `age` has to end, if it has to.
    pub(super) fn end_of(&self, age: u64) -> Option<End> {
        match (self.fault, self.ended) {
            (Some(Fault::Cut), _) => Some(End::Orderly),
            (Some(Fault::Reset), _) => Some(End::Reset),
            (_, Some((when, end))) if when > age => Some(end),
            _ => None,
        }
    }

    /// Whether a connection made at `age` is dead this way.
    pub(super) fn is_silent(&self, age: u64, way: Way) -> bool {
        let now = matches!(self.fault, Some(Fault::Silent(ways)) if ways.contains(&way));
        now || self.silenced[way as usize] > age
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_and_healed_at_once_still_strikes_what_was_open() {
        let mut state = State::default();
        let before = state.age();
        state.set(Some(Fault::Reset));
        state.set(Some(Fault::Silent(&[Way::Answers])));
        state.set(None);
        assert_eq!(state.end_of(before), Some(End::Reset));
        assert_eq!(
            (state.is_silent(before, Way::Answers), state.is_silent(before, Way::Requests)),
            (true, false)
        );
        let after = state.age();
        assert_eq!((state.end_of(after), state.is_silent(after, Way::Answers)), (None, false));
    }
}
