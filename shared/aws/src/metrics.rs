//! Metrics as lines in the Embedded Metric Format of AWS: they are read out of the log,
//! so that counting costs no call.

use std::io::Write as _;
use std::sync::Arc;

use app::metrics::{Metric, Metrics, Unit};
use app::ports::Clock;
use serde_json::{Map, Value, json};

/// The namespace of all of them.
const NAMESPACE: &str = "Nachfass";
/// The only dimension: one value for each function of a stack.
const DIMENSION: &str = "FunctionName";

/// Writes metrics to standard output, which Lambda sends to the log.
pub struct EmbeddedMetrics {
    function: String,
    clock: Arc<dyn Clock>,
}

impl EmbeddedMetrics {
    pub(crate) fn new(function: String, clock: Arc<dyn Clock>) -> Self {
        Self { function, clock }
    }

    fn line(&self, metrics: &[Metric]) -> Value {
        let described: Vec<Value> = metrics
            .iter()
            .map(|metric| json!({"Name": metric.name, "Unit": unit(metric.unit)}))
            .collect();
        let mut line: Map<String, Value> = metrics
            .iter()
            .map(|metric| (metric.name.to_owned(), metric.value.into()))
            .collect();
        line.insert(DIMENSION.to_owned(), self.function.clone().into());
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": self.clock.now().timestamp_millis(),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": described,
                }],
            }),
        );
        Value::Object(line)
    }
}

impl Metrics for EmbeddedMetrics {
    fn put(&self, metrics: &[Metric]) {
        // One write, so that a line of the log cannot end up in the middle. A closed output is
        // no reason to fail what was counted.
        let _ = std::io::stdout()
            .lock()
            .write_all(format!("{}\n", self.line(metrics)).as_bytes());
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "Count",
        Unit::Seconds => "Seconds",
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp_millis(1_772_352_000_123).unwrap()
        }
    }

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let metrics = EmbeddedMetrics::new("stack-sweep".to_owned(), Arc::new(Still));
        let line = metrics.line(&[Metric::count("woken", 3), Metric::seconds("late", 61)]);
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_772_352_000_123_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Nachfass",
                        "Dimensions": [["FunctionName"]],
                        "Metrics": [
                            {"Name": "woken", "Unit": "Count"},
                            {"Name": "late", "Unit": "Seconds"},
                        ],
                    }],
                },
                "FunctionName": "stack-sweep", "woken": 3, "late": 61,
            })
        );
    }
}
