//! What the documents say exists, exists.

use std::collections::BTreeSet;

use nachfass::options::Options;
use serde_json::Value;

use super::{files, names, none, read, root};

const DOCUMENTS: [&str; 4] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
];

/// Everything that is set as code: the lines of blocks and what stands between backticks.
fn code(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, part) in text.split("```").enumerate() {
        if number % 2 == 1 {
            // The first line is the language.
            found.extend(part.lines().skip(1).map(str::to_owned));
        } else {
            found.extend(
                part.split('`')
                    .skip(1)
                    .step_by(2)
                    .map(|code| code.replace('\n', " ")),
            );
        }
    }
    found
}

/// Document and code, for all documents.
fn all_code() -> Vec<(&'static str, String)> {
    let of = |document: &'static str| {
        code(&read(document))
            .into_iter()
            .map(move |code| (document, code))
    };
    DOCUMENTS.into_iter().flat_map(of).collect()
}

/// What follows in the same command: up to a comment, a pipe or the next command.
fn words_after<'a>(code: &'a str, command: &str) -> Option<Vec<&'a str>> {
    let after = code.split_once(command)?.1;
    let after = after.split(['#', '|', ';', '&', '(']).next()?;
    Some(after.split_whitespace().collect())
}

#[test]
fn every_command_of_the_local_binary_is_known_to_it() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for (document, code) in all_code() {
        let Some(words) = words_after(&code, "cargo run -- ") else {
            continue;
        };
        seen += 1;
        let words = words.into_iter().map(str::to_owned);
        if let Err(error) = Options::read(words, |_| None) {
            problems.push(format!("{document}: `{code}`: {error:#}"));
        }
    }
    assert!(seen > 2, "the documents name commands");
    none(&problems);
}

#[test]
fn every_step_of_the_checks_is_listed_and_every_listed_one_is_there() {
    let steps: BTreeSet<String> = names(".ci/steps").into_iter().collect();
    let run = read(".ci/run");
    let list = |name: &str| {
        run.lines()
            .find_map(|line| {
                line.strip_prefix(name)?
                    .strip_prefix("=(")?
                    .strip_suffix(')')
            })
            .unwrap()
    };
    let listed: BTreeSet<String> = [list("steps"), list("by_name")]
        .iter()
        .flat_map(|steps| steps.split_whitespace())
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, steps, ".ci/run and .ci/steps");

    let mut problems = Vec::new();
    for (document, code) in all_code() {
        for step in words_after(&code, "bash .ci/run").unwrap_or_default() {
            if !steps.contains(step) {
                problems.push(format!("{document}: `{code}`: no step {step}"));
            }
        }
    }
    none(&problems);
}

#[test]
fn every_package_that_a_command_names_is_there() {
    let packages: BTreeSet<String> = files("Cargo.toml")
        .iter()
        .filter_map(|path| {
            let manifest = read(path);
            let name = manifest
                .lines()
                .find_map(|line| line.strip_prefix("name = \""))?;
            Some(name.trim_end_matches('"').to_owned())
        })
        .collect();
    let mut problems = Vec::new();
    for (document, code) in all_code() {
        for flag in [" -p ", " --package "] {
            if !code.contains("cargo ") {
                continue;
            }
            if let Some(package) = words_after(&code, flag).and_then(|words| words.first().copied())
                && !packages.contains(package)
            {
                problems.push(format!("{document}: `{code}`: no package {package}"));
            }
        }
    }
    none(&problems);
}

#[test]
fn every_path_in_the_documents_leads_somewhere() {
    let mut problems = Vec::new();
    for document in DOCUMENTS {
        for link in read(document)
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if !link.contains("://") && !root().join(link.split('#').next().unwrap()).exists() {
                problems.push(format!("{document}: the link {link} leads nowhere"));
            }
        }
    }
    for (document, code) in all_code() {
        let starts = ["functions/", "shared/", "infra/", "tests/", ".ci/"];
        for word in code
            .split_whitespace()
            .filter(|word| starts.iter().any(|top| word.starts_with(top)))
        {
            let path = word.trim_end_matches([',', '.', ';', ':']);
            // `shared/store/src/*.rs`, `functions/<name>` stand for several.
            let exact = !path.contains(['*', '<', '{', '$']);
            if exact && !root().join(path).exists() {
                problems.push(format!("{document}: {path} does not exist"));
            }
        }
    }
    none(&problems);
}

/// `/v1/rules/{id}`, `/v1/rules/$rule` and `/v1/rules/{rule}` are the same address.
fn shape(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let parts = path.split('/').map(|part| {
        if part.starts_with(['{', '$']) {
            "*"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_address_in_the_documents_is_served() {
    let document: Value = serde_json::from_str(&read("infra/openapi.json")).unwrap();
    let mut served: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(|path| shape(path))
        .collect();
    let control = read("infra/local/src/control.rs");
    let local = control
        .split('"')
        .filter(|text| text.starts_with("/local/"));
    served.extend(local.map(shape));
    let mut problems = Vec::new();
    for (document, code) in all_code() {
        for start in ["/v1/", "/local/"] {
            for (at, _) in code.match_indices(start) {
                // A base address or a folder is before it, never a word.
                if code[..at].ends_with(|before: char| {
                    before.is_alphanumeric() && !code[..at].ends_with("url")
                }) {
                    continue;
                }
                let path = code[at..]
                    .split([' ', '"', '\'', ')', '\\', ','])
                    .next()
                    .unwrap_or_default();
                if !served.contains(&shape(path)) {
                    problems.push(format!("{document}: nobody serves {path}"));
                }
            }
        }
    }
    none(&problems);
}

#[test]
fn every_variable_of_the_local_binary_in_the_documents_is_read() {
    let local: String = files(".rs").iter().map(|path| read(path)).collect();
    let mut problems = Vec::new();
    for (document, code) in all_code() {
        for word in code.split(|c: char| !(c.is_ascii_uppercase() || c == '_')) {
            if word.starts_with("NACHFASS_") && !local.contains(&format!("\"{word}\"")) {
                problems.push(format!("{document}: nobody reads {word}"));
            }
        }
    }
    none(&problems);
}
