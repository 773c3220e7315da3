//! What is written together: each action with what its failed condition means.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder};
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use chrono::{DateTime, Utc};
use domain::customer::Customer;
use domain::ids::{RuleId, WorkspaceId};
use domain::message::{Message, Status};
use domain::sms::tier::Month;
use serde::Serialize;

use crate::customer::Known;
use crate::items::{self, ChangedRule, CustomerItem, Item, MessageItem, Plain, number};
use crate::{Check, Committed, Counter, KeyedAnswer, Store, StoreError, day, keys};

/// The actions of one transaction, and what a failed condition of each means.
pub(crate) struct Writes<'a> {
    table: &'a str,
    actions: Vec<TransactWriteItem>,
    meanings: Vec<Meaning>,
}

#[derive(Debug, Clone)]
pub(crate) enum Meaning {
    Plain,
    Version,
    NewMessage,
    Check(Check),
    Limit,
}

impl<'a> Writes<'a> {
    pub(crate) fn new(table: &'a str) -> Self {
        Self {
            table,
            actions: Vec::new(),
            meanings: Vec::new(),
        }
    }

    pub(crate) fn put(
        &mut self,
        item: Item,
        condition: Option<&str>,
        meaning: Meaning,
    ) -> Result<(), StoreError> {
        let put = Put::builder()
            .table_name(self.table)
            .set_item(Some(item))
            .set_condition_expression(condition.map(str::to_owned));
        self.push_put(put, meaning)
    }

    /// A report may have raised the status meanwhile, and what it says is never taken back (NX-35).
    pub(crate) fn put_message(&mut self, message: &Message) -> Result<(), StoreError> {
        let item = items::to_item("a message", MessageItem::new(message))?;
        let mut put = Put::builder()
            .table_name(self.table)
            .set_item(Some(item))
            .expression_attribute_names("#status", "status");
        let mut allowed = Vec::new();
        let may_precede = |from: &Status| match (*from, message.status) {
            // A rule may ask for another attempt when the platform never reported on one.
            (Status::Unknown, Status::Sending) => true,
            (from, to) => from == to || from.may_become(to),
        };
        for (number, status) in Status::ALL.into_iter().filter(may_precede).enumerate() {
            let name = format!(":from{number}");
            let value = serde_dynamo::to_attribute_value(status).map_err(|source| {
                StoreError::Unreadable {
                    what: "a status",
                    source,
                }
            })?;
            put = put.expression_attribute_values(name.clone(), value);
            allowed.push(name);
        }
        let condition = format!(
            "attribute_not_exists(pk) OR #status IN ({})",
            allowed.join(", ")
        );
        self.push_put(put.condition_expression(condition), Meaning::Version)
    }

    pub(crate) fn put_plain<T: Serialize>(
        &mut self,
        what: &'static str,
        pk: String,
        sk: String,
        body: T,
    ) -> Result<(), StoreError> {
        let item = items::to_item(
            what,
            Plain {
                pk,
                sk,
                version: 0,
                expires_at: None,
                body,
            },
        )?;
        self.put(item, None, Meaning::Plain)
    }

    /// Version 1 is new; every other one replaces the version before it.
    pub(crate) fn put_version(
        &mut self,
        item: Item,
        version: u64,
        meaning: Meaning,
    ) -> Result<(), StoreError> {
        let put = Put::builder().table_name(self.table).set_item(Some(item));
        let put = if version <= 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("version = :read")
                .expression_attribute_values(":read", number(version - 1))
        };
        self.push_put(put, meaning)
    }

    /// A customer whose version is the one that was read, plus one, and what was said since. Nobody
    /// else can have said it in between: that would have changed the version.
    pub(crate) fn put_customer(&mut self, customer: &Customer) -> Result<(), StoreError> {
        let item = items::to_item("a customer", CustomerItem::new(customer))?;
        self.put_version(item, customer.version, Meaning::Version)?;
        for entry in &customer.said {
            let pk = keys::customer(customer.workspace, customer.id);
            self.put_plain("a consent", pk, keys::consent(entry.number), entry)?;
        }
        Ok(())
    }

    /// That a customer can be found by this.
    pub(crate) fn put_known_as(
        &mut self,
        customer: &Customer,
        known: &Known,
    ) -> Result<(), StoreError> {
        let item = Plain {
            pk: known.pk(customer.workspace),
            sk: known.sk(customer.id),
            version: 0,
            expires_at: None,
            body: customer.id,
        };
        let free = known.is_unique().then_some("attribute_not_exists(pk)");
        // To the caller this is what a message is that was stored before: somebody was faster.
        self.put(
            items::to_item("a look-up", item)?,
            free,
            Meaning::NewMessage,
        )
    }

    /// The outbox of rules: removed when the conversations have heard of the change.
    pub(crate) fn rule_changed(
        &mut self,
        ws: WorkspaceId,
        id: RuleId,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let changed = ChangedRule {
            pk: keys::changed(ws),
            sk: keys::rule(id),
            overdue_pk: keys::CHANGED_RULES,
            overdue_sk: keys::at_rule(at, id),
            body: at,
        };
        let item = items::to_item("a changed rule", changed)?;
        self.put(item, None, Meaning::Plain)
    }

    /// Whether it is there or not.
    pub(crate) fn delete(
        &mut self,
        pk: impl Into<String>,
        sk: impl Into<String>,
    ) -> Result<(), StoreError> {
        self.push_delete(Delete::builder().set_key(Some(items::key(pk, sk))))
    }

    /// If it still has this version.
    pub(crate) fn delete_version(
        &mut self,
        pk: impl Into<String>,
        sk: impl Into<String>,
        version: u64,
    ) -> Result<(), StoreError> {
        let delete = Delete::builder()
            .set_key(Some(items::key(pk, sk)))
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(version));
        self.push_delete(delete)
    }

    fn push_delete(&mut self, delete: DeleteBuilder) -> Result<(), StoreError> {
        let delete = delete
            .table_name(self.table)
            .build()
            .map_err(|error| StoreError::build("TransactWriteItems", &error))?;
        let action = TransactWriteItem::builder().delete(delete).build();
        self.push(action, Meaning::Version);
        Ok(())
    }

    fn push_put(&mut self, put: PutBuilder, meaning: Meaning) -> Result<(), StoreError> {
        let put = put
            .build()
            .map_err(|error| StoreError::build("TransactWriteItems", &error))?;
        self.push(TransactWriteItem::builder().put(put).build(), meaning);
        Ok(())
    }

    /// The answer to the request that asked for all this, while its key is still reserved.
    pub(crate) fn put_answer(&mut self, keyed: &KeyedAnswer) -> Result<(), StoreError> {
        let (item, until) = keyed.item()?;
        let put = Put::builder()
            .table_name(self.table)
            .set_item(Some(item))
            .condition_expression("body.#until = :until")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":until", number(until));
        self.push_put(put, Meaning::Version)
    }

    pub(crate) fn check(&mut self, ws: WorkspaceId, check: &Check) -> Result<(), StoreError> {
        let (pk, sk, version) = match check {
            Check::NotErasing { customer } => {
                let condition =
                    ConditionCheck::builder().condition_expression("attribute_not_exists(pk)");
                let (pk, sk) = (keys::erasures(ws), customer.to_string());
                return self.push_check(pk, &sk, condition, Meaning::Check(check.clone()));
            }
            Check::SettingsUnchanged { version } => {
                (keys::workspace(ws), keys::SETTINGS.to_owned(), version)
            }
            Check::TemplateUnchanged {
                connection,
                name,
                language,
                version,
            } => {
                let sk = keys::template(*connection, name, language);
                (keys::workspace(ws), sk, version)
            }
            Check::RuleUnchanged { rule, version } => {
                (keys::workspace(ws), keys::rule(*rule), version)
            }
            Check::ConnectionUnchanged {
                connection,
                version,
            } => (keys::workspace(ws), keys::connection(*connection), version),
            Check::ConversationUnchanged {
                conversation,
                version,
            } => (
                keys::conversation(ws, *conversation),
                keys::HEAD.to_owned(),
                version,
            ),
            Check::CustomerUnchanged { customer, version } => (
                keys::customer(ws, *customer),
                keys::CUSTOMER.to_owned(),
                version,
            ),
        };
        let condition = ConditionCheck::builder()
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(version));
        self.push_check(pk, &sk, condition, Meaning::Check(check.clone()))
    }

    /// That this item is there, whatever it says.
    pub(crate) fn must_exist(&mut self, pk: String, sk: &str) -> Result<(), StoreError> {
        let condition = ConditionCheck::builder().condition_expression("attribute_exists(pk)");
        self.push_check(pk, sk, condition, Meaning::Version)
    }

    fn push_check(
        &mut self,
        pk: String,
        sk: &str,
        condition: ConditionCheckBuilder,
        meaning: Meaning,
    ) -> Result<(), StoreError> {
        let condition = condition
            .table_name(self.table)
            .set_key(Some(items::key(pk, sk)))
            .build()
            .map_err(|error| StoreError::build("TransactWriteItems", &error))?;
        let action = TransactWriteItem::builder()
            .condition_check(condition)
            .build();
        self.push(action, meaning);
        Ok(())
    }

    pub(crate) fn count(&mut self, ws: WorkspaceId, counter: &Counter) -> Result<(), StoreError> {
        let mut update = Update::builder()
            .table_name(self.table)
            .set_key(Some(items::key(keys::days(ws), counter.sk())))
            .update_expression("SET expires_at = :expires ADD #counter :by")
            .expression_attribute_names("#counter", counter.name.as_ref())
            .expression_attribute_values(":by", number(counter.by))
            .expression_attribute_values(":expires", number(counter.expires_at()));
        if let Some(limit) = counter.limit {
            update = update
                .condition_expression("attribute_not_exists(#counter) OR #counter < :limit")
                .expression_attribute_values(":limit", number(limit));
        }
        let update = update
            .build()
            .map_err(|error| StoreError::build("TransactWriteItems", &error))?;
        self.push(
            TransactWriteItem::builder().update(update).build(),
            Meaning::Limit,
        );
        Ok(())
    }

    /// Notes what was counted of a call, unless somebody else has counted of it since.
    pub(crate) fn call_counted(
        &mut self,
        key: Item,
        before: u64,
        now: u64,
        month: Month,
    ) -> Result<(), StoreError> {
        let update = Update::builder()
            .table_name(self.table)
            .set_key(Some(key))
            .update_expression("SET counted = :now, expires_at = :expires")
            .condition_expression("attribute_not_exists(counted) OR counted = :before")
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":before", number(before))
            .expression_attribute_values(":expires", number(day::expires_at(month.first_day())))
            .build()
            .map_err(|error| StoreError::build("TransactWriteItems", &error))?;
        self.push(
            TransactWriteItem::builder().update(update).build(),
            Meaning::Version,
        );
        Ok(())
    }

    /// Notes that staff were told of a limit of the month, unless they were.
    pub(crate) fn told_of_limit(
        &mut self,
        ws: WorkspaceId,
        month: Month,
        limit: u64,
    ) -> Result<(), StoreError> {
        let update = Update::builder()
            .table_name(self.table)
            .set_key(Some(items::key(keys::days(ws), keys::month(month))))
            .update_expression(
                "SET #told = :limit, expires_at = if_not_exists(expires_at, :expires)",
            )
            .condition_expression("attribute_not_exists(#told) OR #told <> :limit")
            .expression_attribute_names("#told", day::TOLD_OF_LIMIT)
            .expression_attribute_values(":limit", number(limit))
            .expression_attribute_values(":expires", number(day::expires_at(month.first_day())))
            .build()
            .map_err(|error| StoreError::build("TransactWriteItems", &error))?;
        self.push(
            TransactWriteItem::builder().update(update).build(),
            Meaning::Limit,
        );
        Ok(())
    }

    fn push(&mut self, action: TransactWriteItem, meaning: Meaning) {
        self.actions.push(action);
        self.meanings.push(meaning);
    }

    /// A single write needs no transaction, which costs twice as much.
    pub(crate) async fn send(mut self, store: &Store) -> Result<Committed, StoreError> {
        if let Some(note) = store.note.as_deref().filter(|_| !self.actions.is_empty()) {
            self.put(note.clone(), None, Meaning::Plain)?;
        }
        match (self.actions.as_slice(), self.meanings.as_slice()) {
            ([], _) => Ok(Committed::Done),
            ([TransactWriteItem { put: Some(put), .. }], [meaning]) => {
                store.put_alone(put.clone(), meaning).await
            }
            _ => self.transact(store).await,
        }
    }

    async fn transact(self, store: &Store) -> Result<Committed, StoreError> {
        let answer = store
            .client
            .transact_write_items()
            .set_transact_items(Some(self.actions))
            .send()
            .await;
        let error = match answer {
            Ok(_) => return Ok(Committed::Done),
            Err(error) => error,
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            let conflict = error
                .as_service_error()
                .is_some_and(|e| e.is_transaction_in_progress_exception());
            return if conflict {
                Ok(Committed::Conflict)
            } else {
                Err(StoreError::sdk("TransactWriteItems", error))
            };
        };
        let codes: Vec<_> = cancelled
            .cancellation_reasons()
            .iter()
            .map(|r| r.code().unwrap_or("None").to_owned())
            .collect();
        match read_reasons(&codes, &self.meanings) {
            Some(answer) => Ok(answer),
            None => Err(StoreError::sdk("TransactWriteItems", error)),
        }
    }
}

/// The first failed condition that says something final wins; a duplicate wins over a lost race,
/// because reading again cannot change it.
fn read_reasons(codes: &[String], meanings: &[Meaning]) -> Option<Committed> {
    let mut answer = None;
    for (code, meaning) in codes.iter().zip(meanings) {
        let found = match (code.as_str(), meaning) {
            ("None", _) => continue,
            ("ConditionalCheckFailed", Meaning::NewMessage) => return Some(Committed::Duplicate),
            ("ConditionalCheckFailed", Meaning::Check(check)) => Committed::Refused(check.clone()),
            ("ConditionalCheckFailed", Meaning::Limit) => Committed::AtLimit,
            ("ConditionalCheckFailed", Meaning::Version | Meaning::Plain)
            | ("TransactionConflict", _) => Committed::Conflict,
            _ => return None,
        };
        answer.get_or_insert(found);
    }
    answer
}

impl Store {
    async fn put_alone(&self, put: Put, meaning: &Meaning) -> Result<Committed, StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values)
            .send()
            .await;
        Ok(match (if_held("PutItem", answer)?, meaning) {
            (Some(_), _) => Committed::Done,
            (None, Meaning::NewMessage) => Committed::Duplicate,
            (None, _) => Committed::Conflict,
        })
    }
}

/// The answer to a single conditional write; `None`: its condition did not hold.
pub(crate) fn if_held<T, E, R>(
    operation: &'static str,
    answer: Result<T, SdkError<E, R>>,
) -> Result<Option<T>, StoreError>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(StoreError::sdk(operation, error)),
    }
}
