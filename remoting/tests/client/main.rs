//! The client against a server that does as it is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod connection;
mod membership;
mod name_servers;
mod reader;
mod reconnect;
mod requests;
mod scripted;
mod silence;
mod traps;
