//! A sink that appends record bodies to a file, one a line, and resumes exactly.
//!
//! Before a batch is acknowledged its lines are on disk, and so is a *position record* beside the file
//! (`<filename>.position`): how long the file is, which offset of each queue comes next, and which offsets from the last
//! batch on are no lines. After any crash the file is cut back to the recorded length and reading goes on at the first
//! offset that is no line, so every record is there once.
//!
//! Lines stand in the order of their queue, but for a record that could not be a line at first: once the operator has
//! corrected what stood against it, it is appended, behind the lines that were written meanwhile. Records of different
//! queues interleave by batch.
//!
//! `task` holds the order of writes that makes this true, `position` the position record, `lines` the file itself and
//! `body` what a body looks like as a line.
#![forbid(unsafe_code)]

mod body;
mod error;
mod lines;
mod position;
mod task;
#[cfg(test)]
mod tests;

use connector_api::{
    ConfigDef, ConfigError, ConfigErrors, ConfigKey, ConnectorConfig, Importance, SinkConnector, SinkTask,
};

const FILENAME: &str = "filename";

/// The class `org.apache.rocketmq.connect.file.FileSinkConnector`, also called `file`.
///
/// Its one key is `filename`. A connector has one task whatever `max.tasks` asks for, as one file has one writer.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileSinkConnector;

impl SinkConnector for FileSinkConnector {
    fn class_name(&self) -> &str {
        "org.apache.rocketmq.connect.file.FileSinkConnector"
    }

    fn aliases(&self) -> &[&str] {
        &["file"]
    }

    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn config_def(&self) -> ConfigDef {
        ConfigDef::new().key(ConfigKey::required(FILENAME).importance(Importance::High).doc(
            "The file that bodies are appended to, one a line; it is created when it is not there, its directory is \
             not. A relative path starts where the worker was started. The position record is written beside it, \
             with `.position` added to the name.",
        ))
    }

    fn validate(&self, config: &ConnectorConfig) -> Result<(), ConfigErrors> {
        self.config_def().check(config)?;
        match config.required(FILENAME)? {
            "-" => Err(ConfigError::new(
                FILENAME,
                "\"-\" for standard output is not possible, as what was printed cannot be resumed; name a file",
            )
            .into()),
            directory if directory.ends_with(std::path::MAIN_SEPARATOR) => {
                Err(ConfigError::new(FILENAME, format!("{directory:?} is a directory; name a file")).into())
            }
            _ => Ok(()),
        }
    }

    fn task_configs(
        &self,
        config: &ConnectorConfig,
        _max: u32,
    ) -> Result<Vec<ConnectorConfig>, ConfigErrors> {
        Ok(vec![config.clone()])
    }

    fn task(&self) -> Box<dyn SinkTask> {
        Box::new(task::FileSinkTask::default())
    }
}

#[cfg(test)]
mod config_tests {
    use super::*;

    #[track_caller]
    fn check(given: &[(&str, &str)], expected: Result<(), &str>) {
        let config: ConnectorConfig = given.iter().copied().collect();
        let found = FileSinkConnector.validate(&config).map_err(|e| e.to_string());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_file_has_to_be_named() {
        check(&[("filename", "/tmp/out.txt")], Ok(()));
        check(&[], Err("filename: required and not given"));
        check(&[("filename", " ")], Err("filename: required and empty"));
        check(&[("filename", "/tmp/")], Err("filename: \"/tmp/\" is a directory; name a file"));
        check(
            &[("filename", "-")],
            Err(
                "filename: \"-\" for standard output is not possible, as what was printed cannot be resumed; name a file",
            ),
        );
    }

    #[test]
    fn one_file_has_one_task() {
        let config: ConnectorConfig = [("filename", "f"), ("max.tasks", "8")].into_iter().collect();
        assert_eq!(FileSinkConnector.task_configs(&config, 8).unwrap(), [config]);
    }
}
