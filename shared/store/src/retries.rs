//! Which refusals of DynamoDB are worth another try at once.

use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, InterceptorContext};

/// Another transaction touched an item at the same moment.
///
/// Nothing was written, and nothing that was read is known to be wrong. The client waits as it does when it is throttled, longer each
/// time and with jitter. Every claim of a workspace raises the day's counter, so they meet there.
#[derive(Debug)]
pub struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        match error.as_operation_error().is_some_and(is_conflict) {
            true => RetryAction::transient_error(),
            false => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "transaction conflicts"
    }
}

fn is_conflict(error: &Error) -> bool {
    const ALONE: &str = "TransactionConflictException";
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.downcast_ref()
    {
        let mut codes = cancelled
            .cancellation_reasons()
            .iter()
            .filter_map(|reason| {
                // A condition that did not hold will not hold a moment later.
                reason.code().filter(|code| *code != "None")
            });
        let mut any = false;
        return codes.all(|code| {
            any = true;
            code == "TransactionConflict"
        }) && any;
    }
    let alone = |code: Option<&str>| code == Some(ALONE);
    alone(error.downcast_ref::<PutItemError>().and_then(|e| e.code()))
        || alone(
            error
                .downcast_ref::<UpdateItemError>()
                .and_then(|e| e.code()),
        )
        || alone(
            error
                .downcast_ref::<DeleteItemError>()
                .and_then(|e| e.code()),
        )
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::CancellationReason;
    use aws_sdk_dynamodb::types::error::{
        ConditionalCheckFailedException, TransactionCanceledException,
    };

    use super::*;

    fn cancelled(codes: &[&str]) -> Error {
        let reasons = codes
            .iter()
            .map(|code| CancellationReason::builder().code(*code).build());
        let exception = TransactionCanceledException::builder()
            .set_cancellation_reasons(Some(reasons.collect()))
            .build();
        Error::erase(TransactWriteItemsError::TransactionCanceledException(
            exception,
        ))
    }

    #[test]
    fn only_a_bare_conflict_is_tried_again() {
        assert!(is_conflict(&cancelled(&["None", "TransactionConflict"])));
        for codes in [
            &["None"][..],
            &["ConditionalCheckFailed", "None"],
            &["ConditionalCheckFailed", "TransactionConflict"],
        ] {
            assert!(!is_conflict(&cancelled(codes)), "{codes:?}");
        }
        let failed = ConditionalCheckFailedException::builder().build();
        let failed = PutItemError::ConditionalCheckFailedException(failed);
        assert!(!is_conflict(&Error::erase(failed)));
    }
}
