//! SQL over the MySQL protocol, with a real client.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]

mod support;

use mysql_async::Value;
use mysql_async::prelude::Queryable;
use support::{connect, rows, start, try_connect};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

#[tokio::test]
async fn the_greeting_is_the_recorded_one() {
    let running = start().await;
    let mut stream = TcpStream::connect(running.mysql).await.unwrap();
    let mut packet = [0; 78];
    stream.read_exact(&mut packet).await.unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // Connection id and challenge differ from time to time.
    assert_eq!(hex(&packet[..12]), "4a0000000a352e372e393900");
    assert_eq!(hex(&packet[24..43]), "008c82210000080015000000000000000000 00".replace(' ', ""));
    assert_eq!(hex(&packet[55..]), "006d7973716c5f6e61746976655f70617373776f726400");
}

#[tokio::test]
async fn wrong_logins_are_refused_as_recorded() {
    let running = start().await;
    let check = async |user: &str, password: &str, database: Option<&str>, expected: &str| {
        let error = try_connect(running.mysql, user, password, database).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{user}: {error}");
    };
    check("nop", "wrong", None, "Access denied for user 'nop@127.0.0.1' (using password: YES)").await;
    check("nop", "", None, "Access denied for user 'nop@127.0.0.1' (using password: NO)").await;
    check("nosuch", "x", None, "Access denied for user 'nosuch@127.0.0.1' (using password: YES)").await;
    check("root", "wrong", None, "Access denied for user 'root@127.0.0.1' (using password: YES)").await;
    check("root", "secret", Some("nodb"), "errCode = 2, detailMessage = Unknown database 'nodb'").await;
    let mut nop = connect(&running, "nop", "x").await;
    let seen: Vec<String> = nop.query("show databases").await.unwrap();
    assert_eq!(seen, ["information_schema", "mysql"]);
    assert!(nop.query_drop("select * from test.t").await.is_err());
}

#[tokio::test]
async fn errors_are_numbered_and_worded_as_recorded() {
    let running = start().await;
    let mut sql = connect(&running, "root", support::PASSWORD).await;
    for (statement, code, message) in [
        ("select * from nodb.t", 1105, "Database [nodb] does not exist."),
        ("select * from test.nope", 1105, "Table [nope] does not exist in database [test]."),
        ("select nope from test.t", 1105, "Unknown column 'nope' in 'table list' in PROJECT clause"),
        ("use nodb", 1049, "Unknown database 'nodb'"),
        ("drop table test.nope", 1051, "Unknown table 'nope'"),
        ("insert into test.t values(1,\"a\")", 1105, "Column count doesn't match value count"),
        (
            "create table test.z(id int) duplicate key(id) distributed by hash(id) buckets 1",
            1105,
            "replication num should be less than the number of available backends. replication num is 3, available backend num is 1",
        ),
        (
            "create table test.z(id string) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')",
            1105,
            "String Type should not be used in key column[id]",
        ),
        (
            "create table test.z(id int, v int sum) unique key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')",
            1105,
            "UNIQUE_KEYS table should not specify aggregate type for non-key column[v]",
        ),
        (
            "create table test.z(v int,id int) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')",
            1105,
            "Key columns should be a ordered prefix of the schema. KeyColumns[0] (starts from zero) is id, but corresponding column is v in the previous columns declaration.",
        ),
    ] {
        match sql.query_drop(statement).await {
            Err(mysql_async::Error::Server(error)) => {
                assert_eq!(
                    (error.code, error.message.as_str()),
                    (code, format!("errCode = 2, detailMessage = {message}").as_str()),
                    "{statement}"
                );
            }
            other => panic!("{statement}: {other:?}"),
        }
    }
    let error = sql.query_drop("selec 1").await.unwrap_err().to_string();
    assert!(error.contains("mismatched input 'selec' expecting {<EOF>, ';', '(', 'ADMIN',"), "{error}");
    assert!(error.contains("'WARM', 'WHERE', 'WITH'}(line 1, pos 0)"), "{error}");
}

#[tokio::test]
async fn queries_count_sum_order_limit_and_group() {
    let running = start().await;
    let mut sql = connect(&running, "root", support::PASSWORD).await;
    sql.query_drop("insert into test.t values (1,'a',10),(2,'b',20),(3,'a',NULL),(4,\"it's\",-1)")
        .await
        .unwrap();
    assert_eq!(sql.affected_rows(), 4);
    assert!(sql.info().contains("'status':'VISIBLE'"), "{}", sql.info());
    let check = async |query: &str, expected: &[&[&str]]| {
        let found: Vec<mysql_async::Row> = rows(&running, query).await;
        let found: Vec<Vec<String>> = found
            .into_iter()
            .map(|row| {
                row.unwrap()
                    .into_iter()
                    .map(|value| match value {
                        Value::NULL => "NULL".to_owned(),
                        Value::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
                        other => panic!("{other:?}"),
                    })
                    .collect()
            })
            .collect();
        assert_eq!(found, expected, "{query}");
    };
    check(
        "select count(*), count(score), sum(score), min(score), max(score) from test.t",
        &[&["4", "3", "29", "-1", "20"]],
    )
    .await;
    check(
        "select `name`, count(*) c from `test`.`t` group by name having c > 1 order by 2 desc limit 1",
        &[&["a", "2"]],
    )
    .await;
    check("select distinct name from test.t where name <> \"it's\" order by name desc", &[&["b"], &["a"]])
        .await;
    check("select id from test.t where name like 'A%'", &[]).await;
    check("select id, score / 4 from test.t where id in (1) -- comment", &[&["1", "2.5"]]).await;
    check("select x.id from test.t x join (select max(id) m from test.t) y on x.id = y.m", &[&["4"]]).await;
    check("select * from test.t order by id limit 1,1", &[&["2", "b", "20"]]).await;
    check(
        "select table_name from information_schema.tables where table_schema = 'test' order by 1",
        &[&["a"], &["t"], &["u"]],
    )
    .await;
    check(
        "select version(), @@version_comment, 1",
        &[&["5.7.99", "Doris version doris-3.0.3-rc03-Unknown", "1"]],
    )
    .await;
    check(
        "show variables like '%time_zone%'",
        &[&["system_time_zone", "Etc/UTC", "Etc/UTC", "0"], &["time_zone", "Etc/UTC", "Etc/UTC", "0"]],
    )
    .await;
    check(
        "desc test.u",
        &[
            &["id", "bigint", "No", "true", "NULL", ""],
            &["name", "varchar(64)", "Yes", "false", "NULL", "NONE"],
            &["score", "int", "Yes", "false", "NULL", "NONE"],
        ],
    )
    .await;
    sql.query_drop("truncate table test.t").await.unwrap();
    check("select count(*) from test.t", &[&["0"]]).await;
    sql.query_drop("drop table test.t").await.unwrap();
    check("show tables from test", &[&["a"], &["u"]]).await;
}

#[tokio::test]
async fn prepared_statements_give_typed_rows() {
    let running = start().await;
    let mut sql = connect(&running, "root", support::PASSWORD).await;
    sql.query_drop("create table test.types(i int, b bigint, d double, m decimal(10,2), t datetime(3), day date, f boolean, s string) duplicate key(i) distributed by hash(i) buckets 1 properties('replication_num'='1')").await.unwrap();
    sql.exec_drop(
        "insert into test.types values (?, ?, ?, ?, ?, ?, ?, ?)",
        (7, 1_i64 << 40, 1.5, "12.345", "2024-02-29 10:20:30.25", "2024-02-29", true, "it's\\ é"),
    )
    .await
    .unwrap();
    let row: mysql_async::Row =
        sql.exec_first("select * from test.types where i = ? and s <> ?", (7, "?")).await.unwrap().unwrap();
    assert_eq!(
        row.unwrap(),
        [
            Value::Int(7),
            Value::Int(1 << 40),
            Value::Double(1.5),
            Value::Bytes(b"12.35".to_vec()),
            Value::Date(2024, 2, 29, 10, 20, 30, 250_000),
            Value::Date(2024, 2, 29, 0, 0, 0, 0),
            Value::Int(1),
            Value::Bytes("it's\\ é".as_bytes().to_vec()),
        ]
    );
    let sum: mysql_async::Row =
        sql.exec_first("select sum(m), max(t) from test.types", ()).await.unwrap().unwrap();
    assert_eq!(
        sum.unwrap(),
        [Value::Bytes(b"12.35".to_vec()), Value::Date(2024, 2, 29, 10, 20, 30, 250_000)]
    );
}

#[tokio::test]
async fn what_doris_users_declare_comes_back_in_show_create() {
    let running = start().await;
    let mut sql = connect(&running, "root", support::PASSWORD).await;
    sql.query_drop(
        "CREATE TABLE IF NOT EXISTS test.`full` (
            `k1` INT NOT NULL COMMENT 'key, first', `k2` VARCHAR(20) DEFAULT \"x\",
            `m` MAP<STRING, INT>, `l` ARRAY<INT>, `at` DATETIME DEFAULT CURRENT_TIMESTAMP,
            INDEX idx (`k2`) USING INVERTED
        ) ENGINE=OLAP UNIQUE KEY(`k1`, `k2`) COMMENT \"a table\"
        PARTITION BY RANGE(`k1`) (PARTITION p1 VALUES LESS THAN (\"10\"))
        DISTRIBUTED BY HASH(`k1`) BUCKETS AUTO
        PROPERTIES (\"replication_num\" = \"1\", \"enable_unique_key_merge_on_write\" = \"true\");",
    )
    .await
    .unwrap();
    let (_, text): (String, String) = sql.query_first("show create table test.full").await.unwrap().unwrap();
    assert!(
        text.starts_with(
            "CREATE TABLE `full` (\n  `k1` int NOT NULL COMMENT 'key, first',\n  `k2` varchar(20) NULL DEFAULT \"x\",\n  \
             `m` map<text,int> NULL,\n  `l` array<int> NULL,\n  `at` datetime NULL DEFAULT CURRENT_TIMESTAMP\n) ENGINE=OLAP\n\
             UNIQUE KEY(`k1`, `k2`)\nCOMMENT 'a table'\nPARTITION BY RANGE(`k1`) (PARTITION p1 VALUES LESS THAN (\"10\"))\n\
             DISTRIBUTED BY HASH(`k1`) BUCKETS AUTO\nPROPERTIES (\n"
        ),
        "{text}"
    );
}
