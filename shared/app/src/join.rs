//! A conversation turns out to be with a person who is known from elsewhere (NX-02): staff say so,
//! or the platform does. The next channel of a follow-up is chosen from it.

use domain::customer::Reach;
use domain::ids::{ConversationId, CustomerId, ReceiptId, WorkspaceId};
use domain::receipt::{Entry, Receipt, Verdict};
use store::{Check, Commit, Committed};

use crate::apply::{self, Loaded};
use crate::{App, AppError, audit};

/// How often a lost race is decided again.
const TRIES: u32 = 10;
/// How many staff may join: every decision about the customer reads the list.
pub const MOST_CONVERSATIONS: usize = 20;
/// The platform knows better than staff who is one person. All heads are one write, which holds a
/// hundred items.
const MOST_BY_PLATFORM: usize = 60;

/// What came of it.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once, and the large one is the usual one"
)]
pub enum Joined {
    /// It belongs to the customer, now or already.
    Done(Loaded),
    /// The workspace has no such conversation.
    NoConversation,
    /// The workspace has no such customer.
    NoCustomer,
    /// It goes on as another one.
    GoesOn(ConversationId),
    /// The customer has as many as there may be.
    Full,
    /// One of the two is being erased: what is still there of them goes as well.
    Erasing,
}

/// Makes the conversation belong to the customer. The heads, both customers, the receipt and the
/// audit entry are one write; `change` tells who said so.
pub async fn join(
    app: &App,
    ws: WorkspaceId,
    id: ConversationId,
    customer: CustomerId,
    change: audit::Change,
) -> Result<Joined, AppError> {
    let now = app.now();
    for _ in 0..TRIES {
        let Some(mut loaded) = apply::load(app, ws, id).await? else {
            return Ok(Joined::NoConversation);
        };
        if let Some(other) = loaded.conversation.moved_to {
            return Ok(Joined::GoesOn(other));
        }
        if loaded.customer.id == customer {
            return Ok(Joined::Done(loaded));
        }
        let Some(mut to) = app.store.customer(ws, customer).await? else {
            return Ok(Joined::NoCustomer);
        };
        let most = match change.by {
            Some(_) => MOST_CONVERSATIONS,
            None => MOST_BY_PLATFORM,
        };
        if to.conversations.len() >= most {
            return Ok(Joined::Full);
        }
        let mut others = Vec::new();
        for reach in &mut to.conversations {
            let head = app.store.head(ws, reach.conversation).await?;
            // The window of an only conversation is not kept up to date with its customer, because
            // nobody asks for it; now somebody will.
            reach.window_closes_at = head.as_ref().and_then(|head| head.window_closes_at);
            others.extend(head);
        }
        let mut from = loaded.customer;
        let before = loaded.conversation.clone();
        let head = &mut loaded.conversation;
        to.take_over(
            Reach {
                conversation: id,
                connection: head.connection,
                channel: head.channel,
                window_closes_at: head.window_closes_at,
                refusal: None,
            },
            &from,
            now,
        );
        from.conversations.retain(|reach| reach.conversation != id);
        let elsewhere = others.iter().filter_map(|other| other.last_customer_at);
        head.change_customer(&from, &to, elsewhere.max());
        head.version += 1;
        // Each is written, changed or not: who wrote there meanwhile wrote in an only conversation,
        // of which its customer is not told.
        for other in &mut others {
            if let Some(here) = head.last_customer_at {
                other.overtaken(here);
            }
            other.version += 1;
        }
        for who in [&mut from, &mut to] {
            who.version += 1;
            who.remind_again(now);
        }
        let verdict = Verdict::Joined {
            from: from.id,
            to: to.id,
        };
        let by = change.by.map(|key| key.to_string());
        let being_erased = [from.id, to.id].map(|customer| Check::NotErasing { customer });
        let commit = Commit {
            audit: change.of_conversation(app, now, &before, head),
            head: Some(head.clone()),
            customer: Some(to.to_store()),
            left: Some(from),
            receipt: Some(Receipt {
                id: ReceiptId::new(now, app.random10()),
                conversation: id,
                at: now,
                event: "joined".to_owned(),
                decided_by: Some(by.unwrap_or_else(|| "platform".to_owned())),
                entries: vec![Entry::new(verdict)],
            }),
            checks: being_erased.to_vec(),
            beside: others.into_iter().map(Commit::of_head).collect(),
            ..Commit::default()
        };
        match app.store.commit(ws, &commit).await? {
            Committed::Done => {
                loaded.customer = to;
                return Ok(Joined::Done(loaded));
            }
            Committed::Refused(_) => return Ok(Joined::Erasing),
            Committed::Conflict | Committed::Duplicate | Committed::AtLimit => {}
        }
    }
    Err(AppError::Contended)
}
