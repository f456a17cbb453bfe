//! Bits of a message's `sys_flag` (RocketMQ, `MessageSysFlag`).

/// The body is compressed; how is in [`COMPRESSION_TYPE`].
pub const COMPRESSED: i32 = 1;
/// The message has several tags.
pub const MULTI_TAGS: i32 = 1 << 1;
/// Two bits: 0 no transaction, 1 prepared, 2 committed, 3 rolled back.
pub const TRANSACTION: i32 = 3 << 2;
/// The first half of a transaction, not yet to be seen.
pub const TRANSACTION_PREPARED: i32 = 1 << 2;
/// The sender's address has 16 bytes instead of 4.
pub const BORN_HOST_V6: i32 = 1 << 4;
/// The broker's address has 16 bytes instead of 4.
pub const STORE_HOST_V6: i32 = 1 << 5;
/// With [`INNER_BATCH`]: the body is to be taken apart by the reader.
pub const NEED_UNWRAP: i32 = 1 << 6;
/// The body is a batch stored as one message.
pub const INNER_BATCH: i32 = 1 << 7;
/// Three bits: 1 LZ4, 2 Zstandard, 3 and 0 zlib.
pub const COMPRESSION_TYPE: i32 = 7 << 8;
