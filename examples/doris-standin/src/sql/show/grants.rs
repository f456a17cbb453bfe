//! SHOW GRANTS: what a user may do, and where.

use crate::accounts::{AccountView, Privilege};
use crate::sql::accounts::user;
use crate::sql::answer::ResultSet;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::session::Session;

const HEADS: [&str; 15] = [
    "UserIdentity",
    "Comment",
    "Password",
    "Roles",
    "GlobalPrivs",
    "CatalogPrivs",
    "DatabasePrivs",
    "TablePrivs",
    "ColPrivs",
    "ResourcePrivs",
    "CloudClusterPrivs",
    "CloudStagePrivs",
    "StorageVaultPrivs",
    "WorkloadGroupPrivs",
    "ComputeGroupPrivs",
];

/// `SHOW [ALL] GRANTS [FOR user]`; the cursor stands after `GRANTS`.
pub(super) fn run(session: &Session, mut cursor: Cursor<'_>, sql: &str) -> Result<ResultSet, SqlError> {
    let named = if cursor.eat_word("FOR") { Some(user(&mut cursor)?) } else { None };
    cursor.expect_end()?;
    let all = sql.split_whitespace().nth(1).is_some_and(|word| word.eq_ignore_ascii_case("ALL"));
    let others = all || named.as_ref().is_some_and(|name| *name != session.user);
    if others {
        session.require_administrator("GRANT")?;
    }
    let accounts = session.cluster.accounts.views();
    let wanted = named.as_ref().unwrap_or(&session.user);
    let shown: Vec<_> =
        accounts.into_iter().filter(|account| all || account.user == *wanted).map(row).collect();
    if shown.is_empty() {
        return Err(SqlError::analysis(format_args!("User '{wanted}'@'%' does not exist.")));
    }
    Ok(ResultSet::of_text(HEADS, shown))
}

fn row(account: AccountView) -> [Option<String>; 15] {
    let mut cells: [Option<String>; 15] = std::array::from_fn(|_| None);
    let words = |privileges: &[Privilege]| {
        let words: Vec<_> = privileges.iter().map(|privilege| privilege.word()).collect();
        words.join(",")
    };
    let (mut global, mut databases, mut tables) = (Vec::new(), Vec::new(), Vec::new());
    for grant in &account.grants {
        let text = words(&grant.privileges);
        match (grant.database.as_str(), grant.table.as_str()) {
            ("*", _) => global.push(text),
            (database, "*") => databases.push(format!("internal.{database}: {text}")),
            (database, table) => tables.push(format!("internal.{database}.{table}: {text}")),
        }
    }
    // Everybody may read these two.
    databases.extend(["information_schema", "mysql"].map(|name| format!("internal.{name}: Select_priv")));
    let listed = |list: Vec<String>, between: &str| (!list.is_empty()).then(|| list.join(between));
    cells[0] = Some(format!("'{}'@'%'", account.user));
    cells[1] = Some(String::new());
    cells[2] = Some(if account.has_password { "Yes" } else { "No" }.to_owned());
    cells[3] = Some(if account.is_administrator { "operator" } else { "" }.to_owned());
    cells[4] = listed(global, ",");
    cells[6] = listed(databases, "; ");
    cells[7] = listed(tables, "; ");
    cells
}
