//! Every kind of payload, read from its file, with the parsed form beside it.

use std::fs;
use std::path::{Path, PathBuf};

use channels::{Batch, parse};
use chrono::{DateTime, Utc};
use domain::channel::Channel;

/// The day on which all fixtures arrive.
pub(crate) fn arrival() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub(crate) struct Fixture {
    pub(crate) channel: Channel,
    pub(crate) name: String,
    pub(crate) body: Vec<u8>,
}

impl Fixture {
    pub(crate) fn parsed(&self) -> Batch {
        parse(self.channel, &self.body, arrival()).unwrap()
    }
}

pub(crate) fn all() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut fixtures = Vec::new();
    // The forms of SMS providers are in `reports`.
    for channel in Channel::ALL
        .into_iter()
        .filter(|it| !matches!(it, Channel::Sms | Channel::Email))
    {
        for path in sorted(&root.join(channel.as_str())) {
            fixtures.push(Fixture {
                channel,
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                body: fs::read(&path).unwrap(),
            });
        }
    }
    fixtures
}

pub(crate) fn fixture(channel: Channel, name: &str) -> Fixture {
    all()
        .into_iter()
        .find(|fixture| fixture.channel == channel && fixture.name == name)
        .unwrap_or_else(|| panic!("no fixture {channel}/{name}"))
}

pub(crate) fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_payload_is_read_as_recorded() {
    for fixture in all() {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(format!("snapshots/{}", fixture.channel));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            insta::assert_json_snapshot!(fixture.name.as_str(), fixture.parsed().events);
        });
    }
}

#[test]
fn events_survive_the_queue() {
    for fixture in all() {
        let batch = fixture.parsed();
        let json = serde_json::to_string(&batch).unwrap();
        let back: Batch = serde_json::from_str(&json).unwrap();
        assert_eq!(back, batch, "{}/{}", fixture.channel, fixture.name);
    }
}
