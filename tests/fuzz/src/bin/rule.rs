//! The JSON of a rule as somebody sends it, against workspaces with different accounts.
#![no_main]

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::connection::Connection;
use domain::field::FieldError;
use domain::ids::{ConnectionId, RuleId, WorkspaceId};
use domain::local_time::Zone;
use domain::review::{Checked, Reachable, RuleDraft, check};
use domain::rule::Rule;
use domain::settings::{Locale, Settings};
use domain::template::{Template, TemplateCategory, TemplateStatus};
use fuzz::table;
use serde_json::{Value, json};

static WORLDS: LazyLock<Vec<World>> = LazyLock::new(|| {
    vec![
        World::on(&Channel::ALL, Locale::De),
        World::on(&[Channel::WhatsApp], Locale::En),
        World::on(&[Channel::Instagram, Channel::Messenger], Locale::De),
        World::on(&[], Locale::En),
    ]
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(draft) = serde_json::from_slice::<RuleDraft>(data) else {
        return;
    };
    assert_eq!(
        draft.patched(&json!({})).as_ref().ok(),
        Some(&draft),
        "an empty patch"
    );
    for world in WORLDS.iter() {
        match world.check(&draft) {
            Ok(checked) => saved(world, checked),
            Err(errors) => refused(&errors),
        }
    }
});

/// What the review accepts can be stored, read back, shown for editing and saved once more.
fn saved(world: &World, checked: Checked) {
    let rule = Rule {
        id: RuleId::derive(&["fuzz"]),
        workspace: world.settings.workspace,
        version: 1,
        created_at: now(),
        updated_at: now(),
        enabled: checked.enabled,
        spec: checked.spec,
    };
    table::holds(&rule);
    let json = serde_json::to_string(&rule).expect("a rule is JSON");
    assert_eq!(
        serde_json::from_str::<Rule>(&json).ok().as_ref(),
        Some(&rule),
        "{json}"
    );

    let shown = serde_json::to_string(&RuleDraft::from(&rule)).expect("a draft is JSON");
    let edited: RuleDraft = serde_json::from_str(&shown).expect("the form of the API");
    let again = world
        .check(&edited)
        .expect("what was saved can be saved again");
    assert_eq!(
        (again.spec, again.enabled),
        (rule.spec, rule.enabled),
        "{shown}"
    );
    let items = |checked: &[domain::review::Check]| -> Vec<_> {
        checked.iter().map(|check| check.item).collect()
    };
    assert_eq!(items(&checked.review.checks), items(&again.review.checks));
}

fn refused(errors: &[FieldError]) {
    assert!(!errors.is_empty(), "refused without a reason");
    for error in errors {
        let parts = [&error.field, &error.code, &error.message, &error.remedy];
        assert!(parts.iter().all(|part| !part.is_empty()), "{error:?}");
    }
}

struct World {
    connections: Vec<Connection>,
    templates: Vec<Template>,
    settings: Settings,
}

impl World {
    fn on(channels: &[Channel], locale: Locale) -> Self {
        let workspace = WorkspaceId::derive(&["fuzz"]);
        let zone = Zone::parse("Europe/Berlin").expect("a zone");
        Self {
            connections: channels
                .iter()
                .map(|channel| connection(workspace, *channel))
                .collect(),
            templates: vec![
                template("plain", TemplateStatus::Approved, &[], json!(null)),
                template(
                    "named",
                    TemplateStatus::Approved,
                    &[Some("name"), Some("day")],
                    json!([]),
                ),
                template(
                    "full",
                    TemplateStatus::Approved,
                    &[None, None],
                    json!([
                        { "type": "HEADER", "format": "TEXT", "text": "Zu {{1}}" },
                        { "type": "BUTTONS", "buttons": [
                            { "type": "URL", "url": "https://example.org/{{1}}" },
                            { "type": "QUICK_REPLY" },
                            { "type": "COPY_CODE" } ] }
                    ]),
                ),
                template(
                    "picture",
                    TemplateStatus::Paused,
                    &[],
                    json!({ "components": [
                    { "type": "header", "format": "IMAGE" } ] }),
                ),
            ],
            settings: Settings::new(workspace, zone, locale, None),
        }
    }

    fn check(&self, draft: &RuleDraft) -> Result<Checked, Vec<FieldError>> {
        let description = draft
            .trigger
            .as_ref()
            .and_then(|trigger| trigger.description.as_deref());
        let reach = Reachable {
            connections: &self.connections,
            templates: &self.templates,
            locale: self.settings.locale,
            described_delay: ai::time_in_description(description.unwrap_or_default()),
            understood: ai::builtin::understands(description.unwrap_or_default()),
            has_booking_page: true,
            quiet_hours: None,
            has_business_name: true,
        };
        check(draft, &reach)
    }
}

/// As it is stored, so that it stays readable when fields are added.
fn connection(workspace: WorkspaceId, channel: Channel) -> Connection {
    let id = ConnectionId::derive(&[channel.as_str()]);
    let stored = json!({
        "id": id, "workspace": workspace, "version": 1, "channel": channel, "name": channel,
        "account": null, "business_account": null, "state": { "state": "active" },
        "secrets": { "token": "t" },
        "created_at": now(), "updated_at": now(),
    });
    serde_json::from_value(stored).expect("a connection")
}

fn template(
    name: &str,
    status: TemplateStatus,
    names: &[Option<&str>],
    definition: Value,
) -> Template {
    Template {
        version: 1,
        connection: ConnectionId::derive(&[Channel::WhatsApp.as_str()]),
        name: name.to_owned(),
        language: "de".to_owned(),
        status,
        category: TemplateCategory::Utility,
        body: "Hallo".to_owned(),
        body_parameters: names.iter().map(|name| name.map(str::to_owned)).collect(),
        definition,
        seen_at: now(),
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_176_000, 0).expect("in range")
}
