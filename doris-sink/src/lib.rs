//! Loads batches of records into Apache Doris by Stream Load.
//!
//! The way of a batch: `rows` copies its records into one body, a JSON object a line, and sorts out what is none;
//! `label` names the load after the batch's identity; `load` puts it to a frontend, follows the redirect to a
//! backend, and repeats it under the same label until what became of it is known; `task` tells the host.
//!
//! Invariant: one batch has one label, whatever fails, is repeated, or is configured in between. Doris takes a label
//! once, so a batch is loaded once. Nothing here makes a label in any other way.
//!
//! * `config`: the keys, read once.
//! * `cluster`: frontends and backends, failover, redirects.
//! * `http`: HTTP/1.1 with bodies that wait for `100 Continue`.
//! * `json`: JSON recognised without being parsed.
#![forbid(unsafe_code)]

mod cluster;
mod config;
mod connector;
mod http;
mod json;
mod label;
mod load;
mod rows;
mod task;

pub use connector::DorisSinkConnector;
