//! Conventions that would hurt if they were broken, as tests. Each one says what to do.

mod code;
mod crates;
mod documents;
mod template;

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file, by its path from the root.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names in a folder, sorted.
fn names(folder: &str) -> Vec<String> {
    let found =
        fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut names: Vec<String> = found
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every file of ours with this ending, by its path from the root.
fn files(ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for top in ["functions", "shared", "infra", "tests"] {
        walk(top, ending, &mut found);
    }
    found
}

fn walk(folder: &str, ending: &str, found: &mut Vec<String>) {
    for name in names(folder) {
        let path = format!("{folder}/{name}");
        let generated = ["target", "node_modules", "__pycache__"].contains(&name.as_str());
        if root().join(&path).is_dir() {
            if !generated {
                walk(&path, ending, found);
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

/// All problems at once, so that one run shows everything that is to be done.
fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}
