//! Hosting only; the work is in the library.

fn main() {}
