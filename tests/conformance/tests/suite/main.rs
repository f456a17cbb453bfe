//! The promises of the remoting client, checked with the same assertions against every broker it has to work with.
//!
//! A behaviour is an `async fn(Target) -> anyhow::Result<()>`. [`on_every_target`] makes a test of it for each broker,
//! named `<area>::<broker>::<behaviour>`; [`on_every_broker`] leaves the proxy out, which neither creates topics nor is
//! a broker that can be killed. Where brokers differ, the difference is a value in [`expected::Expected`], never a
//! skipped test.

#![allow(clippy::unwrap_used, reason = "a behaviour is the body of a test")]

/// Makes each behaviour a test against each broker and the proxy, shared by all tests of this process.
macro_rules! on_every_target {
    ($($behaviour:ident),+ $(,)?) => {
        on_every_broker!($($behaviour),+);
        on_every_broker!(@one proxy_5_5_0, crate::target::Kind::Proxy, [$($behaviour),+]);
    };
}

/// Makes each behaviour a test against each broker.
macro_rules! on_every_broker {
    (@one $name:ident, $kind:expr, [$($behaviour:ident),+]) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $behaviour() -> anyhow::Result<()> {
                    match crate::target::Target::shared($kind).await? {
                        Some(target) => super::$behaviour(target).await,
                        None => Ok(()),
                    }
                }
            )+
        }
    };
    ($($behaviour:ident),+ $(,)?) => {
        on_every_broker!(@one devbroker, crate::target::Kind::Dev, [$($behaviour),+]);
        on_every_broker!(@one java_4_9_7, crate::target::Kind::V4_9_7, [$($behaviour),+]);
        on_every_broker!(@one java_5_3_3, crate::target::Kind::V5_3_3, [$($behaviour),+]);
        on_every_broker!(@one java_5_5_0, crate::target::Kind::V5_5_0, [$($behaviour),+]);
    };
}

mod batches;
mod compression;
mod crashes;
mod expected;
mod long_polls;
mod members;
mod messages;
mod offsets;
mod pulls;
mod reads;
mod routes;
mod server;
mod target;
mod topics;
