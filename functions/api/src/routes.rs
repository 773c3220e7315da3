//! The table of contents: every route, and with it everything in the OpenAPI document.

use std::sync::Arc;

use app::App;
use axum::Extension;
use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::{Code, Limits, Problem, render};
use crate::{
    connections, conversations, customers, document, rules, service, templates, workspace,
};

fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(rules::list_rules, rules::create_rule))
        .routes(routes!(rules::preview_draft))
        .routes(routes!(
            rules::get_rule,
            rules::update_rule,
            rules::delete_rule
        ))
        .routes(routes!(rules::enable_rule))
        .routes(routes!(rules::disable_rule))
        .routes(routes!(rules::preview_rule))
        //
        .routes(routes!(
            connections::list_connections,
            connections::create_connection
        ))
        .routes(routes!(
            connections::get_connection,
            connections::update_connection,
            connections::delete_connection
        ))
        .routes(routes!(connections::enable_connection))
        .routes(routes!(connections::disable_connection))
        .routes(routes!(
            templates::list_templates,
            templates::create_template
        ))
        .routes(routes!(templates::sync_templates))
        //
        .routes(routes!(conversations::list_conversations))
        .routes(routes!(
            conversations::get_conversation,
            conversations::update_conversation
        ))
        .routes(routes!(conversations::join_conversation))
        .routes(routes!(conversations::read_conversation))
        .routes(routes!(conversations::close_conversation))
        .routes(routes!(conversations::reopen_conversation))
        .routes(routes!(
            conversations::list_conversation_messages,
            conversations::create_message
        ))
        .routes(routes!(conversations::list_attempts))
        .routes(routes!(conversations::explain_conversation))
        .routes(routes!(conversations::list_pending))
        .routes(routes!(conversations::list_messages))
        //
        .routes(routes!(
            customers::list_customers,
            customers::create_customer
        ))
        .routes(routes!(
            customers::get_customer,
            customers::update_customer,
            customers::erase_customer
        ))
        .routes(routes!(customers::export_customer))
        //
        .routes(routes!(workspace::get_settings, workspace::update_settings))
        .routes(routes!(workspace::list_keys, workspace::create_key))
        .routes(routes!(workspace::delete_key))
        .routes(routes!(workspace::list_usage))
        .routes(routes!(workspace::list_audit))
        //
        .routes(routes!(service::get_health))
        .routes(routes!(service::get_openapi))
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
