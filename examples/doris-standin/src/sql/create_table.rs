//! CREATE TABLE with Doris's clauses, checked as the front end checks them.

use super::answer::Answer;
use super::cursor::{Cursor, split_commas};
use super::declared_type::column_type;
use super::error::SqlError;
use super::lexer::Token;
use super::session::Session;
use crate::accounts::Privilege;
use crate::store::{Aggregation, Column, ColumnType, DefaultValue, KeyModel, StoreError, Table};

/// How many leading columns become the key of a table that declares none.
const DEFAULT_KEYS: usize = 3;
const BACKENDS: u32 = 1;

/// Runs the statement; the cursor stands after `CREATE TABLE`.
pub(super) fn run(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    let if_not_exists = cursor.eat_words(&["IF", "NOT", "EXISTS"]);
    let (database, name) = cursor.qualified()?;
    let database = session.find_database(database.as_deref())?;
    session.require(Privilege::Create, database.name(), &name)?;
    let table = parse(&mut cursor, &name)?;
    match database.create_table(table) {
        Ok(()) => Ok(Answer::done()),
        Err(StoreError::TableExists(_)) if if_not_exists => Ok(Answer::done()),
        Err(StoreError::TableExists(name)) => {
            Err(SqlError::numbered(1050, "42S01", format_args!("Table '{name}' already exists")))
        }
        Err(error) => Err(SqlError::analysis(error)),
    }
}

fn parse(cursor: &mut Cursor<'_>, name: &str) -> Result<Table, SqlError> {
    if cursor.peek_word("LIKE") || cursor.peek_word("AS") {
        return Err(SqlError::beyond("CREATE TABLE LIKE and AS SELECT"));
    }
    let mut columns = columns(cursor)?;
    if cursor.eat_word("ENGINE") {
        cursor.expect_symbol("=")?;
        let engine = cursor.identifier()?;
        if !engine.eq_ignore_ascii_case("olap") {
            return Err(SqlError::beyond(format_args!("tables of ENGINE={engine}")));
        }
    }
    let (model, keys) = keys(cursor)?;
    let comment = if cursor.eat_word("COMMENT") { cursor.text()?.into_owned() } else { String::new() };
    let partition = clause(cursor, &["AUTO", "PARTITION"])?;
    let distribution = distribution(cursor, &columns)?;
    if cursor.eat_word("ROLLUP") {
        return Err(SqlError::beyond("ROLLUP"));
    }
    let properties = if cursor.eat_word("PROPERTIES") { properties(cursor)? } else { Vec::new() };
    cursor.expect_end()?;
    let model = mark_keys(&mut columns, model, &keys)?;
    check_columns(&columns, model)?;
    check_replicas(&properties)?;
    Ok(Table { name: name.to_owned(), model, columns, comment, partition, distribution, properties })
}

fn columns(cursor: &mut Cursor<'_>) -> Result<Vec<Column>, SqlError> {
    let group = cursor.group()?;
    let mut columns: Vec<Column> = Vec::new();
    for part in split_commas_outside_types(group) {
        let mut part = cursor.within(part);
        if part.peek_word("INDEX") {
            continue;
        }
        let column = column(&mut part)?;
        if columns.iter().any(|other| other.name.eq_ignore_ascii_case(&column.name)) {
            return Err(SqlError::numbered(
                1060,
                "42S21",
                format_args!("Duplicate column name '{}'", column.name),
            ));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// Commas also separate the parts of `MAP<…>` and `STRUCT<…>`.
fn split_commas_outside_types<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut parts: Vec<&[_]> = Vec::new();
    let mut start = 0;
    let mut depth = 0;
    let mut at = 0;
    for part in split_commas(tokens) {
        for token in part {
            depth += i32::from(token.is_symbol("<")) - i32::from(token.is_symbol(">"));
        }
        at += part.len();
        if depth <= 0 {
            parts.push(&tokens[start..at]);
            start = at + 1;
        }
        at += 1;
    }
    parts
}

fn column(cursor: &mut Cursor<'_>) -> Result<Column, SqlError> {
    let name = cursor.identifier()?;
    let column_type = column_type(cursor)?;
    let mut column = Column {
        name,
        column_type,
        nullable: true,
        key: false,
        aggregation: None,
        default: None,
        comment: String::new(),
    };
    while let Some(token) = cursor.peek() {
        if cursor.eat_words(&["NOT", "NULL"]) {
            column.nullable = false;
        } else if cursor.eat_word("NULL") {
            column.nullable = true;
        } else if cursor.eat_word("KEY") {
            column.key = true;
        } else if cursor.eat_word("DEFAULT") {
            column.default = Some(default_value(cursor)?);
        } else if cursor.eat_word("COMMENT") {
            column.comment = cursor.text()?.into_owned();
        } else if let Some(aggregation) = Aggregation::parse(token.raw) {
            cursor.next();
            column.aggregation = Some(aggregation);
        } else if token.is_word("AUTO_INCREMENT") || token.is_word("ON") || token.is_word("GENERATED") {
            return Err(SqlError::beyond(format_args!("{} columns", token.raw)));
        } else {
            return Err(cursor.unexpected("{',', ')'}"));
        }
    }
    Ok(column)
}

fn default_value(cursor: &mut Cursor<'_>) -> Result<DefaultValue, SqlError> {
    if cursor.eat_word("NULL") {
        return Ok(DefaultValue::Null);
    }
    if cursor.eat_word("CURRENT_TIMESTAMP") {
        if cursor.eat_symbol("(") {
            cursor.number::<u8>()?;
            cursor.expect_symbol(")")?;
        }
        return Ok(DefaultValue::CurrentTimestamp);
    }
    let sign = if cursor.eat_symbol("-") { "-" } else { "" };
    let token = cursor.next().ok_or_else(|| cursor.unexpected("a default value"))?;
    Ok(DefaultValue::Literal(format!("{sign}{}", token.value())))
}

fn keys(cursor: &mut Cursor<'_>) -> Result<(Option<KeyModel>, Vec<String>), SqlError> {
    for model in [KeyModel::Duplicate, KeyModel::Unique, KeyModel::Aggregate] {
        if cursor.eat_words(&[model.word(), "KEY"]) {
            let group = cursor.group()?;
            let names = split_commas(group).into_iter().map(|part| cursor.within(part).identifier());
            let names = names.collect::<Result<Vec<_>, _>>()?;
            if cursor.peek_word("CLUSTER") {
                return Err(SqlError::beyond("CLUSTER BY"));
            }
            return Ok((Some(model), names));
        }
    }
    Ok((None, Vec::new()))
}

/// A `PARTITION BY …` clause, kept as written.
fn clause(cursor: &mut Cursor<'_>, lead: &[&str]) -> Result<Option<String>, SqlError> {
    let Some(first) = cursor.peek() else { return Ok(None) };
    if !cursor.eat_words(lead) && !cursor.eat_word("PARTITION") {
        return Ok(None);
    }
    cursor.expect_word("BY")?;
    while cursor.peek().is_some_and(|token| !token.is_symbol("(")) {
        cursor.next();
    }
    cursor.group()?;
    if cursor.peek().is_some_and(|token| token.is_symbol("(")) {
        cursor.group()?;
    }
    Ok(Some(cursor.text_since(first).to_owned()))
}

/// The `DISTRIBUTED BY` clause in the form SHOW CREATE TABLE gives it.
fn distribution(cursor: &mut Cursor<'_>, columns: &[Column]) -> Result<String, SqlError> {
    if !cursor.eat_word("DISTRIBUTED") {
        return Ok("DISTRIBUTED BY RANDOM BUCKETS AUTO".to_owned());
    }
    cursor.expect_word("BY")?;
    let by = if cursor.eat_word("HASH") {
        let group = cursor.group()?;
        let mut names = Vec::new();
        for part in split_commas(group) {
            let name = cursor.within(part).identifier()?;
            let column =
                columns.iter().find(|column| column.name.eq_ignore_ascii_case(&name)).ok_or_else(|| {
                    SqlError::analysis(format_args!("Distribution column({name}) doesn't exist."))
                })?;
            names.push(format!("`{}`", column.name));
        }
        format!("HASH({})", names.join(", "))
    } else {
        cursor.expect_word("RANDOM")?;
        "RANDOM".to_owned()
    };
    let buckets = if cursor.eat_word("BUCKETS") && !cursor.eat_word("AUTO") {
        cursor.number::<u32>()?.to_string()
    } else {
        "AUTO".to_owned()
    };
    Ok(format!("DISTRIBUTED BY {by} BUCKETS {buckets}"))
}

fn properties(cursor: &mut Cursor<'_>) -> Result<Vec<(String, String)>, SqlError> {
    let group = cursor.group()?;
    let mut found = Vec::new();
    for part in split_commas(group).into_iter().filter(|part| !part.is_empty()) {
        let mut part = cursor.within(part);
        let key = part.text()?.into_owned();
        part.expect_symbol("=")?;
        let value = part.text()?.into_owned();
        part.expect_end()?;
        if key.starts_with("function_column.") {
            return Err(SqlError::beyond(format_args!("the property {key}")));
        }
        found.push((key, value));
    }
    Ok(found)
}

fn mark_keys(columns: &mut [Column], model: Option<KeyModel>, keys: &[String]) -> Result<KeyModel, SqlError> {
    let aggregated = columns.iter().any(|column| column.aggregation.is_some());
    let Some(model) = model else {
        let leading = columns.iter().take_while(|column| column.column_type.can_be_key()).count();
        // Without value functions the table is a duplicate one; with them, what comes before is the key.
        let model = if aggregated { KeyModel::Aggregate } else { KeyModel::Duplicate };
        let count = match model {
            KeyModel::Aggregate => columns.iter().take_while(|column| column.aggregation.is_none()).count(),
            _ => leading.min(DEFAULT_KEYS),
        };
        if count == 0 {
            return Err(SqlError::analysis(
                "The olap table first column could not be float, double, string or struct, array, map, please use decimal or varchar instead.",
            ));
        }
        columns[..count].iter_mut().for_each(|column| column.key = true);
        return Ok(model);
    };
    for (index, key) in keys.iter().enumerate() {
        match columns.get_mut(index) {
            Some(column) if column.name.eq_ignore_ascii_case(key) => column.key = true,
            Some(column) => {
                return Err(SqlError::analysis(format_args!(
                    "Key columns should be a ordered prefix of the schema. KeyColumns[{index}] (starts from zero) is {key}, but corresponding column is {} in the previous columns declaration.",
                    column.name
                )));
            }
            None => return Err(SqlError::analysis(format_args!("Key column[{key}] doesn't exist."))),
        }
    }
    Ok(model)
}

fn check_columns(columns: &[Column], model: KeyModel) -> Result<(), SqlError> {
    for column in columns {
        let name = &column.name;
        if column.key && !column.column_type.can_be_key() {
            let detail = match column.column_type {
                ColumnType::Text => format!("String Type should not be used in key column[{name}]"),
                ColumnType::Float | ColumnType::Double => {
                    format!("Float or double can not used as a key, use decimal instead: {name}")
                }
                _ => format!(
                    "{} Type should not be used in key column[{name}].",
                    column.column_type.bare_name()
                ),
            };
            return Err(SqlError::analysis(detail));
        }
        if !column.nullable && column.default == Some(DefaultValue::Null) {
            return Err(SqlError::analysis(format_args!(
                "Can not set null default value to non nullable column: {name}"
            )));
        }
        match (model, column.key, column.aggregation) {
            (KeyModel::Aggregate, false, None) => {
                return Err(SqlError::analysis(format_args!(
                    "should set aggregation type to non-key column[{name}]"
                )));
            }
            (KeyModel::Aggregate, false, Some(Aggregation::Sum))
                if column.column_type.collation().is_some() =>
            {
                return Err(SqlError::beyond("SUM of DECIMAL and LARGEINT in aggregate tables"));
            }
            (KeyModel::Duplicate | KeyModel::Unique, false, Some(_)) => {
                return Err(SqlError::analysis(format_args!(
                    "{} table should not specify aggregate type for non-key column[{name}]",
                    model.keys_type()
                )));
            }
            (_, true, Some(_)) => {
                return Err(SqlError::analysis(format_args!(
                    "Key column[{name}] should not specify aggregate type."
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_replicas(properties: &[(String, String)]) -> Result<(), SqlError> {
    let value = |name: &str| properties.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let allocated = value("replication_allocation").and_then(|text| text.rsplit(':').next());
    let wanted = value("replication_num").or(allocated).unwrap_or("3").trim();
    let count: u32 =
        wanted.parse().map_err(|_| SqlError::analysis(format_args!("Invalid replication_num: {wanted}")))?;
    if count > BACKENDS {
        return Err(SqlError::analysis(format_args!(
            "replication num should be less than the number of available backends. replication num is {count}, available backend num is {BACKENDS}"
        )));
    }
    Ok(())
}
