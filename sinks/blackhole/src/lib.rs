//! Counts records and throws them away.
