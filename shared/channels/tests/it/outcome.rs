//! What answers and failure reports mean.

use channels::inbound::{InboundKind, ProviderError};
use channels::outcome::{RetryScope, classify_failed};
use channels::{FailureReason, Outcome, Response, classify};
use chrono::TimeDelta;
use domain::channel::Channel;
use serde_json::{Value, json};

use crate::fixtures::fixture;

fn answer(channel: Channel, status: u16, body: &Value) -> Outcome {
    let body = body.to_string();
    classify(
        channel,
        &Response {
            status,
            retry_after: None,
            body: body.as_bytes(),
        },
    )
}

/// One word per outcome, so that a table of codes reads like the platform's own.
fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted { .. } => "accepted".to_owned(),
        Outcome::Retry { scope, once, .. } => {
            let scope = match scope {
                RetryScope::Recipient => "retry",
                RetryScope::Connection => "retry all",
            };
            if *once {
                format!("{scope} once")
            } else {
                scope.to_owned()
            }
        }
        Outcome::Permanent { reason, .. } => format!("{reason:?}")
            .split([' ', '{'])
            .next()
            .unwrap()
            .to_owned(),
        Outcome::Unknown { .. } => "unknown".to_owned(),
    }
}

fn check_graph(channel: Channel, expected: &str, codes: &[(i64, Option<i64>)]) {
    for (code, subcode) in codes {
        let body = json!({ "error": { "message": "x", "code": code, "error_subcode": subcode } });
        let outcome = answer(channel, 400, &body);
        assert_eq!(word(&outcome), expected, "{channel} {code}/{subcode:?}");
    }
}

fn whole(codes: &[i64]) -> Vec<(i64, Option<i64>)> {
    codes.iter().map(|code| (*code, None)).collect()
}

#[test]
fn whatsapp_codes() {
    let check = |expected, codes: &[i64]| check_graph(Channel::WhatsApp, expected, &whole(codes));
    check("retry once", &[1]);
    check("retry", &[2, 131_000, 131_016, 131_056, 134_101]);
    check(
        "retry all",
        &[4, 80_007, 130_429, 131_057, 133_004, 131_048, 131_064],
    );
    check("OutsideWindow", &[131_047]);
    check(
        "RecipientUnreachable",
        &[131_026, 131_021, 130_403, 131_062, 131_030],
    );
    check("MarketingSuppressed", &[131_049, 131_050, 130_472, 131_063]);
    check(
        "TemplateProblem",
        &[
            132_000, 132_001, 132_005, 132_007, 132_012, 132_015, 132_016, 132_068, 132_069,
        ],
    );
    check(
        "RequestBug",
        &[
            100, 33, 131_008, 131_009, 131_051, 135_000, 131_052, 131_053,
        ],
    );
    check(
        "ConnectionStopped",
        &[
            0, 3, 10, 190, 200, 299, 131_005, 368, 131_031, 130_497, 131_042, 131_044, 131_045,
            133_010, 131_037,
        ],
    );
    check("Unrecognised", &[999_999]);
    for subcode in [
        2_388_019, 2_388_040, 2_388_047, 2_388_072, 2_388_073, 2_388_293, 2_388_299,
    ] {
        check_graph(
            Channel::WhatsApp,
            "TemplateProblem",
            &[(100, Some(subcode))],
        );
    }
}

#[test]
fn page_codes() {
    for channel in [Channel::Messenger, Channel::Instagram] {
        let check = |expected, codes: &[(i64, Option<i64>)]| check_graph(channel, expected, codes);
        check(
            "OutsideWindow",
            &[
                (10, Some(2_018_278)),
                (10, Some(2_534_022)),
                (10, Some(2_018_065)),
            ],
        );
        check(
            "RecipientUnreachable",
            &[
                (551, None),
                (551, Some(1_545_041)),
                (200, Some(1_545_041)),
                (10, Some(2_018_108)),
                (100, Some(2_018_001)),
                (10, Some(1_893_015)),
                (100, Some(2_534_014)),
                (100, Some(2_534_029)),
            ],
        );
        check(
            "retry all",
            &[
                (4, None),
                (613, None),
                (613, Some(2_534_040)),
                (32, None),
                (17, None),
                (80_006, None),
            ],
        );
        check(
            "retry",
            &[(613, Some(2_018_338)), (1, None), (2, None), (1200, None)],
        );
        check(
            "ConnectionStopped",
            &[
                (10, Some(1_893_063)),
                (2022, None),
                (368, None),
                (190, None),
                (200, None),
                (200, Some(2_534_041)),
                (10, None),
                (10, Some(2_534_077)),
                (102, None),
                (100, Some(2_534_013)),
            ],
        );
        check(
            "ThreadOwnedElsewhere",
            &[
                (2_018_300, None),
                (10, Some(2_018_300)),
                (100, Some(2_018_321)),
                (100, Some(2_534_037)),
            ],
        );
        check(
            "RequestBug",
            &[
                (100, None),
                (100, Some(2_018_047)),
                (100, Some(2_018_008)),
                (100, Some(2_534_015)),
                (100, Some(2_534_025)),
                (9_000_001, None),
            ],
        );
        check("Unrecognised", &[(10, Some(7)), (424_242, None)]);
    }
}

#[test]
fn telegram_answers() {
    let check = |expected: &str, status, description: &str| {
        let body = json!({ "ok": false, "error_code": status, "description": description });
        let outcome = answer(Channel::Telegram, status, &body);
        assert_eq!(word(&outcome), expected, "{description}");
    };
    check(
        "RecipientUnreachable",
        403,
        "Forbidden: bot was blocked by the user",
    );
    check(
        "RecipientUnreachable",
        403,
        "Forbidden: user is deactivated",
    );
    check(
        "RecipientUnreachable",
        403,
        "Forbidden: bot can't initiate conversation with a user",
    );
    check("RecipientUnreachable", 400, "Bad Request: chat not found");
    check("RecipientUnreachable", 400, "Bad Request: PEER_ID_INVALID");
    check("RequestBug", 400, "Bad Request: message is too long");
    check("RequestBug", 400, "Bad Request: can't parse entities");
    check(
        "RequestBug",
        409,
        "Conflict: terminated by other getUpdates request",
    );
    check("ConnectionStopped", 401, "Unauthorized");
    check("ConnectionStopped", 404, "Not Found");
    check("retry", 500, "Internal Server Error");
    check("unknown", 502, "Bad Gateway");
    check("unknown", 504, "Gateway Timeout");
    let slow = json!({
        "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 17",
        "parameters": { "retry_after": 17 },
    });
    let Outcome::Retry { after, scope, .. } = answer(Channel::Telegram, 429, &slow) else {
        panic!("not retried");
    };
    assert_eq!(
        (after, scope),
        (Some(TimeDelta::seconds(17)), RetryScope::Connection)
    );
    let moved = json!({
        "ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded",
        "parameters": { "migrate_to_chat_id": -1_001_928_374_650_i64 },
    });
    assert!(answer(Channel::Telegram, 400, &moved).is_unreachable());
}

#[test]
fn accepted_answers_name_the_message() {
    let check = |channel, body: Value, id: &str, held: bool| {
        let Outcome::Accepted {
            id: found,
            held: waits,
        } = answer(channel, 200, &body)
        else {
            panic!("not accepted: {body}");
        };
        assert_eq!(found.reveal(), id);
        assert_eq!(waits, held);
    };
    check(
        Channel::WhatsApp,
        json!({ "messaging_product": "whatsapp",
                "contacts": [{ "input": "+4915123456789", "wa_id": "4915123456789", "user_id": "DE.1349" }],
                "messages": [{ "id": "wamid.A" }] }),
        "wamid.A",
        false,
    );
    check(
        Channel::WhatsApp,
        json!({ "contacts": [{ "input": "x", "wa_id": "4915123456789" }],
                "messages": [{ "id": "wamid.B", "message_status": "held_for_quality_assessment" }] }),
        "wamid.B",
        true,
    );
    check(
        Channel::Messenger,
        json!({ "recipient_id": "6129", "message_id": "m_A" }),
        "m_A",
        false,
    );
    check(
        Channel::Instagram,
        json!({ "message_id": "aWd" }),
        "aWd",
        false,
    );
    check(
        Channel::Telegram,
        json!({ "ok": true, "result": { "message_id": 7, "chat": { "id": 5_208_831_190_i64 } } }),
        "5208831190:7",
        false,
    );
    // What telegram-test-api 4.2.1 really answers, with a date in milliseconds.
    check(
        Channel::Telegram,
        json!({ "ok": true, "result": {
            "chat_id": 4_915_123_456_789_i64, "text": "Hallo Anna, passt Samstag?",
            "message_id": 3, "date": 1_795_347_248_857_i64,
            "chat": { "id": 4_915_123_456_789_i64, "first_name": "Bot", "type": "private" } } }),
        "4915123456789:3",
        false,
    );
}

#[test]
fn success_without_an_id_is_unknown() {
    for channel in [
        Channel::WhatsApp,
        Channel::Messenger,
        Channel::Instagram,
        Channel::Telegram,
    ] {
        for body in [
            &b""[..],
            b"{}",
            b"<html>",
            b"{\"messages\":[]}",
            b"{\"ok\":true}",
        ] {
            let outcome = classify(
                channel,
                &Response {
                    status: 200,
                    retry_after: None,
                    body,
                },
            );
            assert_eq!(word(&outcome), "unknown", "{channel}");
        }
    }
}

#[test]
fn gateways_without_an_error_body_are_read_by_status() {
    for channel in [Channel::WhatsApp, Channel::Messenger] {
        let status = |status| {
            let response = Response {
                status,
                retry_after: Some("30"),
                body: b"<html>",
            };
            classify(channel, &response)
        };
        assert_eq!(word(&status(500)), "retry");
        assert_eq!(word(&status(503)), "retry");
        for lost in [502, 504, 520, 524] {
            assert_eq!(word(&status(lost)), "unknown", "{lost}");
        }
        assert_eq!(word(&status(429)), "retry all");
        assert_eq!(word(&status(401)), "ConnectionStopped");
        assert_eq!(word(&status(413)), "RequestBug");
        let Outcome::Retry { after, .. } = status(503) else {
            panic!("not retried");
        };
        assert_eq!(after, Some(TimeDelta::seconds(30)));
    }
}

#[test]
fn an_unknown_code_is_retried_when_the_platform_calls_it_transient() {
    let body = json!({ "error": { "code": 987_654, "message": "x", "is_transient": true } });
    assert_eq!(word(&answer(Channel::WhatsApp, 500, &body)), "retry");
    assert_eq!(word(&answer(Channel::Messenger, 500, &body)), "retry");
    let stays = json!({ "error": { "code": 131_047, "message": "x", "is_transient": true } });
    assert_eq!(
        word(&answer(Channel::WhatsApp, 400, &stays)),
        "OutsideWindow"
    );
}

#[test]
fn reports_use_the_same_table() {
    let report = |name| {
        let events = fixture(Channel::WhatsApp, name).parsed().events;
        let InboundKind::Status(status) = &events[0].kind else {
            panic!("no status");
        };
        classify_failed(Channel::WhatsApp, &status.errors)
    };
    assert_eq!(word(&report("status_failed_window")), "OutsideWindow");
    let Outcome::Permanent { reason, detail } = report("status_failed_opted_out") else {
        panic!("not permanent");
    };
    let opted_out = FailureReason::MarketingSuppressed { opted_out: true };
    assert_eq!(reason, opted_out);
    assert!(!reason.allows_other_channel());
    assert_eq!(detail.code, "131050");
    assert_eq!(
        word(&classify_failed(Channel::WhatsApp, &[])),
        "Unrecognised"
    );
    // A template held back and then dropped, not a malformed request.
    let paced = ProviderError {
        code: 135_000,
        subcode: None,
        title: None,
        details: None,
    };
    assert_eq!(
        word(&classify_failed(Channel::WhatsApp, &[paced])),
        "TemplateProblem"
    );
}

#[test]
fn pauses_are_at_least_what_the_code_needs() {
    let body = json!({ "error": { "code": 134_101, "message": "x" } }).to_string();
    let after = |retry_after| {
        let response = Response {
            status: 400,
            retry_after,
            body: body.as_bytes(),
        };
        match classify(Channel::WhatsApp, &response) {
            Outcome::Retry { after, .. } => after,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(after(None), Some(TimeDelta::minutes(10)));
    assert_eq!(after(Some("5")), Some(TimeDelta::minutes(10)));
    assert_eq!(after(Some("3600")), Some(TimeDelta::hours(1)));
}
