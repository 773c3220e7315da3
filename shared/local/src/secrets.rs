//! Secrets of connections in one private file, or in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use app::ports::{PortError, Secrets};
use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use crate::file;

/// All secrets of a local installation. The file is for its owner only (mode 0600), and every
/// change replaces it as a whole.
pub struct FileSecrets {
    file: Option<PathBuf>,
    values: Mutex<BTreeMap<String, SecretString>>,
}

impl FileSecrets {
    /// Forgotten with the process.
    #[must_use]
    pub fn memory() -> Self {
        Self {
            file: None,
            values: Mutex::default(),
        }
    }

    /// Kept in this file, which is created by the first `put`.
    pub fn open(file: &Path) -> Result<Self, PortError> {
        let values: BTreeMap<String, String> = match file::read(file).map_err(failed)? {
            None => BTreeMap::new(),
            // The parser's own message would quote a secret.
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| PortError {
                service: "secrets",
                message: "the file of secrets is not a JSON object of texts".to_owned(),
                source: None,
            })?,
        };
        let values = values
            .into_iter()
            .map(|(name, value)| (name, SecretString::from(value)));
        Ok(Self {
            file: Some(file.to_owned()),
            values: Mutex::new(values.collect()),
        })
    }

    /// Under which names something is kept.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.values().keys().cloned().collect()
    }

    fn values(&self) -> MutexGuard<'_, BTreeMap<String, SecretString>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the new state first, then takes it over: what a reader sees is always on disk.
    fn change(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, SecretString>),
    ) -> Result<(), PortError> {
        let mut current = self.values();
        let mut next = current.clone();
        change(&mut next);
        if let Some(file) = &self.file {
            let plain: BTreeMap<&str, &str> = next
                .iter()
                .map(|(name, value)| (name.as_str(), value.expose_secret()))
                .collect();
            let bytes = serde_json::to_vec_pretty(&plain).map_err(|error| failed(error.into()))?;
            file::replace(file, &bytes).map_err(failed)?;
        }
        *current = next;
        Ok(())
    }
}

#[async_trait]
impl Secrets for FileSecrets {
    async fn get(&self, name: &str) -> Result<Option<SecretString>, PortError> {
        Ok(self.values().get(name).cloned())
    }

    async fn put(&self, name: &str, value: &SecretString) -> Result<(), PortError> {
        self.change(|values| {
            values.insert(name.to_owned(), value.clone());
        })
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        self.change(|values| {
            values.remove(name);
        })
    }
}

fn failed(error: std::io::Error) -> PortError {
    PortError {
        service: "secrets",
        message: "the file of secrets cannot be used".to_owned(),
        source: Some(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(secrets: &FileSecrets, name: &str) -> Option<String> {
        secrets
            .get(name)
            .await
            .unwrap()
            .map(|value| value.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn secrets_survive_reopening_and_only_the_owner_can_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.json");

        let secrets = FileSecrets::open(&file).unwrap();
        secrets
            .put("con_1/token", &"first".to_owned().into())
            .await
            .unwrap();
        secrets
            .put("con_1/token", &"second".to_owned().into())
            .await
            .unwrap();
        secrets
            .put("con_2/token", &"other".to_owned().into())
            .await
            .unwrap();
        secrets.delete("con_2/token").await.unwrap();
        secrets.delete("con_2/token").await.unwrap();

        let reopened = FileSecrets::open(&file).unwrap();
        assert_eq!(
            get(&reopened, "con_1/token").await.as_deref(),
            Some("second")
        );
        assert_eq!(get(&reopened, "con_2/token").await, None);

        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn a_broken_file_is_reported_without_quoting_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.json");
        std::fs::write(&file, r#"{"a": ["hunter2"]}"#).unwrap();
        let error = FileSecrets::open(&file).err().unwrap();
        assert!(error.source.is_none() && !format!("{error:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn memory_secrets_need_no_file() {
        let secrets = FileSecrets::memory();
        secrets.put("a", &"1".to_owned().into()).await.unwrap();
        assert_eq!(get(&secrets, "a").await.as_deref(), Some("1"));
    }
}
