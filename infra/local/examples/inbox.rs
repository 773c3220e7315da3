//! What a page of the inbox costs as the inbox grows:
//! `cargo run --release -p nachfass --example inbox [CONVERSATIONS…]` (1,000, 10,000 and 100,000).
//!
//! The API answers in process over the embedded engine, so the milliseconds say how the work grows and
//! nothing about a network; the calls are those that DynamoDB would be asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use app::apply::first_customer;
use app::bootstrap::create_workspace;
use app::{App, Config};
use axum::Router;
use axum::body::{Body, to_bytes};
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::{Channel, ChannelUser};
use domain::conversation::Conversation;
use domain::customer::{ChatConsent, Customer, CustomerName, Reach};
use domain::ids::{ConnectionId, WorkspaceId};
use http::Request;
use local::{Dynamo, LocalQueues, LocalTimers, QueueLimits, SeededEntropy, VirtualClock};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use store::{Commit, Committed, Role, Store};
use tower::ServiceExt as _;

const NOW: &str = "2026-11-02T09:00:00Z";
/// Of each view: how often a page is asked for.
const TIMES: usize = 21;
const VIEWS: [(&str, &str); 6] = [
    ("all, newest first", ""),
    ("all, oldest first", "&order=oldest"),
    ("unread", "&unread=true"),
    ("waiting", "&waiting=true"),
    ("unread and waiting", "&unread=true&waiting=true"),
    ("one channel", "&channel=loopback"),
];

#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "what is measured here is real time, and told to whoever asked"
)]
async fn main() -> anyhow::Result<()> {
    let sizes: Result<Vec<usize>, _> = std::env::args().skip(1).map(|it| it.parse()).collect();
    let mut sizes = sizes.context("how many conversations: whole numbers")?;
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000, 100_000];
    }
    println!("conversations  view                page     rows  calls  milliseconds");
    for size in sizes {
        let inbox = Inbox::of(size).await?;
        for (name, query) in VIEWS {
            // The first page, and one far behind it.
            for page in [1, 20] {
                let Some(cursor) = inbox.cursor(query, page).await? else {
                    continue;
                };
                let mut took = Vec::new();
                let (mut rows, mut calls) = (0, 0);
                for _ in 0..TIMES {
                    let started = Instant::now();
                    let (body, asked) = inbox.page(query, &cursor).await?;
                    took.push(started.elapsed());
                    rows = body["conversations"].as_array().map_or(0, Vec::len);
                    calls = asked;
                }
                took.sort_unstable();
                let middle = took.get(TIMES / 2).copied().unwrap_or(Duration::ZERO);
                println!(
                    "{size:>13}  {name:<18} {page:>5} {rows:>8} {calls:>6} {:>13.2}",
                    middle.as_secs_f64() * 1000.0
                );
            }
        }
    }
    Ok(())
}

/// A workspace with so many conversations: every third unread, every fourth waits for an answer.
struct Inbox {
    dynamo: Dynamo,
    router: Router,
    key: String,
}

impl Inbox {
    async fn of(size: usize) -> anyhow::Result<Self> {
        let now: DateTime<Utc> = NOW.parse()?;
        let clock = Arc::new(VirtualClock::standing_at(now));
        let dynamo = Dynamo::memory()?;
        let table = store::table_definition("nachfass");
        dynamo.ensure_table(table).await?;
        let queues =
            LocalQueues::memory(Arc::<VirtualClock>::clone(&clock), QueueLimits::default());
        let app = App::new(
            Store::new(dynamo.client(), "nachfass"),
            Arc::<VirtualClock>::clone(&clock),
            Arc::new(SeededEntropy::new(1)),
            Config::read(|_| None)?,
        )
        .with_queues(Arc::new(queues?))
        .with_timers(Arc::new(LocalTimers::new()));
        let app = Arc::new(app);
        let made = create_workspace(&app, "Salon Mitte", None, None, Role::Owner).await?;
        for number in 0..size {
            let commit = conversation(made.workspace, made.loopback, number, now)?;
            let stored = app.store.commit(made.workspace, &commit).await?;
            ensure!(stored == Committed::Done, "{stored:?}");
        }
        Ok(Self {
            dynamo,
            router: api::router(app),
            key: made.key.expose_secret().to_owned(),
        })
    }

    /// Where that page begins; `None`: there are not so many.
    async fn cursor(&self, query: &str, page: usize) -> anyhow::Result<Option<String>> {
        let mut cursor = String::new();
        for _ in 1..page {
            let (body, _) = self.page(query, &cursor).await?;
            match body["meta"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(None),
            }
        }
        Ok(Some(cursor))
    }

    /// A page of 50, and how often the table was asked for it: who is asking is not counted.
    async fn page(&self, query: &str, cursor: &str) -> anyhow::Result<(Value, u64)> {
        self.dynamo.calls().reset();
        let request = Request::get(format!("/v1/conversations?limit=50{query}{cursor}"))
            .header("authorization", format!("Bearer {}", self.key))
            .body(Body::empty())?;
        let answer = self.router.clone().oneshot(request).await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        let body = to_bytes(answer.into_body(), usize::MAX).await?;
        let calls = self.dynamo.calls().reset();
        let asked = calls.iter().filter(|(name, _)| *name != "GetItem");
        Ok((serde_json::from_slice(&body)?, asked.map(|(_, n)| n).sum()))
    }
}

fn conversation(
    ws: WorkspaceId,
    connection: ConnectionId,
    number: usize,
    now: DateTime<Utc>,
) -> anyhow::Result<Commit> {
    let at = now - TimeDelta::seconds(i64::try_from(number)?);
    let user = ChannelUser::parse(&format!("guest-{number:06}"))?;
    let id = Conversation::id_for(connection, &user);
    let customer = first_customer(ws, id);
    let channel = Channel::Loopback;
    let mut head = Conversation::new(ws, connection, channel, user, customer, at);
    head.version = 1;
    head.last_customer_at = Some(at);
    head.unread = u32::from(number.is_multiple_of(3));
    head.waiting_since = number.is_multiple_of(4).then_some(at);
    let name = format!("Gast {number:06}");
    let customer = Customer {
        id: customer,
        workspace: ws,
        version: 1,
        name: CustomerName::told(Some(&name), None),
        language: None,
        conversations: vec![Reach {
            conversation: id,
            connection,
            channel,
            window_closes_at: None,
            refusal: None,
        }],
        turn: 0,
        offered: Vec::new(),
        chat: ChatConsent::default(),
        said: Vec::new(),
        automated_at: Vec::new(),
        named_by_staff: false,
        habit: Box::default(),
        reference: None,
        profile: domain::contact::Profile::default(),
        created_at: at,
    };
    Ok(Commit {
        customer: Some(customer),
        ..Commit::of_head(head)
    })
}
