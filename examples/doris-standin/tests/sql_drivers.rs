//! What drivers and their tools say before their user says anything, and typed rows of prepared statements.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};
use support::{PASSWORD, connect, refusal, rows, start};

/// Connector/J 8 and 9; the name comes with the version.
const CONNECTOR_J: &str = "/* mysql-connector-j-9.1.0 (Revision: cf2917ea44ae2e43a4514a33771035aa99de73ac) */SELECT  \
    @@session.auto_increment_increment AS auto_increment_increment, @@character_set_client AS character_set_client, \
    @@character_set_connection AS character_set_connection, @@character_set_results AS character_set_results, \
    @@character_set_server AS character_set_server, @@collation_server AS collation_server, \
    @@collation_connection AS collation_connection, @@init_connect AS init_connect, \
    @@interactive_timeout AS interactive_timeout, @@license AS license, \
    @@lower_case_table_names AS lower_case_table_names, @@max_allowed_packet AS max_allowed_packet, \
    @@net_write_timeout AS net_write_timeout, @@performance_schema AS performance_schema, @@sql_mode AS sql_mode, \
    @@system_time_zone AS system_time_zone, @@time_zone AS time_zone, @@transaction_isolation AS transaction_isolation, \
    @@wait_timeout AS wait_timeout";

/// Connector/J 5.1.
const CONNECTOR_J_5: &str = "/* mysql-connector-java-5.1.49 */SHOW VARIABLES WHERE Variable_name ='language' OR \
    Variable_name = 'net_write_timeout' OR Variable_name = 'interactive_timeout' OR Variable_name = 'wait_timeout'";

#[tokio::test]
async fn every_preamble_is_answered() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let mut check = async |who: &str, statement: &str, expected: &[&[&str]]| {
        let found: Vec<Row> =
            sql.query(statement).await.unwrap_or_else(|error| panic!("{who}: {statement}: {error}"));
        let found: Vec<Vec<String>> = found
            .into_iter()
            .map(|row| {
                row.unwrap().iter().map(|value| value.as_sql(true).trim_matches('\'').to_owned()).collect()
            })
            .collect();
        assert_eq!(found, expected, "{who}: {statement}");
    };
    check(
        "Connector/J",
        CONNECTOR_J,
        &[&[
            "1",
            "utf8mb4",
            "utf8mb4",
            "utf8mb4",
            "utf8mb4",
            "utf8mb4_0900_bin",
            "utf8mb4_0900_bin",
            "",
            "3600",
            "Apache License, Version 2.0",
            "0",
            "16777216",
            "60",
            "OFF",
            "",
            "Etc/UTC",
            "Etc/UTC",
            "REPEATABLE-READ",
            "28800",
        ]],
    )
    .await;
    check(
        "Connector/J 5.1",
        CONNECTOR_J_5,
        &[
            &["interactive_timeout", "3600", "3600", "0"],
            &["language", "/palo/share/english/", "/palo/share/english/", "0"],
            &["net_write_timeout", "60", "60", "0"],
            &["wait_timeout", "28800", "28800", "0"],
        ],
    )
    .await;
    for (who, statement) in [
        ("Connector/J", "SET character_set_results = NULL"),
        ("Connector/J", "SET autocommit=1"),
        ("Connector/J", "SET sql_mode='STRICT_TRANS_TABLES'"),
        ("Connector/J", "SET SESSION TRANSACTION READ ONLY"),
        ("PyMySQL", "SET NAMES utf8mb4"),
        ("PyMySQL", "SET AUTOCOMMIT = 0"),
        ("Go", "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci"),
        ("DBeaver", "SET SQL_SELECT_LIMIT=DEFAULT"),
        ("DBeaver", "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"),
        ("SQLAlchemy", "ROLLBACK"),
        ("SQLAlchemy", "COMMIT"),
        ("DBeaver", "SHOW PLUGINS"),
        ("DBeaver", "SHOW WARNINGS"),
        ("DBeaver", "SHOW PROCEDURE STATUS WHERE Db='test'"),
        ("DBeaver", "SHOW TRIGGERS FROM `test`"),
        ("DBeaver", "SHOW SESSION STATUS LIKE 'Ssl_cipher'"),
        ("DBeaver", "SELECT * FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA='test'"),
        (
            "DBeaver",
            "SELECT * FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA='test' AND PARTITION_NAME IS NOT NULL",
        ),
        (
            "Connector/J",
            "SELECT A.REFERENCED_TABLE_SCHEMA AS PKTABLE_CAT FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE A \
             JOIN INFORMATION_SCHEMA.TABLE_CONSTRAINTS B USING (TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME) \
             WHERE B.CONSTRAINT_TYPE = 'FOREIGN KEY'",
        ),
        ("Connector/J", "SHOW KEYS FROM `t` FROM `test`"),
    ] {
        check(who, statement, &[]).await;
    }
    for (who, statement, expected) in [
        ("mysql", "select @@version_comment limit 1", "Doris version doris-3.0.3-rc03-Unknown"),
        ("mysql", "select USER()", "root''@''127.0.0.1"),
        ("SQLAlchemy", "SELECT CAST('test plain returns' AS CHAR(60)) AS anon_1", "test plain returns"),
        ("SQLAlchemy", "select @@transaction_isolation", "REPEATABLE-READ"),
        ("Go", "SELECT @@max_allowed_packet", "16777216"),
        ("DBeaver", "SELECT @@session.transaction_read_only", "0"),
        ("Connector/J", "SELECT @@session.tx_isolation", "REPEATABLE-READ"),
        ("SQLAlchemy", "SELECT DATABASE()", "NULL"),
        ("MariaDB's", "SELECT COUNT(*) FROM information_schema.COLLATIONS", "2"),
        (
            "DBeaver",
            "SELECT VARIABLE_VALUE FROM information_schema.session_variables WHERE VARIABLE_NAME = 'sql_mode'",
            "STRICT_TRANS_TABLES",
        ),
    ] {
        check(who, statement, &[&[expected]]).await;
    }
    check("DBeaver", "SHOW CHARSET", &[&["utf8mb4", "UTF-8 Unicode", "utf8mb4_0900_bin", "4"]]).await;
    check("DBeaver", "SHOW FULL TABLES FROM `test2`", &[]).await;
    check(
        "DBeaver",
        "SHOW VARIABLES WHERE Variable_name IN ('lower_case_table_names', 'version')",
        &[&["lower_case_table_names", "0", "0", "0"], &["version", "5.7.99", "5.7.99", "0"]],
    )
    .await;
}

#[tokio::test]
async fn sessions_keep_what_set_gives_them_and_nobody_else_sees_it() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("set @mine = 'it''s', @number := 7, session query_timeout = 10, @@time_zone = '+08:00'")
        .await
        .unwrap();
    let found: Option<(String, i64, i64, String)> =
        sql.query_first("select @mine, @number + 1, @@query_timeout, @@session.time_zone").await.unwrap();
    assert_eq!(found, Some(("it's".to_owned(), 8, 10, "+08:00".to_owned())));
    let changed: Vec<Row> = sql.query("show variables like 'query_timeout'").await.unwrap();
    assert_eq!(changed[0].get::<String, _>("Changed").unwrap(), "1");
    let mut other = connect(&running, "root", PASSWORD).await;
    let found: Option<(Option<String>, i64)> =
        other.query_first("select @mine, @@query_timeout").await.unwrap();
    assert_eq!(found, Some((None, 900)));
    assert_eq!(refusal(&mut sql, "select @@nope").await, "Unknown system variable 'nope'");
}

#[tokio::test]
async fn every_column_type_comes_back_in_binary_rows() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let text = |text: &str| Value::Bytes(text.as_bytes().to_vec());
    for (declared, written, expected) in [
        ("boolean", "true", Value::Int(1)),
        ("tinyint", "-128", Value::Int(-128)),
        ("smallint", "-32768", Value::Int(-32768)),
        ("int", "-2147483648", Value::Int(-2_147_483_648)),
        ("bigint", "-9223372036854775808", Value::Int(i64::MIN)),
        (
            "largeint",
            "170141183460469231731687303715884105727",
            text("170141183460469231731687303715884105727"),
        ),
        ("float", "0.5", Value::Float(0.5)),
        ("double", "-1.5e300", Value::Double(-1.5e300)),
        (
            "decimal(38,10)",
            "-1234567890123456789012345678.0123456789",
            text("-1234567890123456789012345678.0123456789"),
        ),
        ("date", "'2024-02-29'", Value::Date(2024, 2, 29, 0, 0, 0, 0)),
        ("datetime", "'2024-02-29 12:34:56'", Value::Date(2024, 2, 29, 12, 34, 56, 0)),
        ("datetime(6)", "'9999-12-31 23:59:59.999999'", Value::Date(9999, 12, 31, 23, 59, 59, 999_999)),
        ("char(3)", "'é'", text("é")),
        ("varchar(9)", "''", text("")),
        ("string", "'it''s'", text("it's")),
        ("json", "'{\"a\":1}'", text("{\"a\":1}")),
        ("ipv4", "'10.0.0.1'", text("10.0.0.1")),
        ("ipv6", "'::1'", text("::1")),
    ] {
        sql.query_drop("drop table if exists test.one").await.unwrap();
        let create = format!(
            "create table test.one(k int, v {declared}) duplicate key(k) distributed by hash(k) buckets 1 \
             properties('replication_num'='1')"
        );
        sql.query_drop(create).await.unwrap();
        sql.query_drop(format!("insert into test.one values (1, {written}), (2, null)")).await.unwrap();
        let found: Vec<Row> = sql.exec("select v from test.one where k < ? order by k", (9,)).await.unwrap();
        let found: Vec<Value> = found.into_iter().map(|row| row.unwrap().remove(0)).collect();
        assert_eq!(found, [expected, Value::NULL], "{declared}");
    }
}

#[tokio::test]
async fn a_query_may_stand_in_parentheses() {
    let running = start().await;
    let found: Vec<i64> = rows(&running, "((select 1))").await;
    assert_eq!(found, [1]);
    let found: Vec<i64> =
        rows(&running, "select * from ((select 1 as a) union all (select 2)) as x order by a").await;
    assert_eq!(found, [1, 2]);
}
