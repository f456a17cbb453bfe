//! Transforms: what changes records between the converter and the sink.
//!
//! A [`Chain`] is made of a connector's configuration, by the classes and options of RocketMQ Connect and Kafka Connect, and applied to one
//! record after the other. Transforms work on typed values and on JSON text alike.
//!
//! They are lazy. A record that no transform looks into is passed on as it is, whatever its value. One that some look into is opened
//! once for the whole chain: the places of its fields are found in the text, and what nobody changes is copied as the bytes that it was,
//! so that a number keeps its digits.
//!
//! ```
//! use connector_api::{ConnectRecord, ConnectorConfig, QueueId, QueueOffset, Value};
//! use transforms::Chain;
//!
//! let config: ConnectorConfig = [
//!     ("transforms", "hide"),
//!     ("transforms.hide.class", "MaskField$Value"),
//!     ("transforms.hide.fields", "pin"),
//! ]
//! .into_iter()
//! .collect();
//! let mut chain = Chain::from_config(&config)?;
//!
//! let origin = QueueId { topic: "cards".into(), broker: "broker-a".into(), queue: 0 };
//! let value = Value::String(r#"{"card":4711.10,"pin":"1234"}"#.into());
//! let record = chain.apply(&origin, ConnectRecord::new(QueueOffset::default(), value))?;
//! let record = record.ok_or("dropped")?;
//! assert_eq!(record.value(), &Value::String(r#"{"card":4711.10,"pin":""}"#.into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod case_format;
mod chain;
mod config;
mod convert;
mod decimal;
mod error;
mod field_path;
mod json;
mod moments;
mod names;
mod nearest;
mod object;
mod options;
mod part;
mod pattern;
mod plugin;
mod predicate;
mod record;
mod scalar;
mod schemas;
mod steps;
mod topic;

pub use chain::Chain;
pub use error::{Malformed, Place, Problem, Side, TransformError};
pub use plugin::{Plugin, predicates, transforms};
