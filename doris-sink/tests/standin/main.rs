//! The sink into a Doris that misbehaves: whatever happens to a load, each row is in the table once.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

mod bad_rows;
mod busy;
mod concurrent;
mod deletes;
mod doris;
mod dropped;
mod faults;
mod figures;
mod forgotten;
mod formats;
mod group;
mod hanging;
mod https;
mod refusals;
mod rotation;
mod silent;
mod topics;
mod two_phase;
mod types;
