//! `cargo run -p backtest -- backtest visits.csv`: see README, "Rebooking".

use std::process::ExitCode;

use backtest::command;
use backtest::options::{HELP, Options};
use domain::local_time::Zone;

#[expect(clippy::print_stdout, reason = "a command prints its result")]
#[expect(
    clippy::disallowed_methods,
    reason = "without --today the future begins now, and how long it took is real time"
)]
fn main() -> anyhow::Result<ExitCode> {
    let today = Zone::UTC.local(std::time::SystemTime::now().into()).date();
    let options = Options::read(std::env::args().skip(1), today)?;
    let started = std::time::Instant::now();
    Ok(match options {
        Options::Help => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Options::Backtest(options) => {
            let done = command::backtest(&options)?;
            print!("{}", done.text);
            ExitCode::from(u8::from(!done.good))
        }
        Options::Bench { customers, seed } => {
            let clock = move || started.elapsed();
            print!("{}", backtest::bench::run(&customers, seed, &clock));
            ExitCode::SUCCESS
        }
    })
}
