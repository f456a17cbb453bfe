//! A temporary directory, and the end of everything that was started in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::Context;

/// Waits for the end of its standard input, which is the end of the last owner or of the whole test process, then
/// kills what is still registered and removes the directory. Runs as a process of its own because servers kept in a
/// `static` are never dropped, and because a killed test process drops nothing.
const GUARD: &str = r#"
trap '' HUP INT TERM
cat >/dev/null
for pid in $(ls "$1/.pids"); do kill -9 "$pid" 2>/dev/null; done
rm -rf "$1"
"#;

/// A temporary directory that disappears, with every process started in it, when the last clone drops or the test
/// process dies.
#[derive(Debug, Clone)]
pub struct Scratch {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    guard: Child,
}

impl Scratch {
    /// A new empty directory under the system's temporary directory.
    ///
    /// # Errors
    /// When the directory or its guard (`/bin/sh`) cannot be made.
    pub fn new() -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("rocketmq-connect-test-").tempdir()?;
        fs::create_dir(directory.path().join(".pids"))?;
        let guard = Command::new("/bin/sh")
            .args(["-c", GUARD, "guard"])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start /bin/sh as guard of a temporary directory")?;
        Ok(Self { shared: Arc::new(Shared { directory: directory.keep(), guard }) })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.directory
    }

    /// Writes a file, with the directories above it, and returns its path.
    ///
    /// # Errors
    /// As the file system has them.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> anyhow::Result<PathBuf> {
        let path = self.path().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// Makes a directory and returns its path.
    ///
    /// # Errors
    /// As the file system has them.
    pub fn directory(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.path().join(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// From now on `pid` dies with the directory.
    pub(crate) fn register(&self, pid: u32) -> std::io::Result<()> {
        fs::write(self.pid_file(pid), "")
    }

    /// `pid` has been reaped and may belong to somebody else.
    pub(crate) fn forget(&self, pid: u32) {
        // A missing file means that the guard is already at work.
        drop(fs::remove_file(self.pid_file(pid)));
    }

    fn pid_file(&self, pid: u32) -> PathBuf {
        self.shared.directory.join(".pids").join(pid.to_string())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // An error here leaves at worst a directory behind.
        drop(self.guard.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_and_its_processes_end_with_the_last_owner() {
        let scratch = Scratch::new().unwrap();
        let clone = scratch.clone();
        let path = scratch.path().to_owned();
        scratch.write("a/b.txt", "text").unwrap();
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        scratch.register(child.id()).unwrap();

        drop(scratch);
        assert!(path.join("a/b.txt").exists(), "a clone still owns the directory");
        assert_eq!(child.try_wait().unwrap(), None, "a clone still owns the process");

        drop(clone);
        assert!(!path.exists());
        assert!(!child.wait().unwrap().success(), "the process was killed");
    }
}
