//! Answers and failure reports, by error code.

use chrono::TimeDelta;
use serde_json::Value;

use crate::inbound::ProviderError;
use crate::meta::graph;
use crate::node::Node;
use crate::outcome::{Detail, FailureReason, Outcome, Response, RetryScope, is_from_gateway};

pub(crate) fn classify(response: &Response<'_>) -> Outcome {
    if (200..300).contains(&response.status) {
        return accepted(response);
    }
    match graph::error(response.body) {
        Some(graph) => classify_error(
            &graph.error,
            Source::Answer,
            graph.transient,
            response.pause(),
        ),
        None => by_status(response),
    }
}

/// A failure that arrives later, by webhook.
pub(crate) fn classify_report(error: &ProviderError) -> Outcome {
    classify_error(error, Source::Report, false, None)
}

fn accepted(response: &Response<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(response.body).unwrap_or_default();
    let body = Node::root(&body);
    let messages = body.list("messages");
    let message = messages.first();
    match message.and_then(|message| message.message_id("id")) {
        Some(id) => Outcome::Accepted {
            id,
            held: message
                .and_then(|message| message.text("message_status"))
                .is_some_and(|status| status != "accepted"),
        },
        None => Outcome::Unknown {
            detail: Detail::new("no id", "the answer names no message"),
        },
    }
}

/// An answer that is not Graph's: a gateway spoke.
pub(crate) fn by_status(response: &Response<'_>) -> Outcome {
    let detail = Detail::http(response.status);
    match response.status {
        status if is_from_gateway(status.into()) => Outcome::Unknown { detail },
        429 => retry(response.pause(), RetryScope::Connection, detail),
        408 | 425 | 500.. => retry(response.pause(), RetryScope::Recipient, detail),
        401 | 403 => permanent(FailureReason::ConnectionStopped, detail),
        _ => permanent(FailureReason::RequestBug, detail),
    }
}

/// Where an error came from; one code means different things in the two places.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Answer,
    Report,
}

fn classify_error(
    error: &ProviderError,
    source: Source,
    transient: bool,
    pause: Option<TimeDelta>,
) -> Outcome {
    let title = error.title.as_deref().unwrap_or("no title");
    let detail = Detail::new(graph::code_text(error), title);
    if error.subcode.is_some_and(is_about_definition) {
        return permanent(FailureReason::TemplateProblem, detail);
    }
    match class(error.code, source) {
        Class::Retry { scope, least, once } => Outcome::Retry {
            after: pause.max(least),
            scope,
            once,
            detail,
        },
        Class::Permanent(FailureReason::Unrecognised) if transient => {
            retry(pause, RetryScope::Recipient, detail)
        }
        Class::Permanent(reason) => permanent(reason, detail),
    }
}

/// Creating a template is refused with a general code; only the subcode says why.
fn is_about_definition(subcode: i64) -> bool {
    matches!(
        subcode,
        2_388_019 | 2_388_040 | 2_388_047 | 2_388_072 | 2_388_073 | 2_388_293 | 2_388_299
    )
}

enum Class {
    Retry {
        scope: RetryScope,
        least: Option<TimeDelta>,
        once: bool,
    },
    Permanent(FailureReason),
}

/// The table of error codes. Wordings change, codes do not.
fn class(code: i64, source: Source) -> Class {
    use FailureReason::{
        ConnectionStopped, MarketingSuppressed, OutsideWindow, RecipientUnreachable, RequestBug,
        TemplateProblem, Unrecognised,
    };
    let wait = |scope, least, once| Class::Retry { scope, least, once };
    let marketing = |opted_out| Class::Permanent(MarketingSuppressed { opted_out });
    match code {
        // May also be a bad request, so one more attempt has to do.
        1 => wait(RetryScope::Recipient, None, true),
        2 | 131_000 | 131_016 => wait(RetryScope::Recipient, None, false),
        // Too many messages to this one person.
        131_056 => wait(RetryScope::Recipient, Some(TimeDelta::seconds(6)), false),
        // The template is being copied between the platform's machines.
        134_101 => wait(RetryScope::Recipient, Some(TimeDelta::minutes(10)), false),
        4 | 80_007 | 130_429 | 131_057 | 133_004 => wait(RetryScope::Connection, None, false),
        // Quality: going on now makes it worse.
        131_048 | 131_064 => wait(RetryScope::Connection, Some(TimeDelta::hours(1)), false),

        131_047 => Class::Permanent(OutsideWindow),

        131_021 | 131_026 | 131_030 | 131_062 | 130_403 => Class::Permanent(RecipientUnreachable),

        // 131049 asks for a day's pause: a follow-up that late is worth nothing.
        131_049 | 130_472 | 131_063 => marketing(false),
        131_050 => marketing(true),

        132_000 | 132_001 | 132_005 | 132_007 | 132_012 | 132_015 | 132_016 | 132_068 | 132_069 => {
            Class::Permanent(TemplateProblem)
        }
        // In a report this is a template held back, in an answer a malformed request.
        135_000 if source == Source::Report => Class::Permanent(TemplateProblem),

        33 | 100 | 131_008 | 131_009 | 131_051 | 131_052 | 131_053 | 135_000 => {
            Class::Permanent(RequestBug)
        }

        0
        | 3
        | 10
        | 190
        | 200..=299
        | 368
        | 130_497
        | 131_005
        | 131_031
        | 131_037
        | 131_042
        | 131_044
        | 131_045
        | 133_010 => Class::Permanent(ConnectionStopped),

        _ => Class::Permanent(Unrecognised),
    }
}

fn retry(after: Option<TimeDelta>, scope: RetryScope, detail: Detail) -> Outcome {
    Outcome::Retry {
        after,
        scope,
        once: false,
        detail,
    }
}

fn permanent(reason: FailureReason, detail: Detail) -> Outcome {
    Outcome::Permanent { reason, detail }
}
