//! Saving a rule: checked against what the workspace can reach, written once, then announced.

use app::App;
use app::rules::publish_change;
use domain::ids::{RuleId, WorkspaceId};
use domain::review::{Checked, Reachable, RuleDraft, check};
use domain::rule::Rule;
use domain::settings::Locale;
use store::{Book, Resource};

use super::wire::{RuleOut, WarningOut};
use crate::auth::Caller;
use crate::http::{Problem, Versioned};

/// The rule with this id.
pub(super) fn find(book: &Book, id: RuleId) -> Result<&Rule, Problem> {
    book.rules
        .iter()
        .find(|rule| rule.id == id)
        .ok_or_else(|| Problem::not_found("a rule"))
}

/// Checks a draft against the workspace's accounts and templates.
pub(super) fn checked(draft: &RuleDraft, book: &Book) -> Result<Checked, Problem> {
    checked_in(book.settings.locale, draft, book)
}

/// The same with the review in this language.
pub(super) fn checked_in(
    locale: Locale,
    draft: &RuleDraft,
    book: &Book,
) -> Result<Checked, Problem> {
    let reach = Reachable {
        locale,
        ..reachable(draft, book)
    };
    check(draft, &reach).map_err(Problem::invalid)
}

/// The rule as it goes out, with what is to be said about it today.
pub(super) fn shown(rule: &Rule, book: &Book) -> RuleOut {
    let draft = RuleDraft::from(rule);
    let warnings: Vec<WarningOut> = match check(&draft, &reachable(&draft, book)) {
        Ok(checked) => checked
            .review
            .warnings
            .into_iter()
            .map(Into::into)
            .collect(),
        Err(errors) => errors.into_iter().map(Into::into).collect(),
    };
    RuleOut::new(rule.clone(), warnings)
}

/// Stores a new version with its audit entry and tells the conversations.
pub(super) async fn save(
    app: &App,
    caller: &Caller,
    action: &'static str,
    before: &Rule,
    rule: &Rule,
) -> Result<RuleOut, Problem> {
    let what = (Resource::Rule, rule.id.to_string());
    let (before, after) = (RuleDraft::from(before), RuleDraft::from(rule));
    let store = caller.noting(app, action, what, &before, &after)?;
    if !store.put_rule(rule).await? {
        return Err(Problem::stale(None));
    }
    announce(app, rule.workspace, rule.id).await;
    let book = app.fresh_book(rule.workspace).await?;
    Ok(shown(rule, &book))
}

/// Conversations are decided again. The write that changed the rule noted that they have to be: if
/// this is lost, the sweep does it.
pub(crate) async fn announce(app: &App, ws: WorkspaceId, rule: RuleId) {
    if let Err(error) = publish_change(app, ws, rule).await {
        tracing::warn!(rule.id = %rule, error = %error, "a changed rule could not be announced; the sweep will do it");
    }
}

pub(super) fn answer(rule: RuleOut, version: u64) -> Versioned<RuleOut> {
    Versioned::ok(version, rule)
}

fn reachable<'a>(draft: &RuleDraft, book: &'a Book) -> Reachable<'a> {
    let description = draft
        .trigger
        .as_ref()
        .and_then(|trigger| trigger.description.as_deref());
    Reachable {
        connections: &book.connections,
        templates: &book.templates,
        locale: book.settings.locale,
        described_delay: description.and_then(ai::time_in_description),
        understood: description.is_some_and(ai::builtin::understands),
        has_business_name: !book.settings.business_name.is_empty(),
        has_booking_page: book.settings.booking_url.is_some(),
        quiet_hours: book.settings.quiet_hours,
    }
}
