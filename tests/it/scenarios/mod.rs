//! One scenario for each requirement of the first source, as plain text in `tests/scenarios`.
//!
//! What a run shows is committed beside the script; `expect` lines fail at once.
//!
//! | command | what it does |
//! |---|---|
//! | `at 2026-11-02 09:00` | starts the clock there, later: moves it there; all times are Berlin's |
//! | `advance 4h` | moves it by that much |
//! | `settings quiet 21:00-08:00 cap 3/24h unknown-wait 30m` | changes the workspace; `tier 30`: so many SMS segments a month; `suite on`: the marketing suite; `lock 2/10`: more than 2 messages for each booking or active customer lock the account, unless they are 10 at most; `booking https://…` |
//! | `connect whatsapp as salon` | makes an account; `disconnect`, `reconnect` switch it, `remove` deletes it |
//! | `template NAME de approved utility "Hallo {{1}}"` | the platform lists it; `pause NAME de` |
//! | `rule NAME` with a block | makes a rule; what the block leaves out takes a default |
//! | `edit`, `enable`, `disable`, `delete`, `review NAME` | as they say |
//! | `customer anna on whatsapp: Hallo` | through the webhook, signed by the platform |
//! | `staff anna: …`, `note anna: …`, `echo anna: …` | an answer, a hidden note, the platform's app |
//! | `confirms anna booking_confirmation` with a block | the business's system sends that template with those values |
//! | `segment VIPs {"is": "tagged", "tag": "vip"}` | staff save a list |
//! | `excepts [2h]`, `excepts nothing` | the owner lets the locked account send, or no longer |
//! | `regulars 74` | so many customers have an e-mail address |
//! | `broadcast to anna,ben by email` with a block | staff write to many: also `everybody`, `upcoming`, or a list; then `broadcast confirm 2`, `count`, `pause`, `resume`, `cancel` |
//! | `staff anna at 18:00 unless-reply: …` | goes out then, or `despite-reply`; `rewrites anna [at 20:00]: …`, `withdraws anna` until then |
//! | `machine anna: …`, `block anna`, `again` | an automatic reply, a block (later `unblock`), a delivery repeated |
//! | `edits anna: …`, `edits anna early: …` | she changes the message before, or the one that comes next |
//! | `corrects anna: …` | somebody of the business changes what they typed in the platform's app |
//! | `revokes anna`, `revokes anna early by us` | what was written last, or comes next, is taken back |
//! | `shares anna: …` | a post, and words beside it: a message of two parts |
//! | `marketing anna on whatsapp stopped` | in the platform's own menu; later `allowed` |
//! | `taps anna: Ja` | on a button under a message of ours |
//! | `handover anna`, `handback anna`, `standby anna: …` | people in the platform's inbox have the thread; what she writes meanwhile |
//! | `handback anna late 10:00` | the report was on its way since then; also `customer`, `edits`, `handover`, `unblock` |
//! | `reads anna` | a watermark: Messenger tells that she has read everything up to now |
//! | `join anna on telegram to anna` | staff say that both are the same person; `anna` is where she wrote last |
//! | `has anna phone` | her profile has her number; `email`: her address |
//! | `appointment anna V1 completed 2026-11-02 10:00 of mens_cut by Jane for 30m` | the business's own system tells it; `deleted` |
//! | `follows anna [as WhatsApp]` | the link of her last message, by a browser or a program |
//! | `opens anna`, `records anna opted-out` | staff read a conversation; staff note what she told them, later `opted-in` |
//! | `provider answers 429 \| timeout \| lost-answer \| refuses …` | the next request meets this |
//! | `status delivered anna`, `status failed anna code 131042` | the platform reports on what was sent last |
//! | `model …` | the next answer of the language model; without any there is none |
//! | `show why anna`, `show history anna`, `show sent`, `show rules`, `show rule NAME`, `show account` | prints |
//! | `expect …` | see `expect.rs`; every send and every refusal must be expected |

mod expect;
mod many;
mod play;
mod rule;
mod script;
mod show;
mod staff;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

macro_rules! scenarios {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(
            #[tokio::test]
            async fn $name() {
                run(stringify!($name)).await;
            }
        )*
    };
}

scenarios! {
    dk_01_active_integration
    dk_02_no_cold_outreach
    dk_03_works_without_template
    dk_04_list_of_rules
    dk_05_name
    dk_06_colour
    dk_07_a_manual_delay
    dk_07_b_ai_delay
    dk_08_two_anchors
    dk_09_reply_cancels
    dk_10_instagram_and_messenger
    dk_11_whatsapp
    dk_12_a_limits_when_saving
    dk_12_b_window_when_sending
    dk_12_c_window_on_instagram
    dk_13_description
    dk_14_stop_trigger
    dk_15_stop_covers_all_rules
    dk_16_a_custom_text
    dk_16_b_ai_text
    dk_17_message_only_in_window
    dk_18_template_after_24h
    dk_19_message_and_template
    dk_20_template_cost
    dk_21_review_then_active
    dk_22_a_switched_off
    dk_22_b_edited
    dk_23_a_appointment_reminder
    dk_23_b_after_the_sale
    dk_24_a_priority
    dk_24_b_one_per_silence
    dk_24_c_quiet_hours
    dk_24_d_days_of_the_workspace
    dk_25_nobody_is_forgotten
    dk_26_two_uses
    dk_27_channels
    dk_28_template_inside_window
    dk_29_ai_text_at_24h
    dk_30_time_in_description
    dk_31_smallest_and_largest_delay
    mo_01_email_to_a_customer
    mo_01_b_sms_to_a_customer
    mo_05_sent_log
    mo_07_a_template_in_use
    mo_08_seventy_five_recipients
    mo_12_templates
    mo_20_updated_waiver
    mo_22_segments
    mo_23_email_instead
    mo_23_b_to_many
    mo_25_account_lock
    mo_27_way_out_of_mails
    mo_28_stop_by_sms
    mo_28_b_other_number
    mo_28_c_provider_had_stop
    mo_28_d_beside_chats
    mo_29_transactional_follow_up
    mo_30_bounce_and_complaint
    mo_31_who_will_not_receive_it
    mo_32_saved_list_as_audience
    ph_01_everyone_who_has_not_booked
    ph_02_default_text
    ph_03_name_fields
    ph_04_booking_link
    ph_05_preview
    ph_06_saved_or_not
    ph_07_hour_and_day
    ph_08_future_appointment
    ph_09_recommended
    ph_10_five_days_before
    ph_11_category
    ph_12_own_pattern
    ph_13_switched_off
    ph_14_what_the_source_leaves_open
    ph_15_advertising
    ph_16_one_option
    nx_02_window_rescue
    nx_02_b_next_channel
    nx_02_c_reply_elsewhere
    nx_02_d_overtaken
    nx_02_e_read_meanwhile
    nx_02_f_changed_meanwhile
    nx_02_g_joined_late
    nx_02_h_by_sms
    nx_10_model_fails
    nx_21_b_thread_and_state
    nx_21_c_counts_anew
    nx_21_thread_elsewhere
    nx_22_reply_while_writing
    nx_23_automatic_replies
    nx_26_set_aside_by_a_reply
    nx_29_b_edited_messages
    nx_29_c_connected_again
    nx_29_d_taken_back
    nx_29_e_edits_in_any_order
    nx_29_f_marketing_stopped_first
    nx_29_g_taken_back_first
    nx_29_opt_out
    nx_33_scheduled_by_hand
    nx_36_b_echo_edited
    nx_36_echo
    nx_39_delivered_twice
    nx_41_summer_time_begins
    nx_41_summer_time_ends
    nx_42_a_tried_again
    nx_42_b_outcome_unknown
    nx_42_c_sent_again_on_request
    nx_42_d_fails_later
    nx_42_e_whole_account_waits
    nx_42_f_pace
    nx_42_g_read_between_two_tries
    nx_42_h_connection_paused
    nx_42_i_by_sms
    nx_42_j_by_email
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Plays a scenario to its end; the transcript of it.
pub(crate) async fn played(name: &str) -> String {
    let text = std::fs::read_to_string(folder().join(format!("{name}.txt")))
        .expect("a scenario is a file");
    let (transcript, result) = play::run(&text).await;
    if let Err(error) = result {
        panic!("{transcript}\n{name}.txt:{error:#}");
    }
    transcript
}

async fn run(name: &str) {
    let transcript = played(name).await;
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, transcript));
}

#[test]
fn every_file_is_played_and_every_requirement_has_one() {
    let files: BTreeSet<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let played: BTreeSet<_> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(files, played, "list every file in `scenarios!`");
    for number in 1..=31 {
        let prefix = format!("dk_{number:02}_");
        let found = files.iter().any(|name| name.starts_with(&prefix));
        assert!(found, "DK-{number:02} has no scenario");
    }
    for name in files {
        let id = name[..5].to_uppercase().replace('_', "-");
        let text = std::fs::read_to_string(folder().join(format!("{name}.txt"))).unwrap();
        assert!(
            text.starts_with(&format!("{id}: ")),
            "{name} has another title"
        );
    }
}
