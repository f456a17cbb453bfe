//! Loads batches of records into Apache Doris by Stream Load.
//!
//! The way of a batch: `rows` takes the rows out of its records (as they are, or out of change events), sends each to the table that `route`
//! says, and copies it into that table's body; `catalog` makes or changes tables first, where that is wanted; `label` names a load
//! after the batch's identity and what is missing in it; `load` puts it to a frontend, follows the redirect to a backend, finds the rows
//! that Doris does not take, and repeats it under the same label until what became of it is known; `task` tells the host.
//!
//! Invariant: one table of a batch has one label that is ever committed, whatever fails, is repeated, or is configured in between. Doris
//! takes a label once, so a batch is loaded once. Nothing here makes a label in any other way.
//!
//! * `config`: the keys, read once.
//! * `cluster`: frontends and backends, failover, redirects, who may see the credentials.
//! * `http`: HTTP/1.1 and HTTPS with bodies that wait for `100 Continue`.
//! * `json`: JSON recognised without being parsed.
//! * `catalog`: tables by Doris's MySQL port.
#![forbid(unsafe_code)]

mod catalog;
mod cluster;
mod config;
mod connector;
mod http;
mod json;
mod label;
mod load;
mod route;
mod rows;
mod task;

pub use connector::DorisSinkConnector;
