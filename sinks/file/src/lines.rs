//! The file: locked, appended to, cut back.

use crate::{body::Line, error::FileError};
use std::{
    fs::{File, TryLockError},
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

const BUFFER: usize = 64 * 1024;

/// A file of lines that nobody else writes while this value lives.
#[derive(Debug)]
pub(crate) struct LineFile {
    path: PathBuf,
    file: File,
}

impl LineFile {
    /// Opens or creates the file and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::Open { path: path.into(), source };
        // Looked at before it is opened: opening a pipe without a reader would wait for one.
        if path.metadata().is_ok_and(|found| !found.is_file()) {
            return Err(FileError::NotRegular { path: path.into() });
        }
        let file = File::options().create(true).read(true).append(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.into(), file }),
            Err(TryLockError::WouldBlock) => Err(FileError::Locked { path: path.into() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Length in bytes.
    pub(crate) fn length(&self) -> Result<u64, FileError> {
        self.file.metadata().map(|found| found.len()).map_err(|source| self.failed(source))
    }

    /// Checks that the name still leads to this file: lines written to one that was moved or deleted would be lost.
    pub(crate) fn check_in_place(&self) -> Result<(), FileError> {
        let failed = |source| FileError::Write { path: self.path.clone(), source };
        let ours = self.file.metadata().map_err(failed)?;
        match self.path.metadata() {
            Ok(named) if (named.dev(), named.ino()) == (ours.dev(), ours.ino()) => Ok(()),
            _ => Err(FileError::Moved { path: self.path.clone() }),
        }
    }

    /// Cuts the file back to `length` bytes.
    pub(crate) fn cut(&self, length: u64) -> Result<(), FileError> {
        self.file.set_len(length).map_err(|source| self.failed(source))
    }

    /// Appends the lines, makes them durable and returns the file's length after them.
    pub(crate) fn append(&self, lines: &[Line]) -> Result<u64, FileError> {
        self.append_unchecked(lines).map_err(|source| self.failed(source))?;
        self.length()
    }

    /// Ends the last line when whoever wrote the file before did not.
    pub(crate) fn end_last_line(&self) -> Result<(), FileError> {
        self.end_last_line_unchecked().map_err(|source| self.failed(source))
    }

    fn append_unchecked(&self, lines: &[Line]) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(BUFFER, &self.file);
        for line in lines {
            out.write_all(line.as_bytes())?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        self.file.sync_data()
    }

    fn end_last_line_unchecked(&self) -> io::Result<()> {
        let mut file = &self.file;
        if file.metadata()?.len() == 0 {
            return Ok(());
        }
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
            file.sync_data()?;
        }
        Ok(())
    }

    fn failed(&self, source: io::Error) -> FileError {
        FileError::Write { path: self.path.clone(), source }
    }
}
