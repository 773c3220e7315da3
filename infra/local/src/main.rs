//! `cargo run`: everything on this machine.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use app::Config;
use app::ports::Entropy;
use local::{OsEntropy, SeededEntropy};
use nachfass::control::{self, Local};
use nachfass::options::{Command, HELP, Options};
use nachfass::runner::{Parts, Runner};
use nachfass::{demo, import, judge};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::read(std::env::args().skip(1), variable)?;
    start_logging();
    match &options.command {
        Command::Help => print(HELP),
        Command::Demo => print(&demo::run().await?),
        Command::Judge { file } => {
            let runner = Runner::start(parts(&options, true)?).await?;
            print(&judge::run(&runner.app, file).await?);
        }
        Command::Import(table) => {
            let url = format!("http://{}", options.addr);
            let url = table.url.as_deref().unwrap_or(&url);
            let key = options.api_key.as_deref();
            let key = key.context("NACHFASS_API_KEY must hold a key of the role `admin`")?;
            print(&import::run(table, url, key).await?);
        }
        Command::Serve => serve(&options).await?,
    }
    Ok(())
}

async fn serve(options: &Options) -> anyhow::Result<()> {
    let runner = Runner::start(parts(options, false)?).await?;
    let installation =
        demo::open(&runner, options.data.as_deref(), options.api_key.as_deref()).await?;
    let local = Arc::new(Local::new(runner, installation));

    let listener = tokio::net::TcpListener::bind(&options.addr)
        .await
        .with_context(|| {
            format!(
                "listening on {}; --addr chooses another address",
                options.addr
            )
        })?;
    print(&banner(&local, &listener.local_addr()?.to_string()));
    tokio::spawn(keep_going(Arc::clone(&local)));
    axum::serve(listener, control::router(local))
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    Ok(())
}

/// Timers fire while nobody calls.
async fn keep_going(local: Arc<Local>) {
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    loop {
        tick.tick().await;
        if let Err(error) = local.runner.settle().await {
            tracing::error!(error = format!("{error:#}"), "working on the queues failed");
        }
    }
}

fn parts(options: &Options, in_memory: bool) -> anyhow::Result<Parts> {
    let entropy: Arc<dyn Entropy> = match options.seed {
        Some(seed) => Arc::new(SeededEntropy::new(seed)),
        None => Arc::new(OsEntropy),
    };
    let mut config = Config::read(variable)?;
    let own = || format!("http://{}", options.addr);
    config.public_url.get_or_insert_with(own);
    let folder = options.data.as_deref().filter(|_| !in_memory);
    let mut parts = Parts::open(folder, entropy, config)?;
    parts.use_model(variable("MODEL_API_KEY"))?;
    Ok(parts)
}

fn banner(local: &Local, address: &str) -> String {
    let installation = &local.installation;
    format!(
        "Nachfass is running on http://{address}\n\
         \n\
         key        {}\n\
         workspace  {}\n\
         loopback   POST /webhooks/loopback/{} (or /local/loopback, signed for you)\n\
         clock      {} (POST /local/clock {{\"advance\":\"PT4H\"}})\n\
         outbox     GET /local/outbox\n",
        installation.key,
        installation.workspace,
        installation.loopback,
        local
            .runner
            .now()
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    )
}

fn start_logging() {
    let level = variable("LOG_LEVEL")
        .and_then(|level| level.parse().ok())
        .unwrap_or(tracing::Level::WARN);
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .init();
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this binary reads its environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[expect(
    clippy::print_stdout,
    reason = "a command line program speaks on stdout"
)]
fn print(text: &str) {
    println!("{text}");
}
