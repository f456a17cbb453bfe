//! What is kept of a scenario that went wrong: what its processes printed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use test_support::Scratch;

/// Keeps the `*.out` files of a scratch directory when it is dropped, unless it was told that all went well.
#[derive(Debug)]
pub(crate) struct Evidence {
    scratch: Option<Scratch>,
    notes: String,
}

impl Evidence {
    pub(crate) fn of(scratch: &Scratch) -> Self {
        Self { scratch: Some(scratch.clone()), notes: String::new() }
    }

    /// Something to keep beside what was printed.
    pub(crate) fn note(&mut self, text: &str) {
        self.notes.push_str(text);
        self.notes.push('\n');
    }

    /// All went well.
    pub(crate) fn discard(&mut self) {
        self.scratch = None;
    }
}

impl Drop for Evidence {
    fn drop(&mut self) {
        let Some(scratch) = &self.scratch else { return };
        let scenario = std::thread::current().name().unwrap_or("scenario").to_owned();
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults").join(scenario);
        let kept = match keep(scratch.path(), &target, &self.notes) {
            Ok(()) => format!("  what its processes printed: {}", target.display()),
            Err(error) => format!("  what its processes printed could not be kept: {error}"),
        };
        writeln!(std::io::stdout(), "{kept}").unwrap_or_default();
    }
}

fn keep(from: &Path, to: &PathBuf, notes: &str) -> std::io::Result<()> {
    fs::remove_dir_all(to).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let path = file?.path();
        if let (Some("out"), Some(name)) = (path.extension().and_then(|it| it.to_str()), path.file_name()) {
            fs::copy(&path, to.join(name))?;
        }
    }
    fs::write(to.join("notes.txt"), notes)
}
