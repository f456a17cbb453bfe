//! A worker against a development broker, with sinks that do as they are told.

mod errors;
mod leases;
mod lifecycle;
mod memory;
mod queues;
mod restart;
mod rig;
mod script;
mod stored;
