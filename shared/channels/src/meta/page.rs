//! Events of pages: Messenger and Instagram, which differ in details only.

use domain::channel::{ChannelUser, ProviderMessageId};
use domain::content::Content;

use super::attachment;
use crate::inbound::{
    Draft, Echo, EchoOrigin, Handover, HandoverAction, InboundEvent, InboundKind, InboundMessage,
    Postback, Referral, WatermarkKind, each,
};
use crate::node::{Node, Problem};

/// The application id under which the platform's own inbox writes.
const PAGE_INBOX_APP: &str = "26390203743090";

/// One page's share of the body.
pub(crate) fn entry(draft: &Draft, entry: &Node<'_>) -> Vec<InboundEvent> {
    let draft = Draft {
        account: entry.text("id"),
        ..draft.clone()
    };
    let standby = Draft {
        standby: true,
        ..draft.clone()
    };
    let mut events = Vec::new();
    each(&draft, entry, "messaging", &mut events, |event| {
        read_event(&draft, event)
    });
    each(&standby, entry, "standby", &mut events, |event| {
        read_event(&standby, event)
    });
    each(&draft, entry, "changes", &mut events, |change| {
        read_change(&draft, entry, change)
    });
    if events.is_empty() {
        events.push(draft.unknown(entry, "entry", None));
    }
    events
}

/// Instagram's dashboard wraps test events as changes; templates of pages arrive so too.
fn read_change(
    draft: &Draft,
    entry: &Node<'_>,
    change: &Node<'_>,
) -> Result<InboundEvent, Problem> {
    let field = change.text("field").unwrap_or_default();
    let Some(value) = change.get("value") else {
        return Err(change.missing("value", "an object"));
    };
    if value.has("sender") {
        return read_event(draft, &value);
    }
    if value.has("message_template_id") {
        return Ok(crate::whatsapp::account::read_change(
            draft, entry, change, &value, &field,
        ));
    }
    Ok(draft.unknown(change, &field, None))
}

/// Reads the one key that says what happened.
fn read_event(draft: &Draft, event: &Node<'_>) -> Result<InboundEvent, Problem> {
    const ENVELOPE: [&str; 3] = ["sender", "recipient", "timestamp"];
    let reader = Reader { draft, event };
    for key in event.keys() {
        let Some(detail) = event.get(key) else {
            continue;
        };
        match key {
            "message" => return reader.message(&detail),
            "message_edit" => return reader.edit(&detail),
            "postback" => return Ok(reader.postback(&detail)),
            "reaction" => return reader.reaction(&detail),
            "delivery" => return reader.watermark(WatermarkKind::Delivered, &detail),
            "read" => return reader.read(&detail),
            "optin" => return Ok(reader.opt_in(&detail)),
            "referral" => return Ok(reader.referral(&detail)),
            "pass_thread_control" => return Ok(reader.handover(HandoverAction::Passed, &detail)),
            "take_thread_control" => return Ok(reader.handover(HandoverAction::Taken, &detail)),
            "request_thread_control" => {
                return Ok(reader.handover(HandoverAction::Requested, &detail));
            }
            "app_roles" => {
                let roles = reader.handover(HandoverAction::Roles, &detail);
                return Ok(roles.with_raw(&detail));
            }
            _ => {}
        }
    }
    let kind = event.keys().find(|key| !ENVELOPE.contains(key));
    Ok(draft.unknown(event, kind.unwrap_or("nothing"), None))
}

struct Reader<'a, 'n> {
    draft: &'a Draft,
    event: &'a Node<'n>,
}

impl Reader<'_, '_> {
    fn message(&self, message: &Node<'_>) -> Result<InboundEvent, Problem> {
        let id = message.need_message_id("mid")?;
        if message.is_true("is_echo") {
            return Ok(self.echo(id, message));
        }
        if message.is_true("is_deleted") {
            let dedup = format!("revoked:{}", id.reveal());
            return Ok(self.build(
                dedup,
                InboundKind::Revoked {
                    target: id,
                    by_business: false,
                },
            ));
        }
        if message.is_true("is_self") {
            return Ok(self.draft.unknown(self.event, "message to self", None));
        }
        let dedup = format!("msg:{}", id.reveal());
        let (content, more) = attachment::read(message);
        let reply_to = message.get("reply_to");
        let kind = InboundKind::Message(Box::new(InboundMessage {
            more,
            reply_to: reply_to.and_then(|reply_to| reply_to.message_id("mid")),
            referral: message.object("referral").map(|node| read_referral(&node)),
            ..InboundMessage::new(id, content)
        }));
        Ok(self.build(dedup, kind).with_raw_if_unsupported(self.event))
    }

    fn echo(&self, id: ProviderMessageId, message: &Node<'_>) -> InboundEvent {
        let origin = match message.text("app_id") {
            Some(app_id) if app_id != PAGE_INBOX_APP => EchoOrigin::App { app_id },
            _ => EchoOrigin::Person,
        };
        let dedup = format!("echo:{}", id.reveal());
        let (content, _) = attachment::read(message);
        let kind = InboundKind::Echo(Echo {
            id,
            content,
            origin,
            metadata: message.text("metadata"),
        });
        self.build(dedup, kind).by(self.party("recipient"))
    }

    fn edit(&self, edit: &Node<'_>) -> Result<InboundEvent, Problem> {
        let target = edit.need_message_id("mid")?;
        let times = edit.int("num_edit").unwrap_or_default();
        let dedup = format!("edit:{}:{times}", target.reveal());
        let content = Content::text(edit.need_text("text")?);
        Ok(self.build(
            dedup,
            InboundKind::Edited {
                target,
                content,
                by_business: false,
            },
        ))
    }

    fn postback(&self, postback: &Node<'_>) -> InboundEvent {
        let id = postback.text("mid");
        let payload = postback.text("payload");
        let title = postback.text("title");
        let dedup = match &id {
            Some(id) => format!("postback:{id}"),
            None => self.timed_key("postback", title.as_deref().unwrap_or_default()),
        };
        let referral = postback.object("referral").map(|node| read_referral(&node));
        let kind = InboundKind::Postback(Postback {
            id,
            title,
            payload,
            target: None,
            referral,
        });
        self.build(dedup, kind)
    }

    fn reaction(&self, reaction: &Node<'_>) -> Result<InboundEvent, Problem> {
        let target = reaction.need_message_id("mid")?;
        let action = reaction.text("action").unwrap_or_default();
        let emoji = match action.as_str() {
            "unreact" => None,
            _ => reaction.text("emoji").or_else(|| reaction.text("reaction")),
        };
        let dedup = self.timed_key("reaction", &format!("{}:{action}", target.reveal()));
        Ok(self.build(dedup, InboundKind::Reaction { target, emoji }))
    }

    /// Messenger sends a watermark, Instagram one message id.
    fn read(&self, read: &Node<'_>) -> Result<InboundEvent, Problem> {
        match read.message_id("mid") {
            Some(target) => {
                let dedup = format!("read:{}", target.reveal());
                Ok(self.build(dedup, InboundKind::Read { target }))
            }
            None => self.watermark(WatermarkKind::Read, read),
        }
    }

    fn watermark(&self, level: WatermarkKind, node: &Node<'_>) -> Result<InboundEvent, Problem> {
        let up_to = node
            .time("watermark")
            .ok_or_else(|| node.missing("watermark", "a time"))?;
        let kind = InboundKind::Watermark { level, up_to };
        let what = match level {
            WatermarkKind::Delivered => "delivered",
            WatermarkKind::Read => "read",
        };
        let dedup = self.keyed(what, &up_to.timestamp_millis().to_string());
        Ok(self.build(dedup, kind))
    }

    fn opt_in(&self, opt_in: &Node<'_>) -> InboundEvent {
        let status = opt_in.text("notification_messages_status");
        let kind = InboundKind::OptIn {
            topic: opt_in.text("type"),
            token: opt_in
                .user("notification_messages_token")
                .or_else(|| opt_in.user("user_ref")),
            reference: opt_in.text("payload").or_else(|| opt_in.text("ref")),
            withdrawn: status.as_deref() == Some("STOP_NOTIFICATIONS"),
        };
        let dedup = self.timed_key("optin", status.as_deref().unwrap_or_default());
        self.build(dedup, kind)
    }

    fn referral(&self, referral: &Node<'_>) -> InboundEvent {
        let referral = read_referral(referral);
        let reference = referral.reference.clone().unwrap_or_default();
        let dedup = self.timed_key("referral", &reference);
        self.build(dedup, InboundKind::Referral(referral))
    }

    fn handover(&self, action: HandoverAction, detail: &Node<'_>) -> InboundEvent {
        let handover = Handover {
            action,
            previous_owner: detail.text("previous_owner_app_id"),
            new_owner: detail
                .text("new_owner_app_id")
                .or_else(|| detail.text("requested_owner_app_id")),
            metadata: detail.text("metadata"),
        };
        let dedup = self.timed_key("handover", &format!("{action:?}"));
        self.build(dedup, InboundKind::Handover(handover))
    }

    fn build(&self, dedup: String, kind: InboundKind) -> InboundEvent {
        self.draft
            .event(self.event.time("timestamp"), dedup, kind)
            .by(self.party("sender"))
    }

    fn party(&self, side: &str) -> Option<ChannelUser> {
        self.event.get(side)?.user("id")
    }

    fn keyed(&self, what: &str, detail: &str) -> String {
        let sender = self.party("sender");
        let sender = sender.as_ref().map_or("", ChannelUser::reveal);
        format!("{what}:{sender}:{detail}")
    }

    /// For events without an id: sender and platform time make them unique.
    fn timed_key(&self, what: &str, detail: &str) -> String {
        let time = self.event.int("timestamp").unwrap_or_default();
        format!("{}:{time}", self.keyed(what, detail))
    }
}

fn read_referral(referral: &Node<'_>) -> Referral {
    let ads = referral.get("ads_context_data");
    let product = referral.get("product");
    Referral {
        source: referral.text("source"),
        reference: referral.text("ref"),
        source_id: referral.text("ad_id"),
        url: referral.text("referer_uri"),
        headline: ads.and_then(|ads| ads.text("ad_title")),
        click_id: None,
        product: product.and_then(|product| product.text("id")),
    }
}
