//! Labels that the server makes up.

use std::sync::atomic::{AtomicU64, Ordering};

use sha1::{Digest, Sha1};

use crate::clock::now_ms;

/// For a load that has none.
pub(super) fn of_load() -> String {
    let hex = unique();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// For a group of loads.
pub(super) fn of_group() -> String {
    let hex = unique();
    format!("group_commit_{}_{}", &hex[..16], &hex[16..])
}

/// 32 hexadecimal digits that do not come again.
fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let seed = format!("{} {} {}", std::process::id(), now_ms(), NEXT.fetch_add(1, Ordering::Relaxed));
    Sha1::digest(seed).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
