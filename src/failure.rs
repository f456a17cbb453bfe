//! How a process ends when it does not end well.

use std::{fmt, io::Write, process::ExitCode};

/// Why a command ended, and so which exit code the process has.
#[derive(Debug)]
pub struct Failure {
    stage: Stage,
    cause: anyhow::Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Usage,
    Running,
}

impl Failure {
    /// Wrong usage or configuration: exit code 2.
    pub fn usage(cause: impl Into<anyhow::Error>) -> Self {
        Self { stage: Stage::Usage, cause: cause.into() }
    }

    /// A failure while running: exit code 1.
    pub fn running(cause: impl Into<anyhow::Error>) -> Self {
        Self { stage: Stage::Running, cause: cause.into() }
    }

    /// The code that the process ends with.
    pub fn exit_code(&self) -> u8 {
        match self.stage {
            Stage::Running => 1,
            Stage::Usage => 2,
        }
    }

    /// Says on standard error what went wrong.
    pub fn report(&self) -> ExitCode {
        // Nobody is left to tell when standard error is gone.
        writeln!(std::io::stderr(), "rocketmq-connect: {self}").unwrap_or_default();
        self.exit_code().into()
    }
}

/// The whole chain of causes in one line, each cause once.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = String::new();
        for cause in self.cause.chain() {
            let text = cause.to_string();
            // Some errors already show what caused them.
            if shown.contains(&text) {
                continue;
            }
            if !shown.is_empty() {
                shown.push_str(": ");
            }
            shown.push_str(&text);
        }
        f.write_str(&shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_causes_are_shown_each_once() {
        let cause = anyhow::anyhow!("no route").context("name server: no route").context("cannot start");
        let failure = Failure::running(cause);
        assert_eq!(failure.to_string(), "cannot start: name server: no route");
        assert_eq!(failure.exit_code(), 1);
        assert_eq!(Failure::usage(anyhow::anyhow!("no such key")).exit_code(), 2);
    }
}
