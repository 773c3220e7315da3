//! The wire to the table: faults, the observer, and the bugs that live in writes and reads.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::ids::WorkspaceId;
use local::{Call, Fault as TableFault, Reply, Wire};
use serde_json::{Value, json};

use crate::bugs::Bug;
use crate::faults::Fault;
use crate::hub::Hub;
use crate::observer::Observer;

pub(crate) type Watch = Arc<Mutex<Observer>>;

/// Looks at the observer.
pub(crate) fn watch<T>(observer: &Watch, look: impl FnOnce(&mut Observer) -> T) -> T {
    look(&mut observer.lock().unwrap_or_else(PoisonError::into_inner))
}

pub(crate) struct SimWire {
    pub(crate) hub: Arc<Hub>,
    pub(crate) observer: Watch,
    /// On whose behalf the function at work acts; none for the sweep, which looks at everybody.
    pub(crate) acting_for: Arc<Mutex<Option<WorkspaceId>>>,
    /// The other workspace, for the bug that mixes them up.
    pub(crate) workspaces: Arc<Mutex<Vec<WorkspaceId>>>,
}

#[async_trait]
impl Wire for SimWire {
    async fn carry(&self, call: &Call<'_>) -> Result<Reply, TableFault> {
        let workspace = *lock(&self.acting_for);
        self.hub.edge().await;
        let writes = matches!(
            call.operation,
            "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "BatchWriteItem"
        );
        for (fault, heard) in [
            (Fault::TableThrottled, TableFault::Throttle),
            (Fault::TableConflict, TableFault::Conflict),
            (Fault::TableUnreachable, TableFault::Unavailable),
        ] {
            let possible = writes || heard != TableFault::Conflict;
            if possible && self.hub.fault(fault) {
                return Err(heard);
            }
        }
        let lost = writes && self.hub.fault(Fault::TableAnswerLost);
        let mut body = String::from_utf8_lossy(call.body).into_owned();
        self.spoil(call.operation, &mut body);
        if let Some(workspace) = workspace {
            watch(&self.observer, |observer| observer.asked(workspace, &body));
        }
        if self.is_pretended(call.operation) {
            return Ok(Reply {
                status: 200,
                body: "{}".to_owned(),
            });
        }
        let mut reply = call.run_with(body.as_bytes());
        self.hub
            .note(&format!("table: {} {}", call.operation, reply.status));
        if writes {
            if reply.status == 200
                && let Ok(written) = serde_json::from_str(&body)
            {
                let now = self.hub.time();
                watch(&self.observer, |it| {
                    it.written(call.operation, &written, now)
                });
            }
            self.hub.edge().await;
        }
        self.blind(call.operation, &body, &mut reply);
        if lost {
            Err(TableFault::ApplyButLoseAnswer)
        } else {
            Ok(reply)
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// The bugs.
impl SimWire {
    /// Changes a request as a careless programmer would have written it.
    fn spoil(&self, operation: &str, body: &mut String) {
        let hub = &self.hub;
        if hub.has_bug(Bug::ForeignKey) && operation == "GetItem" && hub.dice(|it| it.one_in(20)) {
            let all = lock(&self.workspaces);
            if let [one, other, ..] = all.as_slice() {
                *body = body.replace(&one.to_string(), &other.to_string());
            }
            return;
        }
        let spoils_writes = [
            Bug::NoFence,
            Bug::ClaimWithoutChecks,
            Bug::DedupOff,
            Bug::StatusFalls,
            Bug::CancelForgotten,
            Bug::NoDailyLimit,
            Bug::LedgerForgotten,
        ];
        if !spoils_writes.iter().any(|bug| hub.has_bug(*bug)) {
            return;
        }
        let Ok(mut request) = serde_json::from_str::<Value>(body) else {
            return;
        };
        match operation {
            "PutItem" => self.spoil_put(&mut request),
            "UpdateItem" => self.spoil_update(&mut request),
            "TransactWriteItems" => {
                let Some(actions) = request["TransactItems"].as_array_mut() else {
                    return;
                };
                if hub.has_bug(Bug::ClaimWithoutChecks) {
                    actions.retain(|action| !action["ConditionCheck"].is_object());
                }
                if hub.has_bug(Bug::LedgerForgotten) {
                    let sk = |action: &Value| action["Put"]["Item"]["sk"]["S"].to_string();
                    actions.retain(|action| !sk(action).contains("CONSENT#"));
                }
                for action in actions {
                    if action["Put"].is_object() {
                        self.spoil_put(&mut action["Put"]);
                    }
                    if action["Update"].is_object() {
                        self.spoil_update(&mut action["Update"]);
                    }
                }
            }
            _ => return,
        }
        *body = request.to_string();
    }

    fn spoil_put(&self, put: &mut Value) {
        let sk = put["Item"]["sk"]["S"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let condition = put["ConditionExpression"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let ranked = condition.contains("#status");
        let spoiled = self.hub.has_bug(Bug::NoFence) && sk == "HEAD"
            || self.hub.has_bug(Bug::DedupOff) && sk.starts_with("M#") && !ranked
            || self.hub.has_bug(Bug::StatusFalls) && sk.starts_with("M#") && ranked;
        if spoiled && let Some(put) = put.as_object_mut() {
            put.retain(|field, _| {
                !field.starts_with("Condition") && !field.starts_with("Expression")
            });
        }
        if self.hub.has_bug(Bug::CancelForgotten) && sk == "HEAD" {
            let head = &mut put["Item"]["body"]["M"];
            let unknown = head["unknown"]["L"].as_array_mut().into_iter().flatten();
            unknown.for_each(|send| forget(send, "cancelled"));
            forget(&mut head["sending"], "cancelled");
        }
    }

    fn spoil_update(&self, update: &mut Value) {
        let condition = update["ConditionExpression"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let (bug, values) = if condition.contains("#status IN") {
            (Bug::StatusFalls, ":lower")
        } else {
            (Bug::NoDailyLimit, ":limit")
        };
        let concerned = condition.contains("#status IN") || condition.contains(":limit");
        if concerned && self.hub.has_bug(bug) {
            if let Some(update) = update.as_object_mut() {
                update.remove("ConditionExpression");
            }
            if let Some(all) = update["ExpressionAttributeValues"].as_object_mut() {
                all.retain(|name, _| !name.starts_with(values));
            }
        }
    }

    /// A write that is only said to have happened.
    fn is_pretended(&self, operation: &str) -> bool {
        operation == "TransactWriteItems"
            && self.hub.has_bug(Bug::PublishBeforeCommit)
            && self.hub.dice(|it| it.one_in(5))
    }

    /// Changes an answer as if it had been read elsewhere.
    fn blind(&self, operation: &str, request: &str, reply: &mut Reply) {
        if self.hub.has_bug(Bug::RearmLost)
            && operation == "Query"
            && request.contains("\"overdue\"")
        {
            reply.body = json!({ "Items": [], "Count": 0, "ScannedCount": 0 }).to_string();
        }
        let forgets_gone = self.hub.has_bug(Bug::GoneForgotten) && reply.body.contains("GONE#");
        let unseen = UNSEEN
            .iter()
            .filter(|(bug, field, _)| self.hub.has_bug(*bug) && reply.body.contains(field))
            .collect::<Vec<_>>();
        if !forgets_gone && unseen.is_empty() {
            return;
        }
        let Ok(mut answer) = serde_json::from_str::<Value>(&reply.body) else {
            return;
        };
        if let Some(items) = answer["Items"].as_array_mut().filter(|_| forgets_gone) {
            let is_gone = |sk: &Value| sk.as_str().is_some_and(|sk| sk.starts_with("GONE#"));
            items.retain(|item| !is_gone(&item["sk"]["S"]));
        }
        for (_, field, seen) in unseen {
            overwrite(&mut answer, field, &seen.value());
        }
        reply.body = answer.to_string();
    }
}

/// What is read in place of what is stored.
#[derive(Clone, Copy)]
enum Seen {
    Nothing,
    True,
}

impl Seen {
    fn value(self) -> Value {
        match self {
            Self::Nothing => json!({ "NULL": true }),
            Self::True => json!({ "BOOL": true }),
        }
    }
}

/// What is not seen where it is read.
const UNSEEN: &[(Bug, &str, Seen)] = &[
    (Bug::OptOutUnseen, "opted_out_at", Seen::Nothing),
    (
        Bug::MarketingStopUnseen,
        "marketing_stopped_at",
        Seen::Nothing,
    ),
    (Bug::ThreadUnseen, "elsewhere_since", Seen::Nothing),
    (Bug::BlockUnseen, "reachable", Seen::True),
];

/// Takes a field out wherever it stands.
fn forget(value: &mut Value, field: &str) {
    overwrite(value, field, &Seen::Nothing.value());
}

fn overwrite(value: &mut Value, field: &str, with: &Value) {
    match value {
        Value::Object(map) => {
            if let Some(found) = map.get_mut(field) {
                *found = with.clone();
            }
            let others = map.values_mut();
            others.for_each(|it| overwrite(it, field, with));
        }
        Value::Array(list) => list.iter_mut().for_each(|it| overwrite(it, field, with)),
        _ => {}
    }
}
