//! JSON lines on standard output, and panics without their message.

use std::panic::{PanicHookInfo, set_hook};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging for this process; call it first in `main`. A second call changes nothing.
///
/// The SDK and HTTP crates write headers and bodies below INFO, so the level has a floor there.
pub fn start_logging(level: LevelFilter) {
    let _ = subscriber(level, std::io::stdout).try_init();
    set_hook(Box::new(on_panic));
}

/// What is logged, and how: for every function, and for the test that reads it all.
pub fn subscriber<W>(level: LevelFilter, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let json = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .json()
        .flatten_event(true)
        .with_ansi(false)
        .with_current_span(true)
        .with_span_list(false);
    let ours = tracing_subscriber::filter::Targets::new()
        .with_default(level)
        .with_targets(
            [
                "aws",
                "hyper",
                "hyper_util",
                "reqwest",
                "rustls",
                "lambda_runtime",
                "h2",
                "tower",
            ]
            .map(|target| (target, level.min(LevelFilter::INFO))),
        )
        .with_targets(
            ["aws_config", "aws_runtime", "aws_sdk", "aws_smithy"]
                .map(|target| (target, LevelFilter::WARN)),
        );
    tracing_subscriber::registry().with(json).with(ours)
}

/// Only where it happened: a formatted message may hold what a customer wrote.
fn on_panic(panic: &PanicHookInfo<'_>) {
    let constant = panic
        .payload()
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(not shown)");
    match panic.location() {
        Some(place) => tracing::error!(
            panic.file = place.file(),
            panic.line = place.line(),
            panic.message = constant,
            "a handler panicked"
        ),
        None => tracing::error!(panic.message = constant, "a handler panicked"),
    }
}
