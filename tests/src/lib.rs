//! Everything that is tested through the whole system.
