//! Telegram's side: takes messages, remembers them, and can have its caller killed meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How often each text was taken for each chat.
pub(super) type Taken = BTreeMap<(i64, String), usize>;

/// A stub of the Bot API on this machine.
pub(super) struct Platform {
    /// Its base URL.
    pub(super) url: String,
    state: Arc<Mutex<Inside>>,
}

#[derive(Default)]
struct Inside {
    taken: Taken,
    messages: u64,
    trap: Option<(Trap, oneshot::Sender<()>)>,
}

/// Says when a message was taken.
pub(super) struct Trap {
    /// Messages to let pass.
    left: u64,
    answers: bool,
}

impl Trap {
    /// The caller never gets an answer.
    pub(super) fn before_the_answer(left: u64) -> Self {
        let answers = false;
        Self { left, answers }
    }

    /// The caller gets its answer and may have no time to note it.
    pub(super) fn with_the_answer(left: u64) -> Self {
        let answers = true;
        Self { left, answers }
    }
}

impl Platform {
    /// Listens on a free port.
    pub(super) async fn start() -> Self {
        let state = Arc::new(Mutex::new(Inside::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/{bot}/sendMessage", post(take))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    /// Says when the trap is sprung.
    pub(super) fn set(&self, trap: Trap) -> oneshot::Receiver<()> {
        let (spring, sprung) = oneshot::channel();
        self.state.lock().unwrap().trap = Some((trap, spring));
        sprung
    }

    /// Lets everything pass again.
    pub(super) fn disarm(&self) {
        self.state.lock().unwrap().trap = None;
    }

    /// Everything that was taken so far.
    pub(super) fn taken(&self) -> Taken {
        self.state.lock().unwrap().taken.clone()
    }
}

async fn take(State(state): State<Arc<Mutex<Inside>>>, Json(body): Json<Value>) -> Json<Value> {
    let (answer, answered) = {
        let mut inside = state.lock().unwrap();
        inside.take(&body)
    };
    if !answered {
        std::future::pending::<()>().await;
    }
    Json(answer)
}

impl Inside {
    /// The answer, and whether it is given.
    fn take(&mut self, body: &Value) -> (Value, bool) {
        let chat = &body["chat_id"];
        let chat = chat
            .as_i64()
            .or_else(|| chat.as_str()?.parse().ok())
            .unwrap();
        let text = body["text"].as_str().unwrap().to_owned();
        *self.taken.entry((chat, text)).or_default() += 1;
        self.messages += 1;
        let answer = json!({ "ok": true, "result": {
            "message_id": self.messages, "chat": { "id": chat, "type": "private" },
        }});
        match self.trap.take() {
            Some((trap, spring)) if trap.left == 0 => {
                let _ = spring.send(());
                (answer, trap.answers)
            }
            other => {
                self.trap = other.map(|(trap, spring)| {
                    let left = trap.left - 1;
                    (Trap { left, ..trap }, spring)
                });
                (answer, true)
            }
        }
    }
}
