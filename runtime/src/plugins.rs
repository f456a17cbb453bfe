//! The connector classes that a worker knows, and the names they go by.

use connector_api::SinkConnector;
use std::{fmt, sync::Arc};

/// The connector classes of a worker. Built once by the binary, then only read.
#[derive(Clone, Default)]
pub struct Plugins(Vec<Arc<dyn SinkConnector>>);

impl Plugins {
    /// No classes.
    pub fn new() -> Self {
        Self::default()
    }

    /// One class more.
    #[must_use]
    pub fn sink(mut self, connector: impl SinkConnector + 'static) -> Self {
        self.0.push(Arc::new(connector));
        self.0.sort_by(|a, b| a.class_name().cmp(b.class_name()));
        self
    }

    /// All classes, by class name.
    pub fn sinks(&self) -> &[Arc<dyn SinkConnector>] {
        &self.0
    }

    /// The class that `name` stands for: its full name, its last part, that without `Connector`, or an alias.
    ///
    /// # Errors
    /// [`UnknownClass`] when no class or more than one goes by that name.
    pub fn find(&self, name: &str) -> Result<&Arc<dyn SinkConnector>, UnknownClass> {
        let mut found = self.0.iter().filter(|sink| goes_by(&***sink, name));
        match (found.next(), found.next()) {
            (Some(sink), None) => Ok(sink),
            (None, _) => Err(UnknownClass {
                name: name.into(),
                ambiguous: false,
                available: self.0.iter().map(|s| s.class_name().to_owned()).collect(),
            }),
            (Some(first), Some(second)) => Err(UnknownClass {
                name: name.into(),
                ambiguous: true,
                available: [first, second]
                    .into_iter()
                    .chain(found)
                    .map(|s| s.class_name().to_owned())
                    .collect(),
            }),
        }
    }
}

fn goes_by(sink: &dyn SinkConnector, name: &str) -> bool {
    let class = sink.class_name();
    let simple = class.rsplit(['.', '$']).next().unwrap_or(class);
    name == class
        || name == simple
        || simple.strip_suffix("Connector") == Some(name)
        || sink.aliases().contains(&name)
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|s| s.class_name())).finish()
    }
}

/// A `connector.class` that stands for no class here, or for more than one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("connector.class {name:?} {}: {}", if *ambiguous { "stands for more than one class" } else { "is not known here, there are" }, available.join(", "))]
pub struct UnknownClass {
    /// The name that was asked for.
    pub name: String,
    /// Whether several classes go by it.
    pub ambiguous: bool,
    /// The classes that go by it, or all classes when none does.
    pub available: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_api::{ConfigDef, SinkTask};

    struct Named(&'static str);

    impl SinkConnector for Named {
        fn class_name(&self) -> &str {
            self.0
        }
        fn aliases(&self) -> &[&str] {
            if self.0.contains("doris") { &["doris"] } else { &[] }
        }
        fn config_def(&self) -> ConfigDef {
            ConfigDef::new()
        }
        fn task(&self) -> Box<dyn SinkTask> {
            unreachable!("these tests start no task")
        }
    }

    #[track_caller]
    fn check(name: &str, expected: Result<&str, bool>) {
        let plugins = Plugins::new()
            .sink(Named("org.doris.DorisSinkConnector"))
            .sink(Named("a.FileSinkConnector"))
            .sink(Named("b.FileSinkConnector"));
        let found = plugins.find(name);
        assert_eq!(found.map(|s| s.class_name()).map_err(|e| e.ambiguous), expected);
    }

    #[test]
    fn a_class_goes_by_its_names() {
        check("org.doris.DorisSinkConnector", Ok("org.doris.DorisSinkConnector"));
        check("DorisSinkConnector", Ok("org.doris.DorisSinkConnector"));
        check("DorisSink", Ok("org.doris.DorisSinkConnector"));
        check("doris", Ok("org.doris.DorisSinkConnector"));
        check("a.FileSinkConnector", Ok("a.FileSinkConnector"));
        check("FileSink", Err(true));
        check("", Err(false));
        check("SinkConnector", Err(false));
    }
}
