//! What every handler shares on the way in and out: problems, bodies, queries, paths, versions.

mod body;
mod idempotency;
mod limits;
mod page;
mod patch;
mod path;
mod problem;
mod query;
mod render;
mod text;
mod version;
mod wording;

pub(crate) use body::{Csv, Json, JsonPatch, Separator, no_table};
pub(crate) use idempotency::{IdempotencyHeader, IdempotencyKey, Keep, Once, answer, once};
pub(crate) use limits::Limits;
pub(crate) use page::{Cursor, Limit, Meta, page_of, request};
pub(crate) use patch::Patch;
pub(crate) use path::{Id, Kind, MessagePath, ReferencePath};
pub(crate) use problem::{
    Code, ItemProblems, ListProblems, Problem, ProblemOut, WriteProblems, shared_responses,
};
pub(crate) use query::Query;
pub(crate) use render::render;
pub(crate) use text::{check_range, optional_text};
pub(crate) use version::{IfMatch, IfMatchHeader, Versioned};
