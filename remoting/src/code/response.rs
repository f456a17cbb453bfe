//! Codes of responses (RocketMQ remoting, `ResponseCode` and `RemotingSysResponseCode`).

/// What a code means for the one who asked, in a few words.
pub fn meaning(code: i32) -> &'static str {
    match code {
        SUCCESS => "done",
        SYSTEM_ERROR => "the server failed at it",
        SYSTEM_BUSY => "the server is too busy, try later",
        REQUEST_CODE_NOT_SUPPORTED => {
            "this server does not know such a request: is the address that of the right kind of server?"
        }
        FLUSH_DISK_TIMEOUT => "stored, but not flushed to disk in time",
        SLAVE_NOT_AVAILABLE => "stored, but no replica is there",
        FLUSH_SLAVE_TIMEOUT => "stored, but not replicated in time",
        MESSAGE_ILLEGAL => "the message is too large or lacks what its topic needs",
        SERVICE_NOT_AVAILABLE => "the broker is shutting down or its disk is full",
        VERSION_NOT_SUPPORTED => "the client is too old",
        NO_PERMISSION => "the broker, topic or group forbids it",
        TOPIC_NOT_EXIST => "there is no such topic",
        QUERY_NOT_FOUND => "nothing was found",
        SUBSCRIPTION_PARSE_FAILED => "the filter expression cannot be read",
        SUBSCRIPTION_NOT_EXIST => "the group has no subscription",
        SUBSCRIPTION_GROUP_NOT_EXIST => "there is no such consumer group",
        INVALID_PARAMETER => "a value is not allowed",
        POLLING_FULL => "too many clients wait already",
        FLOW_CONTROL => "asked too often, try later",
        GO_AWAY => "the server is closing this connection",
        _ => "the server gives a reason of its own",
    }
}

/// Done; for a pull: messages follow.
pub const SUCCESS: i32 = 0;
/// The server failed; the remark says at what.
pub const SYSTEM_ERROR: i32 = 1;
/// The server is too busy; try later.
pub const SYSTEM_BUSY: i32 = 2;
/// The server does not know the request: often a broker asked what a name server knows, or the reverse.
pub const REQUEST_CODE_NOT_SUPPORTED: i32 = 3;
/// A transaction could not be ended.
pub const TRANSACTION_FAILED: i32 = 4;
/// The message is stored; flushing it took too long.
pub const FLUSH_DISK_TIMEOUT: i32 = 10;
/// The message is stored; no replica is there.
pub const SLAVE_NOT_AVAILABLE: i32 = 11;
/// The message is stored; replicating it took too long.
pub const FLUSH_SLAVE_TIMEOUT: i32 = 12;
/// The message is too large, or lacks what its topic needs.
pub const MESSAGE_ILLEGAL: i32 = 13;
/// The server is shutting down, or its disk is full.
pub const SERVICE_NOT_AVAILABLE: i32 = 14;
/// The client is too old.
pub const VERSION_NOT_SUPPORTED: i32 = 15;
/// The broker, topic or group forbids this.
pub const NO_PERMISSION: i32 = 16;
/// There is no such topic.
pub const TOPIC_NOT_EXIST: i32 = 17;
/// There is such a topic already.
pub const TOPIC_EXIST_ALREADY: i32 = 18;
/// Pull: nothing at this offset yet.
pub const PULL_NOT_FOUND: i32 = 19;
/// Pull: nothing matched, or the file is being removed; go on at `nextBeginOffset`.
pub const PULL_RETRY_IMMEDIATELY: i32 = 20;
/// Pull: the offset is not within the queue.
pub const PULL_OFFSET_MOVED: i32 = 21;
/// The group has committed nothing for this queue.
pub const QUERY_NOT_FOUND: i32 = 22;
/// The filter expression cannot be read.
pub const SUBSCRIPTION_PARSE_FAILED: i32 = 23;
/// The group has no member with a subscription, and the pull brought none.
pub const SUBSCRIPTION_NOT_EXIST: i32 = 24;
/// The broker has a newer subscription of this group.
pub const SUBSCRIPTION_NOT_LATEST: i32 = 25;
/// There is no such consumer group.
pub const SUBSCRIPTION_GROUP_NOT_EXIST: i32 = 26;
/// The filter's compiled form is not there.
pub const FILTER_DATA_NOT_EXIST: i32 = 27;
/// The filter's compiled form is old.
pub const FILTER_DATA_NOT_LATEST: i32 = 28;
/// A value is not allowed, for example a queue id the topic does not have.
pub const INVALID_PARAMETER: i32 = 29;
/// Nobody of the group is connected.
pub const CONSUMER_NOT_ONLINE: i32 = 206;
/// A client did not consume a message in time.
pub const CONSUME_MSG_TIMEOUT: i32 = 207;
/// There is no message.
pub const NO_MESSAGE: i32 = 208;
/// Too many clients wait already.
pub const POLLING_FULL: i32 = 209;
/// There is no such broker.
pub const BROKER_NOT_EXIST: i32 = 211;
/// The client asks too often.
pub const FLOW_CONTROL: i32 = 215;
/// The server closes this connection soon; use another one.
pub const GO_AWAY: i32 = 1500;
