//! The connector: what it is called and what it takes.

use crate::{
    catalog::fit,
    config::{Settings, definition},
    task::DorisSinkTask,
};
use connector_api::{
    CheckError, ConfigDef, ConfigErrors, ConnectorConfig, Delivery, SinkConnector, SinkTask, async_trait,
};

/// The class `org.apache.rocketmq.connect.doris.DorisSinkConnector`, also called `doris`.
///
/// It takes the keys of the Java sink of that name. Each batch is one Stream Load, whose label is a function of the batch's identity and
/// of which offsets are no rows; Doris takes a label once, so a batch that comes again is not loaded again.
#[derive(Debug, Clone, Copy, Default)]
pub struct DorisSinkConnector;

#[async_trait(?Send)]
impl SinkConnector for DorisSinkConnector {
    fn class_name(&self) -> &str {
        "org.apache.rocketmq.connect.doris.DorisSinkConnector"
    }

    fn aliases(&self) -> &[&str] {
        &["doris"]
    }

    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn config_def(&self) -> ConfigDef {
        definition()
    }

    fn validate(&self, config: &ConnectorConfig) -> Result<(), ConfigErrors> {
        Settings::read(config).map(drop)
    }

    async fn check(&self, config: &ConnectorConfig) -> Result<(), CheckError> {
        let settings = Settings::read(config)?;
        if settings.checks_tables { fit::check(&settings).await } else { Ok(()) }
    }

    fn delivery(&self) -> Delivery {
        Delivery::Idempotent
    }

    fn task(&self) -> Box<dyn SinkTask> {
        Box::new(DorisSinkTask::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_called_as_the_java_sink_is() {
        let connector = DorisSinkConnector;
        assert_eq!(connector.task_class(), "org.apache.rocketmq.connect.doris.DorisSinkTask");
        assert_eq!(connector.delivery(), Delivery::Idempotent);
    }

    #[test]
    fn the_password_is_masked_and_no_other_key() {
        let config = [("doris.user", "u"), ("doris.password", "p")].into_iter().collect();
        let shown = connector_api::ConfigDef::masked(&DorisSinkConnector.config_def(), &config);
        assert_eq!((shown.get("doris.user"), shown.get("doris.password")), (Some("u"), Some("******")));
    }
}
