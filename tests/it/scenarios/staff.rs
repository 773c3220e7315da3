//! What staff do in a scenario.

use anyhow::{Context as _, bail};
use chrono::TimeDelta;
use domain::channel::Channel;
use serde_json::{Value, json};

use super::play::{Play, instant, text};
use super::script::{Words, duration, said};

impl Play {
    /// `anna: …`; `anna at 18:00: …` is sent then, and set aside if the customer writes before; with
    /// `unless-reply` it is cancelled by that, with `despite-reply` it goes out all the same.
    pub(super) async fn staff(&mut self, rest: &str, hidden: bool) -> anyhow::Result<()> {
        let (head, words) = said(rest)?;
        let mut heads = Words::of(head)?;
        let at = heads.time()?;
        let cancel = heads.flag("unless-reply");
        let keep = heads.flag("despite-reply");
        let person = &heads.need("a name")?;
        heads.done()?;
        let path = format!("/v1/conversations/{}/messages", self.conversation(person)?);
        if !hidden {
            self.staff_wrote.push((person.to_owned(), words.clone()));
        }
        let mut body = json!({ "text": words, "hidden": hidden });
        if let Some(at) = &at {
            body["send_at"] = json!(instant(self.zone, at, Some(self.world.now()))?);
            self.line("plans", &format!("{head}: {words}"));
        }
        match (cancel, keep) {
            (true, _) => body["on_reply"] = json!("cancel"),
            (_, true) => body["on_reply"] = json!("keep"),
            (false, false) => {}
        }
        let answer = self.world.api("POST", &path, Some(body)).await?;
        self.last_planned = text(&answer.body["id"]);
        if hidden || at.is_none() && !answer.status.is_success() {
            let who = if hidden { "note" } else { "staff" };
            self.line(who, &format!("about {person}: {words}"));
        }
        self.note_refusal(&answer);
        Ok(())
    }

    /// `anna email`, `anna phone`: the address becomes part of her profile, and she a customer if she is none yet.
    pub(super) async fn has(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let person = words.need("a name")?;
        let shared = words.after("like")?;
        let kind = words.after("as")?;
        words.flag("email");
        let by_phone = words.flag("phone");
        let reference = words.after("ref")?;
        words.done()?;
        let whose = shared.as_ref().unwrap_or(&person);
        let (channel, field, usual, what) = match by_phone {
            true => (Channel::Sms, "phones", "mobile", "number"),
            false => (Channel::Email, "emails", "private", "e-mail address"),
        };
        let address = self.world.person(whose).user(channel);
        let kind = kind.unwrap_or_else(|| usual.to_owned());
        let addresses = json!([{ "value": address, "kind": kind }]);
        self.line("staff", &format!("give {person} the {what} of {whose}"));
        let known = self.conversation(&person).ok();
        let found = match known {
            Some(id) => self
                .world
                .get(&format!("/v1/conversations/{id}"))
                .await
                .ok(),
            None => None,
        };
        let answer = match found {
            Some(head) => {
                let path = format!("/v1/customers/{}", text(&head["customer"]["id"]));
                let body = json!({ field: addresses });
                self.world.api("PATCH", &path, Some(body)).await?
            }
            None => {
                let body = json!({
                    "name": { "display": person }, "reference": reference, field: addresses,
                });
                self.world.api("POST", "/v1/customers", Some(body)).await?
            }
        };
        if answer.status.is_success() {
            let id = text(&answer.body["id"]).parse()?;
            self.world.is_customer(&person, id);
        }
        self.note_refusal(&answer);
        Ok(())
    }

    /// `anna V1 completed 2026-11-02 10:00 of mens_cut by Jane for 30m`: the business's own system tells
    /// it, `anna V1 deleted`: and takes it back.
    pub(super) async fn appointment(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let (person, reference) = (words.need("a name")?, words.need("a reference")?);
        let status = words.need("a status")?;
        let id = self.world.customer(&person)?;
        let path = format!("/v1/customers/{id}/appointments/{reference}");
        self.line("salon", rest);
        if status == "deleted" {
            words.done()?;
            let answer = self.world.api("DELETE", &path, None).await?;
            self.note_refusal(&answer);
            return self.world.advance(TimeDelta::zero()).await;
        }
        let (day, time) = (words.need("a day")?, words.need("a time")?);
        let starts_at = instant(self.zone, &format!("{day} {time}"), None)?;
        let mut service = json!({ "category": words.after("of")?, "staff": words.after("by")? });
        if let Some(length) = words.after("for")? {
            service["duration_minutes"] = json!(duration(&length)?.num_minutes());
        }
        let told = words.time()?;
        words.done()?;
        let mut body = json!({ "starts_at": starts_at, "status": status, "services": [service] });
        if let Some(told) = told {
            body["changed_at"] = json!(instant(self.zone, &told, Some(self.world.now()))?);
        }
        let answer = self.world.api("PUT", &path, Some(body)).await?;
        self.note_refusal(&answer);
        // What was put on queues happens.
        self.world.advance(TimeDelta::zero()).await
    }

    /// `anna`, `anna as WhatsApp`: the link of the last message is followed, by a browser or a program.
    pub(super) async fn follows(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let agent = words.after("as")?;
        let person = words.need("a name")?;
        words.done()?;
        let sent = self.last_sent.get(&person);
        let sent = sent.with_context(|| format!("nothing was sent to {person}"))?;
        let mut shown = sent.text.split_whitespace();
        let link = shown.find(|word| word.contains("/l/"));
        let link = link.context("it has no link")?.to_owned();
        let leads = self.world.follows(&link, agent.as_deref()).await?;
        let who = agent.unwrap_or_else(|| "browser".to_owned());
        self.line(&person, &format!("follows the link ({who}): {leads}"));
        Ok(())
    }

    /// `quiet 21:00-08:00 cap 3/24h`: what the owner sets.
    pub(super) async fn settings(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let mut patch = json!({});
        if let Some(quiet) = words.after("quiet")? {
            patch["quiet_hours"] = match quiet.split_once('-') {
                Some((from, to)) => json!({ "from": from, "to": to }),
                None => Value::Null,
            };
        }
        if let Some(cap) = words.after("cap")? {
            let (messages, hours) = cap.split_once('/').context("`cap 3/24h`")?;
            let hours = duration(hours)?.num_hours();
            patch["frequency_cap"] =
                json!({ "messages": messages.parse::<u32>()?, "hours": hours });
        }
        if let Some(page) = words.after("booking")? {
            patch["booking_url"] = json!(page);
        }
        if let Some(wait) = words.after("unknown-wait")? {
            patch["unknown_wait_minutes"] = json!(duration(&wait)?.num_minutes());
        }
        if let Some(tokens) = words.after("tokens")? {
            patch["ai_daily_tokens"] = json!(tokens.parse::<u64>()?);
        }
        if let Some(limit) = words.after("limit")? {
            patch["daily_send_limit"] = json!(limit.parse::<u64>()?);
        }
        if let Some(lock) = words.after("lock")? {
            let (each, always) = lock.split_once('/').context("`lock 2/10`")?;
            let (each, always): (u64, u64) = (each.parse()?, always.parse()?);
            patch["account_lock"] = json!({"messages_each": each, "always_allowed": always});
        }
        if let Some(suite) = words.after("suite")? {
            patch["marketing_suite"] = json!(suite == "on");
        }
        if let Some(segments) = words.after("tier")? {
            let segments: u64 = segments.parse()?;
            patch["sms_tiers"] = json!([
                { "name": "Small", "segments": segments, "price_cents": 900 },
                { "name": "Large", "segments": 5000, "price_cents": 9900 },
            ]);
            patch["sms_tier"] = json!("Small");
            patch["sms_upgrade_url"] = json!("https://example.org/plan");
        }
        words.done()?;
        let answer = self.world.api("PATCH", "/v1/settings", Some(patch)).await?;
        self.line("settings", rest);
        self.note_refusal(&answer);
        Ok(())
    }

    /// `anna: subject | text`, `anna at 18:00: …`: by e-mail, whether or not she has written.
    pub(super) async fn mails(&mut self, verb: &str, rest: &str) -> anyhow::Result<()> {
        let (head, words) = said(rest)?;
        let (subject, said) = match (verb, words.split_once(" | ")) {
            ("mails", parts) => {
                let (subject, said) = parts.context("`mails anna: subject | text`")?;
                (Some(subject), said)
            }
            _ => (None, words.as_str()),
        };
        let mut heads = Words::of(head)?;
        let at = heads.time()?;
        let person = heads.need("a name")?;
        heads.done()?;
        self.staff_wrote.push((person.clone(), said.to_owned()));
        let medium = if subject.is_some() { "email" } else { "sms" };
        let mut body = json!({ "medium": medium, "text": said });
        if let Some(subject) = subject {
            body["subject"] = json!(subject);
        }
        if let Some(at) = &at {
            body["send_at"] = json!(instant(self.zone, at, Some(self.world.now()))?);
            self.line("plans", &format!("{head}: {words}"));
        }
        let path = format!("/v1/customers/{}/messages", self.world.customer(&person)?);
        let answer = self.world.api("POST", &path, Some(body)).await?;
        self.last_planned = text(&answer.body["id"]);
        if !answer.status.is_success() {
            self.line("staff", &format!("write to {person} by {medium}: {words}"));
        }
        self.note_refusal(&answer);
        Ok(())
    }

    /// `anna booking_confirmation` with `class_name Yoga` in lines under it: what the business's own
    /// systems have to say.
    pub(super) async fn confirms(&mut self, rest: &str, block: &[String]) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let person = words.need("a name")?;
        let template = words.need("a template")?;
        words.done()?;
        let mut values = serde_json::Map::new();
        for line in block {
            let (name, value) = line.split_once(' ').context("`class_name Yoga`")?;
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            values.insert(name.to_owned(), value);
        }
        let body = json!({ "medium": "email", "template": template, "values": values });
        let path = format!("/v1/customers/{}/messages", self.world.customer(&person)?);
        let answer = self.world.api("POST", &path, Some(body)).await?;
        self.line("system", &format!("tell {person}: {template}"));
        self.note_refusal(&answer);
        Ok(())
    }

    /// `bounced anna`: what SES tells of the mail she got last.
    pub(super) async fn ses(&mut self, rest: &str) -> anyhow::Result<()> {
        let (status, person) = rest.split_once(' ').context("`ses bounced anna`")?;
        let sent = self.last_mail.get(person).cloned();
        let sent = sent.with_context(|| format!("no mail was sent to {person}"))?;
        self.line("ses", &format!("reports: {status} to {person}"));
        self.world.ses_tells(sent, status).await
    }

    /// The address under the customer's last mail.
    pub(super) fn way_out(&self, person: &str) -> anyhow::Result<String> {
        let sent = self.last_mail.get(person);
        let sent = sent.with_context(|| format!("no mail was sent to {person}"))?;
        let shown = text(&sent.body["Content"]["Simple"]["Body"]["Text"]["Data"]);
        let link = shown.split_whitespace().find(|word| word.contains("/l/"));
        Ok(link.context("it has no link at its foot")?.to_owned())
    }

    /// `anna`: her mail program posts to the address that the header of the last mail names.
    pub(super) async fn clicks(&mut self, person: &str) -> anyhow::Result<()> {
        let link = self.way_out(person)?;
        let status = self.world.one_click(&link).await?;
        self.line(person, &format!("unsubscribes with one click: {status}"));
        Ok(())
    }

    /// `anna on email`: staff let mail go to her address again.
    pub(super) async fn lifts(&mut self, who: &str) -> anyhow::Result<()> {
        let path = format!("/v1/conversations/{}/lift", self.conversation(who)?);
        let answer = self.world.api("POST", &path, None).await?;
        self.line("staff", &format!("let mail go to {who} again"));
        self.note_refusal(&answer);
        Ok(())
    }

    /// `anna`: staff take every address of e-mail out of her profile.
    pub(super) async fn forgets(&mut self, person: &str) -> anyhow::Result<()> {
        let path = format!("/v1/customers/{}", self.world.customer(person)?);
        let answer = self
            .world
            .api("PATCH", &path, Some(json!({ "emails": null })))
            .await?;
        self.line("staff", &format!("take {person}'s e-mail address away"));
        self.note_refusal(&answer);
        Ok(())
    }

    /// `anna email_marketing off`: the switches in her profile.
    pub(super) async fn switches(&mut self, rest: &str) -> anyhow::Result<()> {
        let mut words = Words::of(rest)?;
        let person = words.need("a name")?;
        let class = words.need("a class")?;
        let allowed = words.need("on or off")? == "on";
        words.done()?;
        let path = format!("/v1/customers/{}/consents", self.world.customer(&person)?);
        let body = json!({ "class": class, "allowed": allowed });
        let answer = self.world.api("POST", &path, Some(body)).await?;
        self.line("staff", &format!("switch {rest}"));
        self.note_refusal(&answer);
        Ok(())
    }

    /// `rewrites anna at 18:00: …`, `withdraws anna`: the message planned last.
    pub(super) async fn reschedules(&mut self, verb: &str, rest: &str) -> anyhow::Result<()> {
        let (head, words) = match verb {
            "withdraws" => (rest, None),
            _ => said(rest).map(|(head, words)| (head, Some(words)))?,
        };
        let mut heads = Words::of(head)?;
        let at = heads.time()?;
        let person = heads.need("a name")?;
        heads.done()?;
        let conversation = self.conversation(&person)?;
        let path = format!(
            "/v1/conversations/{conversation}/messages/{}",
            self.last_planned
        );
        self.line(verb, rest);
        let answer = match words {
            None => self.world.api("DELETE", &path, None).await?,
            Some(words) => {
                self.staff_wrote.push((person, words.clone()));
                let mut body = json!({ "text": words });
                if let Some(at) = at {
                    body["send_at"] = json!(instant(self.zone, &at, Some(self.world.now()))?);
                }
                self.world.api("PATCH", &path, Some(body)).await?
            }
        };
        self.note_refusal(&answer);
        Ok(())
    }

    pub(super) async fn switch_conversation(
        &mut self,
        verb: &str,
        person: &str,
    ) -> anyhow::Result<()> {
        let path = format!("/v1/conversations/{}/{verb}", self.conversation(person)?);
        let answer = self.world.api("POST", &path, None).await?;
        self.line(verb, &format!("the conversation with {person}"));
        self.note_refusal(&answer);
        Ok(())
    }

    /// Staff look at a conversation: nothing in it is unread then.
    pub(super) async fn opens(&mut self, who: &str) -> anyhow::Result<()> {
        let path = format!("/v1/conversations/{}/read", self.conversation(who)?);
        self.world.api("POST", &path, None).await?.ok()?;
        self.line("staff", &format!("read what {who} wrote"));
        Ok(())
    }

    /// `anna opted-out`, `anna opted-in`: she told staff, who record it.
    pub(super) async fn records(&mut self, rest: &str) -> anyhow::Result<()> {
        let (person, said) = rest.split_once(' ').context("`records anna opted-in`")?;
        let opted_out = match said {
            "opted-out" => true,
            "opted-in" => false,
            other => bail!("`opted-out` or `opted-in`, not `{other}`"),
        };
        let path = format!("/v1/conversations/{}", self.conversation(person)?);
        let head = self.world.get(&path).await?;
        let path = format!("/v1/customers/{}/consent", text(&head["customer"]["id"]));
        let body = json!({
            "opted_out": opted_out, "source": "phone", "note": "as the scenario says",
        });
        self.world.api("POST", &path, Some(body)).await?.ok()?;
        self.line(
            "staff",
            &format!("record that {person} {said} on the phone"),
        );
        Ok(())
    }

    /// `anna on telegram to anna on whatsapp`: the first becomes a conversation of the second's
    /// customer.
    pub(super) async fn join(&mut self, rest: &str) -> anyhow::Result<()> {
        let (here, there) = rest
            .split_once(" to ")
            .context("`join anna on telegram to anna`")?;
        let there = format!("/v1/conversations/{}", self.conversation(there)?);
        let there = self.world.get(&there).await?;
        let body = json!({ "customer_id": there["customer"]["id"] });
        let path = format!("/v1/conversations/{}/customer", self.conversation(here)?);
        let answer = self.world.api("PUT", &path, Some(body)).await?;
        self.line("join", rest);
        self.note_refusal(&answer);
        Ok(())
    }
}
