//! Answers about classes.

use super::{
    answer::{self, Answer, ErrorCode},
    shapes::{Kind, PluginInfo},
};
use crate::{convert, plugins::Plugins};

/// What a Java worker calls the version of any class.
const NO_VERSION: &str = "undefined";

pub(super) fn list(plugins: &Plugins) -> Answer {
    let mut classes: Vec<_> = convert::classes().collect();
    // In the order of a Java worker.
    classes.sort();
    let converters = classes.iter().map(|class_name| PluginInfo {
        class_name,
        r#type: Kind::Converter,
        version: NO_VERSION,
    });
    let transforms: Vec<_> = transforms::transforms().into_iter().flat_map(|plugin| plugin.classes).collect();
    let transforms = transforms.iter().filter(|class| class.contains('.')).map(|class_name| PluginInfo {
        class_name,
        r#type: Kind::Transformation,
        version: NO_VERSION,
    });
    answer::success(sinks(plugins).chain(converters).chain(transforms).collect::<Vec<_>>())
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

    #[test]
    fn every_converter_that_is_listed_can_be_made() {
        let classes: Vec<_> = convert::classes().collect();
        assert_eq!(classes.len(), 8);
        for class in classes {
            assert!(convert::converter("value.converter", &class, &[]).is_ok(), "{class}");
        }
    }
}
