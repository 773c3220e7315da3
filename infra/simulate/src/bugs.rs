//! Mistakes that can be made on purpose, to see that the simulation notices them.
//!
//! They are made outside the system, in what its calls pass through: a condition is taken off a
//! write, a message is acknowledged too early. The code that is simulated is always the real one.

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident, $word:literal, $within:literal;)*) => {
        /// A mistake made on purpose.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug { $($(#[$doc])* $name,)* }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name on the command line.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Within how many seeds from the first on it must be noticed.
            #[must_use]
            pub fn within(self) -> u64 {
                match self { $(Self::$name => $within,)* }
            }
        }
    };
}

bugs! {
    /// A head is written whatever its version is by now.
    NoFence, "no-fence", 20;
    /// The claim does not look at rule and connection again.
    ClaimWithoutChecks, "claim-without-checks", 100;
    /// Commits are acknowledged and some never happen: what follows is published before it is true.
    PublishBeforeCommit, "publish-before-commit", 20;
    /// A time-out is taken for a refused connection, and the message is sent again.
    BlindResend, "blind-resend", 60;
    /// Opt-outs are not seen where customers are read.
    OptOutUnseen, "opt-out-unseen", 50;
    /// What a customer said about messages is acted on and not written down.
    LedgerForgotten, "ledger-forgotten", 20;
    /// A stop of marketing in the platform's menu is not seen where customers are read.
    MarketingStopUnseen, "marketing-stop-unseen", 50;
    /// Nobody sees that people in the platform's own inbox have the thread.
    ThreadUnseen, "thread-unseen", 400;
    /// Nobody sees that the customer has blocked the business.
    BlockUnseen, "block-unseen", 400;
    /// People are known by their phone numbers, which are given to somebody else one day.
    NumbersForNames, "numbers-for-names", 100;
    /// Nobody knows any more which accounts were deleted.
    GoneForgotten, "gone-forgotten", 100;
    /// What calls a send off while it is under way is forgotten. After a stop, an opt-out or a
    /// reply the next try is held up all the same, by the conversation's state and the number of
    /// its silence; behind an answer of staff nothing else stands.
    CancelForgotten, "cancel-forgotten", 300;
    /// The sweep does not run.
    SweepOff, "sweep-off", 20;
    /// Re-armed timers are lost, and the sweep sees nobody overdue.
    RearmLost, "rearm-lost", 20;
    /// A redelivered event is stored and decided again.
    DedupOff, "dedup-off", 20;
    /// A task is acknowledged before it is done.
    EarlyAck, "early-ack", 20;
    /// A webhook is answered 200 although the queue refused it.
    LostWebhook, "lost-webhook", 20;
    /// A status is written whatever it is by now.
    StatusFalls, "status-falls", 20;
    /// What was given up is never put back.
    NoRedrive, "no-redrive", 50;
    /// The clock of the sender is most of a day behind.
    SlowClock, "slow-clock", 30;
    /// A key is built with another workspace's id.
    ForeignKey, "foreign-key", 20;
    /// The counter of the day does not stop at its limit.
    NoDailyLimit, "no-daily-limit", 100;
}
