//! What tests use and Doris does not have: faults on request, and a ledger of loads. Paths begin with `/_standin/`.

mod faults;
mod routes;

pub(crate) use faults::{AfterRunning, FaultKind, Faults, Point};
pub(crate) use routes::respond;
