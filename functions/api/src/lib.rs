//! The admin API under `/v1`: rules, connections, templates, conversations, settings and keys.
//!
//! | module | what |
//! |---|---|
//! | `routes` | the table of contents: which handler answers where |
//! | `auth` | who is calling: an extractor per role |
//! | `http` | problems, bodies, queries, versions, idempotency: the same for every handler |
//! | `rules`, `connections`, `templates`, `conversations`, `customers`, `segments`, `broadcasts`, `mail_templates`, `workspace`, `service` | the handlers, each with its wire types beside it |
//! | `document`, `schema` | what the OpenAPI document needs besides the handlers |
//!
//! A handler reads like a summary: who, what, load, check, store, answer. It decides nothing about
//! sending; that is `domain`, through `app`. The workspace comes from the key and from nowhere
//! else. Wire types end here: nothing below knows them.

mod appointments;
mod auth;
mod broadcasts;
pub mod command;
mod connections;
mod conversations;
mod customers;
mod document;
mod http;
mod mail_templates;
mod routes;
mod rules;
mod schema;
mod segments;
mod service;
mod templates;
mod workspace;

pub use routes::{openapi, router};
