//! The table's definition, for local runs and tests. The deployed one stands in `template.yaml`;
//! a test holds the two against each other.

use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};

/// Name and projection of every index; the key attributes are `<name>_pk` and `<name>_sk`.
pub(crate) const INDEXES: [(&str, ProjectionType); 7] = [
    ("inbox", ProjectionType::All),
    ("unread", ProjectionType::All),
    ("waiting", ProjectionType::All),
    ("overdue", ProjectionType::KeysOnly),
    ("pending", ProjectionType::All),
    ("sent", ProjectionType::All),
    ("customers", ProjectionType::All),
];

/// What `CreateTable` needs to know.
#[must_use]
pub fn table_definition(name: &str) -> CreateTableInputBuilder {
    let mut input = CreateTableInput::builder()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range));
    for (index, projection) in INDEXES {
        let (pk, sk) = (format!("{index}_pk"), format!("{index}_sk"));
        input = input
            .attribute_definitions(attribute(&pk))
            .attribute_definitions(attribute(&sk))
            .global_secondary_indexes(
                GlobalSecondaryIndex::builder()
                    .index_name(index)
                    .key_schema(key(&pk, KeyType::Hash))
                    .key_schema(key(&sk, KeyType::Range))
                    .projection(Projection::builder().projection_type(projection).build())
                    .build()
                    .expect("name, keys and projection are set"),
            );
    }
    input
}

fn attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .expect("name and type are set")
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .expect("name and type are set")
}
