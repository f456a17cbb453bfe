//! Whether user, database and table are right, before anything is loaded.

use super::{answer::Parsed, error::LoadError, path, reason::Reason};
use crate::{cluster::Cluster, config::TableName};
use hyper::Method;

/// Asks a frontend for the table's columns.
pub(super) async fn check(cluster: &mut Cluster, database: &str, table: &TableName) -> Result<(), LoadError> {
    let answered = cluster.call(Method::GET, path::schema(database, table.as_str())).await?;
    let node = answered.node;
    match Parsed::of(&answered.answer) {
        Parsed::Data(_) => Ok(()),
        Parsed::Refused(said) => match Reason::of(&said) {
            // A user may be allowed to load and not to read, and then may not see columns either.
            Reason::Privilege => {
                tracing::info!(%node, database, %table, said, "the table cannot be checked before loading");
                Ok(())
            }
            reason => Err(LoadError::Refused { node, said, reason }),
        },
        Parsed::Foreign(said) => Err(LoadError::Foreign { node, said }),
        other => Err(LoadError::Foreign { node, said: format!("{other:?}") }),
    }
}
