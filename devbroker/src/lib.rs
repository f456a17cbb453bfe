//! A RocketMQ name server and broker in one process, for trying out and for tests.
