//! Everything that is tested through the whole system, as one program.

mod scenarios;
mod world;
