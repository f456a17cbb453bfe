//! The data directory: who may open it, and what must be in it.
//!
//! A directory is one of three things: empty (a store is created in it), a dev-broker's (its marker file says so, and
//! the store must then be there whole) or somebody else's (refused). Nothing torn or foreign is ever read as "nothing there".

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::StoreError;

const FORMAT: u32 = 1;
const LOCK: &str = "lock";
const MARKER: &str = "dev-broker.json";
const MARKER_NEW: &str = "dev-broker.json.new";
const STORE: &str = "store";

/// A locked data directory. The lock goes with the value, or with the process.
#[derive(Debug)]
pub(crate) struct DataDir {
    dir: PathBuf,
    /// Whether the store in it was completed before: then nothing of it may be missing.
    pub(crate) existing: bool,
    _lock: File,
}

#[derive(Serialize, Deserialize)]
struct Marker {
    format: u32,
    state: State,
}

/// `Creating` until the store is whole; nothing was acknowledged before `Ready`.
#[derive(Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    Creating,
    Ready,
}

impl DataDir {
    /// Locks `dir`, creating it if missing, and checks what it is.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Foreign`], [`StoreError::Format`], [`StoreError::Damaged`] or [`StoreError::Io`].
    pub(crate) fn lock(dir: &Path) -> Result<Self, StoreError> {
        let io = |source| StoreError::io(dir, source);
        fs::create_dir_all(dir).map_err(io)?;
        refuse_foreign(dir)?;
        let lock =
            File::options().create(true).truncate(false).write(true).open(dir.join(LOCK)).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let existing = match read_marker(dir)? {
            Some(State::Ready) => {
                require_store(dir)?;
                true
            }
            // A first start that was killed: it acknowledged nothing.
            Some(State::Creating) => {
                remove_dir(&dir.join(STORE)).map_err(io)?;
                false
            }
            None if dir.join(STORE).exists() => {
                return Err(StoreError::Damaged {
                    dir: dir.to_owned(),
                    what: format!("there is a {STORE} directory but no {MARKER}"),
                });
            }
            None => {
                write_marker(dir, State::Creating).map_err(io)?;
                false
            }
        };
        Ok(Self { dir: dir.to_owned(), existing, _lock: lock })
    }

    /// Where the embedded store lives.
    pub(crate) fn store(&self) -> PathBuf {
        self.dir.join(STORE)
    }

    /// Records that the store is whole: from here on a missing part is damage.
    pub(crate) fn mark_ready(&self) -> Result<(), StoreError> {
        write_marker(&self.dir, State::Ready).map_err(|source| StoreError::io(&self.dir, source))
    }

    /// An error that names this directory and what is wrong with it.
    pub(crate) fn damaged(&self, what: impl Into<String>) -> StoreError {
        StoreError::Damaged { dir: self.dir.clone(), what: what.into() }
    }
}

fn refuse_foreign(dir: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::io(dir, source);
    for entry in fs::read_dir(dir).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        if ![LOCK, MARKER, MARKER_NEW, STORE].iter().any(|ours| name == *ours) {
            return Err(StoreError::Foreign {
                dir: dir.to_owned(),
                found: name.to_string_lossy().into_owned(),
            });
        }
    }
    Ok(())
}

fn read_marker(dir: &Path) -> Result<Option<State>, StoreError> {
    let text = match fs::read(dir.join(MARKER)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StoreError::io(dir, source)),
    };
    let marker: Marker = serde_json::from_slice(&text).map_err(|error| StoreError::Damaged {
        dir: dir.to_owned(),
        what: format!("{MARKER} is not readable: {error}"),
    })?;
    if marker.format != FORMAT {
        return Err(StoreError::Format {
            dir: dir.to_owned(),
            found: marker.format.to_string(),
            expected: FORMAT,
        });
    }
    Ok(Some(marker.state))
}

/// The embedded engine would create what is missing, silently; so its own files are looked for first.
fn require_store(dir: &Path) -> Result<(), StoreError> {
    let store = dir.join(STORE);
    let damaged = |what: String| StoreError::Damaged { dir: dir.to_owned(), what };
    for name in ["version", "keyspaces"] {
        if !store.join(name).exists() {
            return Err(damaged(format!("{STORE}/{name} is missing")));
        }
    }
    let journal = fs::read_dir(&store)
        .map_err(|source| StoreError::io(dir, source))?
        .filter_map(Result::ok)
        .any(|entry| entry.path().extension().is_some_and(|extension| extension == "jnl"));
    if !journal {
        return Err(damaged(format!("the journal (*.jnl) in {STORE} is missing")));
    }
    Ok(())
}

/// Written aside, synced and renamed, so that a marker is either the old one or the new one.
fn write_marker(dir: &Path, state: State) -> io::Result<()> {
    let new = dir.join(MARKER_NEW);
    let text = serde_json::to_vec_pretty(&Marker { format: FORMAT, state })?;
    fs::write(&new, text)?;
    File::open(&new)?.sync_all()?;
    fs::rename(&new, dir.join(MARKER))?;
    File::open(dir)?.sync_all()
}

fn remove_dir(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
