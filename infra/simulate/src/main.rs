//! `cargo run --release -p simulate -- --seeds 10000`: see README, "Prove it".

use std::process::ExitCode;
use std::time::Instant;

use simulate::{Bug, play, report};

/// A fifth of the time was spent in the allocator of the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
Plays whole installations with everything going wrong that can, and checks what must hold.

  --seeds N     how many simulations (100)
  --first N     the first seed (1)
  --threads N   how many at the same time (all cores)
  --seed N      play one seed and print everything that happened
  --bug NAME    with a mistake made on purpose
  --bugs        how soon each of the mistakes is noticed; fails if one takes longer than stated
";

#[expect(clippy::print_stdout, reason = "a command prints its result")]
#[expect(clippy::disallowed_methods, reason = "how long it took is real time")]
fn main() -> anyhow::Result<ExitCode> {
    let mut args = std::env::args().skip(1);
    let (mut seeds, mut first, mut one, mut bug, mut all_bugs) = (100, 1, None, None, false);
    let mut threads = std::thread::available_parallelism().map_or(1, usize::from);
    while let Some(arg) = args.next() {
        let mut number = || -> anyhow::Result<u64> {
            let value = args.next().unwrap_or_default();
            value
                .parse()
                .map_err(|_| anyhow::anyhow!("{arg} needs a whole number, not `{value}`"))
        };
        match arg.as_str() {
            "--seeds" => seeds = number()?,
            "--first" => first = number()?,
            "--threads" => threads = usize::try_from(number()?)?,
            "--seed" => one = Some(number()?),
            "--bugs" => all_bugs = true,
            "--bug" => {
                let name = args.next().unwrap_or_default();
                let found = Bug::ALL.iter().find(|bug| bug.word() == name);
                bug = Some(*found.ok_or_else(|| {
                    let known: Vec<_> = Bug::ALL.iter().map(|bug| bug.word()).collect();
                    anyhow::anyhow!("no bug is called `{name}`; there are {}", known.join(", "))
                })?);
            }
            "--help" | "-h" => {
                print!("{HELP}");
                return Ok(ExitCode::SUCCESS);
            }
            other => anyhow::bail!("`{other}` is not known\n\n{HELP}"),
        }
    }
    if all_bugs {
        return Ok(show_bugs(first, threads));
    }
    if let Some(seed) = one {
        let outcome = play(seed, bug, true)?;
        for line in outcome.trace.lines.unwrap_or_default() {
            println!("{line}");
        }
        println!("\n{:?}\ntrace {:016x}", outcome.totals, outcome.trace.hash);
        for violation in &outcome.violations {
            println!("{}: {}", violation.invariant, violation.detail);
        }
        return Ok(code(outcome.violations.is_empty()));
    }
    let started = Instant::now();
    let report = report::run(first, seeds, threads, bug);
    print!("{}", report.to_text(Some(started.elapsed())));
    Ok(code(report.is_clean()))
}

#[expect(clippy::print_stdout, reason = "a command prints its result")]
fn show_bugs(first: u64, threads: usize) -> ExitCode {
    let mut all = true;
    for bug in Bug::ALL {
        let (name, within) = (bug.word(), bug.within());
        match report::notice(*bug, first, within, threads) {
            Some((after, violation)) => println!(
                "{name:<24} noticed in seed {after:>3} (of {within:>3}): {}: {}",
                violation.invariant, violation.detail
            ),
            None => {
                all = false;
                println!("{name:<24} NOT noticed in {within} seeds");
            }
        }
    }
    code(all)
}

fn code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
