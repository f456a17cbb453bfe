//! Where the brokers answer differently. What is not here is the same for all.
//!
//! Measured on each of them; the reasons are named where they are known.

use remoting::code::response;

use crate::target::Kind;

/// What one broker is known to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Code for a topic name with forbidden characters, too long, or of a system topic. Until 5.x `SYSTEM_ERROR`.
    pub(crate) bad_topic_name: i32,
    /// Whether a message without a body is taken. Since 5.x it is not.
    pub(crate) empty_body: bool,
    /// Code for a bare commit of a group that nobody has used. Until 5.x such commits were taken.
    pub(crate) bare_commit_of_unknown_group: i32,
    /// Whether asking for a time after the last message answers the last message's offset instead of the next one.
    pub(crate) after_last_is_last: bool,
    /// Whether the list of a group's members can be empty. A proxy fails instead (code 1, an exception's text), which
    /// does not tell "nobody" from "not known".
    pub(crate) tells_empty_groups: bool,
    /// Whether members of a group are told when another joins or leaves. A proxy does not pass the notice on.
    pub(crate) notices: bool,
    /// Whether topics can keep only the newest message of each key. Since 5.x they can.
    pub(crate) compacts: bool,
    /// Whether brokers and name servers have one port.
    pub(crate) broker_is_name_server: bool,
}

impl Expected {
    pub(crate) fn of(kind: Kind) -> Self {
        let current = Self {
            bad_topic_name: response::INVALID_PARAMETER,
            empty_body: false,
            bare_commit_of_unknown_group: response::SUBSCRIPTION_GROUP_NOT_EXIST,
            tells_empty_groups: true,
            after_last_is_last: false,
            notices: true,
            compacts: true,
            broker_is_name_server: false,
        };
        match kind {
            Kind::V5_3_3 | Kind::V5_5_0 => current,
            Kind::Dev => Self { broker_is_name_server: true, ..current },
            Kind::V4_9_7 => Self {
                bad_topic_name: response::SYSTEM_ERROR,
                empty_body: true,
                bare_commit_of_unknown_group: response::SUCCESS,
                after_last_is_last: true,
                compacts: false,
                ..current
            },
            Kind::Proxy => {
                Self { tells_empty_groups: false, notices: false, broker_is_name_server: true, ..current }
            }
        }
    }
}
