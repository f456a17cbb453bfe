//! Tables as the sink finds them: what it says of a configuration that does not fit them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod check;
mod doris;
mod loads;
