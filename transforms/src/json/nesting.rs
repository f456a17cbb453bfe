//! Which containers are open, without recursion.

use super::Malformed;

/// Deepest nesting that is followed: a stack of bits this deep costs nothing to set up.
pub(super) const DEPTH: usize = 256;

/// Which containers are open: a bit a level, set for an object.
#[derive(Default)]
pub(super) struct Nesting {
    bits: [u64; DEPTH / 64],
    depth: usize,
}

impl Nesting {
    pub(super) fn push(&mut self, is_object: bool) -> Result<(), Malformed> {
        let Some(word) = self.bits.get_mut(self.depth / 64) else { return Err(Malformed::TooDeep) };
        let bit = 1 << (self.depth % 64);
        *word = if is_object { *word | bit } else { *word & !bit };
        self.depth += 1;
        Ok(())
    }

    pub(super) fn pop(&mut self) {
        self.depth -= 1;
    }

    /// Whether the innermost open container is an object; `None` when none is open.
    pub(super) fn top(&self) -> Option<bool> {
        let level = self.depth.checked_sub(1)?;
        Some(self.bits[level / 64] >> (level % 64) & 1 == 1)
    }
}
