//! Message ids, as Java clients and tools write them.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};

/// The id a broker can find a message by: its address and the position in its commit log, in hexadecimal.
pub fn offset_id(store_host: SocketAddr, physical_offset: i64) -> String {
    let tail = format!("{:08X}{:016X}", store_host.port(), physical_offset);
    match store_host.ip() {
        IpAddr::V4(ip) => format!("{:08X}{tail}", ip.to_bits()),
        IpAddr::V6(ip) => format!("{:032X}{tail}", ip.to_bits()),
    }
}

/// Makes ids for messages to send (property `UNIQ_KEY`): 32 hexadecimal digits, unlike any other sender's.
#[derive(Debug)]
pub struct UniqueIds {
    sender: u64,
    next: AtomicU64,
}

impl UniqueIds {
    /// Ids of a new sender.
    pub fn new() -> Self {
        Self { sender: RandomState::new().build_hasher().finish(), next: AtomicU64::new(0) }
    }

    /// The next id.
    pub fn next(&self) -> String {
        format!("{:016X}{:016X}", self.sender, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

impl Default for UniqueIds {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_id_is_address_port_and_position() {
        let check = |host: &str, expected| assert_eq!(offset_id(host.parse().unwrap(), 0x1234), expected);
        check("127.0.0.1:10911", "7F00000100002A9F0000000000001234");
        check("[::1]:10911", "0000000000000000000000000000000100002A9F0000000000001234");
    }

    #[test]
    fn unique_ids_differ_by_sender_and_by_message() {
        let (one, other) = (UniqueIds::new(), UniqueIds::new());
        let ids = [one.next(), one.next(), other.next()];
        assert!(ids.iter().all(|id| id.len() == 32), "{ids:?}");
        assert!(ids[0] != ids[1] && ids[0] != ids[2], "{ids:?}");
    }
}
