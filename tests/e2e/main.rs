//! End to end: records sent to a RocketMQ, a worker started as an operator starts it, connectors managed over REST, and
//! rows counted in the sink.
//!
//! Every scenario runs against the development broker and against Apache RocketMQ.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what a test prints is shown when it fails")]

mod bad_input;
mod brokers;
mod delivery;
mod groups;
mod management;
mod positions;
mod producer;
mod rig;
mod rotation;
mod runbook;
mod sinks;
mod walkthrough;
