//! Why Doris refused a load, told by its message.
//!
//! Doris has no stable codes: messages carry `[CODE]` from 2.0 on, a code covers causes that pass and causes that stay,
//! and the texts vary by version. They are searched for what has stayed the same; among codes, the causes that pass come
//! before the codes that cover them.

/// Why a load was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    TooManyVersions,
    TooManyTransactions,
    Busy,
    OutOfMemory,
    Cancelled,
    NoBackend,
    DataQuality,
    UnknownDatabase,
    UnknownTable,
    Credentials,
    Privilege,
    LabelFormat,
    TooLarge,
    NoExpect,
    Setting,
    Other,
}

use Reason::*;

/// Parts of messages in lower case, in the order in which they are looked for. First come the messages that quote a name
/// somebody chose, as a table may well be called `cancelled`.
const TEXTS: &[(&str, Reason)] = &[
    ("unknown database", UnknownDatabase),
    ("database not found", UnknownDatabase),
    ("unknown table", UnknownTable),
    ("table not found", UnknownTable),
    ("[e-235]", TooManyVersions),
    ("err=-235", TooManyVersions),
    ("status: -235", TooManyVersions),
    ("too_many_version", TooManyVersions),
    ("too many versions", TooManyVersions),
    ("running txns on db", TooManyTransactions),
    ("lock timeout", Busy),
    ("mem_limit", OutOfMemory),
    ("memory limit", OutOfMemory),
    ("memory exceed", OutOfMemory),
    ("memory not enough", OutOfMemory),
    ("no available backend", NoBackend),
    ("no backend", NoBackend),
    ("no alive backend", NoBackend),
    ("replica num", NoBackend),
    ("enough replica", NoBackend),
    ("data_quality_error", DataQuality),
    ("too many filtered rows", DataQuality),
    ("multiple json objects", DataQuality),
    ("parse json data", DataQuality),
    ("json data is array-object", DataQuality),
    ("user abort", Cancelled),
    ("already aborted", Cancelled),
    ("cancelled", Cancelled),
    ("receive body don't equal", Cancelled),
    ("you need (at least one of)", Privilege),
    ("load command denied", Privilege),
    ("access denied", Credentials),
    ("need auth information", Credentials),
    ("no valid basic authorization", Credentials),
    ("not_authorized", Credentials),
    ("http 401", Credentials),
    ("http 403", Privilege),
    ("label format error", LabelFormat),
    ("streaming_load_max_mb", TooLarge),
    ("streaming_load_json_max_mb", TooLarge),
    ("http 413", TooLarge),
    ("100-continue header", NoExpect),
    ("timeout", Busy),
    ("timed out", Busy),
    ("[analysis_error]", Setting),
    ("[invalid_argument]", Setting),
    ("[not_found]", Setting),
    ("[not_implemented_error]", Setting),
    ("unknown column", Setting),
    ("unknown data format", Setting),
    ("merge type", Setting),
    ("syntax error", Setting),
    ("not supported", Setting),
    ("no database selected", Setting),
    ("no table selected", Setting),
];

impl Reason {
    /// The reason that `message` gives.
    pub(super) fn of(message: &str) -> Self {
        let message = message.to_ascii_lowercase();
        TEXTS.iter().find(|(text, _)| message.contains(text)).map_or(Other, |(_, reason)| *reason)
    }

    /// Whether the same load may work later. What is not known may.
    pub(super) fn passes(self) -> bool {
        matches!(
            self,
            TooManyVersions | TooManyTransactions | Busy | OutOfMemory | Cancelled | NoBackend | Other
        )
    }

    /// Whether loads that come fast make it worse.
    pub(super) fn asks_for_less(self) -> bool {
        matches!(self, TooManyVersions | TooManyTransactions | OutOfMemory)
    }

    /// The reason in a word for metrics.
    pub(super) fn word(self) -> &'static str {
        match self {
            TooManyVersions => "too_many_versions",
            TooManyTransactions => "too_many_transactions",
            Busy => "busy",
            OutOfMemory => "out_of_memory",
            Cancelled => "cancelled",
            NoBackend => "no_backend",
            DataQuality => "bad_rows",
            UnknownDatabase => "unknown_database",
            UnknownTable => "unknown_table",
            Credentials => "credentials",
            Privilege => "privilege",
            LabelFormat => "label_format",
            TooLarge => "too_large",
            NoExpect => "no_expect",
            Setting => "setting",
            Other => "other",
        }
    }

    /// What an operator can do about it.
    pub(super) fn advice(self) -> &'static str {
        match self {
            TooManyVersions => "loads come faster than the table is compacted: make batches larger and fewer",
            TooManyTransactions => "too many loads run in this database: use fewer tasks or larger batches",
            Busy | Cancelled | Other => "the load is repeated under the same label",
            OutOfMemory => "the backend is short of memory: make batches smaller or wait",
            NoBackend => "check with SHOW BACKENDS that enough backends are alive",
            DataQuality => "rows do not fit the table",
            UnknownDatabase => "create the database or correct doris.database",
            UnknownTable => "create the table or correct doris.topic2table.map (names are case-sensitive)",
            Credentials => "check doris.user and doris.password",
            Privilege => "GRANT LOAD_PRIV on the table to doris.user",
            LabelFormat => "this version of Doris has another rule for labels",
            TooLarge => "make batches smaller, or raise the limit at the server named",
            NoExpect => "a proxy on the way takes the Expect header out: go around it or let it pass",
            Setting => "check sink.properties.* against the table and the version of Doris",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: Reason) {
        assert_eq!(Reason::of(message), expected, "{message}");
    }

    #[test]
    fn messages_of_several_versions_tell_the_reason() {
        check(
            "[INTERNAL_ERROR]tablet error: [E-235]failed to init rowset builder. version count: 2001",
            TooManyVersions,
        );
        check(
            "errCode = 2, detailMessage = current running txns on db 10002 is 100, larger than limit 100",
            TooManyTransactions,
        );
        check(
            "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = get tableList write lock timeout, tableList=(t)",
            Busy,
        );
        check("[MEM_LIMIT_EXCEEDED]Process has no memory available", OutOfMemory);
        check("[INTERNAL_ERROR]cancelled: closed", Cancelled);
        check("[ANALYSIS_ERROR]transaction [7] is already aborted. abort reason: user cancel", Cancelled);
        check("No available backends", NoBackend);
        check("[DATA_QUALITY_ERROR]too many filtered rows", DataQuality);
        check(
            "[NOT_FOUND]TStatus: errCode = 7, detailMessage = unknown database, database=nodb",
            UnknownDatabase,
        );
        check("errCode = 7, detailMessage = unknown databases, dbName=nodb", UnknownDatabase);
        check(
            "[NOT_FOUND]TStatus: errCode = 7, detailMessage = table not found, tableName=nope",
            UnknownTable,
        );
        check("errCode = 7, detailMessage = table not found, tableName=cancelled-235", UnknownTable);
        check(
            "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = Access denied for user 'root@127.0.0.1' (using password: YES)",
            Credentials,
        );
        check("[INTERNAL_ERROR]no valid Basic authorization", Credentials);
        check(
            "Access denied; you need (at least one of) the Admin_priv,Load_priv privilege(s) for this operation",
            Privilege,
        );
        check(
            "errCode = 2, detailMessage = Label format error. regex: ^[-_A-Za-z0-9:]{1,128}$, label: é",
            LabelFormat,
        );
        check("body size 11 exceed BE's conf `streaming_load_max_mb` 10", TooLarge);
        check("There is no 100-continue header", NoExpect);
        check("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = Syntax error in line 1", Setting);
        check("something new", Other);
    }

    #[test]
    fn what_passes_is_repeated_and_what_stays_is_not() {
        for reason in [TooManyVersions, TooManyTransactions, Busy, OutOfMemory, Cancelled, NoBackend, Other] {
            assert!(reason.passes(), "{reason:?}");
        }
        for reason in [
            DataQuality,
            UnknownDatabase,
            UnknownTable,
            Credentials,
            Privilege,
            LabelFormat,
            TooLarge,
            NoExpect,
            Setting,
        ] {
            assert!(!reason.passes(), "{reason:?}");
        }
    }
}
