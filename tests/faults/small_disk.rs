//! A file system of a few megabytes that one worker sees, and that can be filled.
//!
//! The worker runs in a mount namespace of its own, as anybody may make one where the system allows it; what is mounted there
//! is gone with the worker. From outside it is looked at through `/proc`.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use test_support::Scratch;
use test_support::process::Process;

/// Becomes a shell that has the file system at `$1`, and then the program that follows.
const MOUNT_AND_RUN: &str = "mount -t tmpfs -o size=\"$0\" tmpfs \"$1\" && shift && exec \"$@\"";
const FILL: usize = 4096;

/// Where the file system is, and how to start a worker that sees it.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    directory: PathBuf,
    /// Starts `rocketmq-connect` where the file system is mounted.
    pub(crate) program: PathBuf,
}

impl SmallDisk {
    /// One of `kibibytes`; an error with what the system said where nobody may mount.
    ///
    /// # Errors
    /// When there is no `unshare`, or it is not allowed.
    pub(crate) fn new(scratch: &Scratch, kibibytes: u32, binary: &Path) -> anyhow::Result<Self> {
        let directory = scratch.directory("small-disk")?;
        let size = format!("{kibibytes}k");
        let unshare = |program: &[&str]| {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "--mount", "sh", "-c", MOUNT_AND_RUN, &size]);
            command.arg(&directory).args(program);
            command
        };
        let tried = unshare(&["true"]).output().context("cannot run unshare")?;
        if !tried.status.success() {
            bail!("cannot mount in a namespace: {}", String::from_utf8_lossy(&tried.stderr).trim());
        }
        let script = format!(
            "#!/bin/sh\nexec unshare --user --map-root-user --mount sh -c '{MOUNT_AND_RUN}' {size} '{}' '{}' \"$@\"\n",
            directory.display(),
            binary.display()
        );
        let program = scratch.write("on-small-disk", script)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        Ok(Self { directory, program })
    }

    /// A file on it, as the worker names it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The same file as it is seen from here while `worker` runs.
    pub(crate) fn seen(&self, worker: &Process, name: &str) -> PathBuf {
        let root = format!("/proc/{}/root", worker.pid());
        let below_root = self.directory.strip_prefix("/").unwrap_or(&self.directory);
        Path::new(&root).join(below_root).join(name)
    }

    /// Fills what is free but for `left` bytes.
    ///
    /// # Errors
    /// When it cannot be written for another reason than that it is full.
    pub(crate) fn fill(&self, worker: &Process, left: u64) -> anyhow::Result<()> {
        let path = self.seen(worker, "ballast");
        let mut ballast = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        loop {
            match ballast.write_all(&[0; FILL]) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => return Err(error).context("cannot fill the small disk"),
            }
        }
        let length = ballast.metadata()?.len();
        ballast.set_len(length.saturating_sub(left))?;
        Ok(())
    }

    /// Makes room.
    ///
    /// # Errors
    /// When it was not filled.
    pub(crate) fn free(&self, worker: &Process) -> anyhow::Result<()> {
        fs::remove_file(self.seen(worker, "ballast")).context("cannot make room on the small disk")
    }
}
