//! A small HTTP/1.1 server whose answers are written byte by byte.
//!
//! A general server decides for itself about lengths, header order, 100-continue and closing. Here those are the very
//! things that are stood in for: a redirect that leaves the body unread and carries no length, a connection that goes away
//! after a commit, an answer that is not HTTP. So only the parsing of request heads is borrowed.

mod body;
mod connection;
mod request;
mod response;
mod server;

pub(crate) use body::BodyError;
pub(crate) use request::{Headers, Request};
pub(crate) use response::{Framing, Response};
pub(crate) use server::{Exchange, Handler, Outcome, Scheme, serve};
