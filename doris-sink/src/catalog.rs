//! The tables of Doris as loads see them, asked over the frontends' MySQL port.
//!
//! What is known of a table is kept until somebody asks for it anew. Nothing here is needed to load JSON by the names of its keys: without
//! the port, what needs no table's shape works as ever.

mod column;
mod create;
mod create_text;
mod ddl;
mod doris_type;
mod error;
mod evolve;
pub(crate) mod fit;
mod infer;
mod mysql;
mod policy;
mod session;
mod shape;
mod table;

pub(crate) use column::NewColumn;
pub(crate) use create::{NewModel, TableLayout};
pub(crate) use doris_type::DorisType;
pub(crate) use error::CatalogError;
pub(crate) use policy::SchemaPolicy;
pub(crate) use session::Unreachable;
pub(crate) use shape::Shaper;
#[cfg(test)]
use table::{Column, Source};
pub(crate) use table::{KeyModel, Sequence, Table};

use crate::{config::Settings, route::TableName};
use mysql::{Limits, Login, Rows};
use session::{Session, SessionError};
use std::{collections::HashMap, sync::Arc};

/// How many tables are remembered. Records may name more than there is use in keeping.
const REMEMBERED: usize = 1024;

/// The tables of one database.
#[derive(Debug)]
pub(crate) struct Catalog {
    database: String,
    session: Session,
    known: HashMap<TableName, Arc<Table>>,
}

impl Catalog {
    /// The database that `settings` name; tasks begin with different frontends, by their number. Nothing is connected to yet.
    pub(crate) fn new(settings: &Settings, task: u32) -> Self {
        let frontends = settings.frontends.iter().map(|frontend| frontend.with_port(settings.query_port));
        let login = Login { user: settings.user.clone(), password: settings.password.clone() };
        let limits = Limits { connect: settings.connect_timeout, answer: settings.read_timeout };
        let first = usize::try_from(task).unwrap_or_default();
        Self::of(&settings.database, Session::new(frontends.collect(), login, limits, first))
    }

    fn of(database: &str, session: Session) -> Self {
        Self { database: database.to_owned(), session, known: HashMap::new() }
    }

    /// The table as it was when it was asked for first, or [refreshed](Self::refresh) last.
    ///
    /// # Errors
    /// [`CatalogError`] names what is not there, and what exists that is called nearly the same.
    pub(crate) async fn table(&mut self, name: &TableName) -> Result<Arc<Table>, CatalogError> {
        match self.known.get(name) {
            Some(table) => Ok(Arc::clone(table)),
            None => self.refresh(name).await,
        }
    }

    /// The table as it is now.
    ///
    /// # Errors
    /// As for [`table`](Self::table).
    pub(crate) async fn refresh(&mut self, name: &TableName) -> Result<Arc<Table>, CatalogError> {
        self.known.remove(name);
        let statement = format!("SHOW CREATE TABLE {}", ddl::qualified(&self.database, name));
        let rows = match self.session.query(&statement).await {
            Ok(rows) => rows,
            Err(refused @ SessionError::Refused { .. }) => return Err(self.why(name, refused).await),
            Err(error) => return Err(CatalogError::of_statement(error, statement)),
        };
        let not_loadable = |problem: &str| CatalogError::NotLoadable {
            database: self.database.clone(),
            table: name.clone(),
            problem: problem.to_owned(),
        };
        let text = rows.first("Create Table").ok_or_else(|| not_loadable("it is a view"))?;
        let table = Arc::new(create_text::read(name, text).map_err(not_loadable)?);
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(name.clone(), Arc::clone(&table));
        Ok(table)
    }

    /// Forgets all tables, so that each is asked for anew.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// Closes the connection, if there is one.
    pub(crate) async fn close(&mut self) {
        self.session.close().await;
    }

    /// Why a table was not shown. Doris has said so, but in words that differ from version to version.
    async fn why(&mut self, table: &TableName, refused: SessionError) -> CatalogError {
        let database = self.database.clone();
        let databases = match self.list("SHOW DATABASES").await {
            Ok(databases) => databases,
            Err(error) => return error,
        };
        if !databases.contains(&database) {
            let near = nearest(&database, &databases);
            return CatalogError::NoDatabase { database, near };
        }
        let tables = match self.list(&format!("SHOW TABLES FROM {}", ddl::name(&database))).await {
            Ok(tables) => tables,
            Err(error) => return error,
        };
        if !tables.iter().any(|known| known == table.as_str()) {
            let near = nearest(table.as_str(), &tables);
            return CatalogError::NoTable { database, table: table.clone(), near };
        }
        CatalogError::of_statement(refused, format!("to show table {database}.{table}"))
    }

    async fn list(&mut self, statement: &str) -> Result<Vec<String>, CatalogError> {
        let rows = self.run(statement).await?;
        Ok(rows.rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    async fn run(&mut self, statement: &str) -> Result<Rows, CatalogError> {
        let answer = self.session.query(statement).await;
        answer.map_err(|error| CatalogError::of_statement(error, format!("{statement:?}")))
    }
}

/// The name that `wrong` was probably meant to be.
fn nearest(wrong: &str, names: &[String]) -> Option<String> {
    let distance = |name: &&String| strsim::damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase());
    let near = names.iter().min_by_key(distance)?;
    (distance(&near) <= wrong.chars().count().max(3) / 3).then(|| near.clone())
}

#[cfg(test)]
mod tests;
