//! The REST interface over a raw connection, with a host made for the purpose behind it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod auth;
mod differences;
mod fake_host;
mod guarded;
mod kafka;
mod limits;
mod recorded;
mod routes;
mod wire;
