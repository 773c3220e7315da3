//! Secrets as SecureString parameters of SSM.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::ports::{Clock, PortError, Secrets};
use async_trait::async_trait;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::SdkError;
use aws_sdk_ssm::types::ParameterType;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::port_error;

const SERVICE: &str = "secrets";
/// A webhook needs its secret on every call; a replaced one is known everywhere after this.
const FRESH: TimeDelta = TimeDelta::minutes(5);

/// Parameters under one prefix, remembered for five minutes per process.
pub struct SsmSecrets {
    client: Client,
    prefix: String,
    clock: Arc<dyn Clock>,
    known: Mutex<HashMap<String, (SecretString, DateTime<Utc>)>>,
}

impl SsmSecrets {
    pub(crate) fn new(client: Client, prefix: &str, clock: Arc<dyn Clock>) -> Self {
        let prefix = prefix.trim_end_matches('/').to_owned();
        Self {
            client,
            prefix,
            clock,
            known: Mutex::default(),
        }
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{}", self.prefix, name.trim_start_matches('/'))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, (SecretString, DateTime<Utc>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, name: &str) -> Option<SecretString> {
        let now = self.clock.now();
        self.known()
            .get(name)
            .filter(|(_, until)| now < *until)
            .map(|(value, _)| value.clone())
    }

    fn remember(&self, name: &str, value: &SecretString) {
        let until = self.clock.now() + FRESH;
        self.known().insert(name.to_owned(), (value.clone(), until));
    }
}

#[async_trait]
impl Secrets for SsmSecrets {
    async fn get(&self, name: &str) -> Result<Option<SecretString>, PortError> {
        if let Some(value) = self.fresh(name) {
            return Ok(Some(value));
        }
        let sent = self
            .client
            .get_parameter()
            .name(self.path(name))
            .with_decryption(true)
            .send()
            .await;
        let value = match sent {
            Ok(found) => found
                .parameter
                .and_then(|parameter| parameter.value)
                .map(SecretString::from),
            Err(SdkError::ServiceError(context)) if context.err().is_parameter_not_found() => None,
            Err(error) => return Err(port_error(SERVICE, "GetParameter", error)),
        };
        // That there is none is not remembered: the owner may be about to store it.
        if let Some(value) = &value {
            self.remember(name, value);
        }
        Ok(value)
    }

    async fn put(&self, name: &str, value: &SecretString) -> Result<(), PortError> {
        self.client
            .put_parameter()
            .name(self.path(name))
            .r#type(ParameterType::SecureString)
            .overwrite(true)
            .value(value.expose_secret())
            .send()
            .await
            .map_err(|error| port_error(SERVICE, "PutParameter", error))?;
        self.remember(name, value);
        Ok(())
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        self.known().remove(name);
        match self
            .client
            .delete_parameter()
            .name(self.path(name))
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(context)) if context.err().is_parameter_not_found() => {
                Ok(())
            }
            Err(error) => Err(port_error(SERVICE, "DeleteParameter", error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use serde_json::json;

    use super::*;
    use crate::testing::{self, Canned, Recorder};

    #[derive(Default)]
    struct Seconds(AtomicI64);

    impl Clock for Seconds {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(self.0.load(Ordering::Relaxed), 0).unwrap()
        }
    }

    fn secrets(answers: Vec<Canned>) -> (SsmSecrets, Recorder, Arc<Seconds>) {
        let recorder = Recorder::new(answers);
        let clock = Arc::new(Seconds::default());
        let client = Client::from_conf(testing::config!(aws_sdk_ssm, recorder));
        (
            SsmSecrets::new(client, "/nachfass/test/", clock.clone()),
            recorder,
            clock,
        )
    }

    fn parameter(value: &str) -> Canned {
        testing::answer(200, json!({"Parameter": {"Name": "n", "Value": value}}))
    }

    fn missing() -> Canned {
        testing::answer(400, json!({"__type": "ParameterNotFound", "message": "no"}))
    }

    async fn get(secrets: &SsmSecrets) -> Option<String> {
        secrets
            .get("con_1/token")
            .await
            .unwrap()
            .map(|value| value.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn a_secret_is_asked_for_once_in_five_minutes() {
        let (secrets, recorder, clock) = secrets(vec![parameter("one"), parameter("two")]);
        assert_eq!(get(&secrets).await.as_deref(), Some("one"));
        clock.0.store(299, Ordering::Relaxed);
        assert_eq!(get(&secrets).await.as_deref(), Some("one"));
        clock.0.store(300, Ordering::Relaxed);
        assert_eq!(get(&secrets).await.as_deref(), Some("two"));
        assert_eq!(recorder.calls().len(), 2);
        assert_eq!(
            recorder.calls()[0].body,
            json!({"Name": "/nachfass/test/con_1/token", "WithDecryption": true})
        );
    }

    #[tokio::test]
    async fn a_missing_secret_is_none_and_asked_for_again() {
        let (secrets, recorder, _) = secrets(vec![missing(), parameter("there")]);
        assert_eq!(get(&secrets).await, None);
        assert_eq!(get(&secrets).await.as_deref(), Some("there"));
        assert_eq!(recorder.calls().len(), 2);
    }

    #[tokio::test]
    async fn storing_replaces_and_deleting_forgets() {
        let version = testing::answer(200, json!({"Version": 1}));
        let (secrets, recorder, _) = secrets(vec![version, missing(), missing()]);
        secrets
            .put("con_1/token", &"new".to_owned().into())
            .await
            .unwrap();
        assert_eq!(get(&secrets).await.as_deref(), Some("new"));
        secrets.delete("con_1/token").await.unwrap();
        assert_eq!(get(&secrets).await, None);
        let put = &recorder.calls()[0].body;
        assert_eq!(
            (&put["Type"], &put["Overwrite"]),
            (&json!("SecureString"), &json!(true))
        );
    }
}
