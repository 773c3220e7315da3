//! What can be set on the command line and in the environment.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

/// How the local binary was called.
#[derive(Debug, Clone)]
pub struct Options {
    /// What to do.
    pub command: Command,
    /// `--addr`, `NACHFASS_ADDR`. Default `127.0.0.1:8787`.
    pub addr: String,
    /// `--data`, `NACHFASS_DATA`: a folder, or `:memory:`. Default `.nachfass`.
    pub data: Option<PathBuf>,
    /// `NACHFASS_API_KEY`: the demo key, instead of a random one.
    pub api_key: Option<String>,
    /// `--seed`, `NACHFASS_SEED`: ids and secrets follow from it, for repeatable runs.
    pub seed: Option<u64>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Serve until stopped.
    Serve,
    /// Play the sources' examples and print what happened.
    Demo,
    /// Judge a file of cases with the built-in decider or the configured model.
    Judge {
        /// The file.
        file: PathBuf,
    },
    /// Send a table of customers to an installation, in parts.
    Import(Import),
    /// Print how to call it.
    Help,
}

/// A table of customers, and where it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// The table.
    pub file: PathBuf,
    /// `--url`: the installation; `None`: the one that runs here.
    pub url: Option<String>,
    /// `--report`: where everything that is wrong is written to, as a table.
    pub report: Option<PathBuf>,
    /// `--dry-run`: store nothing.
    pub dry_run: bool,
    /// `--skip-broken`: store the good rows although others are broken.
    pub skip_broken: bool,
    /// `--fields`: columns that are fields of the business's own, divided by commas.
    pub fields: Option<String>,
    /// `--consent-text`: what customers agreed to whose consent stands in the table.
    pub consent_text: Option<String>,
}

/// How to call it.
pub const HELP: &str = "\
Nachfass on this machine: every function in one process, no account needed.

  cargo run                        serve on 127.0.0.1:8787, data in .nachfass/
  cargo run -- demo                play the sources' examples on a virtual clock
  cargo run -- judge FILE.jsonl    count how good the decider is on labelled conversations
  cargo run -- import FILE.csv     send customers to an installation: first all of it as a dry run,
                                   then, if no row is broken, to be stored

  --addr ADDRESS   NACHFASS_ADDR      where to listen
  --data FOLDER    NACHFASS_DATA      where to keep everything; `:memory:` keeps nothing
  --seed NUMBER    NACHFASS_SEED      makes ids and secrets repeatable
                   NACHFASS_API_KEY   the key to use, at least 8 characters
                   PUBLIC_URL         where providers reach it, through a tunnel for example
                   MODEL_PROVIDER, MODEL_ID, MODEL_URL, MODEL_API_KEY
                                      a model to ask: `openai` or compatible
                   TELEGRAM_BASE_URL, GRAPH_BASE_URL, TWILIO_BASE_URL
                                      a stand-in on this machine: http://127.0.0.1:...
";

impl Options {
    /// Reads arguments and environment; arguments win.
    pub fn read(
        arguments: impl IntoIterator<Item = String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut addr = set("NACHFASS_ADDR");
        let mut data = set("NACHFASS_DATA");
        let mut seed = set("NACHFASS_SEED");
        let mut words = Vec::new();
        let mut import = Import::default();
        let mut of_import = None;
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--addr" => addr = Some(value()?),
                "--data" => data = Some(value()?),
                "--seed" => seed = Some(value()?),
                "--url" | "--report" | "--fields" | "--consent-text" | "--dry-run"
                | "--skip-broken" => {
                    match argument.as_str() {
                        "--url" => import.url = Some(value()?),
                        "--report" => import.report = Some(PathBuf::from(value()?)),
                        "--fields" => import.fields = Some(value()?),
                        "--consent-text" => import.consent_text = Some(value()?),
                        "--dry-run" => import.dry_run = true,
                        _ => import.skip_broken = true,
                    }
                    of_import = Some(argument);
                }
                "--help" | "-h" | "help" => words.push("help".to_owned()),
                flag if flag.starts_with('-') => {
                    bail!("{flag} is unknown; --help lists what there is")
                }
                word => words.push(word.to_owned()),
            }
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = match words.as_slice() {
            [] => Command::Serve,
            ["demo"] => Command::Demo,
            ["judge", file] => Command::Judge {
                file: PathBuf::from(file),
            },
            ["import", file] => Command::Import(Import {
                file: PathBuf::from(file),
                ..import
            }),
            ["import"] => bail!("import needs a file: cargo run -- import customers.csv"),
            ["judge"] => bail!("judge needs a file: cargo run -- judge tests/judgement/dev.jsonl"),
            [first, ..] if *first == "help" => Command::Help,
            other => bail!(
                "`{}` is no command; --help lists what there is",
                other.join(" ")
            ),
        };
        if let Some(flag) = of_import.filter(|_| !matches!(command, Command::Import(_))) {
            bail!("{flag} belongs to import; --help lists what there is");
        }
        Ok(Self {
            command,
            addr: addr.unwrap_or_else(|| "127.0.0.1:8787".to_owned()),
            data: match data.as_deref() {
                Some(":memory:") => None,
                Some(folder) => Some(PathBuf::from(folder)),
                None => Some(PathBuf::from(".nachfass")),
            },
            api_key: set("NACHFASS_API_KEY"),
            seed: seed
                .map(|seed| seed.parse().context("the seed must be a whole number"))
                .transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> anyhow::Result<Options> {
        Options::read(arguments.iter().map(|&word| word.to_owned()), |_| None)
    }

    #[test]
    fn arguments_are_read_and_mistakes_are_named() {
        assert_eq!(read(&[]).unwrap().command, Command::Serve);
        assert_eq!(read(&["demo", "--seed", "7"]).unwrap().seed, Some(7));
        assert_eq!(read(&["--data", ":memory:"]).unwrap().data, None);
        for (wrong, named) in [
            (vec!["--nope"], "--nope"),
            (vec!["--seed"], "--seed"),
            (vec!["fly"], "fly"),
            (vec!["import"], "customers.csv"),
            (vec!["--dry-run"], "--dry-run"),
        ] {
            let error = read(&wrong).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
