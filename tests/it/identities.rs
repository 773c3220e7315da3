//! One person under several ids of a platform: told before or after they have written under both.

use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::ChannelUser;
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::ids::ConnectionId;
use http::Method;
use serde_json::{Value, json};

use crate::installation::{Installation, whatsapp};

const OLD: &str = "DE.13491208655302741918";
const NEW: &str = "DE.55012847719930264411";

struct World {
    installation: Installation,
    connection: ConnectionId,
}

impl World {
    async fn new() -> Self {
        let installation = Installation::new().await;
        let connection = installation.whatsapp().await;
        Self {
            installation,
            connection,
        }
    }

    async fn deliver(&self, field: &str, value: Value) {
        let mut value = value;
        value["messaging_product"] = json!("whatsapp");
        value["metadata"] = json!({
            "display_phone_number": "4930555123", "phone_number_id": whatsapp::ACCOUNT,
        });
        let body = whatsapp::body(vec![vec![json!({"field": field, "value": value})]]);
        let path = format!("/webhooks/whatsapp/{}", self.connection);
        self.installation.meta(&path, &body).await.expect(200);
        self.installation.settle().await;
    }

    /// The first of the ids is the one the conversation goes by: the scoped one where it is told.
    async fn writes(&self, ids: &[&str], id: &str, text: &str) {
        self.wrote(self.installation.now(), ids, id, text).await;
    }

    async fn wrote(&self, at: DateTime<Utc>, ids: &[&str], id: &str, text: &str) {
        let at = at.timestamp().to_string();
        let mut message =
            json!({"id": id, "timestamp": at, "type": "text", "text": {"body": text}});
        let mut contact = json!({"profile": {"name": "Anna Lindner"}});
        for name in ids {
            let (of_message, of_contact) = match *name == whatsapp::phone(OLD) {
                true => ("from", "wa_id"),
                false => ("from_user_id", "user_id"),
            };
            message[of_message] = json!(name);
            contact[of_contact] = json!(name);
        }
        let value = json!({"contacts": [contact], "messages": [message]});
        self.deliver("messages", value).await;
    }

    async fn echo(&self, id: &str, text: &str) {
        let echo = whatsapp::echo(OLD, id, self.installation.now(), text);
        self.deliver("smb_message_echoes", json!({"message_echoes": [echo]}))
            .await;
    }

    async fn id_changes(&self) {
        let change = json!({
            "detail": "User changed phone number",
            "user_id": {"previous": OLD, "current": NEW},
            "timestamp": self.installation.now().timestamp().to_string(),
        });
        self.deliver("user_id_update", json!({"user_id_update": [change]}))
            .await;
    }

    async fn head(&self, user: &str) -> Option<Conversation> {
        let user = ChannelUser::parse(user).unwrap();
        let id = Conversation::id_for(self.connection, &user);
        let (ws, store) = (self.installation.workspace, &self.installation.store);
        store.head(ws, id).await.unwrap()
    }

    async fn texts(&self, user: &str) -> usize {
        let texts = self.installation.messages(self.connection, user).await;
        texts.len()
    }

    async fn erase(&self, user: &str) {
        let path = format!("/v1/customers/{}", self.customer(user).await.id);
        let answer = self
            .installation
            .admin(Method::DELETE, &path, Value::Null)
            .await;
        answer.expect(204);
        self.installation.settle().await;
    }

    async fn customer(&self, user: &str) -> Customer {
        let head = self.head(user).await.unwrap();
        let (ws, store) = (self.installation.workspace, &self.installation.store);
        store.customer(ws, head.customer).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_new_id_that_is_told_first_leads_to_the_conversation_under_the_old_one() {
    let world = World::new().await;
    world.writes(&[OLD], "wamid.1", "Hallo").await;
    for _ in 0..2 {
        world.id_changes().await;
    }
    world.writes(&[NEW], "wamid.2", "Ich bin's wieder").await;
    let head = world.head(OLD).await.unwrap();
    assert_eq!((head.user.reveal(), head.episode), (NEW, 2));
    assert_eq!(head.earlier_users, [ChannelUser::parse(OLD).unwrap()]);
    let pointer = world.head(NEW).await.unwrap();
    assert_eq!(pointer.moved_to, Some(head.id));
    let texts = world.installation.messages(world.connection, OLD).await;
    assert_eq!(texts.len(), 2);
}

#[tokio::test]
async fn nx_29_who_wrote_under_the_new_id_before_it_was_told_has_opted_out_all_the_same() {
    let world = World::new().await;
    world.writes(&[OLD], "wamid.1", "Hallo").await;
    world.writes(&[OLD], "wamid.2", "STOP").await;
    world
        .writes(&[NEW], "wamid.3", "Habt ihr noch einen Termin frei?")
        .await;
    assert_eq!(world.customer(NEW).await.chat.opted_out_at, None);
    for _ in 0..2 {
        world.id_changes().await;
    }
    let customer = world.customer(NEW).await;
    assert_eq!(customer, world.customer(OLD).await);
    assert_eq!(customer.conversations.len(), 2);
    assert!(customer.chat.opted_out_at.is_some());
    // Whatever is sent into the first one reaches them.
    assert_eq!(world.head(OLD).await.unwrap().user.reveal(), NEW);
    assert_eq!(world.head(NEW).await.unwrap().user.reveal(), NEW);
}

#[tokio::test]
async fn nx_29_what_was_refused_under_the_new_id_alone_holds_once_it_leads_to_somebody() {
    let world = World::new().await;
    world.writes(&[OLD], "wamid.1", "Hallo").await;
    let said_at = world.installation.now();
    let stop = json!({
        "user_id": NEW, "category": "marketing_messages", "value": "stop",
        "detail": "User requested to stop marketing messages",
        "timestamp": said_at.timestamp(),
    });
    world
        .deliver(
            "user_preferences",
            json!({"contacts": [{"user_id": NEW}], "user_preferences": [stop]}),
        )
        .await;
    assert_eq!(world.customer(OLD).await.chat.marketing_stopped_at, None);
    world.id_changes().await;
    let refused = world.customer(OLD).await.chat.marketing_stopped_at;
    assert_eq!(refused.map(|at| at.timestamp()), Some(said_at.timestamp()));
}

#[tokio::test]
async fn a_follow_up_that_waits_under_the_old_id_ends_with_what_was_written_under_the_new_one() {
    let world = World::new().await;
    let text = json!({"mode": "custom", "text": "Passt einer der Termine?"});
    world.installation.rule(240, text).await;
    let asked = "Habt ihr noch einen Termin frei?";
    world
        .writes(&[OLD, &whatsapp::phone(OLD)], "wamid.1", asked)
        .await;
    world.echo("wamid.2", "Gern! Dienstag um 10:00?").await;
    world.installation.advance(TimeDelta::minutes(30)).await;
    assert_eq!(world.head(OLD).await.unwrap().runs.len(), 1);
    // The phone was left out: nobody can know yet who that is.
    world.writes(&[NEW], "wamid.3", "Dienstag passt!").await;
    world.id_changes().await;
    world.installation.advance(TimeDelta::hours(6)).await;
    assert_eq!(world.head(OLD).await.unwrap().runs, []);
    let sent = world.installation.http.clear_outbox();
    assert!(sent.is_empty(), "{sent:?}");
}

#[tokio::test]
async fn one_message_with_both_ids_joins_who_had_written_under_each() {
    let world = World::new().await;
    world
        .writes(&[&whatsapp::phone(OLD)], "wamid.1", "STOP")
        .await;
    world.writes(&[OLD], "wamid.2", "Hallo").await;
    assert_eq!(world.customer(OLD).await.chat.opted_out_at, None);
    world
        .writes(&[OLD, &whatsapp::phone(OLD)], "wamid.3", "Ich bin's")
        .await;
    let customer = world.customer(OLD).await;
    assert_eq!(customer, world.customer(&whatsapp::phone(OLD)).await);
    assert!(customer.chat.opted_out_at.is_some());
    // It is known from now on: nobody looks again.
    world.installation.take_calls();
    world
        .writes(&[OLD, &whatsapp::phone(OLD)], "wamid.4", "Hallo?")
        .await;
    let reads = world.installation.take_calls().dynamodb["BatchGetItem"];
    assert_eq!(reads, 1);
}

#[tokio::test]
async fn a_change_of_somebody_unknown_is_kept_as_it_came() {
    let world = World::new().await;
    world.id_changes().await;
    assert_eq!(world.installation.raw_events().await.len(), 1);
}

#[tokio::test]
async fn a_phone_number_that_was_given_to_somebody_else_leads_to_them() {
    let world = World::new().await;
    let phone = whatsapp::phone(OLD);
    world.writes(&[OLD, &phone], "wamid.1", "STOP").await;
    assert!(world.customer(OLD).await.chat.opted_out_at.is_some());
    // Somebody else, with the number and a scoped id of their own.
    world
        .writes(
            &[NEW, &phone],
            "wamid.2",
            "Hallo, habt ihr noch einen Termin frei?",
        )
        .await;
    let (before, now) = (world.customer(OLD).await, world.customer(NEW).await);
    assert_ne!(before.id, now.id);
    assert_eq!(now.chat.opted_out_at, None);
    assert_eq!(world.head(NEW).await.unwrap().user.reveal(), NEW);
    assert_eq!(world.head(OLD).await.unwrap().user.reveal(), OLD);
    // What names the number alone is meant for whoever has it.
    world.echo("wamid.3", "Gern! Dienstag um 10:00?").await;
    assert_eq!((world.texts(OLD).await, world.texts(NEW).await), (1, 2));
    let pointer = world.head(&phone).await.unwrap();
    assert_eq!(pointer.moved_to, Some(world.head(NEW).await.unwrap().id));
}

#[tokio::test]
async fn who_was_known_by_the_number_goes_by_the_id_that_lasts_once_it_is_told() {
    let world = World::new().await;
    let phone = whatsapp::phone(OLD);
    world.writes(&[&phone], "wamid.1", "Hallo").await;
    world
        .writes(
            &[OLD, &phone],
            "wamid.2",
            "Habt ihr noch einen Termin frei?",
        )
        .await;
    let head = world.head(&phone).await.unwrap();
    assert_eq!((head.user.reveal(), head.episode), (OLD, 2));
    world
        .writes(
            &[NEW, &phone],
            "wamid.3",
            "Hallo, ich habe eine neue Nummer",
        )
        .await;
    assert_ne!(
        world.customer(NEW).await.id,
        world.customer(&phone).await.id
    );
}

#[tokio::test]
async fn a_number_that_somebody_known_takes_over_leads_to_them() {
    let world = World::new().await;
    let phone = whatsapp::phone(OLD);
    world.writes(&[OLD, &phone], "wamid.1", "Hallo").await;
    world.writes(&[NEW], "wamid.2", "Hallo").await;
    world
        .writes(
            &[NEW, &phone],
            "wamid.3",
            "Habt ihr noch einen Termin frei?",
        )
        .await;
    world.echo("wamid.4", "Gern! Dienstag um 10:00?").await;
    assert_eq!((world.texts(OLD).await, world.texts(NEW).await), (1, 3));
    assert_ne!(world.customer(OLD).await.id, world.customer(NEW).await.id);
}

#[tokio::test]
async fn what_comes_late_takes_no_number_back() {
    let world = World::new().await;
    let phone = whatsapp::phone(OLD);
    world.writes(&[OLD], "wamid.1", "Hallo").await;
    let before = world.installation.now();
    world.installation.advance(TimeDelta::days(3)).await;
    world.writes(&[NEW, &phone], "wamid.2", "Hallo").await;
    let late = "Habt ihr noch einen Termin frei?";
    world.wrote(before, &[OLD, &phone], "wamid.3", late).await;
    world.echo("wamid.4", "Gern! Dienstag um 10:00?").await;
    assert_eq!((world.texts(OLD).await, world.texts(NEW).await), (2, 2));
    // What comes now, does.
    world.writes(&[OLD, &phone], "wamid.5", "Hallo").await;
    world.echo("wamid.6", "Hallo!").await;
    assert_eq!((world.texts(OLD).await, world.texts(NEW).await), (4, 2));
}

#[tokio::test]
async fn a_number_under_which_a_conversation_began_leads_to_who_has_it_now() {
    let world = World::new().await;
    let phone = whatsapp::phone(OLD);
    world.writes(&[&phone], "wamid.1", "Hallo").await;
    world.writes(&[OLD, &phone], "wamid.2", "STOP").await;
    assert_eq!(world.head(&phone).await.unwrap().user.reveal(), OLD);
    world.writes(&[NEW, &phone], "wamid.3", "Hallo").await;
    world.echo("wamid.4", "Guten Tag!").await;
    world.writes(&[OLD], "wamid.5", "Und ich?").await;
    assert_eq!((world.texts(&phone).await, world.texts(NEW).await), (3, 2));
    // Also when nothing is left of who had it first; and that they refused is said of no number of
    // somebody else's.
    world.erase(&phone).await;
    world.echo("wamid.6", "Dienstag um 10:00?").await;
    assert_eq!((world.texts(&phone).await, world.texts(NEW).await), (0, 3));
    world.erase(NEW).await;
    world.writes(&[&phone], "wamid.7", "Hallo").await;
    assert_eq!(world.customer(&phone).await.chat.opted_out_at, None);
}

#[tokio::test]
async fn nx_11_who_was_erased_has_refused_under_the_number_they_were_first_known_by() {
    let world = World::new().await;
    let phone = whatsapp::phone(OLD);
    world.writes(&[&phone], "wamid.1", "Hallo").await;
    world.writes(&[OLD, &phone], "wamid.2", "STOP").await;
    world.erase(&phone).await;
    world.echo("wamid.3", "Guten Tag!").await;
    let customer = world.customer(&phone).await;
    assert!(customer.chat.opted_out_at.is_some());
}

#[tokio::test]
async fn all_conversations_of_one_customer_go_over_to_the_other() {
    const ELSEWHERE: &str = "DE.77120033918840056712";
    let world = World::new().await;
    let ids = [OLD, NEW, ELSEWHERE];
    for (number, id) in ids.into_iter().enumerate() {
        world
            .writes(&[id], &format!("wamid.{number}"), "Hallo")
            .await;
        world.installation.advance(TimeDelta::minutes(1)).await;
    }
    let joined = world.head(ELSEWHERE).await.unwrap().id;
    let of = world.customer(NEW).await.id;
    let path = format!("/v1/conversations/{joined}/customer");
    let body = json!({"customer_id": of});
    world
        .installation
        .admin(Method::PUT, &path, body)
        .await
        .expect(200);
    world.id_changes().await;
    let customer = world.customer(OLD).await;
    assert_eq!(customer.conversations.len(), 3);
    for id in ids {
        assert_eq!(world.customer(id).await.id, customer.id);
    }
}
