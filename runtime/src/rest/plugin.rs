//! Answers about classes.

use super::{
    answer::{self, Answer, ErrorCode},
    shapes::{Kind, PluginInfo},
};
use crate::plugins::Plugins;

/// The converters there are, by the names of the Java classes they stand for.
const CONVERTERS: [&str; 3] = [
    "org.apache.rocketmq.connect.runtime.converter.record.ByteArrayConverter",
    "org.apache.rocketmq.connect.runtime.converter.record.StringConverter",
    "org.apache.rocketmq.connect.runtime.converter.record.json.JsonConverter",
];

/// What a Java worker calls the version of any class.
const NO_VERSION: &str = "undefined";

pub(super) fn list(plugins: &Plugins) -> Answer {
    let converters =
        CONVERTERS.map(|class_name| PluginInfo { class_name, r#type: Kind::Converter, version: NO_VERSION });
    answer::success(sinks(plugins).chain(converters).collect::<Vec<_>>())
}

pub(super) fn list_connectors(plugins: &Plugins) -> Answer {
    answer::success(sinks(plugins).collect::<Vec<_>>())
}

/// Classes are part of the binary, so there is nothing to load again, and nothing that loading could break.
pub(super) fn reload() -> Answer {
    answer::success("Plugin reload succeeded")
}

pub(super) fn config() -> Answer {
    answer::not_implemented_body()
}

pub(super) fn validate() -> Answer {
    answer::failure(ErrorCode::BadRequest, answer::NOT_IMPLEMENTED)
}

fn sinks(plugins: &Plugins) -> impl Iterator<Item = PluginInfo<'_>> {
    plugins.sinks().iter().map(|sink| PluginInfo {
        class_name: sink.class_name(),
        r#type: Kind::Sink,
        version: sink.version(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::converter;

    #[test]
    fn every_converter_that_is_listed_can_be_made() {
        for class in CONVERTERS {
            let made = converter("value.converter", class, &[("schemas.enable", "false")]);
            let made = made.or_else(|_| converter("value.converter", class, &[]));
            assert!(made.is_ok(), "{class}");
        }
    }

    #[test]
    fn every_converter_there_is_is_listed() {
        // The error for a class that does not exist names those that do.
        let error = converter("value.converter", "NoSuchConverter", &[]).unwrap_err();
        let (_, known) = error.problem.split_once("there are ").unwrap();
        for name in known.split(", ") {
            assert!(CONVERTERS.iter().any(|class| class.ends_with(&format!(".{name}"))), "{name}");
        }
    }
}
