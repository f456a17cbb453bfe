//! A worker against a development broker, with sinks that do as they are told.

mod claims;
mod errors;
mod followed;
mod groups;
mod hostile;
mod in_doubt;
mod java;
mod leases;
mod lifecycle;
mod lives;
mod log;
mod memory;
mod metrics;
mod positions;
mod queues;
mod records;
mod rest;
mod restart;
mod restarts;
mod rig;
mod script;
mod secrets;
mod silence;
mod snapshots;
mod stored;
mod unreadable;
