//! Stands in for Apache Doris in demos and tests: FE and BE over HTTP, SQL over the MySQL protocol.
