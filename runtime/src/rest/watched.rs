//! Files that are read again when they change.
//!
//! What is compared is what stands in them, so that it does not matter how they are replaced: written over, renamed, or behind
//! a symbolic link as Kubernetes does it. While they cannot be used, what they said last goes on.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};

/// More than any of these files has, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Why a file cannot be used. The text never has anything that stands in it but names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {problem}", path.display(), Line(*line))]
pub struct FileProblem {
    path: PathBuf,
    line: Option<usize>,
    problem: String,
}

struct Line(Option<usize>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

impl FileProblem {
    pub(super) fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, problem: problem.into() }
    }

    /// One that is about a line, from 1.
    pub(super) fn on_line(path: &Path, line: usize, problem: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::new(path, problem) }
    }
}

/// One file, as it was read.
pub(super) struct Content {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

type Parse<T> = dyn Fn(&[Content]) -> Result<T, FileProblem> + Send + Sync;

/// What files say, now.
pub(super) struct Watched<T> {
    files: Vec<PathBuf>,
    parse: Box<Parse<T>>,
    current: RwLock<Arc<T>>,
    /// What was read last, usable or not.
    seen: Mutex<Result<Vec<Vec<u8>>, FileProblem>>,
}

impl<T: Send + Sync + 'static> Watched<T> {
    /// Reads the files for the first time. Blocks.
    ///
    /// # Errors
    /// [`FileProblem`] when one of them cannot be used.
    pub(super) fn open(
        files: Vec<PathBuf>,
        parse: impl Fn(&[Content]) -> Result<T, FileProblem> + Send + Sync + 'static,
    ) -> Result<Self, FileProblem> {
        let contents = read_all(&files)?;
        let current = RwLock::new(Arc::new(parse(&contents)?));
        let seen = Mutex::new(Ok(bytes_of(contents)));
        Ok(Self { files, parse: Box::new(parse), current, seen })
    }

    /// What they said when they could last be used.
    pub(super) fn current(&self) -> Arc<T> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads them again and again; never ends. Cancel-safe.
    pub(super) async fn follow(self: Arc<Self>, every: Duration) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let watched = Arc::clone(&self);
            if let Err(error) = tokio::task::spawn_blocking(move || watched.look()).await {
                tracing::error!(%error, files = ?self.files, "changed files could not be read again");
            }
        }
    }

    /// Takes what the files say now, if that is something else than before. Blocks.
    fn look(&self) {
        let read = read_all(&self.files);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let parsed = match (&read, &*seen) {
            (Ok(contents), Ok(before)) if contents.iter().map(|content| &content.bytes).eq(before) => return,
            (Err(problem), Err(before)) if problem == before => return,
            (Ok(contents), _) => (self.parse)(contents),
            (Err(problem), _) => Err(problem.clone()),
        };
        match parsed {
            Ok(parsed) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(parsed);
                tracing::info!(files = ?self.files, "took changed files");
            }
            Err(problem) => {
                tracing::error!(%problem, "a changed file cannot be used, what it said before goes on");
            }
        }
        *seen = read.map(bytes_of);
    }
}

fn bytes_of(contents: Vec<Content>) -> Vec<Vec<u8>> {
    contents.into_iter().map(|content| content.bytes).collect()
}

fn read_all(files: &[PathBuf]) -> Result<Vec<Content>, FileProblem> {
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Content, FileProblem> {
    let unreadable = |error: io::Error| FileProblem::new(path, format!("cannot be read: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(FileProblem::new(path, "has more than 1 MiB, which no such file needs"));
    }
    Ok(Content { path: path.to_owned(), bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn number(contents: &[Content]) -> Result<u32, FileProblem> {
        let text = String::from_utf8_lossy(&contents[0].bytes);
        text.trim().parse().map_err(|_| FileProblem::new(&contents[0].path, "is no number"))
    }

    #[test]
    fn a_changed_file_counts_once_it_can_be_used() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("number");
        fs::write(&file, "1").unwrap();
        let watched = Watched::open(vec![file.clone()], number).unwrap();
        let check = |expected: u32| {
            watched.look();
            assert_eq!(*watched.current(), expected);
        };
        check(1);
        fs::write(&file, "2").unwrap();
        check(2);
        fs::write(&file, "").unwrap();
        check(2);
        fs::remove_file(&file).unwrap();
        check(2);
        fs::write(directory.path().join("next"), "3").unwrap();
        fs::rename(directory.path().join("next"), &file).unwrap();
        check(3);
    }

    #[test]
    fn a_file_that_cannot_be_used_at_first_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("number");
        let check = |expected: &str| {
            let problem = Watched::open(vec![file.clone()], number).err().unwrap().to_string();
            assert_eq!(problem.replace(file.to_str().unwrap(), "FILE"), expected);
        };
        check("FILE: cannot be read: No such file or directory (os error 2)");
        fs::write(&file, "x").unwrap();
        check("FILE: is no number");
        fs::write(&file, vec![b'1'; (1 << 20) + 1]).unwrap();
        check("FILE: has more than 1 MiB, which no such file needs");
    }
}
