//! The template of a draft against what the platform knows about it (DK-18, NX-34).

use serde_json::Value;

use super::draft::TemplateDraft;
use super::reach::Accounts;
use crate::channel::Channel;
use crate::content::{ButtonValue, HeaderParameter, Media, MediaKind, TextParameter};
use crate::field::{FieldError, FieldErrors, required_text};
use crate::rule::TemplateUse;
use crate::template::{Template, TemplateStatus};
use crate::variables;

/// The longest name and language code that a platform knows.
const NAME_LIMIT: usize = 512;

/// What was found out about a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Approved on at least one active account that the rule reaches.
    Approved,
    /// The platform has not decided yet, or has paused it.
    Waiting,
    /// The rule is not to act on WhatsApp.
    Unused,
    /// No WhatsApp account is active, so nobody can say.
    Unchecked,
}

/// A template and how it stands.
#[derive(Clone, Debug)]
pub(super) struct Found<'a> {
    pub(super) used: TemplateUse,
    pub(super) standing: Standing,
    pub(super) known: Option<&'a Template>,
    /// Active WhatsApp accounts that do not have it.
    pub(super) missing_on: Vec<&'a str>,
}

/// What the template is for.
pub(super) struct Place {
    /// Without an approved template the rule could not send as it should.
    pub(super) required: bool,
    /// The rule acts on other channels only.
    pub(super) restricted_to_others: bool,
    /// What may stand in its values.
    pub(super) variables: &'static [(&'static str, &'static str)],
}

pub(super) fn check<'a>(
    draft: &TemplateDraft,
    place: &Place,
    accounts: &Accounts<'a>,
    errors: &mut FieldErrors,
) -> Option<Found<'a>> {
    let name = text_of("name", draft.name.as_deref(), errors);
    let language = text_of("language", draft.language.as_deref(), errors);
    let parameters: Vec<TextParameter> = draft
        .parameters
        .iter()
        .flatten()
        .map(TextParameter::from)
        .collect();
    check_values(draft, &parameters, place.variables, errors);
    let used = TemplateUse {
        name: name?,
        language: language?,
        header: draft.header.clone(),
        parameters,
        buttons: draft.buttons.clone().unwrap_or_default(),
    };

    let (standing, known) = standing(&used, place, accounts, errors)?;
    if let Some(known) = known {
        match_definition(&used, known, errors);
    }
    let missing_on = accounts
        .on(Channel::WhatsApp)
        .filter(|connection| {
            known.is_some()
                && !accounts.templates.iter().any(|template| {
                    template.connection == connection.id
                        && template.is_approved()
                        && same(template, &used)
                })
        })
        .map(|connection| connection.name.as_str())
        .collect();
    Some(Found {
        used,
        standing,
        known,
        missing_on,
    })
}

fn standing<'a>(
    used: &TemplateUse,
    place: &Place,
    accounts: &Accounts<'a>,
    errors: &mut FieldErrors,
) -> Option<(Standing, Option<&'a Template>)> {
    if place.restricted_to_others {
        return Some((Standing::Unused, None));
    }
    if accounts.on(Channel::WhatsApp).next().is_none() {
        return Some((Standing::Unchecked, None));
    }
    let here: Vec<&Template> = accounts.whatsapp_templates().collect();
    let matching = || here.iter().copied().filter(|known| same(known, used));
    let best = matching()
        .find(|known| known.is_approved())
        .or_else(|| matching().find(|known| waits(known)))
        .or_else(|| matching().next());
    match best {
        Some(known) if known.is_approved() => Some((Standing::Approved, Some(known))),
        Some(known) if waits(known) && !place.required => Some((Standing::Waiting, Some(known))),
        Some(known) => {
            errors.push(FieldError::new(
                "whatsapp_template",
                "template_not_approved",
                format!(
                    "the template `{}` ({}) is {}; only approved templates can be sent",
                    used.name,
                    used.language,
                    known.status.word()
                ),
                format!(
                    "wait for the approval, or choose an approved one: {}",
                    approved_names(&here)
                ),
            ));
            None
        }
        None => {
            errors.push(FieldError::new(
                "whatsapp_template.name",
                "template_unknown",
                format!(
                    "no template `{}` in the language `{}` is known on the connected WhatsApp accounts",
                    used.name, used.language
                ),
                format!(
                    "refresh the templates, or choose an approved one: {}",
                    approved_names(&here)
                ),
            ));
            None
        }
    }
}

fn same(known: &Template, used: &TemplateUse) -> bool {
    known.name == used.name && known.language == used.language
}

fn waits(template: &Template) -> bool {
    matches!(
        template.status,
        TemplateStatus::Pending | TemplateStatus::Paused
    )
}

fn approved_names(known: &[&Template]) -> String {
    let names: Vec<_> = known
        .iter()
        .filter(|template| template.is_approved())
        .map(|template| format!("{} ({})", template.name, template.language))
        .collect();
    if names.is_empty() {
        "there is none yet".to_owned()
    } else {
        names.join(", ")
    }
}

fn text_of(part: &str, given: Option<&str>, errors: &mut FieldErrors) -> Option<String> {
    let purpose = "name the template and its language, such as `termin_erinnerung` and `de`";
    let field = format!("whatsapp_template.{part}");
    errors.take(required_text(&field, given, NAME_LIMIT, purpose))
}

/// Every value by itself: not blank, no unknown variables, nothing the platform refuses.
fn check_values(
    draft: &TemplateDraft,
    parameters: &[TextParameter],
    variables: &[(&str, &str)],
    errors: &mut FieldErrors,
) {
    for (place, parameter) in parameters.iter().enumerate() {
        let field = format!("whatsapp_template.parameters[{place}]");
        check_value(&field, &parameter.text, variables, errors);
    }
    match &draft.header {
        Some(HeaderParameter::Text(parameter)) => {
            let field = "whatsapp_template.header.text";
            check_value(field, &parameter.text, variables, errors);
        }
        Some(HeaderParameter::Media(media)) => check_source(media, errors),
        Some(HeaderParameter::Location(_)) | None => {}
    }
    for (place, button) in draft.buttons.iter().flatten().enumerate() {
        let (name, text) = match &button.value {
            ButtonValue::Url { suffix } => ("suffix", suffix),
            ButtonValue::QuickReply { payload } => ("payload", payload),
            ButtonValue::CopyCode { code } => ("code", code),
        };
        let field = format!("whatsapp_template.buttons[{place}].{name}");
        check_value(&field, text, variables, errors);
    }
}

/// The platform fetches the header's picture or file, unless it keeps it under an id.
fn check_source(media: &Media, errors: &mut FieldErrors) {
    let can_be_fetched = |link: &str| {
        let host = link
            .strip_prefix("https://")
            .or_else(|| link.strip_prefix("http://"));
        let odd = |c: char| c.is_whitespace() || c.is_control();
        host.is_some_and(|host| !host.is_empty()) && !link.contains(odd)
    };
    if media.id.is_none() && !media.link.as_deref().is_some_and(can_be_fetched) {
        errors.push(FieldError::new(
            "whatsapp_template.header.link",
            "not_an_address",
            "the header has neither the platform's `id` nor a public http or https address as `link`",
            "give the full address, starting with https://",
        ));
    }
}

fn check_value(field: &str, text: &str, known: &[(&str, &str)], errors: &mut FieldErrors) {
    if text.trim().is_empty() {
        errors.push(FieldError::new(
            field,
            "required",
            format!("`{field}` is empty; WhatsApp refuses templates with empty values"),
            "give it a text, with variables if you like",
        ));
    } else if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
        errors.push(FieldError::new(
            field,
            "bad_white_space",
            format!("`{field}` has a line break, a tab or more than 4 spaces in a row; WhatsApp refuses that"),
            "write it on one line",
        ));
    }
    errors.take(variables::check(field, text, known));
}

fn match_definition(used: &TemplateUse, known: &Template, errors: &mut FieldErrors) {
    match_body(used, known, errors);
    let Some(components) = components(&known.definition) else {
        return;
    };
    let of_type = |wanted: &str| {
        components.iter().find(|component| {
            component["type"]
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        })
    };
    match_header(used.header.as_ref(), of_type("HEADER"), errors);
    let buttons = of_type("BUTTONS").and_then(|component| component["buttons"].as_array());
    match_buttons(used, buttons.map_or(&[][..], Vec::as_slice), errors);
}

fn match_body(used: &TemplateUse, known: &Template, errors: &mut FieldErrors) {
    let field = "whatsapp_template.parameters";
    let (given, needed) = (used.parameters.len(), known.body_parameters.len());
    if given != needed {
        errors.push(FieldError::new(
            field,
            "parameter_count",
            format!(
                "the template `{}` has {needed} body parameters, {given} were given",
                known.name
            ),
            format!("give exactly {needed}, for: {}", known.body),
        ));
        return;
    }
    for (place, wanted) in known.body_parameters.iter().enumerate() {
        let field = format!("{field}[{place}]");
        match (wanted, &used.parameters[place].name) {
            (None, None) => {}
            (Some(_), Some(name)) if known.body_parameters.contains(&Some(name.clone())) => {}
            (Some(wanted), _) => errors.push(FieldError::new(
                &field,
                "parameter_name",
                format!("the template `{}` has named parameters", known.name),
                format!("write {{\"name\": \"{wanted}\", \"text\": \"...\"}}"),
            )),
            (None, Some(_)) => errors.push(FieldError::new(
                &field,
                "parameter_name",
                format!(
                    "the parameters of the template `{}` have no names",
                    known.name
                ),
                "write the text alone; the order decides",
            )),
        }
    }
}

fn match_header(given: Option<&HeaderParameter>, wanted: Option<&Value>, errors: &mut FieldErrors) {
    let format = wanted
        .and_then(|header| header["format"].as_str())
        .map(str::to_ascii_uppercase);
    let text = wanted.and_then(|header| header["text"].as_str());
    let needed = match format.as_deref() {
        Some("TEXT") if text.is_some_and(|text| text.contains("{{")) => Some("a text"),
        Some("IMAGE") => Some("an image"),
        Some("VIDEO") => Some("a video"),
        Some("DOCUMENT") => Some("a document"),
        Some("LOCATION") => Some("a location"),
        // Kinds that are not known here are left to the platform.
        Some("TEXT") | None => None,
        Some(_) => return,
    };
    let fits = match (given, needed) {
        (None, None) | (Some(HeaderParameter::Text(_)), Some("a text")) => true,
        (Some(HeaderParameter::Location(_)), Some("a location")) => true,
        (Some(HeaderParameter::Media(media)), Some(needed)) => matches!(
            (media.kind, needed),
            (MediaKind::Image, "an image")
                | (MediaKind::Video, "a video")
                | (MediaKind::Document, "a document")
        ),
        _ => false,
    };
    if !fits {
        let needed = needed.unwrap_or("no value");
        errors.push(FieldError::new(
            "whatsapp_template.header",
            "header_mismatch",
            format!("the header of this template takes {needed}"),
            format!("set `whatsapp_template.header` to {needed}"),
        ));
    }
}

/// Buttons whose address has a variable and codes to copy need a value; indexes must exist.
fn match_buttons(used: &TemplateUse, wanted: &[Value], errors: &mut FieldErrors) {
    let kind = |button: &Value| {
        let name = button["type"].as_str().unwrap_or_default();
        name.to_ascii_uppercase()
    };
    for (index, button) in wanted.iter().enumerate() {
        let needs_value = match kind(button).as_str() {
            "URL" => button["url"].as_str().is_some_and(|url| url.contains("{{")),
            "COPY_CODE" => true,
            _ => false,
        };
        let given = used
            .buttons
            .iter()
            .any(|value| usize::from(value.index) == index);
        if needs_value && !given {
            errors.push(FieldError::new(
                "whatsapp_template.buttons",
                "button_missing",
                format!("button {index} of this template needs a value"),
                format!("add {{\"index\": {index}, ...}} to `whatsapp_template.buttons`"),
            ));
        }
    }
    for (place, value) in used.buttons.iter().enumerate() {
        let fits = wanted
            .get(usize::from(value.index))
            .is_some_and(|button| match value.value {
                ButtonValue::Url { .. } => kind(button) == "URL",
                ButtonValue::QuickReply { .. } => kind(button) == "QUICK_REPLY",
                ButtonValue::CopyCode { .. } => kind(button) == "COPY_CODE",
            });
        if !fits {
            errors.push(FieldError::new(
                &format!("whatsapp_template.buttons[{place}]"),
                "button_mismatch",
                format!("this template has no such button {}", value.index),
                "give the index, counted from 0, and the type as in the template",
            ));
        }
    }
}

fn components(definition: &Value) -> Option<&Vec<Value>> {
    definition
        .as_array()
        .or_else(|| definition.get("components")?.as_array())
}
