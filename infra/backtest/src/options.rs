//! What can be set on the command line.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use domain::local_time::Zone;
use domain::rebooking::import::{Reading, Role, SlashOrder};
use domain::rebooking::{Category, Settings, Status};

/// How to call it.
pub const HELP: &str = "\
Rebooking on your own past: when would reminders have come?

  cargo run --release -p backtest -- backtest visits.csv
  cargo run --release -p backtest -- bench

backtest FILE reads a table with a header, a row per visit or appointment. Columns are found by
their usual names in English and German; name them where yours are called otherwise:
  --customer NAME --date NAME --category NAME --status NAME --duration NAME --price NAME
  --separator C          , ; | or tab; found by itself
  --dates dmy|mdy        what 04/05/2026 means; found by itself where a date tells
  --zone ZONE            the business zone, for times with an offset (Europe/Berlin)
  --completed A,B        words of the status column that mean a visit, besides the usual ones
  --not-completed A,B    words that mean none
  --days CATEGORY=DAYS   after how many days a category is usually repeated; may be repeated
  --spread PERCENT       how far customers deviate of whom little is known (40)
  --from DAY --to DAY    the visits to test; by default what leaves enough past and future
  --follow-up DAYS       who has not come back by then counts as not coming back
  --today DAY            what is after it is in the future (today)
  --seed N               of the intervals (1)
  --svg FILE             writes the plot there, too
  --strict               fails when a row is broken

bench computes reminder days from histories that it makes up:
  --customers N,N        how many (10000,100000,1000000)
  --seed N               of the histories (1)
";

/// A follow-up of more than ten years is a slip.
const FOLLOW_UP_MAX: u32 = 3660;

/// What to do.
#[derive(Clone, Debug)]
pub enum Options {
    /// Play the past of a file.
    Backtest(Box<Backtest>),
    /// Measure.
    Bench {
        /// How many customers, one after the other.
        customers: Vec<u32>,
        /// Where the histories come from.
        seed: u64,
    },
    /// Print how to call it.
    Help,
}

/// What to play, and how.
#[derive(Clone, Debug)]
pub struct Backtest {
    /// The table.
    pub file: PathBuf,
    /// How to read it.
    pub reading: Reading,
    /// The settings under test.
    pub settings: Settings,
    /// The first day to test.
    pub from: Option<NaiveDate>,
    /// The last day to test.
    pub to: Option<NaiveDate>,
    /// The follow-up, in days.
    pub follow_up_days: Option<u32>,
    /// Of the intervals.
    pub seed: u64,
    /// Where to write the plot.
    pub svg: Option<PathBuf>,
    /// Whether a broken row is a failure.
    pub strict: bool,
}

impl Backtest {
    /// A file with everything else as it is by default.
    #[must_use]
    pub fn of(file: PathBuf, today: NaiveDate) -> Self {
        Self {
            file,
            reading: Reading::new(Zone::parse("Europe/Berlin").unwrap_or(Zone::UTC), today),
            settings: Settings::default(),
            from: None,
            to: None,
            follow_up_days: None,
            seed: 1,
            svg: None,
            strict: false,
        }
    }
}

impl Options {
    /// Reads the arguments.
    pub fn read(
        arguments: impl IntoIterator<Item = String>,
        today: NaiveDate,
    ) -> anyhow::Result<Self> {
        let mut arguments = arguments.into_iter();
        match arguments.next().as_deref() {
            Some("backtest") => read_backtest(arguments, today),
            Some("bench") => read_bench(arguments),
            None | Some("help" | "--help" | "-h") => Ok(Self::Help),
            Some(other) => bail!("`{other}` is not known\n\n{HELP}"),
        }
    }
}

fn read_backtest(
    mut arguments: impl Iterator<Item = String>,
    today: NaiveDate,
) -> anyhow::Result<Options> {
    let mut options = Backtest::of(PathBuf::new(), today);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let value = arguments.next();
            value.with_context(|| format!("{argument} needs a value"))
        };
        if let Some(role) = role(&argument) {
            options.reading.columns.insert(role, value()?);
            continue;
        }
        match argument.as_str() {
            "--separator" => options.reading.separator = Some(separator(&value()?)?),
            "--dates" => options.reading.dates = Some(order(&value()?)?),
            "--zone" => {
                let name = value()?;
                let zone = Zone::parse(&name);
                options.reading.zone = zone.map_err(|error| anyhow::anyhow!("`{name}` {error}"))?;
            }
            "--completed" => options
                .reading
                .words
                .extend(words(&value()?, Status::Completed)),
            "--not-completed" => options
                .reading
                .words
                .extend(words(&value()?, Status::Cancelled)),
            "--days" => {
                let value = value()?;
                let (category, days) = value
                    .rsplit_once('=')
                    .with_context(|| format!("--days {value}: write CATEGORY=DAYS"))?;
                let category = Category::parse(category)?;
                let days = number(&argument, days)?;
                let set = options.reading.patterns.set(category, days);
                set.map_err(|error| anyhow::anyhow!("--days: {}", error.message))?;
            }
            "--spread" => {
                options.settings.prior_spread_percent = number(&argument, &value()?)?;
                let checked = options.settings.check();
                checked.map_err(|error| anyhow::anyhow!("--spread {}", error.message))?;
            }
            "--from" => options.from = Some(day(&argument, &value()?)?),
            "--to" => options.to = Some(day(&argument, &value()?)?),
            "--follow-up" => {
                let days = number(&argument, &value()?)?;
                if !(1..=FOLLOW_UP_MAX).contains(&days) {
                    bail!("--follow-up is 1 to {FOLLOW_UP_MAX} days");
                }
                options.follow_up_days = Some(days);
            }
            "--today" => options.reading.today = day(&argument, &value()?)?,
            "--seed" => options.seed = number(&argument, &value()?)?,
            "--svg" => options.svg = Some(value()?.into()),
            "--strict" => options.strict = true,
            "--help" | "-h" => return Ok(Options::Help),
            flag if flag.starts_with("--") => {
                bail!("{flag} is unknown; --help lists what there is")
            }
            file if options.file.as_os_str().is_empty() => options.file = file.into(),
            more => bail!("one file at a time; `{more}` is a second one"),
        }
    }
    if options.file.as_os_str().is_empty() {
        bail!("which file? cargo run --release -p backtest -- backtest visits.csv");
    }
    Ok(Options::Backtest(Box::new(options)))
}

fn read_bench(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let (mut customers, mut seed) = (vec![10_000, 100_000, 1_000_000], 1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next();
        let value = value.with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--customers" => {
                let value = value?;
                let all = value.split(',').map(|one| number(&argument, one.trim()));
                customers = all.collect::<anyhow::Result<_>>()?;
            }
            "--seed" => seed = number(&argument, &value?)?,
            "--help" | "-h" => return Ok(Options::Help),
            other => bail!("{other} is unknown; --help lists what there is"),
        }
    }
    Ok(Options::Bench { customers, seed })
}

fn role(argument: &str) -> Option<Role> {
    let name = argument.strip_prefix("--")?;
    Role::ALL.into_iter().find(|role| role.word() == name)
}

fn separator(text: &str) -> anyhow::Result<u8> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ if text.len() == 1 && text != "\"" => Ok(text.as_bytes()[0]),
        _ => bail!("--separator is one character, or `tab`"),
    }
}

fn order(text: &str) -> anyhow::Result<SlashOrder> {
    match text {
        "dmy" => Ok(SlashOrder::DayFirst),
        "mdy" => Ok(SlashOrder::MonthFirst),
        _ => bail!("--dates is dmy or mdy, not `{text}`"),
    }
}

fn words(text: &str, means: Status) -> impl Iterator<Item = (String, Status)> {
    text.split(',').map(move |word| (word.to_owned(), means))
}

fn day(flag: &str, text: &str) -> anyhow::Result<NaiveDate> {
    text.parse()
        .with_context(|| format!("{flag} is a day like 2026-06-01, not `{text}`"))
}

fn number<T: std::str::FromStr>(flag: &str, text: &str) -> anyhow::Result<T> {
    text.parse()
        .map_err(|_| anyhow::anyhow!("{flag} is a whole number, not `{text}`"))
}
