//! Which published clients are tried, in which versions. Nowhere else is one named.

/// From PyPI, as `pip` writes it.
pub(crate) const PYTHON: &[&str] = &["DorisClient==1.2.22", "PyMySQL==1.1.1", "requests==2.32.3"];

/// An artifact of Maven Central.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Artifact {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

/// MySQL's JDBC driver.
pub(crate) const CONNECTOR_J: &[Artifact] =
    &[Artifact { group: "com.mysql", name: "mysql-connector-j", version: "9.1.0" }];

/// Flink's sink for Doris, with as much of Flink as its loading classes need.
pub(crate) const FLINK: &[Artifact] = &[
    Artifact { group: "org.apache.doris", name: "flink-doris-connector-1.18", version: "25.1.0" },
    Artifact { group: "org.apache.flink", name: "flink-core", version: "1.18.1" },
];
