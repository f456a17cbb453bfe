//! Free loopback ports that stay free for a server that restarts.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::TcpListener;
use std::sync::Mutex;

/// Below the range from which the system takes ports for outgoing connections, so that a server can come back to its
/// port after a restart without finding a client there.
const RANGE: std::ops::Range<u16> = 12_000..32_000;
const ATTEMPTS: usize = 500;

/// A port that nothing listens on and that this process was not given before.
///
/// # Errors
/// When no free port was found.
pub fn free() -> anyhow::Result<u16> {
    free_with_neighbours(&[])
}

/// A free port `p` for which every `p + offset` is free too.
///
/// # Errors
/// When no such ports were found.
pub fn free_with_neighbours(offsets: &[i16]) -> anyhow::Result<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for _ in 0..ATTEMPTS {
        let port = random_port();
        let wanted: Vec<u16> =
            std::iter::once(port).chain(offsets.iter().filter_map(|o| port.checked_add_signed(*o))).collect();
        if wanted.iter().all(|p| !given.contains(p) && is_free(*p)) {
            given.extend(&wanted);
            return Ok(port);
        }
    }
    anyhow::bail!("no free port in {RANGE:?} after {ATTEMPTS} attempts")
}

fn random_port() -> u16 {
    let width = u64::from(RANGE.end - RANGE.start);
    let offset = RandomState::new().build_hasher().finish() % width;
    RANGE.start + u16::try_from(offset).unwrap_or(0)
}

/// Bound on every interface, as some of the Java servers' ports are.
fn is_free(port: u16) -> bool {
    TcpListener::bind(("0.0.0.0", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_not_given_again() {
        let first = free_with_neighbours(&[-2, 1]).unwrap();
        let others: Vec<u16> = (0..200).map(|_| free().unwrap()).collect();
        for taken in [first - 2, first, first + 1] {
            assert!(!others.contains(&taken), "{taken} was given twice");
        }
    }
}
