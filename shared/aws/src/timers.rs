//! Far timers: one schedule of EventBridge Scheduler per conversation.

use std::sync::Arc;
use std::time::Duration;

use app::ports::{ArmedPage, Clock, Part, PortError, Queues, Timer, Timers};
use app::tasks::DueTask;
use async_trait::async_trait;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::SdkError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode,
    RetryPolicy, Target,
};
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use domain::ids::{ConversationId, WorkspaceId};

use crate::error::{plain, port_error};

const SERVICE: &str = "timers";
/// Scheduler fires within the minute; what is due sooner reaches the queue sooner without it.
const SOON: TimeDelta = TimeDelta::seconds(60);
/// Calls of one `arm`. A schedule can vanish or appear between two calls, but not for ever.
const MAX_CALLS: u32 = 4;
/// After an hour the sweep has long found the conversation by itself.
const MAX_EVENT_AGE_SECONDS: i32 = 3_600;
const MAX_DELIVERY_ATTEMPTS: i32 = 30;
/// As many as one answer may hold.
const LIST_PAGE: i32 = 100;

/// Creating and updating take the same, but the SDK has a type for each.
macro_rules! sent {
    ($request:expr, $schedule:expr, $target:expr) => {
        $request
            .name(&$schedule.name)
            .group_name(&$target.group)
            .schedule_expression(&$schedule.expression)
            .schedule_expression_timezone("UTC")
            .flexible_time_window($schedule.window.clone())
            .action_after_completion(ActionAfterCompletion::Delete)
            .target($schedule.target.clone())
            .send()
            .await
    };
}

/// Where timers live and what they do when they fire.
#[derive(Debug, Clone)]
pub struct TimerTarget {
    /// The schedule group of this stack.
    pub group: String,
    /// ARN of the queue `due`.
    pub queue_arn: String,
    /// ARN of the role that may put messages on it.
    pub role_arn: String,
    /// ARN of the queue for what could not be delivered.
    pub dead_letter_arn: String,
}

/// One-shot schedules that put [`DueTask::WakeV1`] on the queue `due`.
pub struct SchedulerTimers {
    client: Client,
    target: TimerTarget,
    queues: Arc<dyn Queues>,
    clock: Arc<dyn Clock>,
}

impl SchedulerTimers {
    pub(crate) fn new(
        client: Client,
        target: TimerTarget,
        queues: Arc<dyn Queues>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            client,
            target,
            queues,
            clock,
        }
    }

    /// Creates first, because lazy re-arming leaves most conversations without a schedule when
    /// they need one; then whatever the last answer asks for.
    async fn schedule(&self, timer: &Timer) -> Result<Armed, PortError> {
        let schedule = Schedule::of(timer, &self.target)?;
        let mut answer = self.create(&schedule).await?;
        let mut pause = Duration::from_millis(100);
        for _ in 1..MAX_CALLS {
            answer = match answer {
                Answer::Done => return Ok(Armed::Scheduled),
                Answer::Refused => return Ok(Armed::Refused),
                Answer::Exists => self.update(&schedule).await?,
                Answer::Gone => self.create(&schedule).await?,
                Answer::Busy => {
                    breathe(pause).await;
                    pause *= 2;
                    self.update(&schedule).await?
                }
            };
        }
        match answer {
            Answer::Done => Ok(Armed::Scheduled),
            Answer::Refused => Ok(Armed::Refused),
            _ => Err(plain(
                SERVICE,
                "the schedule kept changing under us; the sweep will find it",
            )),
        }
    }

    async fn create(&self, schedule: &Schedule) -> Result<Answer, PortError> {
        let sent = sent!(self.client.create_schedule(), schedule, self.target);
        match sent {
            Ok(_) => Ok(Answer::Done),
            Err(SdkError::ServiceError(context)) if context.err().is_conflict_exception() => {
                Ok(Answer::Exists)
            }
            Err(SdkError::ServiceError(context)) if context.err().is_validation_exception() => {
                Ok(Answer::Refused)
            }
            Err(error) => Err(port_error(SERVICE, "CreateSchedule", error)),
        }
    }

    /// The full request again: what an update leaves out returns to its default.
    async fn update(&self, schedule: &Schedule) -> Result<Answer, PortError> {
        let sent = sent!(self.client.update_schedule(), schedule, self.target);
        match sent {
            Ok(_) => Ok(Answer::Done),
            Err(SdkError::ServiceError(context))
                if context.err().is_resource_not_found_exception() =>
            {
                Ok(Answer::Gone)
            }
            Err(SdkError::ServiceError(context)) if context.err().is_conflict_exception() => {
                Ok(Answer::Busy)
            }
            Err(SdkError::ServiceError(context)) if context.err().is_validation_exception() => {
                Ok(Answer::Refused)
            }
            Err(error) => Err(port_error(SERVICE, "UpdateSchedule", error)),
        }
    }

    async fn enqueue(&self, timer: &Timer, now: DateTime<Utc>) -> Result<(), PortError> {
        let delay = (timer.at - now).to_std().unwrap_or_default();
        self.queues.send_due(&task(timer), delay).await
    }
}

#[async_trait]
impl Timers for SchedulerTimers {
    async fn arm(&self, timer: &Timer) -> Result<(), PortError> {
        let now = self.clock.now();
        if timer.at <= now + SOON {
            return self.enqueue(timer, now).await;
        }
        match self.schedule(timer).await? {
            Armed::Scheduled => Ok(()),
            // The service's clock may be ahead of ours. Anything further away was refused for
            // another reason, and a task now would only come back here: a loop.
            Armed::Refused if timer.at <= now + SOON * 2 => self.enqueue(timer, now).await,
            Armed::Refused => Err(plain(SERVICE, "Scheduler refused the schedule as invalid")),
        }
    }

    async fn armed(&self, part: Part, page: Option<String>) -> Result<ArmedPage, PortError> {
        let answer = self
            .client
            .list_schedules()
            .group_name(&self.target.group)
            .name_prefix(part.digit())
            .max_results(LIST_PAGE)
            .set_next_token(page)
            .send()
            .await
            .map_err(|error| port_error(SERVICE, "ListSchedules", error))?;
        let names = answer.schedules.iter().filter_map(|found| found.name());
        Ok(ArmedPage {
            timers: names.filter_map(parse_name).collect(),
            next: answer.next_token,
        })
    }

    async fn disarm(&self, ws: WorkspaceId, conversation: ConversationId) -> Result<(), PortError> {
        let sent = self
            .client
            .delete_schedule()
            .group_name(&self.target.group)
            .name(name(ws, conversation))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(context))
                if context.err().is_resource_not_found_exception() =>
            {
                Ok(())
            }
            Err(error) => Err(port_error(SERVICE, "DeleteSchedule", error)),
        }
    }
}

enum Armed {
    Scheduled,
    Refused,
}

enum Answer {
    Done,
    Exists,
    Gone,
    Busy,
    Refused,
}

struct Schedule {
    name: String,
    expression: String,
    window: FlexibleTimeWindow,
    target: Target,
}

impl Schedule {
    fn of(timer: &Timer, target: &TimerTarget) -> Result<Self, PortError> {
        let incomplete = |_| plain(SERVICE, "the schedule is incomplete");
        let input = serde_json::to_string(&task(timer)).map_err(|error| PortError {
            service: SERVICE,
            message: "the task cannot be written as JSON".to_owned(),
            source: Some(error.into()),
        })?;
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
        let retries = RetryPolicy::builder()
            .maximum_event_age_in_seconds(MAX_EVENT_AGE_SECONDS)
            .maximum_retry_attempts(MAX_DELIVERY_ATTEMPTS)
            .build();
        let target = Target::builder()
            .arn(&target.queue_arn)
            .role_arn(&target.role_arn)
            .dead_letter_config(
                DeadLetterConfig::builder()
                    .arn(&target.dead_letter_arn)
                    .build(),
            )
            .retry_policy(retries)
            .input(input);
        Ok(Self {
            name: name(timer.workspace, timer.conversation),
            expression: expression(timer.at),
            window: window.build().map_err(incomplete)?,
            target: target.build().map_err(incomplete)?,
        })
    }
}

fn task(timer: &Timer) -> DueTask {
    DueTask::WakeV1 {
        workspace: timer.workspace,
        conversation: timer.conversation,
        generation: timer.generation,
    }
}

/// Both ids without their prefixes: 64 characters, as long as a name may be. The conversation first,
/// so that the beginning of a name says to which part it belongs. Ids tell nothing about a person.
fn name(ws: WorkspaceId, conversation: ConversationId) -> String {
    let (ws, conversation) = (ws.to_string(), conversation.to_string());
    let bare = |id: &str, prefix: &str| id.strip_prefix(prefix).unwrap_or_default().to_owned();
    bare(&conversation, ConversationId::PREFIX) + &bare(&ws, WorkspaceId::PREFIX)
}

/// The ids in a name; `None`: somebody else's schedule.
fn parse_name(name: &str) -> Option<(WorkspaceId, ConversationId)> {
    let (conversation, ws) = name.split_at_checked(32)?;
    let ws = format!("{}{ws}", WorkspaceId::PREFIX);
    let conversation = format!("{}{conversation}", ConversationId::PREFIX);
    Some((
        WorkspaceId::parse(&ws).ok()?,
        ConversationId::parse(&conversation).ok()?,
    ))
}

/// Whole seconds, no zone and no fraction. Rounded up: early means to be armed again.
fn expression(at: DateTime<Utc>) -> String {
    let whole = at.with_nanosecond(0).unwrap_or(at);
    let at = if whole < at {
        whole + TimeDelta::seconds(1)
    } else {
        whole
    };
    at.format("at(%Y-%m-%dT%H:%M:%S)").to_string()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a pause between two calls, not a timer of the system"
)]
async fn breathe(pause: Duration) {
    tokio::time::sleep(pause).await;
}

#[cfg(test)]
mod tests;
