//! What the author of a sink connector sees.
//!
//! A sink is two small types: a [`SinkConnector`], which describes itself, checks a configuration and splits it into
//! tasks, and a [`SinkTask`], which receives batches of records and makes them durable. The host does the rest: reading
//! RocketMQ queues, converting, batching, retrying, committing offsets, and talking to operators.
//!
//! The whole of a sink that appends bodies to a file:
//!
//! ```
//! use connector_api::{
//!     Batch, ConfigDef, ConfigKey, ConnectorConfig, SinkConnector, SinkError, SinkTask, TaskContext, async_trait,
//! };
//! use std::{fs::File, io::Write};
//!
//! #[derive(Debug)]
//! struct LineSink;
//!
//! impl SinkConnector for LineSink {
//!     fn class_name(&self) -> &str { "org.example.LineSinkConnector" }
//!     fn config_def(&self) -> ConfigDef {
//!         ConfigDef::new().key(ConfigKey::required("filename").doc("the file to append to"))
//!     }
//!     fn task(&self) -> Box<dyn SinkTask> { Box::new(LineTask { file: None }) }
//! }
//!
//! struct LineTask { file: Option<File> }
//!
//! #[async_trait(?Send)]
//! impl SinkTask for LineTask {
//!     async fn start(&mut self, _: &TaskContext, config: &ConnectorConfig) -> Result<(), SinkError> {
//!         let file = File::options().create(true).append(true).open(config.required("filename")?);
//!         self.file = Some(file.map_err(|e| SinkError::fatal("cannot open the file").caused_by(e))?);
//!         Ok(())
//!     }
//!     async fn put(&mut self, batch: &Batch) -> Result<(), SinkError> {
//!         let Some(file) = &mut self.file else { return Err(SinkError::fatal("put before start")) };
//!         let lines: Vec<u8> = batch.records().iter().flat_map(|r| [&r.value().text()[..], b"\n"].concat()).collect();
//!         file.write_all(&lines).and_then(|()| file.sync_data())
//!             .map_err(|e| SinkError::retriable("cannot write the file").caused_by(e))
//!     }
//! }
//! ```

mod batch;
mod config;
mod context;
mod error;
mod figures;
mod headers;
mod record;
mod schema;
mod sink;
mod value;

pub use async_trait::async_trait;
pub use batch::{Batch, BatchId, QueueId, QueueOffset};
pub use config::{
    ConfigDef, ConfigError, ConfigErrors, ConfigKey, ConfigType, ConnectorConfig, Importance, Secret,
};
pub use context::{ConnectorName, InvalidName, TaskContext, TaskId};
pub use error::{Cause, CheckError, RecordError, SinkError};
pub use figures::{Count, Elapsed, FigureValue, FigureView, Figures, Latest};
pub use headers::{Headers, InvalidHeader};
pub use record::ConnectRecord;
pub use schema::{Field, FieldType, Schema, SchemaRef};
pub use sink::{Delivery, SinkConnector, SinkTask};
pub use value::{MalformedUtf8, Text, Value};
