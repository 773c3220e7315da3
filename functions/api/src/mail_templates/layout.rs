//! What all e-mails of a business have in common: colour, logo, postal address.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::App;
use axum::extract::State;
use domain::field::{FieldError, FieldErrors, required_text};
use domain::settings::Locale;
use mail::link::Link;
use mail::refund::{PaymentMeans, RefundTexts};
use mail::theme::Color;
use serde::{Deserialize, Serialize};
use store::{MailLayout, Resource};
use utoipa::ToSchema;

use crate::auth::{Editor, Viewer};
use crate::http::{
    IfMatch, IfMatchHeader, ItemProblems, Json, Patch, Problem, Versioned, WriteProblems,
};
use crate::schema;

const MOST_LINES: usize = 6;
const LONGEST_LINE: usize = 100;

/// The looks of all e-mails.
#[derive(Serialize, ToSchema)]
#[schema(as = MailLayout)]
pub(crate) struct MailLayoutOut {
    /// Also in `ETag`; 0: never changed.
    version: u64,
    /// The colour of buttons and links.
    #[schema(pattern = "^#[0-9a-f]{6}$", example = "#1d4ed8")]
    accent: String,
    /// A picture on top, shown at most 240 pixels wide.
    logo: Option<String>,
    /// The postal address under each e-mail, line by line.
    address: Vec<String>,
    /// What `##{{refundNotice}}` says, by what had paid, in your words; where there are none the built-in
    /// ones hold, which say something of `package`, `account_money` and `cash`.
    #[schema(value_type = schema::RefundTexts)]
    refund_texts: RefundTexts,
}

/// A change of the looks; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailLayoutPatch {
    /// `null`: the built-in colour.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^#[0-9A-Fa-f]{6}$", example = "#1d4ed8")]
    accent: Patch<String>,
    /// Where the picture lies: https. `null`: none.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000, example = "https://example.org/logo.png")]
    logo: Patch<String>,
    /// At most 6 lines of at most 100 characters. `null`: none.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 6)]
    address: Patch<Vec<String>>,
    /// By what had paid and by language, at most 500 characters each; `##{{amount}}` stands for the amount.
    /// `null` for one: the built-in text again, or none. What is not named stays.
    #[serde(default)]
    #[schema(value_type = schema::RefundTexts)]
    refund_texts: BTreeMap<PaymentMeans, BTreeMap<Locale, Option<String>>>,
}

/// Get the looks of all e-mails.
#[utoipa::path(
    get, path = "/v1/mail-layout", tag = "mail", security(("key" = ["viewer"])),
    responses(
        (status = 200, description = "As it is now.", body = MailLayoutOut,
         headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_mail_layout(
    caller: Viewer,
    State(app): State<Arc<App>>,
) -> Result<Versioned<MailLayoutOut>, Problem> {
    let layout = app.store.mail_layout(caller.workspace()).await?;
    Ok(Versioned::ok(layout.version, layout.into()))
}

/// Change the looks of all e-mails.
#[utoipa::path(
    patch, path = "/v1/mail-layout", tag = "mail", security(("key" = ["editor"])),
    params(IfMatchHeader),
    request_body = MailLayoutPatch,
    responses(
        (status = 200, description = "As it is now.", body = MailLayoutOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn update_mail_layout(
    caller: Editor,
    State(app): State<Arc<App>>,
    if_match: IfMatch,
    Json(patch): Json<MailLayoutPatch>,
) -> Result<Versioned<MailLayoutOut>, Problem> {
    let ws = caller.workspace();
    let before = app.store.mail_layout(ws).await?;
    if_match.check(before.version)?;
    let after = patch.applied(before.clone())?;
    if after == before {
        return Ok(Versioned::ok(before.version, before.into()));
    }
    let after = MailLayout {
        version: before.version + 1,
        ..after
    };
    let what = (Resource::MailLayout, ws.to_string());
    let was = MailLayoutOut::from(before);
    let is = MailLayoutOut::from(after.clone());
    let store = caller.noting(&app, "update_mail_layout", what, &was, &is)?;
    if !store.put_mail_layout(ws, &after).await? {
        return Err(Problem::stale(None));
    }
    Ok(Versioned::ok(after.version, after.into()))
}

impl MailLayoutPatch {
    fn applied(self, mut layout: MailLayout) -> Result<MailLayout, Problem> {
        let mut errors = FieldErrors::default();
        match self.accent {
            Patch::Absent => {}
            Patch::Null => layout.theme.accent = Color::default(),
            Patch::Value(text) => {
                if let Some(color) = errors.take(Color::parse("accent", &text)) {
                    layout.theme.accent = color;
                }
            }
        }
        match self.logo {
            Patch::Absent => {}
            Patch::Null => layout.theme.logo = None,
            Patch::Value(text) => {
                layout.theme.logo = errors.take(Link::parse(&text).map_err(no_link));
            }
        }
        match self.address {
            Patch::Absent => {}
            Patch::Null => layout.address = Vec::new(),
            Patch::Value(lines) => layout.address = address(&lines, &mut errors),
        }
        for (means, texts) in self.refund_texts {
            for (locale, text) in texts {
                layout.refund_texts.set(means, locale, text.as_deref());
            }
        }
        if let Err(wrong) = layout.refund_texts.check() {
            wrong.into_iter().for_each(|error| errors.push(error));
        }
        errors.finish()?;
        Ok(layout)
    }
}

fn no_link(problem: mail::link::LinkError) -> FieldError {
    FieldError::new(
        "logo",
        "invalid_link",
        format!("`logo` {problem}"),
        "write the full address of the picture, as in https://example.org/logo.png",
    )
}

fn address(lines: &[String], errors: &mut FieldErrors) -> Vec<String> {
    if lines.len() > MOST_LINES {
        errors.push(FieldError::new(
            "address",
            "too_many",
            format!(
                "`address` has {} lines; at most {MOST_LINES} are allowed",
                lines.len()
            ),
            "put street and number, or postal code and town, on one line",
        ));
    }
    let line = |(index, text): (usize, &String)| {
        let field = format!("address[{index}]");
        let remedy = "write something, or leave the line out";
        errors.take(required_text(&field, Some(text), LONGEST_LINE, remedy))
    };
    lines
        .iter()
        .take(MOST_LINES)
        .enumerate()
        .filter_map(line)
        .collect()
}

impl From<MailLayout> for MailLayoutOut {
    fn from(layout: MailLayout) -> Self {
        Self {
            version: layout.version,
            accent: layout.theme.accent.to_string(),
            logo: layout.theme.logo.map(String::from),
            address: layout.address,
            refund_texts: layout.refund_texts,
        }
    }
}
