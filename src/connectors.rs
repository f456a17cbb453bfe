//! The connector classes in this binary.

use runtime::plugins::Plugins;

/// All of them.
pub fn built_in() -> Plugins {
    Plugins::new()
        .sink(doris_sink::DorisSinkConnector)
        .sink(file_sink::FileSinkConnector)
        .sink(blackhole_sink::BlackholeSinkConnector)
}
