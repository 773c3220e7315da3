//! E-mail templates in the business's own words, and the looks of all its e-mails.
//!
//! They are not part of the [`Book`](crate::Book): one can be as large as everything in it, and only
//! what sends or edits a mail needs it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ids::WorkspaceId;
use mail::refund::RefundTexts;
use mail::{Template, TemplateDraft, TemplateKind, Theme};
use serde::{Deserialize, Serialize};

use crate::items::Plain;
use crate::lists::PageRequest;
use crate::writes::{Meaning, Writes};
use crate::{Committed, Store, StoreError, items, keys};

/// A template as the business has it. One that was never changed has version 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredTemplate {
    /// What it is for.
    pub kind: TemplateKind,
    /// Rises with every change, also with the return to the built-in texts.
    pub version: u64,
    /// When it was changed last.
    pub updated_at: Option<DateTime<Utc>>,
    /// The business's own texts; `None`: the built-in ones.
    pub versions: Option<TemplateDraft>,
}

impl StoredTemplate {
    fn built_in(kind: TemplateKind) -> Self {
        Self {
            kind,
            version: 0,
            updated_at: None,
            versions: None,
        }
    }

    /// What is sent.
    #[must_use]
    pub fn template(&self) -> Template {
        match &self.versions {
            None => Template::built_in(self.kind),
            Some(versions) => Template {
                kind: self.kind,
                versions: versions.clone(),
            },
        }
    }
}

/// What all e-mails of a business have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLayout {
    /// Rises with every change; 0: never changed.
    pub version: u64,
    /// Colour and logo.
    pub theme: Theme,
    /// The postal address under each, line by line.
    pub address: Vec<String>,
    /// What is said about a refund, by what had paid.
    #[serde(default)]
    pub refund_texts: RefundTexts,
}

impl Store {
    /// One template.
    pub async fn mail_template(
        &self,
        ws: WorkspaceId,
        kind: TemplateKind,
    ) -> Result<StoredTemplate, StoreError> {
        let key = keys::mail_template(kind);
        let found = self.get_body(TEMPLATE, keys::mail(ws), &key).await?;
        Ok(found.unwrap_or_else(|| StoredTemplate::built_in(kind)))
    }

    /// Every template, in the order of [`TemplateKind::ALL`].
    pub async fn mail_templates(&self, ws: WorkspaceId) -> Result<Vec<StoredTemplate>, StoreError> {
        let mut changed = BTreeMap::new();
        let mut page = PageRequest {
            limit: 100,
            ..PageRequest::default()
        };
        loop {
            let pk = keys::mail(ws);
            let read = self
                .page_of_partition::<StoredTemplate>(TEMPLATE, pk, keys::MAIL_KIND, &page)
                .await?;
            changed.extend(read.items.into_iter().map(|found| (found.kind, found)));
            page.cursor = read.next_cursor;
            if page.cursor.is_none() {
                break;
            }
        }
        let of = |kind: &TemplateKind| {
            let found = changed.remove(kind);
            found.unwrap_or_else(|| StoredTemplate::built_in(*kind))
        };
        Ok(TemplateKind::ALL.iter().map(of).collect())
    }

    /// Stores a template whose version is the one that was read, plus one. `false` on a lost race.
    pub async fn put_mail_template(
        &self,
        ws: WorkspaceId,
        template: &StoredTemplate,
    ) -> Result<bool, StoreError> {
        let sk = keys::mail_template(template.kind);
        self.put_mail(TEMPLATE, ws, sk, template.version, template)
            .await
    }

    /// The looks of all e-mails.
    pub async fn mail_layout(&self, ws: WorkspaceId) -> Result<MailLayout, StoreError> {
        let found = self.get_body(LAYOUT, keys::mail(ws), keys::MAIL_LAYOUT);
        Ok(found.await?.unwrap_or_default())
    }

    /// Stores the looks; their version is the one that was read, plus one. `false` on a lost race.
    pub async fn put_mail_layout(
        &self,
        ws: WorkspaceId,
        layout: &MailLayout,
    ) -> Result<bool, StoreError> {
        let sk = keys::MAIL_LAYOUT.to_owned();
        self.put_mail(LAYOUT, ws, sk, layout.version, layout).await
    }

    async fn put_mail<T: Serialize>(
        &self,
        what: &'static str,
        ws: WorkspaceId,
        sk: String,
        version: u64,
        body: T,
    ) -> Result<bool, StoreError> {
        let item = Plain {
            pk: keys::mail(ws),
            sk,
            version,
            expires_at: None,
            body,
        };
        let mut writes = Writes::new(&self.table);
        writes.put_version(items::to_item(what, item)?, version, Meaning::Version)?;
        Ok(writes.send(self).await? == Committed::Done)
    }
}

const TEMPLATE: &str = "an e-mail template";
const LAYOUT: &str = "the looks of e-mails";
