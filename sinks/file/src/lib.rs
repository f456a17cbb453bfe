//! Writes record bodies as lines to a file, resuming exactly.
