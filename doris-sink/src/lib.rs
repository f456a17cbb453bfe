//! Loads batches of records into Apache Doris by Stream Load.
