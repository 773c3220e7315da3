//! The table of contents: every route, and with it everything in the OpenAPI document.

use std::sync::Arc;

use app::App;
use axum::Extension;
use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::http::{Code, Limits, Problem, render};
use crate::{
    appointments, broadcasts, connections, conversations, customers, document, mail_templates,
    rules, segments, service, templates, workspace,
};

type Routes = Vec<UtoipaMethodRouter<Arc<App>>>;

fn table() -> Routes {
    [
        rule_routes(),
        connection_routes(),
        conversation_routes(),
        customer_routes(),
        appointment_routes(),
        segment_routes(),
        broadcast_routes(),
        mail_routes(),
        workspace_routes(),
        service_routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn rule_routes() -> Routes {
    vec![
        routes!(rules::list_rules, rules::create_rule),
        routes!(rules::preview_draft),
        routes!(rules::get_rule, rules::update_rule, rules::delete_rule),
        routes!(rules::enable_rule),
        routes!(rules::disable_rule),
        routes!(rules::preview_rule),
        routes!(rules::rehearse_message),
    ]
}

fn connection_routes() -> Routes {
    vec![
        routes!(
            connections::list_connections,
            connections::create_connection
        ),
        routes!(
            connections::get_connection,
            connections::update_connection,
            connections::delete_connection
        ),
        routes!(connections::enable_connection),
        routes!(connections::disable_connection),
        routes!(templates::list_templates, templates::create_template),
        routes!(templates::sync_templates),
    ]
}

fn conversation_routes() -> Routes {
    vec![
        routes!(conversations::list_conversations),
        routes!(
            conversations::get_conversation,
            conversations::update_conversation
        ),
        routes!(conversations::join_conversation),
        routes!(conversations::read_conversation),
        routes!(conversations::close_conversation),
        routes!(conversations::reopen_conversation),
        routes!(conversations::lift_suppression),
        routes!(
            conversations::list_conversation_messages,
            conversations::create_message
        ),
        routes!(conversations::update_message, conversations::delete_message),
        routes!(conversations::list_attempts),
        routes!(conversations::get_recording),
        routes!(conversations::explain_conversation),
        routes!(conversations::list_pending),
        routes!(conversations::list_messages),
    ]
}

fn customer_routes() -> Routes {
    vec![
        routes!(customers::list_customers, customers::create_customer),
        routes!(
            customers::get_customer,
            customers::update_customer,
            customers::erase_customer
        ),
        routes!(customers::export_customer),
        routes!(customers::import_customers),
        routes!(conversations::create_customer_message),
        routes!(customers::record_consent),
        routes!(customers::list_consents, customers::switch_consent),
        routes!(customers::create_link),
    ]
}

fn appointment_routes() -> Routes {
    vec![
        routes!(appointments::list_appointments),
        routes!(
            appointments::get_appointment,
            appointments::put_appointment,
            appointments::delete_appointment
        ),
        routes!(appointments::create_appointment_event),
        routes!(appointments::import_appointments),
        routes!(appointments::get_rebooking),
        routes!(appointments::list_rebooking_patterns),
        routes!(appointments::backtest_rebooking),
    ]
}

fn segment_routes() -> Routes {
    vec![
        routes!(segments::list_segments, segments::create_segment),
        routes!(segments::order_segments),
        routes!(segments::preview_segment),
        routes!(
            segments::get_segment,
            segments::update_segment,
            segments::delete_segment
        ),
        routes!(segments::count_segment),
        routes!(segments::list_members),
    ]
}

fn broadcast_routes() -> Routes {
    vec![
        routes!(broadcasts::list_broadcasts, broadcasts::create_broadcast),
        routes!(broadcasts::get_broadcast, broadcasts::delete_broadcast),
        routes!(broadcasts::count_broadcast),
        routes!(broadcasts::confirm_broadcast),
        routes!(broadcasts::pause_broadcast),
        routes!(broadcasts::resume_broadcast),
        routes!(broadcasts::cancel_broadcast),
    ]
}

fn mail_routes() -> Routes {
    vec![
        routes!(mail_templates::list_mail_templates),
        routes!(
            mail_templates::get_mail_template,
            mail_templates::update_mail_template,
            mail_templates::reset_mail_template
        ),
        routes!(mail_templates::preview_mail_template),
        routes!(
            mail_templates::get_mail_layout,
            mail_templates::update_mail_layout
        ),
    ]
}

fn workspace_routes() -> Routes {
    vec![
        routes!(workspace::get_settings, workspace::update_settings),
        routes!(workspace::get_account),
        routes!(workspace::except_account, workspace::end_account_exception),
        routes!(workspace::list_keys, workspace::create_key),
        routes!(workspace::delete_key),
        routes!(workspace::restrict_key),
        routes!(workspace::list_usage),
        routes!(workspace::list_audit),
        routes!(workspace::list_notifications),
        routes!(workspace::read_notification),
    ]
}

fn service_routes() -> Routes {
    vec![routes!(service::get_health), routes!(service::get_openapi)]
}

fn routes() -> OpenApiRouter<Arc<App>> {
    let frame = OpenApiRouter::with_openapi(document::frame());
    table().into_iter().fold(frame, OpenApiRouter::routes)
}

/// Every route, ready to be hosted.
pub fn router(app: Arc<App>) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(Extension(Arc::new(Limits::default())))
        .layer(from_fn_with_state(Arc::clone(&app), render))
        .with_state(app)
}

/// The document of exactly these routes.
#[must_use]
pub fn openapi() -> OpenApi {
    routes().split_for_parts().1
}

async fn no_route() -> Problem {
    Problem::new(
        Code::RouteNotFound,
        "see /v1/openapi.json for what there is",
    )
}

async fn no_method() -> Problem {
    Problem::new(
        Code::MethodNotAllowed,
        "see the header `Allow` for the methods of this address",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The document keeps one schema per name: of two that differ, one would describe the other's type.
    #[test]
    fn no_two_types_claim_one_schema_name() {
        let mut known = BTreeMap::new();
        for (schemas, ..) in table() {
            for (name, schema) in schemas {
                let schema = serde_json::to_value(schema).unwrap();
                let first = known.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(*first, schema, "two types are called {name}");
            }
        }
        assert!(known.contains_key("RuleMessageIn") && known.contains_key("MessageIn"));
    }
}
