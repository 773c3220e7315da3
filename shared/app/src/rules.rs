//! Telling the conversations that a rule changed.
//!
//! The write that changes a rule leaves a note (`store::Store::put_rule`). `dispatch` removes it
//! once the change has reached it; what stays noted is told again by the sweep.

use std::time::Duration;

use domain::ids::{RuleId, WorkspaceId};

use crate::App;
use crate::ports::PortError;
use crate::tasks::DueTask;

/// Puts the change on the queue; `dispatch` works through the conversations it concerns. What
/// was planned with the old version cannot be sent in the meantime: the claim checks it.
pub async fn publish_change(
    app: &App,
    workspace: WorkspaceId,
    rule: RuleId,
) -> Result<(), PortError> {
    let task = DueTask::RuleChangedV1 {
        workspace,
        rule,
        cursor: None,
    };
    app.queues.send_due(&task, Duration::ZERO).await
}
