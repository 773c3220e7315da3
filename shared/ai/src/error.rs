//! Why an answer cannot be used. The texts never repeat what a customer or a model
//! wrote, so they may be logged and stored.

use thiserror::Error;

/// The document a model answered with is not an answer to the question.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnswerError {
    #[error("the answer is not JSON")]
    NotJson,
    #[error("the answer does not have the asked shape at `{0}`")]
    WrongShape(String),
    #[error("the answer names a rule that was not asked about")]
    UnknownRule,
    #[error("the answer leaves out a rule or gives it twice")]
    RulesIncomplete,
    #[error("the chosen time lies outside the legal interval")]
    OutOfInterval,
    #[error("`{0}` is longer than allowed")]
    TooLong(&'static str),
    #[error("`{0}` is empty")]
    Empty(&'static str),
    #[error("the text holds a placeholder that nobody will fill in")]
    Placeholder,
    #[error("the text holds a link that neither the rule nor the business gave")]
    ForeignLink,
}

/// A provider's response holds no answer at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    #[error("the model refused")]
    Refused,
    #[error("the answer was cut off at the token limit")]
    CutOff,
    #[error("the response holds no answer")]
    NoAnswer,
    #[error("the response is not what the interface promises at `{0}`")]
    BadResponse(&'static str),
}
