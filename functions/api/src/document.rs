//! The frame of the OpenAPI document: title, key, shared responses. What stands in it comes from
//! the handlers.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathsBuilder,
    RefOr,
};
use utoipa::{PartialSchema, ToSchema};

use crate::http::{ProblemOut, shared_responses};

const DESCRIPTION: &str = "Automatic customer follow-ups.\n\n\
    Every request carries `Authorization: Bearer <key>`; the roles a key needs stand beside each \
    operation. Errors are problem documents (RFC 9457) with a stable `code`. Lists are pages: \
    `limit`, `cursor`, `meta.next_cursor`. Things that can be changed carry an `ETag`; send it \
    back as `If-Match` to be sure that nobody else changed them. What sends or makes something takes an \
    `Idempotency-Key`, unless its answer holds a secret or the platform itself refuses a second one; \
    what only switches or reads may simply be repeated. Times are RFC 3339 in UTC.";

/// The document before any path is in it.
pub(crate) fn frame() -> OpenApi {
    let tag = |name: &str, what: &str| TagBuilder::new().name(name).description(Some(what)).build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Nachfass")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(DESCRIPTION))
                .license(Some(
                    LicenseBuilder::new()
                        .name("Apache-2.0 OR MIT")
                        .identifier(Some("Apache-2.0 OR MIT"))
                        .build(),
                ))
                .contact(Some(ContactBuilder::new().name(Some("Nachfass")).build()))
                .build(),
        )
        .paths(PathsBuilder::new().build())
        .components(Some(components()))
        .tags(Some([
            tag("rules", "Follow-up rules."),
            tag("connections", "Accounts on channels, and their templates."),
            tag(
                "conversations",
                "Customers, what they wrote, and why we did or did not.",
            ),
            tag(
                "customers",
                "Who they are; everything about one person, to be read or erased as a whole.",
            ),
            tag(
                "appointments",
                "What the booking system tells, and when a customer is expected again.",
            ),
            tag("segments", "Saved filters over customers."),
            tag("broadcasts", "Messages to many."),
            tag("mail", "What e-mails say, and their looks."),
            tag("workspace", "Settings, keys and counters."),
            tag("service", "The service itself; no key needed."),
        ]))
        .build()
}

fn components() -> Components {
    let mut components = Components::new();
    let mut schemas: Vec<(String, RefOr<utoipa::openapi::Schema>)> = Vec::new();
    ProblemOut::schemas(&mut schemas);
    schemas.push((ProblemOut::name().into_owned(), ProblemOut::schema()));
    components.schemas.extend(schemas);
    components.responses.extend(
        shared_responses()
            .into_iter()
            .map(|(name, response)| (name, response.into())),
    );
    components.add_security_scheme(
        "key",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("nf_…")
                .description(Some("An API key; made with `POST /v1/keys`, shown once."))
                .build(),
        ),
    );
    components
}
