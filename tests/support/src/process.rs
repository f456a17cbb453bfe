//! A child process: its output, its signals and its end.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::{Scratch, wait};

/// A signal a test sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `SIGTERM`: asks the process to finish.
    Terminate,
    /// `SIGINT`: what Ctrl-C sends.
    Interrupt,
    /// `SIGSTOP`: freezes it, connections stay open.
    Stop,
    /// `SIGCONT`: lets a frozen one go on.
    Continue,
}

impl Signal {
    fn flag(self) -> &'static str {
        match self {
            Self::Terminate => "-TERM",
            Self::Interrupt => "-INT",
            Self::Stop => "-STOP",
            Self::Continue => "-CONT",
        }
    }
}

/// A running child process. Killed with `SIGKILL` when dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: PathBuf,
    scratch: Scratch,
}

impl Process {
    /// Starts `command`; what it prints goes to `<name>.out` in the scratch directory, after what is there already.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn(scratch: &Scratch, name: &str, mut command: Command) -> anyhow::Result<Self> {
        let output = scratch.path().join(format!("{name}.out"));
        let file = File::options().create(true).append(true).open(&output)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        scratch.register(child.id())?;
        Ok(Self { name: name.to_owned(), child, output, scratch: scratch.clone() })
    }

    /// The process id, valid until the process was seen to end.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything printed so far on standard output and standard error.
    #[must_use]
    pub fn output(&self) -> String {
        fs::read(&self.output).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the process has already ended.
    pub fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        if let Some(status) = self.exited()? {
            anyhow::bail!("{} has already ended with {status}", self.name);
        }
        let sent = Command::new("kill").args([signal.flag(), &self.pid().to_string()]).status()?;
        anyhow::ensure!(sent.success(), "kill {} {} failed: {sent}", signal.flag(), self.pid());
        Ok(())
    }

    /// Kills the process with `SIGKILL` and waits for its end. Does nothing when it has ended.
    ///
    /// # Errors
    /// When the process cannot be killed.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.scratch.forget(self.pid());
        Ok(())
    }

    /// How the process ended, or `None` while it runs.
    ///
    /// # Errors
    /// As the system has them.
    pub fn exited(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        if status.is_some() {
            self.scratch.forget(self.pid());
        }
        Ok(status)
    }

    /// Whether a signal has frozen it (state `T` in Linux's `/proc`).
    ///
    /// # Errors
    /// When the process has ended or the system has no `/proc`.
    pub fn is_stopped(&self) -> anyhow::Result<bool> {
        let status = fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // The name before the state is in parentheses and may hold any character.
        let state = status.rsplit(')').next().unwrap_or_default().trim_start();
        Ok(state.starts_with('T'))
    }

    /// Waits for the process to end by itself.
    ///
    /// # Errors
    /// After `deadline`, with what the process printed last.
    pub async fn wait_exit(&mut self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        let what = format!("{} to end", self.name);
        wait::until(deadline, &what, async || match self.exited() {
            Ok(Some(status)) => Ok(status),
            Ok(None) => Err(format!("still running; it printed: {}", self.last_output())),
            Err(error) => Err(error.to_string()),
        })
        .await
    }

    /// Waits until `address` accepts connections.
    ///
    /// # Errors
    /// After `deadline`, or at once when the process has ended, with what it printed last.
    pub async fn wait_listening(&mut self, address: SocketAddr, deadline: Duration) -> anyhow::Result<()> {
        let what = format!("{} to listen on {address}", self.name);
        let ended = wait::until(deadline, &what, async || {
            if let Some(status) = self.exited().transpose() {
                return Ok(Some(status));
            }
            match TcpStream::connect(address).await {
                Ok(_connection) => Ok(None),
                Err(error) => Err(format!("{error}; it printed: {}", self.last_output())),
            }
        })
        .await?;
        match ended {
            None => Ok(()),
            Some(status) => anyhow::bail!(
                "{} ended with {} before it listened on {address}; it printed: {}",
                self.name,
                status?,
                self.last_output()
            ),
        }
    }

    /// The last lines printed, for error messages.
    #[must_use]
    pub fn last_output(&self) -> String {
        let output = self.output();
        let lines: Vec<&str> = output.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Resident memory in bytes (`VmRSS` of Linux's `/proc`).
    ///
    /// # Errors
    /// When the process has ended or the system has no `/proc`.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        self.status_bytes("VmRSS:")
    }

    /// The most resident memory it ever had, in bytes (`VmHWM` of Linux's `/proc`).
    ///
    /// # Errors
    /// As [`Process::resident_bytes`].
    pub fn peak_resident_bytes(&self) -> anyhow::Result<u64> {
        self.status_bytes("VmHWM:")
    }

    fn status_bytes(&self, name: &str) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let line = line.with_context(|| format!("no line {name}"))?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.kill().is_err() {
            // The guard of the scratch directory gets another chance.
            drop(self.child.try_wait());
        }
    }
}

/// Runs a program to its end and returns its standard output.
///
/// # Errors
/// When it cannot be started, takes longer than `deadline` (it is killed then) or does not end with 0; the error holds
/// what it printed.
pub async fn run(command: Command, input: &[u8], deadline: Duration) -> anyhow::Result<String> {
    let program = command.get_program().display().to_string();
    let mut child = tokio::process::Command::from(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program that ends without reading its input says why in its status and output.
            drop(stdin.write_all(input).await);
        }
    };
    let finished = tokio::time::timeout(deadline, async { tokio::join!(feed, child.wait_with_output()).1 })
        .await
        .with_context(|| format!("{program} ran longer than {deadline:?}"))??;
    let printed = String::from_utf8_lossy(&finished.stdout).into_owned();
    anyhow::ensure!(
        finished.status.success(),
        "{program} ended with {}:\n{printed}\n{}",
        finished.status,
        String::from_utf8_lossy(&finished.stderr)
    );
    Ok(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn output_and_status_of_a_process_that_was_asked_to_end() -> anyhow::Result<()> {
        let scratch = Scratch::new()?;
        let script = "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
        let mut process = Process::spawn(&scratch, "polite", shell(script))?;
        wait::until(Duration::from_secs(10), "the first line", async || {
            if process.output() == "ready\n" { Ok(()) } else { Err(process.output()) }
        })
        .await?;
        process.signal(Signal::Terminate)?;
        let status = process.wait_exit(Duration::from_secs(10)).await?;
        assert_eq!((status.code(), process.output().as_str()), (Some(3), "ready\nbye\n"));
        assert!(process.signal(Signal::Terminate).is_err(), "nobody is there to get it");
        Ok(())
    }

    #[tokio::test]
    async fn a_frozen_process_is_told_from_one_that_runs() -> anyhow::Result<()> {
        let scratch = Scratch::new()?;
        let mut process = Process::spawn(&scratch, "frozen", shell("sleep 600"))?;
        for (signal, expected) in [(Signal::Stop, true), (Signal::Continue, false)] {
            process.signal(signal)?;
            wait::until_true(Duration::from_secs(10), "the signal to be seen", async || {
                process.is_stopped().is_ok_and(|stopped| stopped == expected)
            })
            .await?;
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_server_that_ends_early_is_not_waited_for() -> anyhow::Result<()> {
        let scratch = Scratch::new()?;
        let mut process = Process::spawn(&scratch, "broken", shell("echo 'no such file'; exit 1"))?;
        let address = SocketAddr::from(([127, 0, 0, 1], crate::ports::free()?));
        let error = process.wait_listening(address, Duration::from_secs(60)).await.unwrap_err().to_string();
        assert!(error.contains("no such file"), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn a_program_that_fails_shows_what_it_printed() {
        let error =
            run(shell("cat; echo why >&2; exit 2"), b"input", Duration::from_secs(10)).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("input") && error.contains("why"), "{error}");
    }
}
