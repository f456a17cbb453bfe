//! Runs a client and reads what it printed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

const DEADLINE: Duration = Duration::from_secs(120);

/// What a client printed and how it ended.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Printed {
    /// What follows `name: ` on its line.
    pub(crate) fn value(&self, name: &str) -> &str {
        let found = self.out.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("no {name:?} in {self:?}"))
    }

    /// Compares values, as one list so that all that differ are seen.
    pub(crate) fn check(&self, expected: &[(&str, &str)]) {
        let found: Vec<_> = expected.iter().map(|(name, _)| (*name, self.value(name))).collect();
        assert_eq!(found, expected, "{}", self.err);
    }

    /// That a value has these words in it.
    pub(crate) fn check_words(&self, name: &str, words: &[&str]) {
        let value = self.value(name);
        for word in words {
            assert!(value.contains(word), "no {word:?} in {name}: {value}");
        }
    }
}

/// Runs it to its end.
pub(crate) async fn run(command: &mut Command) -> Printed {
    let running = command.kill_on_drop(true).output();
    let output = tokio::time::timeout(DEADLINE, running).await.expect("an end before the deadline").unwrap();
    Printed {
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}

/// A script of this directory.
pub(crate) fn script(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("clients").join(path)
}

/// A Python script with the packages in `packages`.
pub(crate) async fn python(packages: &Path, name: &str, arguments: &[&str]) -> Printed {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1");
    run(command.arg(script(name)).args(arguments)).await
}

/// A Java program in one file, with the jars in `jars`.
pub(crate) async fn java(jars: &Path, name: &str, arguments: &[&str]) -> Printed {
    let mut command = Command::new("java");
    command.arg("-cp").arg(jars.join("*")).arg(script(name)).args(arguments);
    run(&mut command).await
}
