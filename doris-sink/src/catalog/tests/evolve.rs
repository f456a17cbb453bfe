//! Columns are added, whoever else is at it.

use super::*;
use std::sync::{Arc, Mutex};

/// A table under the hands of a scripted Doris.
#[derive(Default)]
struct Table {
    columns: Vec<String>,
    /// Columns that a job is adding, and how often it is looked at before they are there.
    job: Option<(Vec<String>, usize)>,
    cancelled: bool,
}

/// How a scripted Doris adds columns.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Light,
    Job { looks: usize },
    Cancelled,
}

impl Table {
    fn answer(&mut self, change: Change, statement: &str) -> Answer {
        if statement.starts_with("SHOW CREATE TABLE") {
            if let Some((columns, looks)) = &mut self.job {
                *looks = looks.saturating_sub(1);
                if *looks == 0 {
                    self.columns.append(columns);
                    self.job = None;
                }
            }
            return Answer::rows(&["Table", "Create Table"], &[&["t", &create_text(&self.columns)]]);
        }
        if statement.starts_with("SHOW ALTER TABLE COLUMN FROM `shop` WHERE TableName = 't'") {
            let state = if self.cancelled { "CANCELLED" } else { "RUNNING" };
            return Answer::rows(&["JobId", "State", "Msg"], &[&["1", state, "no space left"]]);
        }
        let Some(added) = statement.strip_prefix("ALTER TABLE `shop`.`t` ADD COLUMN (") else {
            panic!("{statement}");
        };
        if self.job.is_some() {
            let words = "errCode = 2, detailMessage = Table[t]'s state(SCHEMA_CHANGE) is not NORMAL.";
            return Answer::Refused(1105, words.into());
        }
        let added: Vec<_> = added.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        if let Some(there) = added.iter().find(|column| self.columns.contains(column)) {
            let words = format!(
                "errCode = 2, detailMessage = Can not add column which already exists in base table: {there}"
            );
            return Answer::Refused(1105, words);
        }
        match change {
            Change::Light => self.columns.extend(added),
            Change::Job { looks } => self.job = Some((added, looks)),
            Change::Cancelled => self.cancelled = true,
        }
        Answer::Done
    }
}

async fn doris(change: Change) -> (Scripted, Arc<Mutex<Table>>) {
    let table = Arc::new(Mutex::new(Table { columns: vec!["a".into()], ..Table::default() }));
    let of_script = Arc::clone(&table);
    let doris =
        Scripted::start(move |_, statement| of_script.lock().unwrap().answer(change, statement)).await;
    (doris, table)
}

fn columns(names: &[&str]) -> Vec<NewColumn> {
    names.iter().map(|name| NewColumn::new(*name, DorisType::Int)).collect()
}

fn names(table: &super::Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

fn alters(doris: &Scripted) -> usize {
    doris.statements().iter().filter(|statement| statement.starts_with("ALTER")).count()
}

#[tokio::test]
async fn columns_are_added_with_one_statement_and_are_there_then() {
    let (doris, _) = doris(Change::Light).await;
    let mut catalog = doris.catalog();
    let table = catalog.evolve(&name("t"), &columns(&["b", "a", "c"])).await.unwrap();
    assert_eq!((names(&table), alters(&doris)), (vec!["a", "b", "c"], 1));
    assert_eq!(catalog.table(&name("t")).await.unwrap(), table, "what is remembered has them too");
    catalog.evolve(&name("t"), &columns(&["c"])).await.unwrap();
    assert_eq!(alters(&doris), 1);
}

#[tokio::test]
async fn a_job_is_waited_for() {
    let (doris, _) = doris(Change::Job { looks: 4 }).await;
    let table = doris.catalog().evolve(&name("t"), &columns(&["b"])).await.unwrap();
    assert_eq!((names(&table), alters(&doris)), (vec!["a", "b"], 1));
}

#[tokio::test]
async fn a_job_that_takes_longer_than_a_batch_waits_goes_on_and_is_not_begun_again() {
    let (doris, state) = doris(Change::Job { looks: usize::MAX }).await;
    let mut catalog = doris.catalog();
    let wanted = columns(&["b"]);
    let error = catalog.evolve_within(&name("t"), &wanted, Duration::from_millis(200)).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(error.to_string(), "the change of t that adds b has not ended within 0 s");
    state.lock().unwrap().job.as_mut().unwrap().1 = 2;
    let table = catalog.evolve(&name("t"), &wanted).await.unwrap();
    assert_eq!(names(&table), ["a", "b"]);
}

#[tokio::test]
async fn a_job_that_is_cancelled_is_told_with_its_reason() {
    let (doris, _) = doris(Change::Cancelled).await;
    let error = doris.catalog().evolve(&name("t"), &columns(&["b"])).await.unwrap_err();
    assert_eq!(error.to_string(), "the change of t that adds b was cancelled: no space left");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn two_tasks_add_columns_at_once() {
    for change in [Change::Light, Change::Job { looks: 3 }] {
        let (doris, _) = doris(change).await;
        let (mut one, mut other) = (doris.catalog(), doris.catalog());
        let (table, these, those) = (name("t"), columns(&["b", "c"]), columns(&["c", "d"]));
        let (first, second) = tokio::join!(one.evolve(&table, &these), other.evolve(&table, &those));
        first.unwrap();
        second.unwrap();
        let mut found = names(&one.refresh(&table).await.unwrap()).join("");
        assert_eq!(found.len(), 4, "{found}");
        found.retain(|c| !"abcd".contains(c));
        assert_eq!(found, "", "{change:?}");
    }
}

#[tokio::test]
async fn what_doris_has_against_it_is_told() {
    let doris = Scripted::start(|_, statement| match statement.starts_with("ALTER") {
        true => {
            Answer::Refused(1105, "errCode = 2, detailMessage = Access denied; you need ALTER_PRIV".into())
        }
        false => shown(&["a"]),
    })
    .await;
    let error = doris.catalog().evolve(&name("t"), &columns(&["b"])).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("ADD COLUMN (`b` INT NULL)") && told.contains("you need ALTER_PRIV"), "{told}");
    assert!(!error.is_transient() && alters(&doris) == 1);
}
