//! Clients that are not ours: each loads and reads back, makes mistakes, and meets refusals.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed assumption fails the test"
)]

mod connector_j;
mod curl;
mod doris_client;
mod flink;
mod installed;
mod mariadb;
mod needs;
mod process;
mod pymysql;
#[path = "../support/mod.rs"]
mod support;
mod versions;
