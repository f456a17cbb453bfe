//! What can be asked, and how it can be answered.

pub mod request;
pub mod response;
