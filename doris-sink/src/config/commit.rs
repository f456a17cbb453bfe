//! How loads become visible, and what that promises.

use connector_api::{ConfigError, ConfigErrors, ConnectorConfig};

const GROUP: &str = "sink.properties.group_commit";

/// How loads become visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Commit {
    /// Each load by itself, exactly once by its label.
    #[default]
    ByLabel,
    /// The loads of a batch together, once Doris has all of them; exactly once by their labels.
    TwoPhase,
    /// By Doris, together with the loads of others: they have no labels, so a batch that comes again is loaded again.
    Group,
}

impl Commit {
    /// What the configuration asks for, and whether that goes together.
    pub(super) fn read(config: &ConnectorConfig) -> Result<Self, ConfigErrors> {
        let is =
            |key: &str, value: &str| config.get(key).is_some_and(|v| v.trim().eq_ignore_ascii_case(value));
        let two_phase = is("enable.2pc", "true");
        let groups = config.get(GROUP).is_some_and(|mode| !mode.trim().is_empty()) && !is(GROUP, "off_mode");
        let mut errors = Vec::new();
        let mut refuse = |key: &str, problem: &str| errors.push(ConfigError::new(key, problem));
        if groups && two_phase {
            refuse(
                GROUP,
                "goes not together with enable.2pc: Doris commits a group by itself; leave one of them out",
            );
        }
        if groups && is("delivery.guarantee", "exactly_once") {
            refuse(
                GROUP,
                "cannot be exactly once: such loads have no label by which Doris could refuse a second copy; \
                 use delivery.guarantee=at_least_once, or leave group commit out",
            );
        }
        if groups && is("sink.properties.partial_columns", "true") {
            refuse(
                GROUP,
                "goes not together with partial_columns, which Doris does not group; leave one of them out",
            );
        }
        let commit = match (two_phase, groups) {
            (_, true) => Self::Group,
            (true, false) => Self::TwoPhase,
            (false, false) => Self::ByLabel,
        };
        ConfigErrors(errors).into_result().map(|()| commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(config: &[(&str, &str)], expected: Result<Commit, &str>) {
        let config: ConnectorConfig = config.iter().copied().collect();
        let read = Commit::read(&config).map_err(|errors| errors.to_string());
        match (&read, expected) {
            (Err(problem), Err(part)) => assert!(problem.contains(part), "{problem}"),
            _ => assert_eq!(read.as_ref().ok(), expected.as_ref().ok(), "{config:?}"),
        }
    }

    #[test]
    fn loads_are_committed_as_asked() {
        check(&[], Ok(Commit::ByLabel));
        check(&[("enable.2pc", "false"), (GROUP, "off_mode")], Ok(Commit::ByLabel));
        check(&[("enable.2pc", "TRUE")], Ok(Commit::TwoPhase));
        check(&[(GROUP, "async_mode"), ("delivery.guarantee", "at_least_once")], Ok(Commit::Group));
        check(&[(GROUP, "sync_mode")], Ok(Commit::Group));
    }

    #[test]
    fn what_group_commit_cannot_promise_is_refused() {
        let group = (GROUP, "sync_mode");
        check(&[group, ("enable.2pc", "true")], Err("enable.2pc"));
        check(&[group, ("delivery.guarantee", "exactly_once")], Err("no label"));
        check(&[group, ("sink.properties.partial_columns", "true")], Err("partial_columns"));
    }
}
