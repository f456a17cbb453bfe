//! The sink before servers that answer as Doris, and what stands before it, answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod answers;
mod assert;
mod cancel;
mod cluster;
mod labels;
mod logs;
mod old;
mod scripted;
