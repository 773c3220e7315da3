//! The folder that holds everything of a local installation: one process at a time uses it, and
//! nobody else on the machine reads it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Two processes would tear the clock and the queues apart.
    #[error(
        "another process is using the folder {}; stop it, or choose another folder with --data or NACHFASS_DATA",
        .0.display()
    )]
    InUse(PathBuf),
    /// It cannot be made or written.
    #[error("the folder {} cannot be used", .0.display())]
    Unusable(PathBuf, #[source] io::Error),
}

/// The folder while this process has it. A process that dies gives it up.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if there is none, and keeps other processes out.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        make(path).map_err(unusable)?;
        let lock = private(&path.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// Where a file of this name is.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Where the `SQLite` database of this name is, which only the owner may read. What it keeps
    /// beside it gets the permissions of the database itself.
    pub fn database(&self, name: &str) -> Result<PathBuf, FolderError> {
        let file = self.file(name);
        let beside = ["-wal", "-shm"].map(|ending| self.file(&format!("{name}{ending}")));
        // Those of an older version may still be open to everybody.
        let found = beside.iter().filter(|path| path.exists());
        for path in [&file].into_iter().chain(found) {
            private(path).map_err(|error| FolderError::Unusable(self.path.clone(), error))?;
        }
        Ok(file)
    }
}

/// Opens the file, which is made if there is none, for its owner alone.
#[cfg(unix)]
fn private(path: &Path) -> io::Result<File> {
    use std::fs::Permissions;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(not(unix))]
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// A folder that was there before keeps its permissions: it may be shared on purpose.
#[cfg(unix)]
fn make(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

#[cfg(not(unix))]
fn make(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_has_the_folder() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let folder = DataFolder::open(&path).unwrap();
        let refused = DataFolder::open(&path).unwrap_err().to_string();
        for part in [&path.display().to_string(), "--data", "another process"] {
            assert!(refused.contains(part), "{refused}");
        }
        drop(folder);
        DataFolder::open(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_what_is_in_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let folder = DataFolder::open(&path).unwrap();
        // A database of an older version, with its journal.
        for old in ["table.sqlite", "table.sqlite-wal"] {
            std::fs::write(path.join(old), "").unwrap();
            let open = std::fs::Permissions::from_mode(0o644);
            std::fs::set_permissions(path.join(old), open).unwrap();
        }
        folder.database("table.sqlite").unwrap();
        let fresh = folder.database("queues.sqlite").unwrap();
        rusqlite::Connection::open(fresh)
            .unwrap()
            .execute_batch(
                "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)",
            )
            .unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        for entry in std::fs::read_dir(&path).unwrap() {
            let file = entry.unwrap().path();
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    }
}
