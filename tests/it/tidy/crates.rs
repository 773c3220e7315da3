//! Who may depend on whom.

use std::collections::{BTreeMap, BTreeSet};

use super::{files, names, none, read, root};

/// What a pure crate must not be able to reach: async, I/O, the environment, randomness, logs.
const IMPURE: [&str; 12] = [
    "async-",
    "aws",
    "axum",
    "dynoxide",
    "futures",
    "getrandom",
    "hyper",
    "lambda",
    "rand",
    "reqwest",
    "tokio",
    "tracing",
];

/// Our crates and those of ours that they may name. Arrows point down only.
const LAYERS: [(&str, &[&str]); 8] = [
    ("ai", &["domain"]),
    ("domain", &[]),
    ("channels", &["domain"]),
    ("mail", &["domain"]),
    ("store", &["domain", "mail"]),
    ("app", &["ai", "channels", "domain", "mail", "store"]),
    ("aws", &["ai", "app", "channels", "domain", "mail", "store"]),
    (
        "local",
        &["ai", "app", "channels", "domain", "mail", "store"],
    ),
];

/// What the functions may name; `local` and each other they may not.
const BELOW_FUNCTIONS: [&str; 7] = ["ai", "app", "aws", "channels", "domain", "mail", "store"];

/// Dependencies that nothing names; their manifest says why they are there.
const UNNAMED: [(&str, &str); 5] = [
    ("shared/aws/Cargo.toml", "indexmap"),
    ("infra/local/Cargo.toml", "bitflags"),
    ("infra/local/Cargo.toml", "getrandom"),
    ("infra/local/Cargo.toml", "memchr"),
    ("infra/local/Cargo.toml", "rand"),
];

/// The lines of a section of a manifest, `[dependencies]` for example.
fn section(manifest: &str, name: &str) -> Vec<String> {
    let mut lines = manifest
        .lines()
        .skip_while(|line| line.trim() != format!("[{name}]"));
    lines.next();
    lines
        .take_while(|line| !line.starts_with('['))
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// The names on the left of a section.
fn dependencies(manifest: &str, name: &str) -> BTreeSet<String> {
    let end = |line: &str| line.find([' ', '.', '=']).unwrap_or(line.len());
    section(manifest, name)
        .iter()
        .map(|line| line[..end(line)].to_owned())
        .collect()
}

fn manifest(name: &str) -> String {
    let path = files("Cargo.toml")
        .into_iter()
        .find(|path| path.split('/').nth_back(1) == Some(name))
        .unwrap_or_else(|| panic!("no crate {name}"));
    read(&path)
}

/// The dependencies of a crate and of ours below it, each with who asks for it.
fn reached(name: &str, found: &mut BTreeMap<String, String>) {
    for dependency in dependencies(&manifest(name), "dependencies") {
        if found.insert(dependency.clone(), name.to_owned()).is_none()
            && LAYERS.iter().any(|(ours, _)| *ours == dependency)
        {
            reached(&dependency, found);
        }
    }
}

#[test]
fn pure_crates_reach_nothing_that_waits_reads_or_guesses() {
    let mut problems = Vec::new();
    for name in ["domain", "channels", "mail", "ai"] {
        let mut found = BTreeMap::new();
        reached(name, &mut found);
        for (dependency, by) in &found {
            if IMPURE.iter().any(|impure| dependency.starts_with(impure)) {
                problems.push(format!(
                    "{name} must stay pure, but {by} depends on {dependency}"
                ));
            }
        }
        for table in ["build-dependencies", "features"] {
            if !section(&manifest(name), table).is_empty() {
                problems.push(format!("{name} has a section [{table}]"));
            }
        }
    }
    none(&problems);
}

#[test]
fn the_clock_and_randomness_are_no_features_of_what_everybody_may_use() {
    let shared = section(&read("Cargo.toml"), "workspace.dependencies");
    let line = |name: &str| {
        shared
            .iter()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap()
            .clone()
    };
    for feature in ["clock", "now", "wasmbind"] {
        assert!(
            !line("chrono").contains(&format!("\"{feature}\"")),
            "chrono has {feature}"
        );
    }
    assert!(line("chrono").contains("default-features = false"));
    for feature in ["v1", "v4", "v7", "rng", "fast-rng"] {
        assert!(
            !line("uuid").contains(&format!("\"{feature}\"")),
            "uuid has {feature}"
        );
    }
    let mut problems = Vec::new();
    for name in ["domain", "channels", "mail", "ai"] {
        for line in section(&manifest(name), "dependencies") {
            if (line.starts_with("chrono") || line.starts_with("uuid")) && line.contains("features")
            {
                problems.push(format!("{name}: `{line}` adds features"));
            }
        }
    }
    none(&problems);
}

#[test]
fn arrows_point_down() {
    let ours: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let functions = names("functions");
    let mut problems = Vec::new();
    for (name, allowed) in LAYERS {
        for dependency in dependencies(&manifest(name), "dependencies") {
            let is_ours = ours.contains(&dependency.as_str()) || functions.contains(&dependency);
            if is_ours && !allowed.contains(&dependency.as_str()) {
                problems.push(format!("{name} must not know {dependency}"));
            }
        }
    }
    for name in &functions {
        for dependency in dependencies(&manifest(name), "dependencies") {
            let is_ours = ours.contains(&dependency.as_str()) || functions.contains(&dependency);
            if is_ours && !BELOW_FUNCTIONS.contains(&dependency.as_str()) {
                problems.push(format!("functions/{name} must not know {dependency}"));
            }
        }
    }
    assert_eq!(
        names("shared").len(),
        LAYERS.len(),
        "a crate without a place in LAYERS"
    );
    none(&problems);
}

#[test]
fn only_aws_names_services_of_aws_besides_the_table() {
    let mut problems = Vec::new();
    for path in files("Cargo.toml") {
        let may_name_table = ["shared/store", "shared/local", "tests"];
        for dependency in dependencies(&read(&path), "dependencies") {
            let of_aws = dependency.starts_with("aws-sdk-") || dependency == "aws-config";
            let table = dependency == "aws-sdk-dynamodb"
                && may_name_table.iter().any(|folder| path.starts_with(folder));
            if of_aws && !table && !path.starts_with("shared/aws/") {
                problems.push(format!("{path} names {dependency}; ask a port instead"));
            }
        }
    }
    none(&problems);
}

#[test]
fn every_dependency_is_named_somewhere() {
    let mut problems = Vec::new();
    for path in files("Cargo.toml") {
        let folder = path.trim_end_matches("/Cargo.toml");
        let rust = |inside: &str| -> String {
            let folder = format!("{folder}/{inside}");
            if !root().join(&folder).is_dir() {
                return String::new();
            }
            let of_crate = files(".rs")
                .into_iter()
                .filter(|file| file.starts_with(&folder));
            of_crate.map(|file| read(&file)).collect()
        };
        let (source, all) = (rust("src"), rust(""));
        let all = if all.is_empty() { source.clone() } else { all };
        for (table, text) in [("dependencies", &source), ("dev-dependencies", &all)] {
            for dependency in dependencies(&read(&path), table) {
                let name = match dependency.as_str() {
                    "dynoxide-rs" => "dynoxide".to_owned(),
                    other => other.replace('-', "_"),
                };
                let named =
                    text.contains(&format!("{name}::")) || text.contains(&format!("use {name}"));
                if !named && !UNNAMED.contains(&(path.as_str(), dependency.as_str())) {
                    problems.push(format!("{path}: nothing uses {dependency}"));
                }
            }
        }
    }
    none(&problems);
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    let mut problems = Vec::new();
    for path in files("Cargo.toml") {
        if section(&read(&path), "lints") != ["workspace = true"] {
            problems.push(format!("{path}: add `[lints] workspace = true`"));
        }
    }
    none(&problems);
}

/// The fuzz targets are a workspace of their own, but not of their own taste.
#[test]
fn what_is_fuzzed_is_what_is_shipped() {
    let (ours, theirs) = (read("Cargo.toml"), read("tests/fuzz/Cargo.toml"));
    for table in ["workspace.lints.rust", "workspace.lints.clippy"] {
        assert_eq!(section(&theirs, table), section(&ours, table), "{table}");
    }
    let packages = |lock: &str| -> BTreeSet<String> {
        let packages = lock.split("[[package]]").skip(1);
        let lines = packages.map(|package| package.lines().skip(1).take(2));
        lines
            .map(|lines| lines.collect::<Vec<_>>().join(" "))
            .collect()
    };
    let shipped = packages(&read("Cargo.lock"));
    let only_here =
        ["arbitrary", "fuzz", "libfuzzer-sys"].map(|name| format!("name = \"{name}\" "));
    let problems: Vec<String> = packages(&read("tests/fuzz/Cargo.lock"))
        .difference(&shipped)
        .filter(|package| !only_here.iter().any(|name| package.starts_with(name)))
        .map(|package| {
            format!(
                "tests/fuzz/Cargo.lock: {package} is not what Cargo.lock has; copy that and build"
            )
        })
        .collect();
    none(&problems);
}
