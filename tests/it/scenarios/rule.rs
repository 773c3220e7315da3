//! The short form of a rule, as JSON for the API.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

use super::script::{Words, duration};

/// When nothing is said about it: the first example of the source, and a text.
const WHEN: &str =
    "Nachfassen, wenn ein Kunde nach einem Termin fragt und dann nicht mehr antwortet";
const STOP: &str = "Stoppen, wenn der Kunde den Termin bestätigt oder absagt";
const TEXT: &str = "Hallo ##{{first_name}}, passt dir einer der Termine?";

/// A whole rule; what the block leaves out takes a default.
pub(super) fn whole(name: &str, block: &[String]) -> anyhow::Result<Value> {
    let mut given = part(block)?;
    let fields = given.as_object_mut().context("a rule is an object")?;
    if block.first().is_some_and(|line| line.starts_with('{')) {
        return Ok(given);
    }
    fields
        .entry("name".to_owned())
        .or_insert_with(|| json!(name));
    if after_visit(fields) {
        return Ok(given);
    }
    let mut default = |field: &str, value: Value| {
        fields.entry(field.to_owned()).or_insert(value);
    };
    default("trigger", json!({ "type": "silence", "description": WHEN }));
    default("stop", json!({ "description": STOP }));
    default("delay", json!({ "mode": "manual", "minutes": 240 }));
    if !fields.contains_key("message") && !fields.contains_key("whatsapp_template") {
        fields.insert(
            "message".to_owned(),
            json!({ "mode": "custom", "text": TEXT }),
        );
    }
    fields.retain(|_, value| *value != json!("left out"));
    Ok(given)
}

/// What the block says and nothing else: a change of a rule. A block of JSON is taken as it is.
pub(super) fn part(block: &[String]) -> anyhow::Result<Value> {
    if block.first().is_some_and(|line| line.starts_with('{')) {
        return serde_json::from_str(&block.join("\n")).context("the JSON of the rule");
    }
    let mut fields = Map::new();
    for line in block {
        let (field, value) = field(line).with_context(|| format!("`{line}`"))?;
        match (fields.get_mut(&field), value) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (_, value) => {
                fields.insert(field, value);
            }
        }
    }
    Ok(Value::Object(fields))
}

fn field(line: &str) -> anyhow::Result<(String, Value)> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    if rest.starts_with('{') || rest.starts_with('[') {
        return Ok((word.to_owned(), serde_json::from_str(rest)?));
    }
    let mut words = Words::of(rest)?;
    let text = words.text()?;
    let need = |text: Option<String>| text.context("a text in quotes is missing");
    let (field, value) = match word {
        "without" => (words.need("a field")?, json!("left out")),
        "name" => ("name".to_owned(), json!(need(text)?)),
        "when" => ("trigger".to_owned(), json!({ "description": need(text)? })),
        "any-silence" => {
            let trigger = json!({ "description": WHEN, "any_silence": true });
            ("trigger".to_owned(), trigger)
        }
        "stop" => ("stop".to_owned(), json!({ "description": need(text)? })),
        "delay" => ("delay".to_owned(), delay(&words.need("a delay")?)?),
        "says" => {
            let message = match text {
                Some(text) => json!({ "mode": "custom", "text": text }),
                None if words.flag("ai") => json!({ "mode": "ai" }),
                None => bail!("`says ai` or a text in quotes"),
            };
            ("message".to_owned(), message)
        }
        "template" => {
            let mut template = json!({
                "name": words.need("a name")?, "language": words.need("a language")?,
            });
            if let Some(value) = text {
                template["parameters"] = json!([value]);
            }
            ("whatsapp_template".to_owned(), template)
        }
        "channels" => {
            let channels = std::mem::replace(&mut words, Words::of("")?).all();
            ("channels".to_owned(), json!(channels))
        }
        "priority" => {
            let priority: i64 = words.need("a number")?.parse()?;
            ("priority".to_owned(), json!(priority))
        }
        "after-visit" => {
            let mut trigger = json!({ "type": "appointment_completed" });
            for (field, value) in [("day", words.next()), ("at", words.next())] {
                if let Some(value) = value {
                    trigger[field] = json!(value);
                }
            }
            ("trigger".to_owned(), trigger)
        }
        "late-days" => {
            let days: i64 = words.need("a number")?.parse()?;
            ("trigger".to_owned(), json!({ "late_days": days }))
        }
        "colour" | "purpose" => (word.to_owned(), json!(words.need("a word")?)),
        "on-unknown" => ("on_unknown".to_owned(), json!(words.need("a word")?)),
        "off" => ("enabled".to_owned(), json!(false)),
        _ => bail!("a rule has nothing like that"),
    };
    words.done()?;
    Ok((field, value))
}

fn after_visit(fields: &Map<String, Value>) -> bool {
    fields
        .get("trigger")
        .is_some_and(|trigger| trigger["type"] == "appointment_completed")
}

fn delay(text: &str) -> anyhow::Result<Value> {
    if text == "ai" {
        return Ok(json!({ "mode": "ai" }));
    }
    Ok(json!({ "mode": "manual", "minutes": duration(text)?.num_minutes() }))
}

/// The configuration in one line.
pub(super) fn summary(rule: &Value) -> String {
    let mut parts = Vec::new();
    let (delay, trigger) = (&rule["delay"], &rule["trigger"]);
    parts.push(match delay["minutes"].as_i64() {
        _ if trigger["type"] == "appointment_completed" => {
            let part = |name: &str| trigger[name].as_str().unwrap_or_default().to_owned();
            format!("{} at {}", part("day"), part("at"))
        }
        Some(minutes) if minutes % 60 == 0 => format!("{} h", minutes / 60),
        Some(minutes) => format!("{minutes} min"),
        None => "AI timing".to_owned(),
    });
    match rule["message"]["mode"].as_str() {
        Some("ai") => parts.push("AI text".to_owned()),
        Some(_) => parts.push("own text".to_owned()),
        None => {}
    }
    if let Some(template) = rule["whatsapp_template"]["name"].as_str() {
        parts.push(format!("template {template}"));
    }
    let channels = rule["channels"].as_array().into_iter().flatten();
    let channels: Vec<_> = channels.filter_map(Value::as_str).collect();
    if !channels.is_empty() {
        parts.push(format!("only {}", channels.join(" and ")));
    }
    if let Some(colour) = rule["colour"].as_str() {
        parts.push(colour.to_owned());
    }
    if let Some(priority) = rule["priority"].as_i64().filter(|priority| *priority != 0) {
        parts.push(format!("priority {priority}"));
    }
    let on = if rule["enabled"] == json!(true) {
        "on"
    } else {
        "off"
    };
    parts.push(on.to_owned());
    parts.join(", ")
}
