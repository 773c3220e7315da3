//! The questions Nachfass asks about a conversation, and two ways to answer them.
//!
//! Each question (`assess`, `timing`, `writing`) is a module with the same shape: what
//! is asked, a `prompt` a model can be given, and a strict `parse` of what came back.
//! `openai` and `bedrock` turn a prompt into a provider's request and its response into
//! an answer. `builtin` answers the same questions with no model at all; it is the floor
//! under every model and the whole system works on it alone. `score` counts how good
//! either of them is.
//!
//! Pure: no clock, no randomness, no I/O, no logging. `now` is a parameter, and what a
//! customer wrote is data here, never an instruction.

pub mod assess;
pub mod bedrock;
pub mod builtin;
pub mod openai;
pub mod score;
pub mod timing;
pub mod writing;

mod duration;
mod error;
#[cfg(test)]
mod everyday_tests;
#[cfg(test)]
mod judgement_tests;
#[cfg(test)]
mod principle_tests;
mod prompt;
#[cfg(test)]
mod property_tests;
mod transcript;

pub use duration::time_in_description;
pub use error::{AnswerError, ModelError};
pub use prompt::{Answer, Prompt, Usage};
pub use transcript::{Author, Language, RuleText, Transcript, Turn};
