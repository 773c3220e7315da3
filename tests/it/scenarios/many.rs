//! Segments, and messages to many.

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use super::play::{Play, text};
use super::script::{Words, duration};
use super::show::list;

impl Play {
    /// `VIPs {"is": "tagged", "tag": "vip"}`: staff save it.
    pub(super) async fn segment(&mut self, rest: &str) -> anyhow::Result<()> {
        let (name, filter) = rest.split_once(' ').context("`segment NAME {…}`")?;
        let filter: Value = serde_json::from_str(filter)?;
        let body = json!({"name": name, "filter": filter});
        let answer = self.world.api("POST", "/v1/segments", Some(body)).await?;
        self.line("staff", &format!("save the list {name}"));
        self.note_refusal(&answer);
        Ok(())
    }

    /// `74`: so many customers with an address of e-mail.
    pub(super) async fn regulars(&mut self, rest: &str) -> anyhow::Result<()> {
        for number in 1..=rest.parse::<u32>()? {
            let body = json!({
                "name": {"display": format!("Gast {number}")},
                "emails": [{"value": format!("gast{number}@example.org"), "kind": "private"}],
            });
            let answer = self.world.api("POST", "/v1/customers", Some(body)).await?;
            ensure!(answer.status == 201, "{}", answer.body);
        }
        self.line(
            "staff",
            &format!("store {rest} customers with an e-mail address each"),
        );
        Ok(())
    }

    /// Nothing, `2h` or `nothing`: the owner lets a locked account send, for so long, or no longer.
    pub(super) async fn excepts(&mut self, rest: &str) -> anyhow::Result<()> {
        let path = "/v1/account/exception";
        let (method, body) = match rest {
            "nothing" => ("DELETE", None),
            "" => ("PUT", Some(json!({}))),
            span => {
                let until = self.world.now() + duration(span)?;
                ("PUT", Some(json!({"until": until})))
            }
        };
        let answer = self.world.api(method, path, body).await?;
        self.line("owner", &format!("excepts the account: {rest}"));
        self.note_refusal(&answer);
        Ok(())
    }

    /// `to anna,ben by email` with a block, `count`, `confirm 3`, `pause`, `resume`, `cancel`.
    pub(super) async fn broadcast(&mut self, rest: &str, block: &[String]) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let verb = words.need("`to`, or what is done")?;
        if verb == "to" {
            return self.write_to_many(words, block).await;
        }
        let body = match verb.as_str() {
            "confirm" => Some(json!({"receive": words.need("how many")?.parse::<u64>()?})),
            "count" | "pause" | "resume" | "cancel" => None,
            other => bail!("nobody can `{other}` a broadcast"),
        };
        words.done()?;
        let path = format!("/v1/broadcasts/{}/{verb}", self.last_broadcast);
        let answer = self.world.api("POST", &path, body).await?;
        self.line("staff", &format!("broadcast: {rest}"));
        self.note_refusal(&answer);
        self.show_figures().await
    }

    async fn write_to_many(&mut self, mut words: Words, block: &[String]) -> anyhow::Result<()> {
        let audience = words.need("to whom")?;
        ensure!(words.flag("by"), "`by email`");
        let medium = words.need("a medium")?;
        words.done()?;
        let mut body = json!({"medium": medium});
        body["audience"] = match audience.as_str() {
            "everybody" => json!({"kind": "everybody"}),
            "upcoming" => json!({"kind": "upcoming_booking"}),
            names if names.starts_with(char::is_uppercase) => {
                let known = self.world.get("/v1/segments").await?;
                let known = list(&known["segments"]);
                let found = known.iter().find(|it| it["name"] == names);
                let found = found.with_context(|| format!("no list `{names}`"))?;
                json!({"kind": "segment", "segment": found["id"]})
            }
            names => {
                let ids: Result<Vec<_>, _> =
                    names.split(',').map(|it| self.world.customer(it)).collect();
                json!({"kind": "customers", "customers": ids?})
            }
        };
        for line in block {
            let (name, value) = line.split_once(' ').context("`subject Neues`")?;
            body[name] = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        }
        let answer = self.world.api("POST", "/v1/broadcasts", Some(body)).await?;
        self.line("staff", &format!("write to {audience} by {medium}"));
        self.note_refusal(&answer);
        if answer.status == 201 {
            self.last_broadcast = text(&answer.body["id"]).to_owned();
            return self.show_figures().await;
        }
        Ok(())
    }

    async fn show_figures(&mut self) -> anyhow::Result<()> {
        let now = self.broadcast_now().await?;
        let of = |figures: &Value| {
            let refused = list(&figures["refused"]);
            let refused = refused
                .iter()
                .map(|it| format!(", {} {}", text(&it["code"]), it["count"]));
            let mut shown = format!(
                "{} of {}{}",
                figures["receive"],
                figures["recipients"],
                refused.collect::<String>()
            );
            if figures["segments"] != 0 {
                shown += &format!(" ({} segments", figures["segments"]);
                if !figures["cost_cents"].is_null() {
                    shown += &format!(", {} ct", figures["cost_cents"]);
                }
                shown += ")";
            }
            shown
        };
        let state = text(&now["state"]);
        let mut line = format!("{state}; counted {}", of(&now["counted"]));
        if now["sent"]["recipients"] != 0 {
            line += &format!("; given to {}", of(&now["sent"]));
        }
        if let Some(message) = now["hindrance"]["message"].as_str() {
            line += &format!("; but {message}");
        }
        self.line("broadcast", &line);
        Ok(())
    }

    pub(super) async fn broadcast_now(&self) -> anyhow::Result<Value> {
        let path = format!("/v1/broadcasts/{}", self.last_broadcast);
        self.world.get(&path).await
    }

    /// `counted 3 5`, `given 3 5`: that many of so many; `sending`: where it stands.
    pub(super) async fn expect_broadcast(&self, mut words: Words) -> anyhow::Result<()> {
        let what = words.need("`counted`, `given` or a state")?;
        let now = self.broadcast_now().await?;
        let figures = match what.as_str() {
            "counted" => &now["counted"],
            "given" => &now["sent"],
            state => {
                ensure!(now["state"] == state, "it is {}", now["state"]);
                return words.done();
            }
        };
        for part in ["receive", "recipients"] {
            let wanted: u64 = words.need(part)?.parse()?;
            ensure!(figures[part] == wanted, "{part}: {}", figures[part]);
        }
        words.done()
    }
}
