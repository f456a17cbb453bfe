//! The sink into a Doris that misbehaves: whatever happens to a load, each row is in the table once.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

mod concurrent;
mod doris;
mod dropped;
mod faults;
mod forgotten;
mod hanging;
mod refusals;
mod silent;
