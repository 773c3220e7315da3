//! People act, and platforms tell of it.

use anyhow::Context as _;
use axum::body::Body;
use chrono::TimeDelta;
use domain::channel::{Channel, ChannelUser};
use domain::conversation::Conversation;
use domain::ids::{ConversationId, MessageId};
use http::Request;
use serde_json::{Value, json};

use super::{Account, After, Delivery, Function, Item, World, api_request, call, finish};
use crate::faults::Fault;
use crate::life::{Action, quiet};
use crate::platform::{self, Happening, Sent};
use crate::table::lock;

impl World {
    pub(super) fn act(&mut self, action: &Action) -> anyhow::Result<()> {
        self.hub.note(&format!("{action:?}"));
        self.totals.actions += 1;
        let now = self.hub.time();
        let happening = match action {
            Action::Writes { text, .. } => {
                let text = (*text).to_owned();
                Some(Happening::Wrote { text, at: now })
            }
            Action::WritesByMachine { .. } => Some(Happening::WroteByMachine {
                text: "Automatische Antwort: ich bin im Urlaub".to_owned(),
            }),
            Action::Echo { text, .. } => Some(Happening::Echo {
                text: (*text).to_owned(),
            }),
            Action::Blocks { .. } => Some(Happening::Blocked),
            _ => None,
        };
        match action {
            Action::Writes { talk, .. }
            | Action::WritesByMachine { talk }
            | Action::Echo { talk, .. }
            | Action::Blocks { talk } => {
                if let Some(happening) = happening {
                    self.happens(*talk, &happening)?;
                }
            }
            Action::Answers { talk, text } => {
                let path = format!("/v1/conversations/{}/messages", self.conversation(*talk)?);
                let body = json!({ "text": text });
                self.ask_api(self.talks[*talk].workspace, "POST", &path, Some(body))?;
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

    pub(super) fn conversation(&self, talk: usize) -> anyhow::Result<ConversationId> {
        let talk = &self.talks[talk];
        let account = &self.places[talk.workspace].accounts[talk.account];
        let user = ChannelUser::parse(&self.people[talk.person].user(account.channel))?;
        Ok(Conversation::id_for(account.id, &user))
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

    /// What a platform has to say about it; not every platform says everything.
    fn happens(&mut self, talk: usize, happening: &Happening) -> anyhow::Result<()> {
        let talk = self.talks[talk].clone();
        let account = self.places[talk.workspace].accounts[talk.account].clone();
        self.counted += 1;
        let person = &self.people[talk.person];
        let now = self.hub.time();
        let Ok(body) = platform::body(account.channel, person, happening, self.counted, now) else {
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
        let delivery = Delivery {
            account,
            body: body.to_string().into(),
            message,
            tries: 0,
        };
        self.put(now, Item::Deliver(delivery));
        Ok(())
    }

    pub(super) fn deliver(&mut self, delivery: Delivery) -> anyhow::Result<()> {
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
                Channel::Telegram | Channel::Loopback => &[],
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

    /// From which account a message left: the one through which this person is talked to.
    fn account_of(&self, sent: &Sent) -> Option<Account> {
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
            | Action::Echo { .. }
            | Action::Blocks { .. }
    )
}
