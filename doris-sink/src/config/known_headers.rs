//! The headers of Stream Load, and what this sink lets an operator say with them.

/// What may be said with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Any value: Doris judges it.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A whole number within bounds, both included.
    Int(u64, u64),
    /// A number from 0 to 1.
    Ratio,
    /// One of these words, in any case.
    OneOf(&'static [&'static str]),
    /// Only this value, because of the reason.
    Only(&'static str, &'static str),
    /// None at all, because of the reason.
    Never(&'static str),
}

const OURS: Rule = Rule::Never("is set by the sink for each load");
const TWO_PHASE: Rule = Rule::Never("is set by the sink for each load; use enable.2pc=true");
const ROWS_ARE_LINES: &str = "rows are sent as JSON, one object a line";

/// Every header that Stream Load reads (Apache Doris, `HttpHeaderNames` and `be/src/http/http_common.h`), by name in lower case.
pub(super) const HEADERS: &[(&str, Rule)] = &[
    ("auth_token", Rule::Never("is for Doris's own servers; use doris.user and doris.password")),
    ("authorization", OURS),
    ("cloud_cluster", Rule::Any),
    ("column_separator", Rule::Any),
    ("columns", Rule::Any),
    ("comment", Rule::Any),
    ("compress_type", Rule::OneOf(&["gz", "lz4", "deflate"])),
    ("compute_group", Rule::Any),
    ("connection", OURS),
    ("content-encoding", OURS),
    ("content-length", OURS),
    ("content-type", OURS),
    ("delete", Rule::Any),
    ("empty_field_as_null", Rule::Boolean),
    ("enable_profile", Rule::Boolean),
    ("enclose", Rule::Any),
    ("escape", Rule::Any),
    ("exec_mem_limit", Rule::Int(1, u64::MAX)),
    ("expect", OURS),
    ("format", Rule::OneOf(&["json", "csv"])),
    ("function_column.sequence_col", Rule::Any),
    (
        "fuzzy_parse",
        Rule::Never("would read every row by the keys of the first, and records of a topic may differ"),
    ),
    ("group_commit", Rule::OneOf(&["off_mode", "sync_mode", "async_mode"])),
    ("hidden_columns", Rule::Any),
    ("host", OURS),
    ("json_root", Rule::Any),
    ("jsonpaths", Rule::Any),
    (
        "label",
        Rule::Never("is made by the sink from the batch's identity, which is what makes loads exactly once"),
    ),
    ("line_delimiter", Rule::Only("\\n", ROWS_ARE_LINES)),
    ("load_stream_per_node", Rule::Int(1, 1024)),
    ("load_to_single_tablet", Rule::Boolean),
    ("max_filter_ratio", Rule::Ratio),
    ("memtable_on_sink_node", Rule::Boolean),
    ("merge_type", Rule::OneOf(&["append", "delete", "merge"])),
    ("negative", Rule::Boolean),
    ("num_as_string", Rule::Boolean),
    ("partial_columns", Rule::Boolean),
    ("partial_update_new_key_behavior", Rule::OneOf(&["append", "error"])),
    ("partitions", Rule::Any),
    ("read_json_by_line", Rule::Boolean),
    ("redirect-policy", Rule::OneOf(&["direct", "random-be", "public", "private", "public-private"])),
    ("send_batch_parallelism", Rule::Int(1, 1024)),
    ("skip_lines", Rule::Only("0", "would leave out the first records of every load")),
    ("skip_record_to_audit_log_table", Rule::Boolean),
    ("sql", Rule::Never("belongs to another endpoint of Doris, _http_stream; use columns and where")),
    ("strict_mode", Rule::Boolean),
    ("strip_outer_array", Rule::Boolean),
    ("temporary_partitions", Rule::Any),
    ("time_zone", Rule::Any),
    ("timeout", Rule::Int(1, 259_200)),
    ("timezone", Rule::Any),
    ("token", Rule::Never("is for Doris's own servers; use doris.user and doris.password")),
    ("transfer-encoding", OURS),
    ("trim_double_quotes", Rule::Boolean),
    ("two_phase_commit", TWO_PHASE),
    ("txn_id", TWO_PHASE),
    ("txn_operation", TWO_PHASE),
    ("unique_key_update_mode", Rule::OneOf(&["upsert", "update_fixed_columns", "update_flexible_columns"])),
    ("where", Rule::Any),
];
