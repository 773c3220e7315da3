//! What must hold, by name.

/// Everything that must hold, with what it means.
pub const INVARIANTS: &[(&str, &str)] = &[
    (
        "head-fenced",
        "every head is written over the version before it",
    ),
    (
        "claimed-before-call",
        "a platform is called only for the attempt that was just claimed",
    ),
    (
        "no-double-send",
        "a platform accepts a message once, unless the owner chose to resend",
    ),
    (
        "one-follow-up-per-silence",
        "a rule writes once in a silence, unless the owner chose to resend",
    ),
    (
        "no-send-after-reply",
        "nothing that heeds replies is claimed that was planned before the customer's last word, wherever said",
    ),
    (
        "no-send-after-answer",
        "no follow-up is claimed that was planned before a person's last answer",
    ),
    (
        "no-send-after-stop",
        "no follow-up is claimed in a suspended or closed conversation",
    ),
    (
        "no-send-after-opt-out",
        "no follow-up is claimed for somebody who opted out",
    ),
    (
        "opt-out-lasts",
        "an opt-out goes only with the customer's own word",
    ),
    (
        "opt-out-survives",
        "who refused messages has done so on every account that is connected later",
    ),
    (
        "ledger-true",
        "what a customer said about messages adds up to what holds for them",
    ),
    (
        "no-marketing-after-stop",
        "no advertising is claimed for somebody who stopped it in the platform's menu",
    ),
    (
        "no-send-elsewhere",
        "no follow-up is claimed while another application has the thread",
    ),
    (
        "no-send-to-blocked",
        "nothing is claimed for somebody who blocks the business",
    ),
    (
        "no-send-by-stale-rule",
        "no follow-up is claimed for a rule that is off, changed or gone",
    ),
    (
        "no-send-on-stopped-connection",
        "nothing is claimed on a connection that may not send",
    ),
    (
        "no-send-outside-window",
        "no free text leaves when the platform's window is closed",
    ),
    (
        "no-send-in-quiet-hours",
        "no follow-up is claimed in quiet hours",
    ),
    (
        "within-daily-limit",
        "no more follow-ups are accepted in a day than the limit says",
    ),
    (
        "within-frequency-cap",
        "nobody gets more follow-ups than the cap says",
    ),
    ("status-monotone", "a status never falls"),
    (
        "unread-true",
        "the unread count rises by the messages that are new",
    ),
    (
        "counters-true",
        "the counter of the day lies between what went out and what was claimed",
    ),
    (
        "one-person",
        "no conversation and no customer holds the words of two people",
    ),
    (
        "no-foreign-workspace",
        "a function touches no key of another workspace",
    ),
    (
        "every-event-stored",
        "what was answered 200 is in the inbox",
    ),
    (
        "nothing-forgotten",
        "once faults end, nothing stays due beyond the bound",
    ),
    ("comes-to-rest", "nothing is done again and again"),
    (
        "no-dead-letters",
        "once faults end and the dead letters are redriven, none is left",
    ),
    (
        "silence-explained",
        "for every silence a receipt says what each rule did",
    ),
];
