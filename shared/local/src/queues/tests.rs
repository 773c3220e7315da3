//! The rules of SQS, one test each, on a clock that stands still.

use app::tasks::DueTask;
use domain::ids::{ConversationId, WorkspaceId};

use super::*;
use crate::VirtualClock;

struct World {
    clock: Arc<VirtualClock>,
    queues: LocalQueues,
}

fn world() -> World {
    let clock = Arc::new(VirtualClock::standing_at(
        "2026-03-01T08:00:00Z".parse().unwrap(),
    ));
    let queues = LocalQueues::memory(clock.clone(), QueueLimits::default()).unwrap();
    World { clock, queues }
}

impl World {
    fn event(&self, group: &str, deduplication: &str) {
        self.queues
            .accept(&[Fifo {
                group: group.to_owned(),
                deduplication: deduplication.to_owned(),
                body: deduplication.to_owned(),
            }])
            .unwrap();
    }

    async fn due(&self, generation: u64, delay: u64) {
        self.queues
            .send_due(&wake(generation), Duration::from_secs(delay))
            .await
            .unwrap();
    }

    fn receive(&self, queue: Queue) -> Vec<Received> {
        self.queues.receive(queue, 10).unwrap()
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds)).unwrap();
    }

    fn seconds_to_next(&self) -> Option<i64> {
        self.queues
            .next_visible_at()
            .unwrap()
            .map(|at| (at - self.clock.now()).num_seconds())
    }
}

fn wake(generation: u64) -> DueTask {
    DueTask::WakeV1 {
        workspace: WorkspaceId::derive(&["w"]),
        conversation: ConversationId::derive(&["c"]),
        generation,
    }
}

fn bodies(received: &[Received]) -> Vec<&str> {
    received
        .iter()
        .map(|message| message.body.as_str())
        .collect()
}

#[test]
fn the_same_event_within_five_minutes_is_accepted_once() {
    let world = world();
    world.event("g", "a");
    world.event("g", "a");
    let received = world.receive(Queue::Events);
    assert_eq!(bodies(&received), ["a"]);
    // Deleting does not open the window again.
    world.queues.delete(&received[0].id).unwrap();
    world.advance(299);
    world.event("g", "a");
    assert_eq!(world.receive(Queue::Events), []);
    world.advance(1);
    world.event("g", "a");
    assert_eq!(bodies(&world.receive(Queue::Events)), ["a"]);
}

#[test]
fn a_group_is_in_order_and_closed_while_somebody_works_on_it() {
    let world = world();
    for (group, id) in [("g", "g1"), ("h", "h1"), ("g", "g2")] {
        world.event(group, id);
    }
    let first = world.queues.receive(Queue::Events, 1).unwrap();
    assert_eq!(bodies(&first), ["g1"]);
    assert_eq!(first[0].group.as_deref(), Some("g"));
    assert_eq!(bodies(&world.receive(Queue::Events)), ["h1"]);
    assert_eq!(world.receive(Queue::Events), []);

    world.queues.delete(&first[0].id).unwrap();
    assert_eq!(bodies(&world.receive(Queue::Events)), ["g2"]);
}

#[test]
fn a_message_that_was_not_deleted_comes_back_before_the_later_ones() {
    let world = world();
    world.event("g", "g1");
    world.event("g", "g2");
    assert_eq!(bodies(&world.receive(Queue::Events)), ["g1", "g2"]);
    assert_eq!(world.seconds_to_next(), Some(90));
    world.advance(89);
    assert_eq!(world.receive(Queue::Events), []);
    world.advance(1);
    let again = world.receive(Queue::Events);
    assert_eq!(bodies(&again), ["g1", "g2"]);
    assert_eq!(again[0].receive_count, 2);

    for message in &again {
        world.queues.release(&message.id).unwrap();
    }
    assert_eq!(bodies(&world.receive(Queue::Events)), ["g1", "g2"]);
}

#[tokio::test]
async fn a_delay_hides_a_message_until_it_is_over() {
    let world = world();
    world.due(1, 60).await;
    world.due(2, 0).await;
    assert_eq!(world.seconds_to_next(), Some(0));
    let received = world.receive(Queue::Due);
    assert_eq!(received.len(), 1);
    assert_eq!(
        serde_json::from_str::<DueTask>(&received[0].body).unwrap(),
        wake(2)
    );
    world.queues.delete(&received[0].id).unwrap();

    assert!(world.queues.is_idle().unwrap());
    assert_eq!(world.seconds_to_next(), Some(60));
    world.advance(60);
    assert!(!world.queues.is_idle().unwrap());
    assert_eq!(world.receive(Queue::Due).len(), 1);
    assert!(!world.queues.is_idle().unwrap());
}

#[tokio::test]
async fn what_sqs_would_refuse_is_refused() {
    let world = world();
    assert!(
        world
            .queues
            .send_due(&wake(1), Duration::from_secs(901))
            .await
            .is_err()
    );
    assert_eq!(world.queues.counts().unwrap(), Counts::default());
}

#[tokio::test]
async fn after_five_receives_a_message_is_dead_and_no_longer_in_the_way() {
    let world = world();
    world.event("g", "poison");
    world.event("g", "next");
    for _ in 0..5 {
        let received = world.queues.receive(Queue::Events, 1).unwrap();
        assert_eq!(bodies(&received), ["poison"]);
        world.queues.release(&received[0].id).unwrap();
    }
    assert_eq!(bodies(&world.receive(Queue::Events)), ["next"]);
    let dead = world.queues.dead_letters().unwrap();
    assert_eq!(
        (dead[0].queue, dead[0].body.as_str()),
        (Queue::Events, "poison")
    );
    assert_eq!(
        world.queues.counts().unwrap(),
        Counts {
            in_flight: 1,
            dead: 1,
            ..Counts::default()
        }
    );

    world.advance(90);
    assert_eq!(world.queues.redrive().unwrap(), 1);
    assert_eq!(world.queues.dead_letters().unwrap().len(), 0);
    let received = world.receive(Queue::Events);
    assert_eq!(bodies(&received), ["poison", "next"]);
    assert_eq!(received[0].receive_count, 1);
}

#[tokio::test]
async fn a_file_keeps_messages_delays_receives_and_deduplication_over_a_killed_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queues.sqlite");
    let clock = Arc::new(VirtualClock::standing_at(
        "2026-03-01T08:00:00Z".parse().unwrap(),
    ));
    let open = || LocalQueues::open(&file, clock.clone(), QueueLimits::default()).unwrap();

    let before = World {
        clock: clock.clone(),
        queues: open(),
    };
    before.event("g", "a");
    before.due(1, 60).await;
    assert_eq!(before.receive(Queue::Events).len(), 1);
    // A killed process runs no destructor.
    std::mem::forget(before);

    let after = World {
        clock: clock.clone(),
        queues: open(),
    };
    let received = after.receive(Queue::Events);
    assert_eq!(
        (bodies(&received), received[0].receive_count),
        (vec!["a"], 1)
    );
    after.queues.delete(&received[0].id).unwrap();
    after.event("g", "a");
    assert_eq!(after.seconds_to_next(), Some(60));
    assert_eq!(
        after.queues.counts().unwrap(),
        Counts {
            delayed: 1,
            ..Counts::default()
        }
    );
}

/// As a process that ends in the handling of the message.
fn die_holding_it(file: &Path, clock: &Arc<VirtualClock>) -> Option<Received> {
    let queues = LocalQueues::open(file, clock.clone(), QueueLimits::default()).unwrap();
    let received = queues.receive(Queue::Events, 1).unwrap().pop();
    std::mem::forget(queues);
    received
}

#[tokio::test]
async fn a_message_outlives_many_killed_processes_and_is_given_up_as_what_kills_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queues.sqlite");
    let clock = Arc::new(VirtualClock::standing_at(
        "2026-03-01T08:00:00Z".parse().unwrap(),
    ));
    let open = || LocalQueues::open(&file, clock.clone(), QueueLimits::default()).unwrap();
    World {
        clock: clock.clone(),
        queues: open(),
    }
    .event("g", "a");

    for _ in 0..MOST_DEATHS {
        assert_eq!(die_holding_it(&file, &clock).unwrap().receive_count, 1);
    }
    assert_eq!(die_holding_it(&file, &clock), None);
    assert_eq!(open().dead_letters().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_of_an_older_version_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queues.sqlite");
    let older = SCHEMA.replace(",\n        deaths INTEGER NOT NULL DEFAULT 0", "");
    assert_ne!(older, SCHEMA);
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch(&older).unwrap();
    drop(connection);

    let clock = Arc::new(VirtualClock::standing_at(
        "2026-03-01T08:00:00Z".parse().unwrap(),
    ));
    assert_eq!(die_holding_it(&file, &clock), None);
}
