//! The binary as a process that is started, found and killed.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

/// The key of the installation.
pub(super) const KEY: &str = "nf_of_the_owner_0123456789";

/// In what a process died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// It did not listen yet.
    Starting,
    /// It served.
    Running,
    /// The platform had just been given a message.
    InASend,
}

/// How to start it.
pub(super) struct Process {
    folder: PathBuf,
    telegram: String,
    address: watch::Sender<Option<String>>,
}

/// A running one. Dropping it kills it.
pub(super) struct Life {
    child: Child,
    address: watch::Sender<Option<String>>,
    ended: oneshot::Receiver<()>,
}

impl Process {
    /// With its data in this folder; whoever wants to reach it is told where it listens.
    pub(super) fn new(
        folder: &Path,
        telegram: &str,
        address: watch::Sender<Option<String>>,
    ) -> Self {
        Self {
            folder: folder.to_owned(),
            telegram: telegram.to_owned(),
            address,
        }
    }

    /// Starts it and does not wait.
    pub(super) fn start(&self) -> Life {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_file())
            .unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_nachfass"))
            .args(["--addr", "127.0.0.1:0", "--data"])
            .arg(self.folder.join("data"))
            .env("NACHFASS_API_KEY", KEY)
            .env("TELEGRAM_BASE_URL", &self.telegram)
            .env("LOG_LEVEL", "error")
            .env_remove("NACHFASS_SEED")
            .env_remove("MODEL_PROVIDER")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let address = self.address.clone();
        let (end, ended) = oneshot::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some((_, url)) = line.split_once(" is running on ") {
                    address.send_replace(Some(url.to_owned()));
                }
            }
            let _ = end.send(());
        });
        Life {
            child,
            address: self.address.clone(),
            ended,
        }
    }

    /// What all of them logged.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Life {
    /// Kills it at this moment after its start.
    pub(super) async fn die_after(mut self, moment: Duration) -> Death {
        let ended = timeout(moment, &mut self.ended).await;
        assert!(ended.is_err(), "the process ended by itself");
        self.kill()
    }

    /// Kills it when the platform calls, or at the latest moment.
    pub(super) async fn die_when(
        mut self,
        called: oneshot::Receiver<()>,
        latest: Duration,
    ) -> Death {
        let called = async {
            tokio::select! {
                called = called => called.is_ok(),
                _ = &mut self.ended => panic!("the process ended by itself"),
            }
        };
        let in_a_send = timeout(latest, called).await == Ok(true);
        let death = self.kill();
        if in_a_send { Death::InASend } else { death }
    }

    /// `kill -9`.
    pub(super) fn kill(mut self) -> Death {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        match self.address.send_replace(None) {
            None => Death::Starting,
            Some(_) => Death::Running,
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
