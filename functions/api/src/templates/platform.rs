//! Talking to the platform about templates: one request, one readable answer or a problem.

use app::App;
use app::connection_secrets::{TOKEN, read};
use channels::outbound::OutboundError;
use channels::whatsapp::templates::{ParameterFormat, TemplateDefinition, TemplateState};
use channels::{Account, HttpRequest, Response, classify};
use chrono::{DateTime, Utc};
use domain::connection::Connection;
use domain::field::FieldError;
use domain::ids::ConnectionId;
use domain::template::{Template, TemplateCategory, TemplateStatus};
use secrecy::{ExposeSecret as _, SecretString};

use crate::http::{Code, Problem};

/// A connection that can speak about templates.
pub(super) struct Platform<'a> {
    app: &'a App,
    connection: &'a Connection,
    business: &'a str,
    token: SecretString,
}

impl<'a> Platform<'a> {
    /// Refuses connections without templates, business account or token.
    pub(super) async fn of(app: &'a App, connection: &'a Connection) -> Result<Self, Problem> {
        if !connection.channel.has_templates() {
            return Err(Problem::conflict(format!(
                "{} knows no templates; only WhatsApp does",
                connection.channel
            )));
        }
        let business = connection.business_account.as_deref().ok_or_else(|| {
            Problem::conflict("the connection has no `business_account`; set it first")
        })?;
        let token = read(app, connection, TOKEN).await?;
        let token = token.ok_or_else(|| {
            Problem::conflict("the connection has no `secrets.token`; set it first")
        })?;
        Ok(Self {
            app,
            connection,
            business,
            token,
        })
    }

    /// Builds a request, sends it and returns the body of a good answer.
    pub(super) async fn ask(
        &self,
        build: impl FnOnce(&Account<'_>, &str) -> Result<HttpRequest, OutboundError>,
    ) -> Result<Vec<u8>, Problem> {
        let account = Account {
            sms: None,
            channel: self.connection.channel,
            base_url: self.app.config.base_url(self.connection.channel),
            api_version: &self.app.config.providers.graph_version,
            id: self.connection.account.as_deref().unwrap_or_default(),
            token: self.token.expose_secret(),
        };
        let request = build(&account, self.business).map_err(refused_here)?;
        let answer = self
            .app
            .http
            .send(&request)
            .await
            .map_err(|error| failed(format!("the platform could not be asked: {error}")))?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        let response = Response {
            status: answer.status,
            retry_after: answer.retry_after.as_deref(),
            body: &answer.body,
        };
        Err(failed(format!(
            "the platform refused: {}",
            detail(&classify(self.connection.channel, &response))
        )))
    }
}

pub(super) fn failed(detail: impl Into<String>) -> Problem {
    Problem::new(Code::PlatformFailed, detail)
}

fn detail(outcome: &channels::Outcome) -> String {
    use channels::Outcome::{Accepted, Permanent, Retry, Unknown};
    match outcome {
        Accepted { .. } => "no explanation in the answer".to_owned(),
        Retry { detail, .. } | Permanent { detail, .. } | Unknown { detail } => detail.to_string(),
    }
}

/// What the platform would refuse is refused before it is asked.
fn refused_here(error: OutboundError) -> Problem {
    let error = match error {
        OutboundError::TooLong {
            field,
            limit,
            actual,
            unit,
            remedy,
        } => FieldError::new(
            field,
            "too_long",
            format!("`{field}` has {actual} {unit}; at most {limit} are allowed"),
            remedy,
        ),
        OutboundError::Empty { field, remedy } => FieldError::new(
            field,
            "required",
            format!("`{field}` must not be empty"),
            remedy,
        ),
        OutboundError::Invalid {
            field,
            reason,
            remedy,
        } => FieldError::new(
            field,
            "invalid_value",
            format!("`{field}` {reason}"),
            remedy,
        ),
        other => FieldError::new(
            "",
            "unsupported",
            other.to_string(),
            "see the limits in the OpenAPI document",
        ),
    };
    Problem::invalid(vec![error])
}

/// The template as it is kept here, as one that was not known before.
pub(super) fn template(
    connection: ConnectionId,
    definition: &TemplateDefinition,
    seen_at: DateTime<Utc>,
) -> Result<Template, Problem> {
    let body = definition
        .body()
        .map(|part| part.text().to_owned())
        .unwrap_or_default();
    Ok(Template {
        connection,
        version: 1,
        name: definition.name.clone(),
        language: definition.language.clone(),
        status: status(definition),
        category: match definition.category.as_str() {
            "MARKETING" => TemplateCategory::Marketing,
            "UTILITY" => TemplateCategory::Utility,
            "AUTHENTICATION" => TemplateCategory::Authentication,
            other => TemplateCategory::Other(other.to_ascii_lowercase()),
        },
        body_parameters: parameters(definition.format(), &body),
        body,
        definition: serde_json::to_value(definition).map_err(Problem::internal)?,
        seen_at,
    })
}

fn status(definition: &TemplateDefinition) -> TemplateStatus {
    match (definition.state(), definition.status.as_str()) {
        (TemplateState::Approved, _) => TemplateStatus::Approved,
        (TemplateState::Pending, _) => TemplateStatus::Pending,
        (TemplateState::Paused, _) => TemplateStatus::Paused,
        (TemplateState::Refused, "REJECTED") => TemplateStatus::Rejected,
        (TemplateState::Refused, "DISABLED") => TemplateStatus::Disabled,
        (TemplateState::Refused, other) => TemplateStatus::Other(other.to_ascii_lowercase()),
    }
}

/// The variables of a text in the order in which values are sent; each once.
fn parameters(format: ParameterFormat, text: &str) -> Vec<Option<String>> {
    let mut names: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((_, opened)) = rest.split_once("{{") {
        let Some((name, after)) = opened.split_once("}}") else {
            break;
        };
        if !names.contains(&name.trim()) {
            names.push(name.trim());
        }
        rest = after;
    }
    let named = |name: &str| (format == ParameterFormat::Named).then(|| name.to_owned());
    names.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_text_are_found_in_order_and_once() {
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(
            parameters(
                ParameterFormat::Named,
                "Hallo {{name}}, {{ tag }} und {{name}} {{"
            ),
            [named("name"), named("tag")]
        );
        assert_eq!(
            parameters(ParameterFormat::Positional, "{{1}} {{2}}"),
            [None, None]
        );
    }
}
