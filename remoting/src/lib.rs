//! The RocketMQ remoting protocol and a client for it.
