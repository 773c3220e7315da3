//! What a scenario prints beside what happens by itself.

use std::fmt::Write as _;

use anyhow::bail;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::play::{Play, text};

impl Play {
    pub(super) async fn show(&mut self, what: &str) -> anyhow::Result<()> {
        let (what, rest) = what.split_once(' ').unwrap_or((what, ""));
        match what {
            "why" => self.show_why(rest).await,
            "gates" => self.show_gates(rest).await,
            "history" => self.show_history(rest).await,
            "pending" => self.show_pending().await,
            "account" => self.show_account().await,
            "sent" => self.show_sent().await,
            "rules" => self.show_rules(rest).await,
            "rule" => self.show_rule(rest).await,
            _ => bail!("nothing to show is called `{what}`"),
        }
    }

    /// Whether the account is locked, and what that goes by.
    async fn show_account(&mut self) -> anyhow::Result<()> {
        let account = self.world.get("/v1/account").await?;
        let state = match account["locked"] == true {
            true => "locked",
            false => "not locked",
        };
        let line = format!(
            "{state}: {} messages, {} allowed; {} bookings, {} active customers",
            account["messages"],
            account["messages_allowed"],
            account["bookings"],
            account["active_customers"]
        );
        self.line("account", &line);
        Ok(())
    }

    /// The decisions since the last look, in the words of the receipts. Left out is what a
    /// message of a person goes through, and when the rules will be looked at.
    async fn show_why(&mut self, person: &str) -> anyhow::Result<()> {
        let path = format!(
            "/v1/conversations/{}/why?limit=100",
            self.conversation(person)?
        );
        let why = self.world.get(&path).await?;
        for receipt in list(&why["receipts"]).iter().rev() {
            if !self.receipts_shown.insert(text(&receipt["id"])) {
                continue;
            }
            let at: DateTime<Utc> = text(&receipt["at"]).parse()?;
            let by = text(&receipt["decided_by"]);
            for entry in list(&receipt["entries"]) {
                let verdict = text(&entry["verdict"]["verdict"]);
                let routine = ["planned", "sending", "accepted"].contains(&verdict.as_str());
                if verdict == "will_assess" || (routine && entry["rule"].is_null()) {
                    continue;
                }
                let mut line = String::new();
                if let Some(rule) = entry["rule_name"].as_str() {
                    let _ = write!(line, "[{}] ", cut(rule));
                }
                line.push_str(&text(&entry["explanation"]));
                let failed = list(&entry["gates"]);
                for gate in failed
                    .iter()
                    .filter(|gate| gate["passed"] == Value::Bool(false))
                {
                    let _ = write!(
                        line,
                        " ({}: {})",
                        text(&gate["gate"]),
                        cut(&text(&gate["input"]))
                    );
                }
                if !by.is_empty() && by != "built-in decider" {
                    let _ = write!(line, " <{by}>");
                }
                self.line_at(at, "why", &line);
            }
        }
        Ok(())
    }

    /// Everything that was looked at before the last send, or instead of it.
    async fn show_gates(&mut self, person: &str) -> anyhow::Result<()> {
        let path = format!(
            "/v1/conversations/{}/why?limit=100",
            self.conversation(person)?
        );
        let why = self.world.get(&path).await?;
        let receipts = list(&why["receipts"]);
        let entries = receipts
            .iter()
            .flat_map(|receipt| list(&receipt["entries"]));
        let mut looked = entries.filter(|entry| !list(&entry["gates"]).is_empty());
        for gate in looked
            .next()
            .map(|entry| list(&entry["gates"]))
            .unwrap_or_default()
        {
            let mark = if gate["passed"] == Value::Bool(true) {
                "+"
            } else {
                "-"
            };
            let (name, input) = (text(&gate["gate"]), text(&gate["input"]));
            self.under(&format!("{mark} {name}: {input}"));
        }
        Ok(())
    }

    async fn show_history(&mut self, person: &str) -> anyhow::Result<()> {
        let path = format!(
            "/v1/conversations/{}/messages?limit=100",
            self.conversation(person)?
        );
        let found = self.world.get(&path).await?;
        let mut messages = list(&found["messages"]);
        messages.sort_by_key(|message| text(&message["at"]));
        for message in messages {
            let by = text(&message["author"]["by"]);
            let status = text(&message["status"]);
            let hidden = if message["hidden"] == Value::Bool(true) {
                ", hidden"
            } else {
                ""
            };
            let words = text(&message["text"]);
            let edited = match &message["edited"] {
                Value::Null => String::new(),
                edited => format!(" (now: {})", text(&edited["text"])),
            };
            let revoked = match message["revoked"] == Value::Bool(true) {
                true => " (taken back)",
                false => "",
            };
            self.under(&format!("{by}, {status}{hidden}: {words}{edited}{revoked}"));
        }
        Ok(())
    }

    async fn show_pending(&mut self) -> anyhow::Result<()> {
        let found = self.world.get("/v1/pending").await?;
        for pending in list(&found["pending"]) {
            let run = &pending["run"];
            let due: DateTime<Utc> = text(&run["due_at"]).parse()?;
            let mut line = format!(
                "{} by {} on {}",
                self.clock(due),
                run["rule_name"].as_str().unwrap_or("staff"),
                text(&pending["channel"])
            );
            if let Some(rescue) = run["rescue"].as_str() {
                let _ = write!(line, ", rescued: {rescue}");
            }
            if let Some(why) = pending["blocked_by"]["explanation"].as_str() {
                let _ = write!(line, ", blocked: {why}");
            }
            self.under(&line);
        }
        Ok(())
    }

    async fn show_sent(&mut self) -> anyhow::Result<()> {
        let found = self.world.get("/v1/messages?category=sequence").await?;
        for message in list(&found["messages"]).iter().rev() {
            let status = text(&message["status"]);
            let words = text(&message["text"]);
            self.under(&format!("{status}: {words}"));
        }
        Ok(())
    }

    /// All of them, or `?colour=blue&enabled=true`.
    async fn show_rules(&mut self, query: &str) -> anyhow::Result<()> {
        let found = self.world.get(&format!("/v1/rules{query}")).await?;
        for rule in list(&found["rules"]) {
            let on = if rule["enabled"] == Value::Bool(true) {
                "on"
            } else {
                "off"
            };
            let colour = rule["colour"].as_str().unwrap_or("no colour");
            let name = text(&rule["name"]);
            self.under(&format!("{name}: {colour}, {on}"));
        }
        Ok(())
    }

    /// The full configuration.
    async fn show_rule(&mut self, name: &str) -> anyhow::Result<()> {
        let path = format!("/v1/rules/{}", self.rule(name)?.id);
        let rule = self.world.get(&path).await?;
        for (field, value) in rule.as_object().into_iter().flatten() {
            if !matches!(
                field.as_str(),
                "id" | "created_at" | "updated_at" | "warnings"
            ) {
                self.under(&format!("{field}: {value}"));
            }
        }
        Ok(())
    }

    pub(super) fn show_review(&mut self, review: &Value) {
        for check in list(&review["checks"]) {
            let mark = if check["ok"] == Value::Bool(true) {
                "+"
            } else {
                "-"
            };
            let (item, detail) = (text(&check["item"]), text(&check["detail"]));
            self.under(&format!("{mark} {item}: {detail}"));
        }
        for outlook in list(&review["channels"]) {
            let can = |what: &str, name: &str| {
                (outlook[what] == Value::Bool(true)).then(|| name.to_owned())
            };
            let ways: Vec<_> = [can("free_form", "text"), can("template", "template")]
                .into_iter()
                .flatten()
                .collect();
            let channel = text(&outlook["channel"]);
            match outlook["left_out"]["message"].as_str() {
                Some(why) => self.under(&format!("{channel} left out: {why}")),
                None => self.under(&format!("{channel}: {}", ways.join(", "))),
            }
        }
        self.show_warnings(&review["warnings"]);
        if review["cost"]["extra"] == Value::Bool(true) {
            let list = text(&review["cost"]["price_list"]);
            self.under(&format!("price list: {list}"));
        }
    }

    pub(super) fn show_warnings(&mut self, warnings: &Value) {
        for warning in list(warnings) {
            let (code, message) = (text(&warning["code"]), text(&warning["message"]));
            self.under(&format!("! {code}: {message}"));
        }
    }

    pub(super) fn under(&mut self, text: &str) {
        let _ = writeln!(self.shown, "      {text}");
    }
}

pub(super) fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// Long texts are known from the rule.
fn cut(text: &str) -> String {
    match text.char_indices().nth(40) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
