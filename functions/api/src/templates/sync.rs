//! Reading the platform's list of templates into ours.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use channels::whatsapp::templates::{TemplateDefinition, list, parse_list};
use domain::ids::ConnectionId;
use domain::template::{Template, TemplateStatus};
use store::Resource;

use super::platform::{Platform, failed, template};
use super::wire::TemplateSync;
use crate::auth::Editor;
use crate::connections::find;
use crate::http::{Id, Problem, WriteProblems};
use crate::schema;

/// A hundred templates each; more than a business account may have.
const MOST_PAGES: usize = 70;

/// Read the platform's templates. Those that it does not list any more are marked `vanished`.
#[utoipa::path(
    post, path = "/v1/connections/{id}/templates/sync", tag = "connections",
    security(("key" = ["editor"])), params(("id" = schema::ConnectionId, Path)),
    responses((status = 200, description = "What was found.", body = TemplateSync), WriteProblems)
)]
pub(crate) async fn sync_templates(
    caller: Editor,
    State(app): State<Arc<App>>,
    Id(id): Id<ConnectionId>,
) -> Result<Json<TemplateSync>, Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    let connection = find(&app, ws, id).await?;
    let platform = Platform::of(&app, &connection).await?;
    // Everything is read before anything is written: half a list must not mark the other half.
    let (definitions, unreadable) = read_all(&platform).await?;
    let all_known = app.fresh_book(ws).await?.templates_of(id);
    let mut templates = Vec::new();
    let mut seen = BTreeSet::new();
    for definition in &definitions {
        let read = template(id, definition, now)?;
        seen.insert((definition.name.clone(), definition.language.clone()));
        let same = |known: &&Template| known.name == read.name && known.language == read.language;
        let known = all_known.iter().find(same);
        // What the platform told while its list was being read is newer than the list.
        if known.is_none_or(|known| known.seen_at <= now) {
            templates.push(read.after(known));
        }
    }
    let mut vanished = Vec::new();
    for known in all_known {
        // What could not be read may still be there.
        if seen.contains(&(known.name.clone(), known.language.clone())) || !unreadable.is_empty() {
            continue;
        }
        vanished.push(format!("{} ({})", known.name, known.language));
        let status = TemplateStatus::Other("vanished".to_owned());
        let gone = Template {
            status,
            ..known.clone()
        };
        templates.push(gone.after(Some(&known)));
    }
    let found = TemplateSync {
        found: definitions.len(),
        vanished,
        unreadable,
    };
    let what = (Resource::Template, id.to_string());
    // The whole synchronisation is one entry; it comes with the first template.
    let mut first = Some(caller.noting(&app, "sync_templates", what, &(), &found)?);
    for template in &templates {
        let store = first.as_ref().unwrap_or(&app.store);
        // Lost to what the platform told at this moment, which is newer.
        if store.put_template(ws, template).await? {
            first = None;
        }
    }
    app.fresh_book(ws).await?;
    Ok(Json(found))
}

async fn read_all(
    platform: &Platform<'_>,
) -> Result<(Vec<TemplateDefinition>, Vec<String>), Problem> {
    let (mut definitions, mut unreadable) = (Vec::new(), Vec::new());
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let body = platform
            .ask(|account, business| list(account, business, after.as_deref()))
            .await?;
        let page = parse_list(&body).map_err(|error| failed(error.to_string()))?;
        definitions.extend(page.templates);
        unreadable.extend(page.unreadable);
        after = page.next;
        if after.is_none() {
            return Ok((definitions, unreadable));
        }
    }
    Err(failed("the platform's list of templates does not end"))
}
