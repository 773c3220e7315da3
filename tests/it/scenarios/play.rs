//! Plays a scenario: each command changes the world, and what becomes of it is written down.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

use ai::assess::{Assessment, RuleVerdict};
use anyhow::{Context as _, bail, ensure};
use app::ports::ModelFailure;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use domain::channel::Channel;
use domain::local_time::Zone;
use local::Answer as Provider;
use serde_json::{Value, json};

use super::rule;
use super::script::{Command, Script, Words, duration, masked, said};
use crate::world::{Answer, Happening, Meanwhile, PlayedModel, Say, Sent, World};

/// The zone of the workspace.
const ZONE: &str = "Europe/Berlin";

/// What was shown, and how it ended.
pub(super) async fn run(text: &str) -> (String, anyhow::Result<()>) {
    let script = match Script::parse(text) {
        Ok(script) => script,
        Err(error) => return (String::new(), Err(error)),
    };
    let mut play = match Box::pin(Play::begin(&script)).await {
        Ok(play) => play,
        Err(error) => return (String::new(), Err(error)),
    };
    for command in &script.commands[1..] {
        // The futures of a whole installation do not fit on the stack of a test.
        if let Err(error) = Box::pin(play.step(command)).await {
            let at = format!("{}: {} {}", command.line, command.verb, command.rest);
            return (play.shown, Err(error.context(at)));
        }
    }
    let end = play.end();
    (play.shown, end)
}

pub(super) struct Play {
    pub(super) world: World,
    pub(super) zone: Zone,
    /// The transcript so far.
    pub(super) shown: String,
    pub(super) rules: Vec<KnownRule>,
    /// Sends of rules that no `expect` has claimed yet.
    pub(super) unclaimed: VecDeque<Sent>,
    /// The last refusal of the API: code and field of everything that was wrong.
    pub(super) refused: Option<Vec<(String, String)>>,
    pub(super) refusal_is_open: bool,
    /// The warnings that the last saved or reviewed rule came with.
    pub(super) warnings: Vec<String>,
    pub(super) receipts_shown: BTreeSet<String>,
    model: Option<Arc<PlayedModel>>,
    /// Where each customer last wrote.
    accounts: BTreeMap<String, String>,
    templates: Vec<Value>,
    pub(super) staff_wrote: Vec<(String, String)>,
    pub(super) last_sent: BTreeMap<String, Sent>,
    /// The mail that each customer got last, whoever wrote it.
    pub(super) last_mail: BTreeMap<String, Sent>,
    /// The message that staff wrote last.
    pub(super) last_planned: String,
    /// What staff wrote to many last.
    pub(super) last_broadcast: String,
    /// The number of the platform's last message of each conversation.
    last_said: BTreeMap<String, u64>,
}

pub(super) struct KnownRule {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) enabled: bool,
}

impl Play {
    async fn begin(script: &Script) -> anyhow::Result<Self> {
        let zone = Zone::parse(ZONE)?;
        let first = script.commands.first();
        let first = first.filter(|first| first.verb == "at");
        let start = first.context("the first command is `at 2026-11-02 09:00`")?;
        let start = instant(zone, &start.rest, None)?;
        let model = script.has_model().then(|| Arc::new(PlayedModel::default()));
        Ok(Self {
            world: World::start(start, model.clone()).await?,
            zone,
            shown: format!("{}\n", script.title),
            rules: Vec::new(),
            unclaimed: VecDeque::new(),
            refused: None,
            refusal_is_open: false,
            warnings: Vec::new(),
            receipts_shown: BTreeSet::new(),
            model,
            accounts: BTreeMap::new(),
            templates: Vec::new(),
            staff_wrote: Vec::new(),
            last_sent: BTreeMap::new(),
            last_mail: BTreeMap::new(),
            last_planned: String::new(),
            last_broadcast: String::new(),
            last_said: BTreeMap::new(),
        })
    }

    fn end(&self) -> anyhow::Result<()> {
        ensure!(
            !self.refusal_is_open,
            "the end: a refusal that was not expected"
        );
        ensure!(
            self.unclaimed.is_empty(),
            "the end: sent, but not expected: {:?}",
            self.unclaimed
                .iter()
                .map(|sent| &sent.text)
                .collect::<Vec<_>>()
        );
        if let Some(model) = &self.model {
            let (answers, questions) = model.left_over();
            ensure!(
                answers + questions == 0,
                "the end: {answers} answers of the model without a question, {questions} questions without an answer"
            );
        }
        self.world.finish().context("the end")
    }

    async fn step(&mut self, command: &Command) -> anyhow::Result<()> {
        ensure!(
            command.verb == "expect" || !self.refusal_is_open,
            "the command before was refused: {:?}",
            self.refused
        );
        let rest = command.rest.as_str();
        match command.verb.as_str() {
            "#" => self.heading(rest),
            "at" => self.go_to(rest).await?,
            "advance" => self.world.advance(duration(rest)?).await?,
            "settings" => self.settings(rest).await?,
            "connect" => self.connect(rest).await?,
            "disconnect" | "reconnect" => self.switch_account(&command.verb, rest).await?,
            "remove" => self.remove_account(rest).await?,
            "template" => self.template(rest).await?,
            "pause" => self.pause_template(rest).await?,
            "rule" => self.make_rule(command).await?,
            "review" => self.review(command).await?,
            "edit" => self.edit(command).await?,
            "enable" | "disable" => self.switch_rule(&command.verb, rest).await?,
            "delete" => self.delete(rest).await?,
            "customer" => self.customer(rest).await?,
            "staff" | "note" => self.staff(rest, command.verb == "note").await?,
            "has" => self.has(rest).await?,
            "appointment" => self.appointment(rest).await?,
            "follows" => self.follows(rest).await?,
            "mails" | "texts" => self.mails(&command.verb, rest).await?,
            "confirms" => self.confirms(rest, &command.block).await?,
            "segment" => self.segment(rest).await?,
            "regulars" => self.regulars(rest).await?,
            "excepts" => self.excepts(rest).await?,
            "broadcast" => self.broadcast(rest, &command.block).await?,
            "ses" => self.ses(rest).await?,
            "clicks" => self.clicks(rest).await?,
            "lifts" => self.lifts(rest).await?,
            "forgets" => self.forgets(rest).await?,
            "switch" => self.switches(rest).await?,
            "rewrites" | "withdraws" => self.reschedules(&command.verb, rest).await?,
            "edits" => self.edits(rest).await?,
            "echo" | "machine" | "taps" | "standby" | "shares" => {
                self.says(&command.verb, rest).await?
            }
            "block" => self.happens(rest, Happening::Blocked, "blocks us").await?,
            "unblock" => self.unblocks(rest).await?,
            "revokes" => self.revokes(rest).await?,
            "corrects" => self.corrects(rest).await?,
            "handover" | "handback" => self.passes(&command.verb, rest).await?,
            "marketing" => self.marketing(rest).await?,
            "reads" => {
                self.happens(rest, Happening::ReadAll, "reads everything")
                    .await?
            }
            "again" => self.again().await?,
            "close" | "reopen" => self.switch_conversation(&command.verb, rest).await?,
            "opens" => self.opens(rest).await?,
            "records" => self.records(rest).await?,
            "join" => self.join(rest).await?,
            "status" => self.status(rest).await?,
            "provider" => self.provider(rest)?,
            "model" => self.model(rest)?,
            "show" => self.show(rest).await?,
            "expect" => self.expect(rest).await?,
            _ => bail!("there is no command `{}`", command.verb),
        }
        self.note_sent();
        Ok(())
    }

    // Writing down.

    fn heading(&mut self, text: &str) {
        let _ = writeln!(self.shown, "\n# {text}");
    }

    /// A line at the present moment.
    pub(super) fn line(&mut self, who: &str, text: &str) {
        self.line_at(self.world.now(), who, text);
    }

    pub(super) fn line_at(&mut self, at: DateTime<Utc>, who: &str, text: &str) {
        let clock = self.clock(at);
        let _ = writeln!(self.shown, "{clock}  {who:<8}  {}", masked(text));
    }

    /// `Mon 02.11. 09:00`, with the seconds where there are any.
    pub(super) fn clock(&self, at: DateTime<Utc>) -> String {
        let local = self.zone.local(at);
        let form = if at.timestamp() % 60 == 0 {
            "%a %d.%m. %H:%M"
        } else {
            "%a %d.%m. %H:%M:%S"
        };
        local.format(form).to_string()
    }

    /// What left since the last command.
    fn note_sent(&mut self) {
        let left = self.world.take_sent().into_iter();
        let mut left: Vec<_> = left
            .map(|sent| (self.world.name_of(&sent.to), sent))
            .collect();
        // What leaves in one second has no order.
        left.sort_by(|(to, one), (other_to, other)| (one.at, to).cmp(&(other.at, other_to)));
        for (to, sent) in left {
            let what = match &sent.template {
                Some(name) => format!("template {name} \"{}\"", sent.text),
                None => format!("\"{}\"", sent.text),
            };
            let trouble = sent.trouble.as_ref();
            let trouble = trouble
                .map(|trouble| format!(" ({trouble})"))
                .unwrap_or_default();
            let what = match sent.subject() {
                Some(subject) => format!("[{subject}] {what}"),
                None => what,
            };
            let line = format!("to {to} on {}{trouble}: {what}", sent.channel);
            if sent.channel == Channel::Email {
                self.last_mail.insert(to.clone(), sent.clone());
            }
            if self.staff_wrote.contains(&(to.clone(), sent.text.clone())) {
                self.line_at(sent.at, "staff", &line);
                continue;
            }
            let verb = if sent.accepted { "SENT" } else { "TRIED" };
            self.line_at(sent.at, verb, &line);
            self.last_sent.insert(to, sent.clone());
            if sent.accepted {
                self.unclaimed.push_back(sent);
            }
        }
    }

    // Time and the workspace.

    async fn go_to(&mut self, rest: &str) -> anyhow::Result<()> {
        let now = self.world.now();
        let target = instant(self.zone, rest, Some(now))?;
        ensure!(target >= now, "that is past");
        self.world.advance(target - now).await
    }

    async fn connect(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let channel: Channel = words.need("a channel")?.parse()?;
        let name = words.after("as")?.unwrap_or_else(|| channel.to_string());
        words.done()?;
        self.world.connect(channel, &name).await?;
        self.line("connect", rest);
        Ok(())
    }

    async fn switch_account(&mut self, verb: &str, name: &str) -> anyhow::Result<()> {
        let id = self.world.connection(name)?.id;
        let switch = if verb == "disconnect" {
            "disable"
        } else {
            "enable"
        };
        let path = format!("/v1/connections/{id}/{switch}");
        self.world.api("POST", &path, None).await?.ok()?;
        self.line(verb, name);
        Ok(())
    }

    async fn remove_account(&mut self, name: &str) -> anyhow::Result<()> {
        let path = format!("/v1/connections/{}", self.world.connection(name)?.id);
        self.world.api("DELETE", &path, None).await?.ok()?;
        self.line("remove", name);
        Ok(())
    }

    /// `NAME de approved utility "body"`: the platform lists it, and we read the list.
    async fn template(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let body = words
            .text()?
            .context("the text of the template is missing")?;
        let account = words.after("on")?.unwrap_or_else(|| "whatsapp".to_owned());
        let (name, language) = (words.need("a name")?, words.need("a language")?);
        let (status, category) = (words.need("a status")?, words.need("a category")?);
        words.done()?;
        let examples: Vec<_> = (0..body.matches("{{").count()).map(|_| "x").collect();
        self.templates.retain(|known| known["name"] != json!(name));
        let mut part = json!({ "type": "BODY", "text": body });
        if !examples.is_empty() {
            part["example"] = json!({ "body_text": [examples] });
        }
        self.templates.push(json!({
            "id": "1689556908129832", "name": name, "language": language,
            "status": status.to_uppercase(), "category": category.to_uppercase(),
            "parameter_format": "POSITIONAL", "components": [part],
        }));
        self.world.sync_templates(&account, &self.templates).await?;
        self.line(
            "template",
            &format!("{name} ({language}) is {status}, {category}: {body}"),
        );
        Ok(())
    }

    async fn pause_template(&mut self, rest: &str) -> anyhow::Result<()> {
        let (name, language) = rest.split_once(' ').context("`pause NAME de`")?;
        let (name, language) = (name.to_owned(), language.to_owned());
        let happening = Happening::TemplatePaused { name, language };
        self.world.happens("whatsapp", "nobody", &happening).await?;
        self.line("template", &format!("{rest} is paused by the platform"));
        Ok(())
    }

    // Rules.

    async fn make_rule(&mut self, command: &Command) -> anyhow::Result<()> {
        let name = command.rest.as_str();
        let body = rule::whole(name, &command.block)?;
        let answer = self.world.api("POST", "/v1/rules", Some(body)).await?;
        if answer.status.is_success() {
            self.line("rule", &format!("{name}: {}", rule::summary(&answer.body)));
            self.rules.push(KnownRule {
                name: name.to_owned(),
                id: text(&answer.body["id"]),
                enabled: answer.body["enabled"] == json!(true),
            });
            self.note_warnings(&answer.body["warnings"]);
        } else {
            self.line("rule", name);
        }
        self.note_refusal(&answer);
        Ok(())
    }

    async fn review(&mut self, command: &Command) -> anyhow::Result<()> {
        let name = command.rest.as_str();
        let body = rule::whole(name, &command.block)?;
        let answer = self
            .world
            .api("POST", "/v1/rules/preview", Some(body))
            .await?;
        self.line("review", name);
        if answer.status.is_success() {
            self.show_review(&answer.body["review"]);
            if answer.body["sample"]["text"]
                .as_str()
                .is_some_and(|text| text.contains("Jane"))
            {
                self.under(&format!(
                    "sample: {}",
                    masked(&text(&answer.body["sample"]["text"]))
                ));
            }
            self.warnings = codes(&answer.body["review"]["warnings"]);
        }
        self.note_refusal(&answer);
        Ok(())
    }

    async fn edit(&mut self, command: &Command) -> anyhow::Result<()> {
        let path = format!("/v1/rules/{}", self.rule(&command.rest)?.id);
        let body = rule::part(&command.block)?;
        let answer = self.world.api("PATCH", &path, Some(body)).await?;
        let line = match answer.status.is_success() {
            true => format!("{}: {}", command.rest, rule::summary(&answer.body)),
            false => command.rest.clone(),
        };
        self.line("edit", &line);
        self.note_warnings(&answer.body["warnings"]);
        self.note_refusal(&answer);
        Ok(())
    }

    async fn switch_rule(&mut self, verb: &str, name: &str) -> anyhow::Result<()> {
        let path = format!("/v1/rules/{}/{verb}", self.rule(name)?.id);
        let answer = self.world.api("POST", &path, None).await?;
        self.line(verb, name);
        if answer.status.is_success() {
            let known = self.rules.iter_mut().filter(|rule| rule.name == name);
            known.for_each(|rule| rule.enabled = verb == "enable");
        }
        self.note_refusal(&answer);
        Ok(())
    }

    async fn delete(&mut self, name: &str) -> anyhow::Result<()> {
        let path = format!("/v1/rules/{}", self.rule(name)?.id);
        let answer = self.world.api("DELETE", &path, None).await?;
        self.line("delete", name);
        self.rules.retain(|rule| rule.name != name);
        self.note_refusal(&answer);
        Ok(())
    }

    pub(super) fn rule(&self, name: &str) -> anyhow::Result<&KnownRule> {
        let mut known = self.rules.iter();
        known
            .find(|rule| rule.name == name)
            .with_context(|| format!("there is no rule {name}"))
    }

    fn note_warnings(&mut self, warnings: &Value) {
        self.warnings = codes(warnings);
        self.show_warnings(warnings);
    }

    pub(super) fn note_refusal(&mut self, answer: &Answer) {
        self.refusal_is_open = !answer.status.is_success();
        if !self.refusal_is_open {
            self.refused = None;
            return;
        }
        let body = &answer.body;
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let mut refused = vec![(text(&body["code"]), String::new())];
        if errors.is_empty() {
            let line = format!(
                "{} {}: {}",
                body["status"],
                text(&body["code"]),
                text(&body["detail"])
            );
            self.line("refused", &line);
        }
        for error in &errors {
            let (code, field) = (text(&error["code"]), text(&error["field"]));
            let (message, remedy) = (text(&error["message"]), text(&error["remedy"]));
            self.line("refused", &format!("{field} {code}: {message}; {remedy}"));
            refused.push((code, field));
        }
        self.refused = Some(refused);
    }

    // People.

    /// `anna on whatsapp: Hallo`, with `late 10:00` for a message that was on its way since then.
    async fn customer(&mut self, rest: &str) -> anyhow::Result<()> {
        let (head, words) = said(rest)?;
        let mut heads = Words::of(head)?;
        let person = self.on_account(&mut heads)?;
        let at = self.told_at(&mut heads)?;
        heads.done()?;
        let account = self.account(&person)?;
        let happening = Happening::Wrote {
            text: words.clone(),
            at,
        };
        self.world.happens(&account, &person, &happening).await?;
        self.last_said
            .insert(person.clone(), self.world.delivered());
        let late = self.late(at, "written");
        self.line(&person, &format!("on {account}{late}: {words}"));
        Ok(())
    }

    fn on_account(&mut self, heads: &mut Words) -> anyhow::Result<String> {
        let person = heads.need("a name")?;
        if let Some(account) = heads.after("on")? {
            self.accounts.insert(person.clone(), account);
        }
        Ok(person)
    }

    async fn says(&mut self, verb: &str, rest: &str) -> anyhow::Result<()> {
        let (head, text) = said(rest)?;
        let mut heads = Words::of(head)?;
        let person = self.on_account(&mut heads)?;
        heads.done()?;
        let (happening, how) = match verb {
            "echo" => (
                Happening::Echo { text: text.clone() },
                "gets, typed in the platform's app:",
            ),
            "taps" => (
                Happening::Tapped {
                    button: text.clone(),
                },
                "taps the button:",
            ),
            "shares" => (
                Happening::Shared { text: text.clone() },
                "shares a post and writes beside it:",
            ),
            "standby" => (
                Happening::WroteElsewhere { text: text.clone() },
                "writes, while another application has the thread:",
            ),
            _ => (
                Happening::WroteByMachine { text: text.clone() },
                "has a machine that writes:",
            ),
        };
        self.happens(&person, happening, &format!("{how} {text}"))
            .await?;
        self.last_said.insert(person, self.world.delivered());
        Ok(())
    }

    /// `anna: …`: the message before; `anna early: …`: the one that comes next; with `late 10:00` an
    /// edit that was on its way since then.
    async fn edits(&mut self, rest: &str) -> anyhow::Result<()> {
        let (head, text) = said(rest)?;
        let mut heads = Words::of(head)?;
        let early = heads.flag("early");
        let at = self.told_at(&mut heads)?;
        let person = self.on_account(&mut heads)?;
        heads.done()?;
        let (number, which) = match early {
            // The edit itself takes a number.
            true => (
                self.world.delivered() + 2,
                "the message that is still on its way",
            ),
            false => (self.last_said(&person)?, "the message before"),
        };
        let late = self.late(at, "changed");
        let line = format!("changes {which}{late}: {text}");
        let edited = Happening::Edited { number, text, at };
        self.happens(&person, edited, &line).await
    }

    /// Somebody of the business changes in the platform's app what they typed there.
    async fn corrects(&mut self, rest: &str) -> anyhow::Result<()> {
        let (head, text) = said(rest)?;
        let mut heads = Words::of(head)?;
        let early = heads.flag("early");
        let person = self.on_account(&mut heads)?;
        heads.done()?;
        let number = match early {
            true => self.world.delivered() + 2,
            false => self.last_said(&person)?,
        };
        let line = format!("sees the message typed in the platform's app change: {text}");
        let edited = Happening::EchoEdited { number, text };
        self.happens(&person, edited, &line).await
    }

    /// `anna`: what was written last is taken back; `anna early`: what comes next; `by us`: in the
    /// platform's own app.
    async fn revokes(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut heads = Words::of(rest)?;
        let by_business = heads.after("by")?.is_some();
        let early = heads.flag("early");
        let person = self.on_account(&mut heads)?;
        heads.done()?;
        let (number, which) = match early {
            true => (
                self.world.delivered() + 2,
                "the message that is still on its way",
            ),
            false => (self.last_said(&person)?, "the message before"),
        };
        let line = match by_business {
            true => format!("sees us take back {which}"),
            false => format!("takes back {which}"),
        };
        let revoked = Happening::Revoked {
            number,
            by_business,
        };
        self.happens(&person, revoked, &line).await
    }

    /// `anna`, with `late 10:00` for a report that was on its way since then.
    async fn unblocks(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut heads = Words::of(rest)?;
        let at = self.told_at(&mut heads)?;
        let person = heads.need("a name")?;
        heads.done()?;
        let line = format!("lets us in again{}", self.late(at, "done"));
        self.happens(&person, Happening::Unblocked { at }, &line)
            .await
    }

    /// `anna`, with `late 10:00` for a report that was on its way since then.
    async fn passes(&mut self, verb: &str, rest: &str) -> anyhow::Result<()> {
        let mut heads = Words::of(rest)?;
        let at = self.told_at(&mut heads)?;
        let person = heads.need("a name")?;
        heads.done()?;
        let to_us = verb == "handback";
        let what = match to_us {
            true => "is passed back to us",
            false => "is passed to the people in the platform's inbox",
        };
        let line = format!("{what}{}", self.late(at, "passed"));
        let passed = Happening::Passed { to_us, at };
        self.happens(&person, passed, &line).await
    }

    /// `anna on whatsapp stopped`, `anna allowed`: in the platform's own menu.
    async fn marketing(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut heads = Words::of(rest)?;
        let person = self.on_account(&mut heads)?;
        let (stopped, line) = match heads.need("stopped or allowed")?.as_str() {
            "stopped" => (true, "stops marketing in the platform's menu"),
            "allowed" => (false, "allows marketing in the platform's menu"),
            other => bail!("marketing is `stopped` or `allowed`, not `{other}`"),
        };
        heads.done()?;
        let choice = Happening::Marketing { stopped };
        self.happens(&person, choice, line).await
    }

    fn told_at(&self, heads: &mut Words) -> anyhow::Result<DateTime<Utc>> {
        let now = self.world.now();
        match heads.after("late")? {
            Some(at) => instant(self.zone, &at, Some(now)),
            None => Ok(now),
        }
    }

    /// That something was on its way, if it was.
    fn late(&self, at: DateTime<Utc>, what: &str) -> String {
        match at < self.world.now() {
            true => format!(" ({what} {})", self.clock(at)),
            false => String::new(),
        }
    }

    fn last_said(&self, person: &str) -> anyhow::Result<u64> {
        let said = self.last_said.get(person).copied();
        said.with_context(|| format!("nobody has written in the conversation with {person}"))
    }

    async fn happens(
        &mut self,
        person: &str,
        happening: Happening,
        line: &str,
    ) -> anyhow::Result<()> {
        let account = self.account(person)?;
        self.world.happens(&account, person, &happening).await?;
        self.line(person, line);
        Ok(())
    }

    async fn again(&mut self) -> anyhow::Result<()> {
        self.world.happens_again().await?;
        self.line("again", "the platform delivers the same webhook once more");
        Ok(())
    }

    fn account(&self, person: &str) -> anyhow::Result<String> {
        let known = self.accounts.get(person).cloned();
        known.with_context(|| format!("{person} has not written yet; say on which account"))
    }

    /// `anna`: where she wrote last; `anna on telegram`: there.
    pub(super) fn conversation(&mut self, who: &str) -> anyhow::Result<String> {
        let mut words = Words::of(who)?;
        let person = words.need("a name")?;
        let account = match words.after("on")? {
            Some(account) => Some(account),
            None => self.accounts.get(&person).cloned(),
        };
        words.done()?;
        let account = account.unwrap_or_else(|| "loopback".to_owned());
        Ok(self.world.conversation(&person, &account)?.to_string())
    }

    // Platforms and models.

    async fn status(&mut self, rest: &str) -> anyhow::Result<()> {
        let (status, rest) = rest.split_once(' ').context("`status delivered anna`")?;
        let (person, code) = match rest.split_once(" code ") {
            Some((person, code)) => (person, Some(code.parse()?)),
            None => (rest, None),
        };
        let sent = self.last_sent.get(person).cloned();
        let of = sent.with_context(|| format!("nothing was sent to {person}"))?;
        let happening = Happening::Status {
            of,
            status: status.to_owned(),
            code,
        };
        let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
        let line = format!("reports: {status} to {person}{code}");
        let account = self.account(person)?;
        self.world.happens(&account, person, &happening).await?;
        self.line("platform", &line);
        Ok(())
    }

    /// `answers 429 code 130429 retry-after 30`, `answers 400 type MessageRejected`, `timeout`, `lost-answer`, `refuses`.
    fn provider(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let answer = match words.need("what it does")?.as_str() {
            "timeout" => Provider::LostRequest,
            "lost-answer" => Provider::LostAnswer,
            "refuses" => Provider::Refused,
            "answers" => {
                let status: u16 = words.need("a status")?.parse()?;
                let code: i64 = match words.after("code")? {
                    Some(code) => code.parse()?,
                    None => i64::from(status),
                };
                let kind = words.after("type")?;
                let retry_after = words.after("retry-after")?;
                let pause: Option<i64> = retry_after.as_deref().map(str::parse).transpose()?;
                Provider::Status {
                    status,
                    retry_after,
                    // The shapes of Meta, Telegram, Twilio and SES at once.
                    body: json!({
                        "__type": kind, "code": code, "message": "as the scenario says",
                        "error": { "code": code, "message": "as the scenario says" },
                        "ok": false, "error_code": status, "description": "as the scenario says",
                        "parameters": { "retry_after": pause },
                    })
                    .to_string(),
                }
            }
            _ => {
                bail!("a provider `answers`, `refuses`, or there is a `timeout` or a `lost-answer`")
            }
        };
        words.done()?;
        self.world.runner().http.next(answer);
        Ok(())
    }

    /// `judges Termin applies`, `writes "…"`, `chooses 2026-11-02 14:00`, `is late`, `answers …`,
    /// each also with `while anna writes: …`.
    fn model(&mut self, rest: &str) -> anyhow::Result<()> {
        let (what, meanwhile) = match rest.split_once(" while ") {
            None => (rest, None),
            Some((what, meanwhile)) => (what, Some(self.meanwhile(meanwhile)?)),
        };
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        let say = match verb {
            "judges" => Say::Text(self.judgement(rest)?),
            "writes" => {
                let text = Words::of(rest)?
                    .text()?
                    .context("a text in quotes is missing")?;
                Say::Text(json!({ "text": text }).to_string())
            }
            "chooses" => {
                let at = instant(self.zone, rest, Some(self.world.now()))?;
                let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
                Say::Text(json!({ "send_at": at, "reason": "as the scenario says" }).to_string())
            }
            "is" => Say::Fail(match rest {
                "late" => ModelFailure::Late,
                "refusing" => ModelFailure::Refused,
                "failing" => ModelFailure::Failed("as the scenario says".to_owned()),
                _ => bail!("a model is `late`, `refusing` or `failing`"),
            }),
            "answers" => Say::Text(rest.to_owned()),
            _ => bail!("a model `judges`, `writes`, `chooses`, `answers` or `is late`"),
        };
        let model = self.model.clone().context("there is no model")?;
        model.next(say, meanwhile);
        Ok(())
    }

    fn meanwhile(&mut self, text: &str) -> anyhow::Result<Meanwhile> {
        let (head, words) = said(text)?;
        let (person, verb) = head.rsplit_once(' ').context("`while anna writes: …`")?;
        let account = self.account(person)?;
        let at = self.world.now();
        let wrote = match verb {
            "writes" => Happening::Wrote { text: words, at },
            "answers-by-machine" => Happening::WroteByMachine { text: words },
            _ => bail!("`while anna writes: …` or `while anna answers-by-machine: …`"),
        };
        let (account, body) = self.world.post(&account, person, &wrote)?;
        Ok(Meanwhile { account, body })
    }

    /// `Termin applies`, `Termin stops`, `nothing applies`, with `customer-waits` or `opt-out`.
    fn judgement(&self, rest: &str) -> anyhow::Result<String> {
        let mut words = Words::of(rest)?;
        let (customer_waits, opt_out) = (words.flag("customer-waits"), words.flag("opt-out"));
        let (rule, verdict) = (words.need("a rule")?, words.need("applies or stops")?);
        words.done()?;
        let asked = self.rules.iter().filter(|known| known.enabled);
        let rules = asked
            .map(|known| RuleVerdict {
                rule: known.id.clone(),
                applies: known.name == rule && verdict == "applies",
                stop: known.name == rule && verdict == "stops",
                reason: "as the scenario says".to_owned(),
            })
            .collect();
        let answer = Assessment {
            customer_waits,
            opt_out,
            rules,
        };
        Ok(serde_json::to_string(&answer)?)
    }

    pub(super) fn questions(&self) -> usize {
        self.model.as_ref().map_or(0, |model| model.asked())
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn codes(warnings: &Value) -> Vec<String> {
    let warnings = warnings.as_array().into_iter().flatten();
    warnings.map(|warning| text(&warning["code"])).collect()
}

/// `2026-11-02 09:00`, or `09:00` on the day of `now`; of two such moments the first.
pub(super) fn instant(
    zone: Zone,
    text: &str,
    now: Option<DateTime<Utc>>,
) -> anyhow::Result<DateTime<Utc>> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (NaiveDate::parse_from_str(date, "%Y-%m-%d")?, time),
        None => {
            let now = now.context("a date is missing")?;
            (zone.local(now).date(), text)
        }
    };
    let time = NaiveTime::parse_from_str(time, "%H:%M")
        .or_else(|_| NaiveTime::parse_from_str(time, "%H:%M:%S"))
        .with_context(|| format!("`{text}` is no time like `2026-11-02 09:00`"))?;
    Ok(zone.instant(NaiveDateTime::new(date, time)))
}
