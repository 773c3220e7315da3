//! `template.yaml` against the code. Read line by line: its tags are beyond most YAML parsers,
//! and what is looked for stands on lines of its own. `tests/deploy/check_template.py` parses it
//! and looks at permissions; here is what needs the code to be known.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{KeySchemaElement, Projection};

use super::{names, read};

/// The lines below this one that are indented deeper.
fn block<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip_while(|line| line.trim_end() != start);
    assert!(
        lines.next().is_some(),
        "template.yaml has no line `{start}`"
    );
    let outside = depth(start);
    lines
        .take_while(|line| line.trim().is_empty() || depth(line) > outside)
        .collect()
}

/// The value of `Name: value` in `{ Name: value, Other: value }` or on a line of its own.
fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let after = line.split_once(&format!("{name}: "))?.1;
    Some(after.split([',', '}']).next()?.trim())
}

#[test]
fn every_function_is_deployed_and_nothing_else_is() {
    let template = read("template.yaml");
    let deployed: BTreeSet<&str> = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("CodeUri: functions/"))
        .collect();
    let crates = names("functions");
    let crates: BTreeSet<&str> = crates.iter().map(String::as_str).collect();
    assert_eq!(
        deployed, crates,
        "functions in template.yaml and in functions/"
    );
}

#[test]
fn every_variable_that_is_read_is_set_and_every_one_that_is_set_is_read() {
    let config = read("shared/app/src/config.rs");
    let constants: BTreeSet<String> = config
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split_once(": &str = \""))
        .map(|(constant, value)| {
            let value = value.trim_end_matches("\";");
            assert_eq!(constant, value, "a variable and its constant have one name");
            value.to_owned()
        })
        .collect();
    assert!(constants.contains("TABLE_NAME"));

    let template = read("template.yaml");
    let mut set = BTreeSet::new();
    let mut variables_at = None;
    for line in template.lines() {
        let depth = line.len() - line.trim_start().len();
        if line.trim() == "Variables:" {
            variables_at = Some(depth);
        } else if variables_at.is_some_and(|outside| depth <= outside) {
            variables_at = None;
        } else if variables_at.is_some() {
            let name = line.trim().split(':').next().unwrap_or_default();
            // Those that the runtime or its adapter reads are not ours.
            if !name.starts_with("AWS_") && !name.starts_with('#') {
                set.insert(name.to_owned());
            }
        }
    }
    assert_eq!(
        set, constants,
        "variables in template.yaml and in shared/app/src/config.rs"
    );
}

/// Keys, indexes and projections, a line for each.
fn deployed_table() -> BTreeSet<String> {
    let template = read("template.yaml");
    let table = block(&template, "  Table:").join("\n");
    let mut lines = BTreeSet::new();
    lines.extend(
        block(&table, "      AttributeDefinitions:")
            .iter()
            .filter_map(|line| {
                Some(format!(
                    "{} is {}",
                    value(line, "AttributeName")?,
                    value(line, "AttributeType")?
                ))
            }),
    );
    let key = |line: &str, of: &str| {
        Some(format!(
            "{of}: {} {}",
            value(line, "AttributeName")?,
            value(line, "KeyType")?
        ))
    };
    lines.extend(
        block(&table, "      KeySchema:")
            .iter()
            .filter_map(|line| key(line, "table")),
    );
    let mut index = "";
    for line in block(&table, "      GlobalSecondaryIndexes:") {
        index = value(line, "- IndexName").unwrap_or(index);
        lines.extend(key(line, index));
        lines.extend(value(line, "ProjectionType").map(|kind| format!("{index}: projects {kind}")));
    }
    lines.extend(
        table
            .lines()
            .filter_map(|line| Some(format!("pays {}", value(line, "BillingMode")?))),
    );
    lines
}

fn defined_table() -> BTreeSet<String> {
    let table = store::table_definition("nachfass");
    let keys = |of: &str, keys: &[KeySchemaElement]| -> Vec<String> {
        let line = |key: &KeySchemaElement| {
            format!("{of}: {} {}", key.attribute_name(), key.key_type().as_str())
        };
        keys.iter().map(line).collect()
    };
    let mut lines = BTreeSet::new();
    for attribute in table.get_attribute_definitions().as_deref().unwrap() {
        let kind = attribute.attribute_type().as_str();
        lines.insert(format!("{} is {kind}", attribute.attribute_name()));
    }
    lines.extend(keys("table", table.get_key_schema().as_deref().unwrap()));
    for index in table.get_global_secondary_indexes().as_deref().unwrap() {
        lines.extend(keys(index.index_name(), index.key_schema()));
        let projection = index
            .projection()
            .and_then(Projection::projection_type)
            .unwrap();
        lines.insert(format!(
            "{}: projects {}",
            index.index_name(),
            projection.as_str()
        ));
    }
    lines.insert(format!(
        "pays {}",
        table.get_billing_mode().as_ref().unwrap().as_str()
    ));
    lines
}

#[test]
fn the_deployed_table_is_the_one_the_store_is_tested_on() {
    let (deployed, defined) = (deployed_table(), defined_table());
    assert_eq!(
        deployed, defined,
        "template.yaml and store::table_definition"
    );
}

#[test]
fn what_expires_carries_the_attribute_that_the_table_looks_at() {
    let template = read("template.yaml");
    let lives = block(&template, "      TimeToLiveSpecification:").join("\n");
    let attribute = value(lines_with(&lives, "AttributeName"), "AttributeName").unwrap();
    let items = read("shared/store/src/items.rs");
    assert!(
        items.contains(&format!("{attribute}: Option<i64>")),
        "{attribute} in items.rs"
    );
}

fn lines_with<'a>(text: &'a str, what: &str) -> &'a str {
    text.lines().find(|line| line.contains(what)).unwrap()
}
