//! That the SDK and the engine agree on what `store` relies on, and that faults look like AWS's.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, Put, ReturnValuesOnConditionCheckFailure,
    ScalarAttributeType, TransactWriteItem,
};

use super::*;

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .unwrap()
}

fn attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap()
}

fn table() -> CreateTableInputBuilder {
    CreateTableInput::builder()
        .table_name("main")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
}

fn table_with_index() -> CreateTableInputBuilder {
    table()
        .attribute_definitions(attribute("due_pk"))
        .attribute_definitions(attribute("due_at"))
        .global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name("overdue")
                .key_schema(key("due_pk", KeyType::Hash))
                .key_schema(key("due_at", KeyType::Range))
                .projection(
                    Projection::builder()
                        .projection_type(ProjectionType::KeysOnly)
                        .build(),
                )
                .build()
                .unwrap(),
        )
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

async fn put(client: &Client, sk: &str, due: Option<&str>) {
    let mut put = client
        .put_item()
        .table_name("main")
        .item("pk", s("a"))
        .item("sk", s(sk));
    if let Some(due) = due {
        put = put.item("due_pk", s("due")).item("due_at", s(due));
    }
    put.send().await.unwrap();
}

async fn count(client: &Client) -> i32 {
    client
        .query()
        .table_name("main")
        .key_condition_expression("pk = :a")
        .expression_attribute_values(":a", s("a"))
        .send()
        .await
        .unwrap()
        .count
}

async fn world() -> (Dynamo, Client) {
    let dynamo = Dynamo::memory().unwrap().with_retries(Retries::Off);
    dynamo.ensure_table(table_with_index()).await.unwrap();
    dynamo.calls().reset();
    let client = dynamo.client();
    (dynamo, client)
}

#[tokio::test]
async fn a_failed_condition_returns_the_item_that_is_there() {
    let (_dynamo, client) = world().await;
    put(&client, "1", None).await;
    let error = client
        .put_item()
        .table_name("main")
        .item("pk", s("a"))
        .item("sk", s("1"))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_conditional_check_failed_exception(), "{error:?}");
}

#[tokio::test]
async fn a_transaction_happens_as_a_whole_or_says_which_condition_failed() {
    let (_dynamo, client) = world().await;
    put(&client, "1", None).await;
    let action = |sk: &str| {
        let put = Put::builder()
            .table_name("main")
            .item("pk", s("a"))
            .item("sk", s(sk))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let error = client
        .transact_write_items()
        .transact_items(action("2"))
        .transact_items(action("1"))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = error
    else {
        panic!("{error:?}")
    };
    let codes: Vec<_> = cancelled
        .cancellation_reasons()
        .iter()
        .map(|r| r.code().unwrap())
        .collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(count(&client).await, 1);
}

#[tokio::test]
async fn a_sparse_index_holds_only_items_with_its_key() {
    let (_dynamo, client) = world().await;
    put(&client, "1", Some("2026-03-01")).await;
    put(&client, "2", None).await;
    let found = client
        .query()
        .table_name("main")
        .index_name("overdue")
        .key_condition_expression("due_pk = :d AND due_at <= :now")
        .expression_attribute_values(":d", s("due"))
        .expression_attribute_values(":now", s("2026-03-02"))
        .send()
        .await
        .unwrap();
    assert_eq!(found.items()[0]["sk"], s("1"));
    assert_eq!(found.count, 1);
}

#[tokio::test]
async fn a_file_keeps_its_items_and_gets_the_indexes_of_a_newer_version() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.sqlite");
    let old = Dynamo::open(&file).unwrap();
    old.ensure_table(table()).await.unwrap();
    put(&old.client(), "1", Some("2026-03-01")).await;
    drop(old);

    let new = Dynamo::open(&file).unwrap();
    new.ensure_table(table_with_index()).await.unwrap();
    new.ensure_table(table_with_index()).await.unwrap();
    assert_eq!(count(&new.client()).await, 1);
    let scan = new
        .client()
        .scan()
        .table_name("main")
        .index_name("overdue")
        .send()
        .await
        .unwrap();
    assert_eq!(scan.count, 1);
}

#[tokio::test]
async fn calls_are_counted_until_the_log_is_reset() {
    let (dynamo, client) = world().await;
    put(&client, "1", None).await;
    put(&client, "2", None).await;
    count(&client).await;
    let expected = BTreeMap::from([("PutItem".to_owned(), 2), ("Query".to_owned(), 1)]);
    assert_eq!(dynamo.calls().total(), 3);
    assert_eq!(dynamo.calls().reset(), expected);
    assert_eq!(dynamo.calls().total(), 0);
}

#[tokio::test]
async fn every_fault_looks_as_it_does_on_aws_and_only_a_lost_answer_is_applied() {
    let (dynamo, client) = world().await;
    let write = |sk: &'static str| {
        client
            .put_item()
            .table_name("main")
            .item("pk", s("a"))
            .item("sk", s(sk))
            .send()
    };

    dynamo.fail_by(|operation, nth| match (operation, nth) {
        ("PutItem", 0) => Fault::Throttle,
        ("PutItem", 1) => Fault::Conflict,
        ("PutItem", 2) => Fault::Unavailable,
        ("PutItem", 3) => Fault::ApplyButLoseAnswer,
        _ => Fault::None,
    });
    assert_eq!(
        write("1").await.unwrap_err().code(),
        Some("ThrottlingException")
    );
    assert_eq!(
        write("2").await.unwrap_err().code(),
        Some("TransactionConflictException")
    );
    let refused = write("3").await.unwrap_err();
    assert!(
        matches!(&refused, SdkError::DispatchFailure(failure) if failure.is_io()),
        "{refused:?}"
    );
    let lost = write("4").await.unwrap_err();
    assert!(
        matches!(&lost, SdkError::DispatchFailure(failure) if failure.is_timeout()),
        "{lost:?}"
    );
    assert_eq!(count(&client).await, 1);

    dynamo.heal();
    write("1").await.unwrap();
    assert_eq!(count(&client).await, 2);
}

#[tokio::test]
async fn with_retries_of_the_sdk_a_fault_is_not_seen() {
    let (dynamo, _) = world().await;
    dynamo.fail_by(|_, nth| {
        if nth == 0 {
            Fault::Throttle
        } else {
            Fault::None
        }
    });
    let client = dynamo.clone().with_retries(Retries::Sdk).client();
    tokio::time::pause();
    put(&client, "1", None).await;
    assert_eq!(dynamo.calls().counts()["PutItem"], 2);
}
