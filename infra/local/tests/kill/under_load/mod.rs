//! `kill -9` at random moments, with the real binary, a data folder, HTTP, and a platform on the
//! other end: what was answered with 200 is there, and every customer gets one follow-up.
//!
//! The moments come from a fixed seed; what the process is doing then is up to the machine. Some
//! deaths are put where they hurt most: while the platform has a message and nobody noted it yet.

mod load;
mod platform;
mod process;
mod target;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use app::ports::Entropy as _;
use local::SeededEntropy;
use tokio::sync::watch;

use load::Load;
use platform::{Platform, Trap};
use process::{Death, Process};
use target::Target;
use verdict::Verdict;

/// The ordinary run; `.ci/steps/kill` asks for a hundred.
const KILLS: u64 = 10;
/// From the start of the process.
const LATEST_MOMENT_MS: u64 = 800;
/// Longer than a claim may take and an unknown outcome waits.
const AFTERWARDS: &str = "PT2H";
/// How long a life may wait for the send that it is to die in.
const LONGEST_LIFE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_lost_and_no_follow_up_doubled_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let (address, known) = watch::channel(None);
    let process = Process::new(folder.path(), &platform.url, address);

    let life = process.start();
    let load = Arc::new(Load::set_up(Target::new(known)).await);
    life.kill();
    let running = load.start();

    let dice = SeededEntropy::new(20_261_122);
    let mut deaths = Vec::new();
    for _ in 0..kills() {
        let life = process.start();
        deaths.push(match one_of(&dice, 4) {
            0 => {
                let nth = one_of(&dice, 4);
                let trap = match one_of(&dice, 2) {
                    0 => Trap::before_the_answer(nth),
                    _ => Trap::with_the_answer(nth),
                };
                life.die_when(platform.set(trap), LONGEST_LIFE).await
            }
            _ => {
                let moment = Duration::from_millis(one_of(&dice, LATEST_MOMENT_MS));
                life.die_after(moment).await
            }
        });
        platform.disarm();
    }

    let last = process.start();
    let customers = load.finish(running).await;
    load.target.move_clock(AFTERWARDS).await;
    let verdict = Verdict::of(&load.target, &customers, &platform.taken()).await;
    last.kill();

    report(&deaths, &load, &verdict);
    let log = process.log();
    assert!(log.is_empty(), "the log has errors:\n{log}");
    assert!(verdict.wrong.is_empty(), "{}", verdict.wrong.join("\n"));
    let in_a_send = deaths.iter().filter(|death| **death == Death::InASend);
    assert!(
        in_a_send.count() > 0 && verdict.unknown > 0,
        "no death hit a send"
    );
    assert!(verdict.sent > 0, "no follow-up was sent");
}

fn one_of(dice: &SeededEntropy, count: u64) -> u64 {
    let mut bytes = [0; 8];
    dice.fill(&mut bytes);
    u64::from_le_bytes(bytes) % count
}

#[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
fn kills() -> u64 {
    std::env::var("NACHFASS_KILLS").map_or(KILLS, |kills| kills.parse().unwrap())
}

#[expect(
    clippy::print_stdout,
    reason = "the figures are what the long run is for"
)]
fn report(deaths: &[Death], load: &Load, verdict: &Verdict) {
    let count = |wanted| deaths.iter().filter(|death| **death == wanted).count();
    println!("{:<32}{:>6}", "kill -9", deaths.len());
    println!(
        "{:<32}{:>6}",
        "  before it listened",
        count(Death::Starting)
    );
    println!("{:<32}{:>6}", "  under load", count(Death::Running));
    println!("{:<32}{:>6}", "  during a send", count(Death::InASend));
    for (name, figure) in load.figures() {
        println!("{name:<32}{figure:>6}");
    }
    for (name, figure) in verdict.figures() {
        println!("{name:<32}{figure:>6}");
    }
}
