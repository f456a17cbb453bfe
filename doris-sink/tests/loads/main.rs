//! The sink before servers that answer as Doris, and what stands before it, answers.

mod answers;
mod cluster;
mod scripted;
