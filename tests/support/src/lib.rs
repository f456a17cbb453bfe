//! Starts the servers that the end-to-end tests need, and waits on conditions.
//!
//! * [`java`]: a real Apache RocketMQ in three versions, its admin tool and its own client.
//! * [`dev_broker`], [`source`]: the development broker, and a RocketMQ that is either of the two.
//! * `doris`: the stand-in for Doris (feature `doris`).
//! * [`worker`]: the `rocketmq-connect` binary as a child process.
//! * [`http`]: requests whose answers are compared byte for byte.
//! * [`frame`]: a single request to a broker, past any client.
//! * [`proxy`]: a TCP proxy that does to connections what networks do.
//! * [`ledger`]: what was sent and acknowledged, and what that says about a sink; [`dice`]: random choices made again.
//! * [`wait`], [`ports`], [`scratch`], [`process`], [`requirements`]: what all of these stand on.
//!
//! Everything started here listens on loopback and is gone when its owner drops or the test process dies, however it
//! dies: see [`scratch::Scratch`].

pub mod dev_broker;
pub mod dice;
#[cfg(feature = "doris")]
pub mod doris;
pub mod frame;
pub mod http;
pub mod java;
pub mod ledger;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod requirements;
pub mod scratch;
pub mod source;
pub mod wait;
pub mod worker;

pub use scratch::Scratch;
