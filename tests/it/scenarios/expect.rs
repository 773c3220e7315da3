//! What must be so at this point of a scenario.
//!
//! | `expect` | holds when |
//! |---|---|
//! | `sent [at 13:10] [to anna] [on whatsapp] [as text \| as NAME] ["…"]` | the oldest send (to her) not yet expected is this |
//! | `nothing sent` | no send is left to expect |
//! | `pending [by RULE] [at 13:10] [for anna]`, `nothing pending` | exactly this one is pending, or none |
//! | `refused CODE [FIELD]` | the command before was refused for this |
//! | `warning CODE`, `no warning` | the rule just saved or reviewed came with it, or with none |
//! | `why anna: …` | a receipt says so |
//! | `state anna suspended`, `waiting anna`, `not waiting anna` | the conversation is like that |
//! | `preview anna: …`, `label anna VIP` | the list shows this as the last message; it has the label |
//! | `status anna [on email] delivered` | our last message to her stands there |
//! | `foot anna marketing` | her last mail ends with the link of that class, and of advertising the header has it |
//! | `reminder anna at 2026-11-04 10:00`, `reminder anna future_appointment` | the customer's page says so |
//! | `followed anna 1 2` | her links were followed so often by people, and by programs |
//! | `messages anna 3` | so many are stored |
//! | `counted sends_failed 2` | the operator's metric stands there |
//! | `notified 2 [with LINK]` | so much is listed for staff to look at, one of them with this link |
//! | `segments 2` | so many SMS segments of this month are used |
//! | `log transactional [of receipt] 2` | so many stand in that part of the sent log, made from that template |
//! | `broadcast counted 3 5`, `broadcast given 3 5`, `broadcast done` | the last broadcast reaches 3 of 5, has reached them, stands there |
//! | `questions 2` | so often the model was asked |

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::play::{Play, instant, text};
use super::script::{Words, said};
use super::show::list;
use crate::world::Sent;

impl Play {
    pub(super) async fn expect(&mut self, rest: &str) -> anyhow::Result<()> {
        if let Some(rest) = rest.strip_prefix("why ") {
            return self.expect_why(rest).await;
        }
        if let Some(rest) = rest.strip_prefix("preview ") {
            let (person, wanted) = said(rest)?;
            let found = text(&self.head(person).await?["preview"]["text"]);
            ensure!(found == wanted, "it is \"{found}\"");
            return Ok(());
        }
        let mut words = Words::of(rest)?;
        let what = words.need("what is expected")?;
        match what.as_str() {
            "sent" => self.expect_sent(words),
            "nothing" => match words.need("`sent` or `pending`")?.as_str() {
                "sent" => {
                    ensure!(self.unclaimed.is_empty(), "there is {:?}", self.unclaimed);
                    words.done()
                }
                "pending" => {
                    let pending = list(&self.world.get("/v1/pending").await?["pending"]);
                    ensure!(pending.is_empty(), "there is {pending:?}");
                    words.done()
                }
                other => bail!("nothing what? `{other}`"),
            },
            "pending" => self.expect_pending(words).await,
            "refused" => self.expect_refused(words),
            "broadcast" => self.expect_broadcast(words).await,
            "warning" => {
                let code = words.need("a code")?;
                ensure!(
                    self.warnings.contains(&code),
                    "there is {:?}",
                    self.warnings
                );
                words.done()
            }
            "no" => {
                ensure!(words.flag("warning"), "no what?");
                ensure!(self.warnings.is_empty(), "there is {:?}", self.warnings);
                words.done()
            }
            "state" => {
                let (person, wanted) = (words.need("a name")?, words.need("a state")?);
                let found = text(&self.head(&person).await?["state"]["state"]);
                ensure!(found == wanted, "it is {found}");
                words.done()
            }
            "label" => {
                let (person, wanted) = (words.need("a name")?, words.need("a label")?);
                let labels = list(&self.head(&person).await?["labels"]);
                ensure!(
                    labels.iter().any(|label| text(label) == wanted),
                    "there are {labels:?}"
                );
                words.done()
            }
            "waiting" => self.expect_waiting(words, true).await,
            "not" => {
                ensure!(words.flag("waiting"), "not what?");
                self.expect_waiting(words, false).await
            }
            "notified" => {
                let wanted: usize = words.need("a number")?.parse()?;
                let told = list(&self.world.get("/v1/notifications").await?["notifications"]);
                ensure!(told.len() == wanted, "there are {}: {told:?}", told.len());
                if let Some(link) = words.after("with")? {
                    let links: Vec<_> = told.iter().map(|one| text(&one["upgrade_url"])).collect();
                    ensure!(links.contains(&link), "they link to {links:?}");
                }
                words.done()
            }
            "counted" => {
                let name = words.need("a metric")?;
                let wanted: u64 = words.need("a number")?.parse()?;
                let found = self.world.runner().metrics.total(&name);
                ensure!(found == wanted, "it is {found}");
                words.done()
            }
            "status" => self.expect_status(words).await,
            "foot" => self.expect_foot(words),
            "reminder" => {
                let wanted = words.time()?;
                let person = words.need("a name")?;
                let path = format!("/v1/customers/{}/rebooking", self.world.customer(&person)?);
                let found = self.world.get(&path).await?["reminder"].take();
                match wanted {
                    Some(at) => {
                        let at = instant(self.zone, &at, Some(self.world.now()))?;
                        let due: DateTime<Utc> = text(&found["due_at"]).parse()?;
                        ensure!(due == at, "it is {found}");
                    }
                    None => {
                        let code = words.need("a code")?;
                        ensure!(text(&found["reason"]["code"]) == code, "it is {found}");
                    }
                }
                words.done()
            }
            "followed" => {
                let person = words.need("a name")?;
                let path = format!("/v1/customers/{}/rebooking", self.world.customer(&person)?);
                let found = list(&self.world.get(&path).await?["link_clicks"]);
                let sum = |field: &str| -> u64 {
                    found.iter().filter_map(|one| one[field].as_u64()).sum()
                };
                for (field, what) in [("people", "how many people"), ("machines", "and programs")] {
                    let wanted: u64 = words.need(what)?.parse()?;
                    ensure!(sum(field) == wanted, "there is {found:?}");
                }
                words.done()
            }
            "messages" => {
                let person = person(&mut words)?;
                let wanted: usize = words.need("a number")?.parse()?;
                let found = self.messages(&person).await?.len();
                ensure!(found == wanted, "there are {found}");
                words.done()
            }
            "segments" => {
                let wanted: u64 = words.need("a number")?.parse()?;
                let sms = self.world.get("/v1/usage").await?["sms"].take();
                ensure!(sms["segments_used"] == wanted, "it is {sms}");
                words.done()
            }
            "log" => {
                let category = words.need("a category")?;
                let mut path = format!("/v1/messages?category={category}&limit=100");
                if let Some(template) = words.after("of")? {
                    path.push_str(&format!("&template={template}"));
                }
                let wanted: usize = words.need("a number")?.parse()?;
                let found = list(&self.world.get(&path).await?["messages"]);
                ensure!(found.len() == wanted, "there are {}", found.len());
                words.done()
            }
            "questions" => {
                let wanted: usize = words.need("a number")?.parse()?;
                ensure!(
                    self.questions() == wanted,
                    "there were {}",
                    self.questions()
                );
                words.done()
            }
            _ => bail!("nothing to expect is called `{what}`"),
        }
    }

    fn expect_sent(&mut self, mut words: Words) -> anyhow::Result<()> {
        let to = words.after("to")?;
        let is_it = |sent: &Sent| {
            to.as_ref()
                .is_none_or(|to| self.world.name_of(&sent.to) == *to)
        };
        let place = self.unclaimed.iter().position(is_it);
        let sent = place.and_then(|place| self.unclaimed.remove(place));
        let sent = sent.context("nothing was sent")?;
        if let Some(wanted) = words.text()? {
            ensure!(sent.text == wanted, "the text is \"{}\"", sent.text);
        }
        if let Some(at) = words.time()? {
            let wanted = instant(self.zone, &at, Some(sent.at))?;
            ensure!(sent.at == wanted, "it left {}", self.clock(sent.at));
        }
        if let Some(channel) = words.after("on")? {
            ensure!(
                sent.channel.as_str() == channel,
                "it left on {}",
                sent.channel
            );
        }
        if let Some(form) = words.after("as")? {
            let found = sent.template.as_deref().unwrap_or("text");
            ensure!(found == form, "it left as {found}");
        }
        words.done()
    }

    async fn expect_pending(&mut self, mut words: Words) -> anyhow::Result<()> {
        let mut pending = list(&self.world.get("/v1/pending").await?["pending"]);
        if let Some(person) = words.after("for")? {
            let conversation = self.conversation(&person)?;
            pending.retain(|one| text(&one["conversation"]) == conversation);
        }
        ensure!(
            pending.len() == 1,
            "there are {}: {pending:?}",
            pending.len()
        );
        let run = &pending[0]["run"];
        let due: DateTime<Utc> = text(&run["due_at"]).parse()?;
        if let Some(rule) = words.after("by")? {
            let wanted = self.rule(&rule)?.id.clone();
            ensure!(
                text(&run["rule"]) == wanted,
                "it is by {}",
                run["rule_name"]
            );
        }
        if let Some(at) = words.time()? {
            let wanted = instant(self.zone, &at, Some(due))?;
            ensure!(due == wanted, "it is due {}", self.clock(due));
        }
        words.done()
    }

    fn expect_refused(&mut self, mut words: Words) -> anyhow::Result<()> {
        let refused = self.refused.clone().context("it was accepted")?;
        let (code, field) = (words.need("a code")?, words.next().unwrap_or_default());
        ensure!(
            refused.contains(&(code, field)),
            "it was refused for {refused:?}"
        );
        self.refusal_is_open = false;
        words.done()
    }

    async fn expect_why(&mut self, rest: &str) -> anyhow::Result<()> {
        let (person, wanted) = said(rest)?;
        let path = format!(
            "/v1/conversations/{}/why?limit=100",
            self.conversation(person)?
        );
        let why = self.world.get(&path).await?;
        let mut told = Vec::new();
        for receipt in list(&why["receipts"]) {
            told.push(text(&receipt["decided_by"]));
            told.extend(
                list(&receipt["entries"])
                    .iter()
                    .map(|entry| text(&entry["explanation"])),
            );
        }
        let found = told.iter().any(|line| line.contains(&wanted));
        ensure!(found, "the receipts say {told:#?}");
        Ok(())
    }

    async fn expect_waiting(&mut self, mut words: Words, wanted: bool) -> anyhow::Result<()> {
        let person = words.need("a name")?;
        let since = self.head(&person).await?["waiting_since"].clone();
        ensure!(since.is_null() != wanted, "waiting since {since}");
        words.done()
    }

    fn expect_foot(&self, mut words: Words) -> anyhow::Result<()> {
        let (person, class) = (words.need("a name")?, words.need("a class")?);
        let sent = self.last_mail.get(&person).context("she got no mail")?;
        let mail = &sent.body["Content"]["Simple"];
        let link = self.way_out(&person)?;
        let label = match class.as_str() {
            "marketing" => "Werbe-E-Mails abbestellen",
            _ => "Solche Service-E-Mails abbestellen",
        };
        for part in ["Text", "Html"] {
            let part = text(&mail["Body"][part]["Data"]);
            ensure!(
                part.contains(label) && part.contains(&link),
                "it ends: {part}"
            );
        }
        let headers = list(&mail["Headers"]);
        let header = |name: &str| {
            let found = headers.iter().find(|header| header["Name"] == name);
            found.map(|header| text(&header["Value"]))
        };
        let one_click = (header("List-Unsubscribe"), header("List-Unsubscribe-Post"));
        let wanted = match class.as_str() {
            "marketing" => (
                Some(format!("<{link}>")),
                Some("List-Unsubscribe=One-Click".to_owned()),
            ),
            _ => (None, None),
        };
        ensure!(one_click == wanted, "the header says {one_click:?}");
        ensure!(header("Auto-Submitted").is_some(), "a rule wrote it");
        words.done()
    }

    async fn expect_status(&mut self, mut words: Words) -> anyhow::Result<()> {
        let (person, wanted) = (person(&mut words)?, words.need("a status")?);
        let messages = self.messages(&person).await?;
        let ours = messages
            .iter()
            .filter(|message| message["author"]["by"] != "customer");
        let last = ours.max_by_key(|message| text(&message["at"]));
        let found = text(&last.context("we wrote nothing")?["status"]);
        ensure!(found == wanted, "it is {found}");
        words.done()
    }

    async fn head(&mut self, person: &str) -> anyhow::Result<Value> {
        let path = format!("/v1/conversations/{}", self.conversation(person)?);
        self.world.get(&path).await
    }

    async fn messages(&mut self, person: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!(
            "/v1/conversations/{}/messages?limit=100",
            self.conversation(person)?
        );
        Ok(list(&self.world.get(&path).await?["messages"]))
    }
}

/// `anna`, or `anna on email`.
fn person(words: &mut Words) -> anyhow::Result<String> {
    let on = words.after("on")?;
    let name = words.need("a name")?;
    Ok(match on {
        Some(account) => format!("{name} on {account}"),
        None => name,
    })
}
