//! People act, and platforms tell of it.

use anyhow::Context as _;
use app::correlation::Correlation;
use axum::body::Body;
use chrono::TimeDelta;
use domain::channel::{Channel, ChannelUser};
use domain::conversation::Conversation;
use domain::ids::{ConnectionId, ConversationId, MessageId};
use http::Request;
use serde_json::{Value, json};

use super::{Account, After, Delivery, Function, Item, World, api_request, call, finish};
use crate::bugs::Bug;
use crate::faults::Fault;
use crate::life::{Action, quiet};
use crate::platform::{self, Happening, Sent};
use crate::table::{lock, watch};

/// Nobody had a number from here on.
const NEW_NUMBERS: usize = 50;

impl World {
    pub(super) fn act(&mut self, action: &Action) -> anyhow::Result<()> {
        self.hub.note(&format!("{action:?}"));
        self.totals.actions += 1;
        let now = self.hub.time();
        match action {
            Action::Writes { talk, text } => {
                let text = (*text).to_owned();
                let wrote = Happening::Wrote { text, at: now };
                self.says(*talk, &wrote, 0)?;
            }
            Action::WritesByMachine { talk } => {
                let text = "Automatische Antwort: ich bin im Urlaub".to_owned();
                self.happens(*talk, &Happening::WroteByMachine { text }, 0)?;
            }
            Action::WritesLate {
                talk,
                text,
                correction,
                lag,
            } => {
                let text = (*text).to_owned();
                let wrote = Happening::Wrote { text, at: now };
                self.says(*talk, &wrote, *lag)?;
                self.corrects(*talk, correction, 0)?;
            }
            Action::Corrects { talk, text, lag } => self.corrects(*talk, text, *lag)?,
            Action::Echo { talk, text } => {
                let text = (*text).to_owned();
                self.says(*talk, &Happening::Echo { text }, 0)?;
            }
            Action::EchoCorrected {
                talk,
                text,
                correction,
                lag,
            } => {
                let text = (*text).to_owned();
                self.says(*talk, &Happening::Echo { text }, *lag)?;
                if let Some(number) = self.typed.get(talk).copied() {
                    let text = (*correction).to_owned();
                    self.happens(*talk, &Happening::EchoEdited { number, text }, 0)?;
                }
            }
            Action::TakesBack { talk, by_business } => {
                let of = match by_business {
                    true => &self.typed,
                    false => &self.said,
                };
                if let Some(number) = of.get(talk).copied() {
                    let by_business = *by_business;
                    let revoked = Happening::Revoked {
                        number,
                        by_business,
                    };
                    self.happens(*talk, &revoked, 0)?;
                }
            }
            Action::Marketing { talk, stopped } => {
                let stopped = *stopped;
                self.happens(*talk, &Happening::Marketing { stopped }, 0)?;
            }
            Action::Passes { talk, to_us, lag } => {
                let to_us = *to_us;
                self.happens(*talk, &Happening::Passed { to_us, at: now }, *lag)?;
            }
            Action::WritesElsewhere { talk, text } => {
                let text = (*text).to_owned();
                self.happens(*talk, &Happening::WroteElsewhere { text }, 0)?;
            }
            Action::Blocks { talk } => self.happens(*talk, &Happening::Blocked, 0)?,
            Action::Unblocks { talk, lag } => {
                self.happens(*talk, &Happening::Unblocked { at: now }, *lag)?;
            }
            Action::Joins { talk, with } => {
                let path = format!("/v1/conversations/{}/customer", self.conversation(*talk)?);
                let with = self.conversation(*with)?;
                let customer = watch(&self.observer, |it| {
                    it.heads.get(&with).map(|it| it.customer)
                });
                // Nobody has written there yet.
                let Some(customer) = customer else {
                    return Ok(());
                };
                let body = json!({ "customer_id": customer });
                self.ask_api(self.talks[*talk].workspace, "PUT", &path, Some(body))?;
            }
            Action::Reconnects { workspace, account } => self.reconnect(*workspace, *account)?,
            Action::Answers { talk, text } => {
                let path = format!("/v1/conversations/{}/messages", self.conversation(*talk)?);
                let body = json!({ "text": text });
                self.ask_api(self.talks[*talk].workspace, "POST", &path, Some(body))?;
            }
            Action::Schedules {
                talk,
                text,
                seconds,
                on_reply,
            } => {
                let path = format!("/v1/conversations/{}/messages", self.conversation(*talk)?);
                let send_at = now + TimeDelta::seconds(*seconds);
                let body = json!({ "text": text, "send_at": send_at, "on_reply": on_reply });
                self.ask_api(self.talks[*talk].workspace, "POST", &path, Some(body))?;
            }
            Action::Releases { talk } => {
                let id = self.conversation(*talk)?;
                let set_aside = watch(&self.observer, |it| it.set_aside(id));
                if let Some(message) = set_aside {
                    let path = format!("/v1/conversations/{id}/messages/{message}");
                    let body = json!({ "send_at": null });
                    self.ask_api(self.talks[*talk].workspace, "PATCH", &path, Some(body))?;
                }
            }
            Action::Erases { talk } => {
                let id = self.conversation(*talk)?;
                let customer = watch(&self.observer, |it| it.heads.get(&id).map(|it| it.customer));
                if let Some(customer) = customer {
                    let path = format!("/v1/customers/{customer}");
                    self.ask_api(self.talks[*talk].workspace, "DELETE", &path, None)?;
                }
            }
            Action::Renames {
                talk,
                hides_phone,
                lag,
            } => self.renames(*talk, *hides_phone, *lag)?,
            Action::TakesNumber { talk, of } => {
                let (talk, of) = (self.talks[*talk].person, self.talks[*of].person);
                if let Ok([one, other]) = self.people.get_disjoint_mut([talk, of]) {
                    let number = other.phone();
                    self.numbers += 1;
                    one.take_number(other, NEW_NUMBERS + self.numbers);
                    watch(&self.observer, |it| it.changes_hands(&number));
                }
            }
            Action::Handles { talk, what } => {
                let path = format!("/v1/conversations/{}/{what}", self.conversation(*talk)?);
                self.ask_api(self.talks[*talk].workspace, "POST", &path, None)?;
            }
            Action::Switches {
                workspace,
                rule,
                what,
            } => {
                let path = format!("/v1/rules/{}/{what}", self.places[*workspace].rules[*rule]);
                self.ask_api(*workspace, "POST", &path, None)?;
            }
            Action::Edits {
                workspace,
                rule,
                minutes,
            } => {
                let path = format!("/v1/rules/{}", self.places[*workspace].rules[*rule]);
                let body = json!({ "delay": { "mode": "manual", "minutes": minutes } });
                self.ask_api(*workspace, "PATCH", &path, Some(body))?;
            }
            Action::Removes { workspace, rule } => {
                let path = format!("/v1/rules/{}", self.places[*workspace].rules[*rule]);
                self.ask_api(*workspace, "DELETE", &path, None)?;
            }
            Action::SwitchesAccount {
                workspace,
                account,
                what,
            } => {
                let id = self.places[*workspace].accounts[*account].id;
                let path = format!("/v1/connections/{id}/{what}");
                self.ask_api(*workspace, "POST", &path, None)?;
            }
            Action::Quiet { workspace, hours } => {
                let body = json!({ "quiet_hours": quiet(*hours) });
                self.ask_api(*workspace, "PATCH", "/v1/settings", Some(body))?;
            }
        }
        Ok(())
    }

    /// Where they are found by their present id.
    pub(super) fn conversation(&self, talk: usize) -> anyhow::Result<ConversationId> {
        let talk = &self.talks[talk];
        let account = &self.places[talk.workspace].accounts[talk.account];
        let user = self.people[talk.person].user(account.channel);
        self.found_by(account.id, &user)
    }

    fn found_by(&self, account: ConnectionId, user: &str) -> anyhow::Result<ConversationId> {
        let id = Conversation::id_for(account, &ChannelUser::parse(user)?);
        let leads_to = watch(&self.observer, |it| it.heads.get(&id)?.moved_to);
        Ok(leads_to.unwrap_or(id))
    }

    /// The talk that a conversation is, under whichever id of the person's.
    pub(super) fn talk_of(&self, id: ConversationId) -> anyhow::Result<Option<usize>> {
        for (number, talk) in self.talks.iter().enumerate() {
            let account = &self.places[talk.workspace].accounts[talk.account];
            let person = &self.people[talk.person];
            let users = match account.channel {
                Channel::WhatsApp => person.ids_on_whatsapp(),
                channel => vec![person.user(channel)],
            };
            for user in users {
                if self.found_by(account.id, &user)? == id {
                    return Ok(Some(number));
                }
            }
        }
        Ok(None)
    }

    /// WhatsApp tells it on every account on which they talk to somebody.
    fn renames(&mut self, talk: usize, hides_phone: bool, lag: i64) -> anyhow::Result<()> {
        let person = self.talks[talk].person;
        let previous = self.people[person].user(Channel::WhatsApp);
        self.people[person].rename(hides_phone);
        for talk in 0..self.talks.len() {
            if self.talks[talk].person == person {
                let previous = previous.clone();
                self.happens(talk, &Happening::Renamed { previous }, lag)?;
            }
        }
        Ok(())
    }

    fn ask_api(
        &mut self,
        workspace: usize,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<()> {
        let place = &self.places[workspace];
        let ws = place.workspace;
        let request = api_request(&place.key, method, path, body)?;
        // At the end of the storm several come at once; then one waits for a free slot.
        let Some(slot) = self.free(Function::Api) else {
            let router = self.process(Function::Api, 0).router.clone();
            let router = router.context("the api has a router")?;
            *lock(&self.acting_for) = Some(ws);
            finish(&self.hub, call(router, request));
            return Ok(());
        };
        let router = self.process(Function::Api, slot).router.clone();
        let router = router.context("the api has a router")?;
        let future = Box::pin(call(router, request));
        self.begin(Function::Api, slot, Some(ws), future, After::Nothing);
        Ok(())
    }

    /// The owner deletes the account and connects it again, and waits for both.
    fn reconnect(&mut self, workspace: usize, account: usize) -> anyhow::Result<()> {
        let stormy = self.hub.is_stormy();
        self.hub.set_storm(false);
        let done = self.connect_again(workspace, account);
        self.hub.set_storm(stormy);
        done
    }

    fn connect_again(&mut self, workspace: usize, account: usize) -> anyhow::Result<()> {
        let place = &self.places[workspace];
        let (key, old) = (place.key.clone(), place.accounts[account].clone());
        *lock(&self.acting_for) = Some(place.workspace);
        let path = format!("/v1/connections/{}", old.id);
        self.now_api(&key, "DELETE", &path, None)?;
        let name = format!("account {account}");
        let body = platform::account(old.channel, &name, account, &old.secret);
        let made = self.now_api(&key, "POST", "/v1/connections", Some(body))?;
        let id = ConnectionId::parse(made["id"].as_str().unwrap_or_default())?;
        self.places[workspace].accounts[account] = Account { id, ..old };
        Ok(())
    }

    /// What may be changed or taken back later.
    fn says(&mut self, talk: usize, happening: &Happening, lag: i64) -> anyhow::Result<()> {
        self.happens(talk, happening, lag)?;
        let last = match happening {
            Happening::Wrote { .. } => &mut self.said,
            _ => &mut self.typed,
        };
        last.insert(talk, self.told);
        Ok(())
    }

    fn corrects(&mut self, talk: usize, text: &str, lag: i64) -> anyhow::Result<()> {
        let Some(number) = self.said.get(&talk).copied() else {
            return Ok(());
        };
        let edited = Happening::Edited {
            number,
            text: text.to_owned(),
            // Nobody types faster, and platforms tell seconds.
            at: self.hub.time() + TimeDelta::seconds(1),
        };
        self.happens(talk, &edited, lag.max(1))
    }

    /// What a platform has to say about it, after so many seconds; not every platform says
    /// everything.
    fn happens(&mut self, talk: usize, happening: &Happening, lag: i64) -> anyhow::Result<()> {
        let talk = self.talks[talk].clone();
        let account = self.places[talk.workspace].accounts[talk.account].clone();
        self.counted += 1;
        self.told = self.counted;
        let person = &self.people[talk.person];
        let now = self.hub.time();
        let has_no_names = self.hub.has_bug(Bug::NumbersForNames);
        let Ok(mut body) = platform::body(account.channel, person, happening, self.counted, now)
        else {
            return Ok(());
        };
        let message = match happening {
            Happening::Wrote { .. } => {
                channels::parse(account.channel, body.to_string().as_bytes(), now)
                    .ok()
                    .and_then(|batch| batch.events.into_iter().next())
                    .and_then(|event| match event.kind {
                        channels::InboundKind::Message(message) => Some(MessageId::derive(&[
                            &account.id.to_string(),
                            message.id.reveal(),
                        ])),
                        _ => None,
                    })
            }
            _ => None,
        };
        if let Some(message) = message {
            watch(&self.observer, |it| it.writes(message, talk.person));
        }
        if has_no_names {
            platform::forget_names(&mut body);
        }
        let delivery = Delivery {
            account,
            body: body.to_string().into(),
            message,
            tries: 0,
        };
        self.put(now + TimeDelta::seconds(lag), Item::Deliver(delivery));
        Ok(())
    }

    pub(super) fn deliver(&mut self, delivery: Delivery) -> anyhow::Result<()> {
        if self.is_gone(&delivery.account) {
            // Whoever deletes an account takes its address away from the platform.
            return Ok(());
        }
        let Some(slot) = self.free(Function::Webhooks) else {
            self.put(
                self.hub.time() + TimeDelta::seconds(1),
                Item::Deliver(delivery),
            );
            return Ok(());
        };
        let place = self
            .places
            .iter()
            .find(|place| place.accounts.iter().any(|it| it.id == delivery.account.id));
        let workspace = place.map(|place| place.workspace);
        let (header, signature) = platform::signature(
            delivery.account.channel,
            &delivery.account.secret,
            "",
            &delivery.body,
        );
        let request = Request::builder()
            .method("POST")
            .uri(format!(
                "/webhooks/{}/{}",
                delivery.account.channel, delivery.account.id
            ))
            .header("content-type", "application/json")
            .header(header, signature)
            .body(Body::from(delivery.body.to_string()))?;
        let router = self.process(Function::Webhooks, slot).router.clone();
        let router = router.context("webhooks have a router")?;
        let future = Box::pin(call(router, request));
        self.begin(
            Function::Webhooks,
            slot,
            workspace,
            future,
            After::Webhook(delivery),
        );
        Ok(())
    }

    /// Platforms report on what they accepted: late, twice, in any order, or never.
    pub(super) fn report_accepted(&mut self) -> anyhow::Result<()> {
        let accepted = std::mem::take(&mut *lock(&self.http.accepted));
        for accepted in accepted {
            self.totals.accepted += 1;
            let failed = self.hub.dice(|dice| dice.one_in(25));
            let stages: &[&str] = match accepted.sent.channel {
                Channel::WhatsApp if failed => &["sent", "failed"],
                Channel::WhatsApp => &["sent", "delivered", "read"],
                Channel::Messenger | Channel::Instagram => &["sent"],
                Channel::Telegram | Channel::Sms | Channel::Email | Channel::Loopback => &[],
            };
            for stage in stages {
                self.report(&accepted.sent, stage)?;
            }
        }
        Ok(())
    }

    fn report(&mut self, sent: &Sent, status: &str) -> anyhow::Result<()> {
        let Some(person) = self
            .people
            .iter()
            .find(|it| it.ids().contains(&sent.to))
            .cloned()
        else {
            return Ok(());
        };
        let Some(account) = self.account_of(sent) else {
            return Ok(());
        };
        if self.hub.fault(Fault::ReportLost) {
            return Ok(());
        }
        let happening = Happening::Status {
            of: sent.clone(),
            status: status.to_owned(),
            code: None,
        };
        let times = if self.hub.fault(Fault::ReportDoubled) {
            2
        } else {
            1
        };
        for _ in 0..times {
            let most = if self.hub.fault(Fault::ReportLate) {
                100_000
            } else {
                60
            };
            let at =
                self.hub.time() + TimeDelta::seconds(self.hub.dice(|dice| dice.between(0, most)));
            self.counted += 1;
            let body = platform::body(account.channel, &person, &happening, self.counted, at)?;
            let delivery = Delivery {
                account: account.clone(),
                body: body.to_string().into(),
                message: None,
                tries: 0,
            };
            self.put(at, Item::Deliver(delivery));
        }
        Ok(())
    }

    pub(super) fn is_gone(&self, account: &Account) -> bool {
        let mut known = self.places.iter().flat_map(|place| &place.accounts);
        !known.any(|known| known.id == account.id)
    }

    /// From which account a message left: the one through which this person is talked to.
    fn account_of(&self, sent: &Sent) -> Option<Account> {
        let correlation = sent.correlation.as_deref().and_then(Correlation::parse);
        let named = correlation.and_then(|it| self.talk_of(it.conversation).ok().flatten());
        if let Some(named) = named {
            let talk = &self.talks[named];
            return Some(self.places[talk.workspace].accounts[talk.account].clone());
        }
        let talk = self.talks.iter().find(|talk| {
            let account = &self.places[talk.workspace].accounts[talk.account];
            account.channel == sent.channel && self.people[talk.person].ids().contains(&sent.to)
        })?;
        Some(self.places[talk.workspace].accounts[talk.account].clone())
    }
}

pub(super) fn uses_api(action: &Action) -> bool {
    !matches!(
        action,
        Action::Writes { .. }
            | Action::WritesByMachine { .. }
            | Action::WritesLate { .. }
            | Action::WritesElsewhere { .. }
            | Action::Corrects { .. }
            | Action::Echo { .. }
            | Action::EchoCorrected { .. }
            | Action::TakesBack { .. }
            | Action::Marketing { .. }
            | Action::Passes { .. }
            | Action::Blocks { .. }
            | Action::Unblocks { .. }
            | Action::Renames { .. }
            | Action::TakesNumber { .. }
            | Action::Reconnects { .. }
    )
}
