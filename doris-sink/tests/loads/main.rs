//! The sink before servers that answer as Doris, and what stands before it, answers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod cluster;
mod scripted;
