//! Mistakes that can be made on purpose, to see that the simulation notices them.
//!
//! They are made outside the system, in what its calls pass through: a condition is taken off a
//! write, a message is acknowledged too early. The code that is simulated is always the real one.

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident, $word:literal;)*) => {
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
        }
    };
}

bugs! {
    /// A head is written whatever its version is by now.
    NoFence, "no-fence";
    /// The claim does not look at rule and connection again.
    ClaimWithoutChecks, "claim-without-checks";
    /// Commits are acknowledged and some never happen: what follows is published before it is true.
    PublishBeforeCommit, "publish-before-commit";
    /// A time-out is taken for a refused connection, and the message is sent again.
    BlindResend, "blind-resend";
    /// Opt-outs are not seen where customers are read.
    OptOutUnseen, "opt-out-unseen";
    /// A stop that comes while a send is under way is forgotten.
    StopForgottenAfterClaim, "stop-forgotten-after-claim";
    /// The sweep does not run.
    SweepOff, "sweep-off";
    /// Re-armed timers are lost, and the sweep sees nobody overdue.
    RearmLost, "rearm-lost";
    /// A redelivered event is stored and decided again.
    DedupOff, "dedup-off";
    /// A task is acknowledged before it is done.
    EarlyAck, "early-ack";
    /// A webhook is answered 200 although the queue refused it.
    LostWebhook, "lost-webhook";
    /// A status is written whatever it is by now.
    StatusFalls, "status-falls";
    /// What was given up is never put back.
    NoRedrive, "no-redrive";
    /// The clock of the sender is a day behind.
    SlowClock, "slow-clock";
    /// A key is built with another workspace's id.
    ForeignKey, "foreign-key";
    /// The counter of the day does not stop at its limit.
    NoDailyLimit, "no-daily-limit";
}
