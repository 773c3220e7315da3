//! Which calls are made, with what, and in which order.

use std::sync::Mutex;

use app::tasks::EventTask;
use serde_json::{Value, json};

use super::*;
use crate::testing::{self, Canned, Recorder};

#[derive(Default)]
struct Queue(Mutex<Vec<(DueTask, Duration)>>);

#[async_trait]
impl Queues for Queue {
    async fn send_events(&self, _: &[EventTask]) -> Result<(), PortError> {
        unreachable!("timers send no events")
    }

    async fn send_due(&self, task: &DueTask, delay: Duration) -> Result<(), PortError> {
        self.0.lock().unwrap().push((task.clone(), delay));
        Ok(())
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        "2026-03-01T08:00:00Z".parse().unwrap()
    }
}

struct World {
    timers: SchedulerTimers,
    recorder: Recorder,
    queue: Arc<Queue>,
}

fn world(answers: Vec<Canned>) -> World {
    let recorder = Recorder::new(answers);
    let queue = Arc::new(Queue::default());
    let target = TimerTarget {
        group: "nachfass".to_owned(),
        queue_arn: "arn:aws:sqs:eu-central-1:1:due".to_owned(),
        role_arn: "arn:aws:iam::1:role/timers".to_owned(),
        dead_letter_arn: "arn:aws:sqs:eu-central-1:1:dead".to_owned(),
    };
    let client = Client::from_conf(testing::config!(aws_sdk_scheduler, recorder));
    World {
        timers: SchedulerTimers::new(client, target, queue.clone(), Arc::new(Still)),
        recorder,
        queue,
    }
}

impl World {
    async fn arm(&self, at: &str) -> Result<(), PortError> {
        self.timers.arm(&timer(at)).await
    }

    fn methods(&self) -> String {
        let methods: Vec<String> = self
            .recorder
            .calls()
            .iter()
            .map(|call| call.operation.split(' ').next().unwrap().to_owned())
            .collect();
        methods.join(" ")
    }
}

fn timer(at: &str) -> Timer {
    Timer {
        workspace: WorkspaceId::derive(&["w"]),
        conversation: ConversationId::derive(&["c"]),
        generation: 7,
        at: at.parse().unwrap(),
    }
}

fn named(timer: &Timer) -> String {
    name(timer.workspace, timer.conversation)
}

fn done() -> Canned {
    testing::answer(
        200,
        json!({"ScheduleArn": "arn:aws:scheduler:eu-central-1:1:schedule/nachfass/x"}),
    )
}

fn error(code: &str) -> Canned {
    let status = match code {
        "ConflictException" => 409,
        "ResourceNotFoundException" => 404,
        _ => 400,
    };
    testing::answer(status, json!({"__type": code, "Message": "no"}))
}

#[tokio::test]
async fn usually_one_call_creates_a_schedule_that_deletes_itself() {
    let world = world(vec![done()]);
    world.arm("2026-03-01T12:00:00.250Z").await.unwrap();
    let calls = world.recorder.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        calls[0].operation,
        format!("POST /schedules/{}", named(&timer("2026-03-01T12:00:00Z")))
    );
    let mut body = calls[0].body.clone();
    body.as_object_mut().unwrap().remove("ClientToken");
    let input: Value = serde_json::from_str(body["Target"]["Input"].as_str().unwrap()).unwrap();
    body["Target"]["Input"] = Value::Null;
    assert_eq!(
        body,
        json!({
            "GroupName": "nachfass",
            "ScheduleExpression": "at(2026-03-01T12:00:01)",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": "arn:aws:sqs:eu-central-1:1:due",
                "RoleArn": "arn:aws:iam::1:role/timers",
                "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-central-1:1:dead"},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 30},
                "Input": null,
            },
        })
    );
    let task: DueTask = serde_json::from_value(input).unwrap();
    assert_eq!(task, super::task(&timer("2026-03-01T12:00:00Z")));
    assert!(world.queue.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_existing_schedule_is_moved_with_the_full_request() {
    let world = world(vec![error("ConflictException"), done()]);
    world.arm("2026-03-01T12:00:00Z").await.unwrap();
    assert_eq!(world.methods(), "POST PUT");
    let calls = world.recorder.calls();
    let without_token = |nth: usize| {
        let mut body: Value = calls[nth].body.clone();
        body.as_object_mut().unwrap().remove("ClientToken");
        body
    };
    assert_eq!(without_token(0), without_token(1));
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_vanishes_or_is_busy_is_followed_but_not_for_ever() {
    let world = self::world(vec![
        error("ConflictException"),
        error("ResourceNotFoundException"),
        done(),
    ]);
    world.arm("2026-03-01T12:00:00Z").await.unwrap();
    assert_eq!(world.methods(), "POST PUT POST");

    let world = self::world(vec![
        error("ConflictException"),
        error("ConflictException"),
        done(),
    ]);
    world.arm("2026-03-01T12:00:00Z").await.unwrap();
    assert_eq!(world.methods(), "POST PUT PUT");

    let world = self::world((0..9).map(|_| error("ConflictException")).collect());
    assert!(world.arm("2026-03-01T12:00:00Z").await.is_err());
    assert_eq!(world.methods(), "POST PUT PUT PUT");
}

#[tokio::test]
async fn what_is_due_within_a_minute_goes_to_the_queue_without_scheduler() {
    let world = world(vec![]);
    world.arm("2026-03-01T07:00:00Z").await.unwrap();
    world.arm("2026-03-01T08:00:45Z").await.unwrap();
    let delays: Vec<u64> = world
        .queue
        .0
        .lock()
        .unwrap()
        .iter()
        .map(|(_, delay)| delay.as_secs())
        .collect();
    assert_eq!(delays, [0, 45]);
    assert_eq!(world.methods(), "");
}

#[tokio::test]
async fn a_refused_time_is_queued_when_it_is_near_and_an_error_when_it_is_not() {
    let near = world(vec![error("ValidationException")]);
    near.arm("2026-03-01T08:01:30Z").await.unwrap();
    assert_eq!(near.queue.0.lock().unwrap().len(), 1);

    let far = world(vec![error("ValidationException")]);
    let refused = far.arm("2026-03-01T12:00:00Z").await.unwrap_err();
    assert!(refused.message.contains("invalid"));
    assert!(far.queue.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn other_errors_are_reported_with_their_code() {
    let world = world(vec![error("ServiceQuotaExceededException")]);
    let error = world.arm("2026-03-01T12:00:00Z").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "timers: CreateSchedule: ServiceQuotaExceededException"
    );
}

#[tokio::test]
async fn armed_timers_are_listed_by_part_and_page() {
    let known = named(&timer("2026-03-01T12:00:00Z"));
    let page = |names: &[&str], next: Option<&str>| {
        let schedules: Vec<Value> = names.iter().map(|name| json!({"Name": name})).collect();
        testing::answer(200, json!({"Schedules": schedules, "NextToken": next}))
    };
    let world = world(vec![
        page(&[&known, "somebody-elses"], Some("more")),
        page(&[], None),
    ]);
    let part = Part::new(u32::from_str_radix(&known[..1], 16).unwrap());
    let first = world.timers.armed(part, None).await.unwrap();
    let one = timer("2026-03-01T12:00:00Z");
    assert_eq!(first.timers, [(one.workspace, one.conversation)]);
    let second = world.timers.armed(part, first.next).await.unwrap();
    assert!(second.timers.is_empty() && second.next.is_none());
    let calls = world.recorder.calls();
    let query = |nth: usize| calls[nth].operation.clone();
    let digit = part.digit();
    assert_eq!(
        query(0),
        format!("GET /schedules?ScheduleGroup=nachfass&NamePrefix={digit}&MaxResults=100")
    );
    assert!(query(1).contains("NextToken=more"), "{}", query(1));
}

#[tokio::test]
async fn a_timer_is_removed_once_and_its_absence_is_no_error() {
    let one = timer("2026-03-01T12:00:00Z");
    let world = world(vec![
        testing::answer(200, json!({})),
        error("ResourceNotFoundException"),
        error("InternalServerException"),
    ]);
    let disarm = async || world.timers.disarm(one.workspace, one.conversation).await;
    disarm().await.unwrap();
    disarm().await.unwrap();
    assert!(disarm().await.is_err());
    let called = &world.recorder.calls()[0].operation;
    let path = format!("DELETE /schedules/{}?", named(&one));
    assert!(called.starts_with(&path), "{called}");
    assert!(called.contains("groupName=nachfass"), "{called}");
}

#[test]
fn a_name_fits_and_names_both_ids() {
    let one = timer("2026-03-01T12:00:00Z");
    let name = named(&one);
    assert_eq!(name.len(), 64);
    assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(parse_name(&name), Some((one.workspace, one.conversation)));
    for other in ["", "nf-1", &name[1..], &name.replace('a', "x")] {
        assert_eq!(parse_name(other), None, "{other}");
    }
}
