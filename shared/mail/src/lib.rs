//! Transactional templates: what kinds there are, what may stand in them, and what comes out.
//!
//! A template has a version per language: a subject and a body, which is plain text, blocks (for
//! editors that drag and drop) or a careful subset of HTML. [`template::review`] checks it
//! when it is saved, [`render`](render::render) makes subject, text part and HTML part of it.
//!
//! Variables have the one syntax of [`domain::variables`]. What a person reads is filled in as
//! plain text first and escaped afterwards, as a whole, so no value can become markup.
//!
//! Nothing here knows how mail travels, who may get it or where it is stored.

pub mod block;
pub mod footer;
pub mod given;
mod html;
pub mod kind;
mod layout;
pub mod letter;
pub mod link;
mod plain;
pub mod refund;
pub mod render;
pub mod template;
mod texts;
pub mod theme;
pub mod value;
pub mod variable;
pub mod waiting_list;
pub mod welcome;

pub use block::{Align, Block, Run};
pub use footer::{Footer, FooterClass};
pub use kind::{Audience, TemplateKind};
pub use letter::{Letter, dress};
pub use render::{Filled, RenderError, Rendered, Surroundings, fill, render};
pub use template::{Body, Template, TemplateDraft, Version, review};
pub use theme::Theme;
pub use value::{Money, Value, Values};
