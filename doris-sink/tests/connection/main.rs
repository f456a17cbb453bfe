//! How the sink reaches Doris: HTTPS, IPv6, servers that are too busy, credentials that change and stay unsaid.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod authority;
mod busy;
mod https;
mod ipv6;
mod plain;
mod said;
mod secrets;
mod server;
mod task;
