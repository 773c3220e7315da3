//! The book of a workspace: settings, rules, connections and templates, in one partition, so
//! that one query reads it all and a function can keep it for a moment.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use domain::account::Account;
use domain::channel::Channel;
use domain::connection::Connection;
use domain::ids::{ConnectionId, RuleId, WorkspaceId};
use domain::rule::Rule;
use domain::settings::Settings;
use domain::template::Template;
use serde::{Deserialize, Serialize};

use crate::items::{self, Item, Plain, text};
use crate::writes::if_held;
use crate::writes::{Meaning, Writes};
use crate::{Committed, KeyedAnswer, Store, StoreError, SuppressionKey, keys};

/// Everything about a workspace that every decision needs.
#[derive(Debug, Clone)]
pub struct Book {
    /// Its settings.
    pub settings: Settings,
    /// Its rules, oldest first.
    pub rules: Vec<Rule>,
    /// Its connections.
    pub connections: Vec<Connection>,
    /// The templates of all its connections.
    pub templates: Vec<Template>,
    /// What the ids of erased people are hashed with.
    pub suppression_key: Option<SuppressionKey>,
    /// Connections that were deleted: their conversations are still there.
    pub gone_connections: Vec<GoneConnection>,
    /// What the account did of late.
    pub account: Account,
}

/// What is kept of a deleted connection, so that what people refused there is found when the same
/// account is connected again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneConnection {
    /// Conversations were derived from it.
    pub id: ConnectionId,
    /// Its channel.
    pub channel: Channel,
}

/// What is kept of a deleted rule.
#[derive(Serialize, Deserialize)]
struct GoneRule {
    id: RuleId,
    name: String,
}

impl Book {
    /// The connection with this id.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections
            .iter()
            .find(|connection| connection.id == id)
    }

    /// The templates of one connection.
    #[must_use]
    pub fn templates_of(&self, id: ConnectionId) -> Vec<Template> {
        self.templates
            .iter()
            .filter(|template| template.connection == id)
            .cloned()
            .collect()
    }
}

impl Store {
    /// Reads the book, with strong consistency; `None` if there is no such workspace.
    pub async fn book(&self, ws: WorkspaceId) -> Result<Option<Book>, StoreError> {
        let mut settings = None;
        let mut rules: Vec<Rule> = Vec::new();
        let mut connections = Vec::new();
        let mut templates = Vec::new();
        let mut suppression_key = None;
        let mut gone_connections = Vec::new();
        let mut account = Account::default();
        for item in self.whole_partition(keys::workspace(ws)).await? {
            let sk = items::text_of(&item, "sk").unwrap_or_default();
            if sk == keys::SETTINGS {
                settings = Some(items::body("settings", item)?);
            } else if sk == keys::SUPPRESSION_KEY {
                suppression_key = Some(items::body("a suppression key", item)?);
            } else if sk == keys::ACCOUNT {
                account = items::body("an account", item)?;
            } else if sk.starts_with("RULE#") {
                rules.push(items::body("a rule", item)?);
            } else if sk.starts_with("CON#") {
                connections.push(items::body("a connection", item)?);
            } else if sk.starts_with("GONE#") {
                gone_connections.push(items::body("a deleted connection", item)?);
            } else if sk.starts_with("TPL#") {
                templates.push(items::body("a template", item)?);
            }
        }
        rules.sort_by_key(|rule| (rule.created_at, rule.id));
        Ok(settings.map(|settings| Book {
            settings,
            rules,
            connections,
            templates,
            suppression_key,
            gone_connections,
            account,
        }))
    }

    /// The settings.
    pub async fn settings(&self, ws: WorkspaceId) -> Result<Option<Settings>, StoreError> {
        self.get_body("settings", keys::workspace(ws), keys::SETTINGS)
            .await
    }

    /// Stores settings whose version is the one that was read, plus one. `false` on a lost race.
    pub async fn put_settings(&self, settings: &Settings) -> Result<bool, StoreError> {
        let item = Plain {
            pk: keys::workspace(settings.workspace),
            sk: keys::SETTINGS.to_owned(),
            version: settings.version,
            expires_at: None,
            body: settings,
        };
        self.put_version("settings", item).await
    }

    /// The same, and notes that whoever a reminder of this rule is planned for has to hear of it.
    pub async fn put_settings_of_reminders(
        &self,
        settings: &Settings,
        rule: RuleId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let ws = settings.workspace;
        let item = Plain {
            pk: keys::workspace(ws),
            sk: keys::SETTINGS.to_owned(),
            version: settings.version,
            expires_at: None,
            body: settings,
        };
        let mut writes = Writes::new(&self.table);
        let item = items::to_item("settings", item)?;
        writes.put_version(item, settings.version, Meaning::Version)?;
        writes.rule_changed(ws, rule, now)?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// One rule.
    pub async fn rule(&self, ws: WorkspaceId, id: RuleId) -> Result<Option<Rule>, StoreError> {
        self.get_body("a rule", keys::workspace(ws), &keys::rule(id))
            .await
    }

    /// Stores a rule whose version is the one that was read, plus one, and notes that the
    /// conversations have to hear of it. `false` on a lost race.
    pub async fn put_rule(&self, rule: &Rule) -> Result<bool, StoreError> {
        self.create_rule(rule, None).await
    }

    /// The same, and with it the answer to the request that asked for it. `false` also if the key
    /// of the request was lost to a repetition.
    pub async fn create_rule(
        &self,
        rule: &Rule,
        answer: Option<&KeyedAnswer>,
    ) -> Result<bool, StoreError> {
        let mut writes = Writes::new(&self.table);
        let item = items::to_item("a rule", items::rule_item(rule))?;
        writes.put_version(item, rule.version, Meaning::Version)?;
        writes.rule_changed(rule.workspace, rule.id, rule.updated_at)?;
        if let Some(answer) = answer {
            writes.put_answer(answer)?;
        }
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// Removes a rule if it still has this version, keeps its name for the receipts that speak of
    /// it, and notes that the conversations have to hear of it. `false` on a lost race.
    pub async fn delete_rule(&self, rule: &Rule, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let (ws, id) = (rule.workspace, rule.id);
        let mut writes = Writes::new(&self.table);
        writes.delete_version(keys::workspace(ws), keys::rule(id), rule.version)?;
        let gone = GoneRule {
            id,
            name: rule.spec.name.clone(),
        };
        writes.put_plain("a deleted rule", keys::gone(ws), keys::rule(id), gone)?;
        writes.rule_changed(ws, id, now)?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// The names of deleted rules.
    pub async fn deleted_rules(
        &self,
        ws: WorkspaceId,
    ) -> Result<HashMap<RuleId, String>, StoreError> {
        self.whole_partition(keys::gone(ws))
            .await?
            .into_iter()
            .map(|item| {
                let GoneRule { id, name } = items::body("a deleted rule", item)?;
                Ok((id, name))
            })
            .collect()
    }

    /// When the rule was changed, if the conversations have not heard of that.
    pub async fn rule_change(
        &self,
        ws: WorkspaceId,
        id: RuleId,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.get_body("a changed rule", keys::changed(ws), &keys::rule(id))
            .await
    }

    /// The conversations have heard of the change that was made then; a later one stays noted.
    pub async fn rule_change_heard(
        &self,
        ws: WorkspaceId,
        id: RuleId,
        changed_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::changed(ws), keys::rule(id))))
            .condition_expression("overdue_sk = :read")
            .expression_attribute_values(":read", text(keys::at_rule(changed_at, id)))
            .send()
            .await;
        // Changed again since: that is told again, too.
        if_held("DeleteItem", answer).map(|_| ())
    }

    /// Rules changed before this of which the conversations have not heard, oldest first.
    pub async fn unheard_rule_changes(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<(WorkspaceId, RuleId)>, StoreError> {
        let found = self.overdue_in(keys::CHANGED_RULES, before, limit).await?;
        let of = |item: &Item| {
            keys::parse_changed(items::text_of(item, "pk")?, items::text_of(item, "sk")?)
        };
        Ok(found.iter().filter_map(of).collect())
    }

    /// What stands in one part of the index of what is overdue, since before this, oldest first.
    pub(crate) async fn overdue_in(
        &self,
        part: &str,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<Item>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("overdue")
            .key_condition_expression("overdue_pk = :pk AND overdue_sk < :before")
            .expression_attribute_values(":pk", text(part))
            .expression_attribute_values(":before", text(keys::millis(before)))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sdk("Query", error))?;
        Ok(answer.items.unwrap_or_default())
    }

    /// One connection.
    pub async fn connection(
        &self,
        ws: WorkspaceId,
        id: ConnectionId,
    ) -> Result<Option<Connection>, StoreError> {
        self.get_body("a connection", keys::workspace(ws), &keys::connection(id))
            .await
    }

    /// Stores a changed connection; its version is the one that was read, plus one.
    pub async fn put_connection(&self, connection: &Connection) -> Result<bool, StoreError> {
        self.put_version("a connection", items::connection_item(connection))
            .await
    }

    /// One template of a connection.
    pub async fn template(
        &self,
        ws: WorkspaceId,
        (connection, name, language): (ConnectionId, &str, &str),
    ) -> Result<Option<Template>, StoreError> {
        let sk = keys::template(connection, name, language);
        self.get_body("a template", keys::workspace(ws), &sk).await
    }

    /// Stores a template as the platform described it last; its version is the one that was read,
    /// plus one. `false` on a lost race.
    pub async fn put_template(
        &self,
        ws: WorkspaceId,
        template: &Template,
    ) -> Result<bool, StoreError> {
        let item = Plain {
            pk: keys::workspace(ws),
            sk: keys::template(template.connection, &template.name, &template.language),
            version: template.version,
            expires_at: None,
            body: template,
        };
        self.put_version("a template", item).await
    }

    /// Removes a template that the platform does not list any more.
    pub async fn delete_template(
        &self,
        ws: WorkspaceId,
        template: &Template,
    ) -> Result<(), StoreError> {
        let sk = keys::template(template.connection, &template.name, &template.language);
        self.client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::workspace(ws), sk)))
            .send()
            .await
            .map_err(|error| StoreError::sdk("DeleteItem", error))?;
        Ok(())
    }

    async fn put_version<T: Serialize>(
        &self,
        what: &'static str,
        item: Plain<T>,
    ) -> Result<bool, StoreError> {
        let version = item.version;
        let mut writes = Writes::new(&self.table);
        writes.put_version(items::to_item(what, item)?, version, Meaning::Version)?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    async fn whole_partition(&self, pk: String) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        let mut start: Option<HashMap<String, AttributeValue>> = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(pk.clone()))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::sdk("Query", error))?;
            found.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}
