//! Telephone calls to a number of ours: the thread shows them, and the month counts their minutes.

use app::{App, AppError};
use channels::inbound::Telephone;
use domain::sms::tier::{Month, call_segments};

use crate::arrival::Arrival;
use crate::messages;

/// A call came in, or a part of it is over.
pub(crate) async fn called(app: &App, arrival: &Arrival, call: &Telephone) -> Result<(), AppError> {
    messages::called(app, arrival, call).await?;
    if call.seconds == 0 {
        return Ok(());
    }
    let ws = arrival.workspace;
    let settings = app.book(ws).await?.settings.clone();
    let segments = call_segments(call.seconds.into(), settings.segments_per_call_minute);
    let month = Month::of(arrival.event.at, settings.zone);
    app.store
        .count_call(ws, month, &call.call, segments)
        .await?;
    Ok(())
}
