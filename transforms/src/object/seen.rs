//! Names seen before, told by a hash that takes a few instructions: comparing each with all others would cost more than the scan.

/// Bits for names; two names of an object rarely share one.
#[derive(Debug, Default)]
pub(super) struct Seen([u64; 16]);

impl Seen {
    /// Whether `name` may have been seen; it has been from now on. `false` is certain.
    pub(super) fn perhaps(&mut self, name: &[u8]) -> bool {
        let hash = hash(name);
        let (word, bit) = (&mut self.0[hash / 64 % 16], 1 << (hash % 64));
        let was_seen = *word & bit != 0;
        *word |= bit;
        was_seen
    }
}

/// Ten bits of the length and of both ends.
fn hash(name: &[u8]) -> usize {
    let first = name.first_chunk::<8>().map_or_else(|| short(name), |front| u64::from_le_bytes(*front));
    let last = name.last_chunk::<8>().map_or(0, |end| u64::from_le_bytes(*end));
    let mixed = (first ^ last.rotate_left(29) ^ name.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 54) as usize
}

fn short(name: &[u8]) -> u64 {
    name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_seen_is_never_denied() {
        let mut seen = Seen::default();
        for name in ["", "a", "b", "seven_b", "eight_by", "a name that is longer"] {
            seen.perhaps(name.as_bytes());
            assert!(seen.perhaps(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn few_names_share_a_bit() {
        let mut seen = Seen::default();
        let shared = (0..24).filter(|i| seen.perhaps(format!("attribute_{i}").as_bytes())).count();
        assert!(shared < 4, "{shared}");
    }
}
