//! Stands in for Apache Doris in demos and tests: FE and BE over HTTP, SQL over the MySQL protocol.
//!
//! It is not Doris: one process, one embedded SQL engine underneath, no distribution, no performance claims. What a
//! loading client can observe is meant to be the same, refusals included.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use doris_standin::{Options, Standin};
//!
//! let running = Standin::start(Options { password: "secret".into(), ..Options::default() }).await?;
//! assert_ne!(running.fe.port(), 0);
//! running.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod admin;
mod backends;
mod be;
mod clock;
mod cluster;
mod fe;
mod http;
mod load;
mod mysql;
mod nodes;
mod options;
mod ports;
mod sql;
mod standin;
mod store;
mod sync;
mod tls;
mod version;

pub use options::Options;
pub use standin::{Running, Standin, StartError};
pub use tls::{Clients, Identity, Tls, TlsError};
pub use version::{UnknownVersion, Version};
