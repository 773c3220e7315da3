//! The sources' examples: as demo rules of a new installation, and played on the virtual clock
//! by `cargo run -- demo`.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use app::Config;
use axum::body::Body;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, StatusCode};
use local::SeededEntropy;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::control::{self, Local};
use crate::first_start::{self, Installation};
use crate::runner::{Parts, Runner};

/// The installation in this folder with its example rules. A start that was killed half-way is
/// finished; once it is complete, what is missing was deleted on purpose.
pub async fn open(
    runner: &Runner,
    folder: Option<&Path>,
    preset: Option<&str>,
) -> anyhow::Result<Installation> {
    let mut installation = first_start::open(&runner.app, folder, preset).await?;
    if !installation.complete {
        seed(runner, &installation).await?;
        first_start::completed(folder, &mut installation)?;
    }
    Ok(installation)
}

/// The example rules of the first source, in its words. Switched off, so that the rules you make
/// come first; `POST /v1/rules/{id}/enable` switches one on. What is there already stays.
async fn seed(runner: &Runner, installation: &Installation) -> anyhow::Result<()> {
    let book = runner.app.fresh_book(installation.workspace).await?;
    let api = api::router(Arc::clone(&runner.app));
    for mut rule in example_rules() {
        if book
            .rules
            .iter()
            .any(|known| rule["name"] == *known.spec.name)
        {
            continue;
        }
        rule["enabled"] = json!(false);
        call(
            &api,
            &installation.key,
            Method::POST,
            "/v1/rules",
            Some(rule),
        )
        .await?;
    }
    Ok(())
}

/// Both examples of the first source, for channels without templates.
#[must_use]
pub fn example_rules() -> [Value; 2] {
    [
        json!({
            "name": "Erinnerung an ausstehenden Termin - 4 Stunden",
            "colour": "blue",
            "trigger": {
                "type": "silence",
                "description": "Nachfassaktion senden, wenn ein Kunde Interesse an der Vereinbarung eines Termins zeigt, aber Datum und Uhrzeit nicht bestätigt"
            },
            "stop": { "description": "Stoppen, wenn der Kunde den Termin bestätigt, die Anfrage storniert oder anzeigt, dass er nicht mehr interessiert ist" },
            "delay": { "mode": "manual", "minutes": 240 },
            "message": {
                "mode": "custom",
                "text": "Hallo ##{{first_name}}, wir haben noch Termine frei: Dienstag um 10:00 oder 15:30 und Donnerstag um 17:00. Welcher passt dir?"
            }
        }),
        json!({
            "name": "Nachfassaktion nach dem Verkauf",
            "colour": "green",
            "trigger": {
                "type": "silence",
                "description": "Nachfassaktion nach einem Kauf, um Kundenzufriedenheit sicherzustellen"
            },
            "stop": { "description": "Stoppen, wenn der Kunde Zufriedenheit bestätigt, ein Problem meldet (zur Eskalation an den Support) oder sich für die Nachfassaktion bedankt" },
            "delay": { "mode": "manual", "minutes": 1440 },
            "message": { "mode": "ai" }
        }),
    ]
}

/// Plays both examples and tells what was sent, when and why.
pub async fn run() -> anyhow::Result<String> {
    let start: DateTime<Utc> = "2026-11-02T09:00:00Z".parse().context("a fixed time")?;
    let config = Config::read(|_| None)?;
    let parts = Parts::memory(start, Arc::new(SeededEntropy::new(1)), config)?;
    let runner = Runner::start(parts).await?;
    let installation = first_start::open(&runner.app, None, None).await?;
    let mut play = Play {
        local: Arc::new(Local::new(runner, installation)),
        story: String::new(),
        told: HashSet::new(),
    };

    play.heading("1. Erinnerung an ausstehenden Termin");
    let [appointment, after_sale] = example_rules();
    play.rule(appointment).await?;
    play.customer(
        "anna",
        "Anna Berger",
        "Hallo, habt ihr diese Woche noch einen Termin zum Färben frei?",
    )
    .await?;
    play.advance(TimeDelta::minutes(12)).await?;
    play.staff(
        "anna",
        "Hallo Anna, gern! Dienstag um 10:00 oder Donnerstag um 17:00?",
    )
    .await?;
    play.advance(TimeDelta::hours(5)).await?;
    play.why("anna").await?;
    play.customer("anna", "Anna Berger", "Super, dann Dienstag um 10:00!")
        .await?;
    play.staff("anna", "Ist notiert, bis Dienstag!").await?;
    play.advance(TimeDelta::days(1)).await?;
    play.why("anna").await?;

    play.heading("2. Nachfassaktion nach dem Verkauf");
    play.rule(after_sale).await?;
    play.customer(
        "ben",
        "Ben Kurz",
        "Hi, ich habe gerade die blaue Vase bestellt und bezahlt.",
    )
    .await?;
    play.staff(
        "ben",
        "Danke für deinen Einkauf, Ben! Die Vase geht heute raus.",
    )
    .await?;
    play.advance(TimeDelta::hours(25)).await?;
    play.why("ben").await?;
    Ok(play.story)
}

struct Play {
    local: Arc<Local>,
    story: String,
    /// Receipts that were told already.
    told: HashSet<String>,
}

impl Play {
    fn heading(&mut self, text: &str) {
        let _ = writeln!(self.story, "\n{text}\n{}", "-".repeat(text.chars().count()));
    }

    fn line(&mut self, who: &str, text: &str) {
        let now = self.shown(self.local.runner.now());
        let _ = writeln!(self.story, "{now}  {who:<9} {text}");
    }

    async fn rule(&mut self, rule: Value) -> anyhow::Result<()> {
        let made = self.api(Method::POST, "/v1/rules", Some(rule)).await?;
        self.line("rule", made["name"].as_str().unwrap_or_default());
        Ok(())
    }

    async fn customer(&mut self, from: &str, name: &str, text: &str) -> anyhow::Result<()> {
        self.line(from, text);
        let said = json!({ "from": from, "name": name, "text": text });
        self.api(Method::POST, "/local/loopback", Some(said))
            .await?;
        Ok(())
    }

    async fn staff(&mut self, to: &str, text: &str) -> anyhow::Result<()> {
        self.line("staff", text);
        let path = format!("/v1/conversations/{}/messages", self.conversation(to)?);
        self.api(Method::POST, &path, Some(json!({ "text": text })))
            .await?;
        self.local.runner.http.clear_outbox();
        Ok(())
    }

    async fn advance(&mut self, by: TimeDelta) -> anyhow::Result<()> {
        self.local.runner.advance(by).await?;
        for sent in self.local.runner.http.clear_outbox() {
            let text = sent.body["text"].as_str().unwrap_or_default();
            let at = self.shown(sent.at);
            let _ = writeln!(self.story, "{at}  {:<9} {text}", "-> sent");
        }
        Ok(())
    }

    /// The wall clock of the workspace.
    fn shown(&self, at: DateTime<Utc>) -> String {
        let zone = self.local.runner.app.config.defaults.zone;
        zone.local(at).format("%a %H:%M").to_string()
    }

    /// The decisions since the last look, in plain words.
    async fn why(&mut self, whom: &str) -> anyhow::Result<()> {
        let path = format!(
            "/v1/conversations/{}/why?limit=20",
            self.conversation(whom)?
        );
        let why = self.api(Method::GET, &path, None).await?;
        let receipts = why["receipts"].as_array().cloned().unwrap_or_default();
        for receipt in receipts.iter().rev() {
            let id = receipt["id"].as_str().unwrap_or_default().to_owned();
            if !self.told.insert(id) {
                continue;
            }
            for entry in receipt["entries"].as_array().into_iter().flatten() {
                let _ = writeln!(
                    self.story,
                    "           why: {}",
                    entry["explanation"].as_str().unwrap_or_default()
                );
            }
        }
        Ok(())
    }

    fn conversation(&self, user: &str) -> anyhow::Result<String> {
        let user = domain::channel::ChannelUser::parse(user)?;
        Ok(
            domain::conversation::Conversation::id_for(self.local.installation.loopback, &user)
                .to_string(),
        )
    }

    async fn api(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let router = control::router(Arc::clone(&self.local));
        call(&router, &self.local.installation.key, method, path, body).await
    }
}

/// One request through a router, without a socket.
pub async fn call(
    router: &axum::Router,
    key: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> anyhow::Result<Value> {
    let request = http::Request::builder()
        .method(method.clone())
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Body::from(
            body.map(|body| body.to_string()).unwrap_or_default(),
        ))?;
    let response = router.clone().oneshot(request).await?;
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1024 * 1024).await?;
    anyhow::ensure!(
        status.is_success(),
        "{method} {path} answered {status}: {}",
        String::from_utf8_lossy(&bytes)
    );
    if status == StatusCode::NO_CONTENT || bytes.is_empty() {
        return Ok(Value::Null);
    }
    Ok(serde_json::from_slice(&bytes)?)
}
