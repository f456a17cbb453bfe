//! Errors, gathered so that all are told at once.

use connector_api::{ConfigError, ConfigErrors};

#[derive(Debug, Default)]
pub(super) struct Errors(Vec<ConfigError>);

impl Errors {
    /// What was made, or nothing, with the reason kept.
    pub(super) fn keep<T>(&mut self, made: Result<T, ConfigErrors>) -> Option<T> {
        match made {
            Ok(made) => Some(made),
            Err(ConfigErrors(errors)) => {
                self.0.extend(errors);
                None
            }
        }
    }

    pub(super) fn into_result(self) -> Result<(), ConfigErrors> {
        ConfigErrors(self.0).into_result()
    }
}
