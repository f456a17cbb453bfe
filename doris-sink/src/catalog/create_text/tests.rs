//! Statements as Doris 1.2 to 3.0 write them.

use super::*;

fn name() -> TableName {
    "orders".parse().unwrap()
}

#[test]
fn a_unique_table_of_3_0_is_read() {
    let text = "CREATE TABLE `orders` (\n  `id` bigint NOT NULL AUTO_INCREMENT(1),\n  `day` date NOT NULL,\n  \
                `name` varchar(64) NULL DEFAULT \"it, isn't\" COMMENT 'a \"name\", NOT NULL',\n  \
                `price` decimal(10,2) NULL DEFAULT NULL,\n  `cents` bigint AS ((price * 100)) NULL,\n  \
                `at` datetime(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),\n  \
                `tags` array<varchar(10)> NULL,\n  `who` struct<a:int,b:text> NOT NULL,\n  \
                INDEX idx (`name`) USING INVERTED COMMENT ''\n) ENGINE=OLAP\nUNIQUE KEY(`id`, `day`)\n\
                COMMENT 'DUPLICATE KEY(`x`)'\nPARTITION BY RANGE(`day`)\n()\nDISTRIBUTED BY HASH(`id`) BUCKETS 1\n\
                PROPERTIES (\n\"replication_allocation\" = \"tag.location.default: 1\",\n\
                \"enable_unique_key_merge_on_write\" = \"true\",\n\"light_schema_change\" = \"true\",\n\
                \"function_column.sequence_col\" = \"at\"\n);";
    let table = read(&name(), text).unwrap();
    assert_eq!(table.model, KeyModel::Unique { merge_on_write: true });
    assert!(table.takes_deletes() && table.takes_partial_updates() && table.light_schema_change);
    assert_eq!(table.sequence, Some(Sequence::Column("at".into())));
    let columns: Vec<_> =
        table.columns.iter().map(|c| (c.name.as_str(), c.column_type.to_string())).collect();
    let expected = [
        ("id", "BIGINT"),
        ("day", "DATE"),
        ("name", "VARCHAR(64)"),
        ("price", "DECIMAL(10,2)"),
        ("cents", "BIGINT"),
        ("at", "DATETIME(3)"),
        ("tags", "ARRAY<VARCHAR(10)>"),
        ("who", "STRUCT<`a`:INT,`b`:STRING>"),
    ];
    assert_eq!(columns, expected.map(|(name, of)| (name, of.to_owned())));
    let keys = table.columns.iter().filter(|c| c.key).map(|c| c.name.as_str());
    assert_eq!(keys.collect::<Vec<_>>(), ["id", "day"]);
    let sources: Vec<_> = table.columns.iter().map(|c| c.source.clone()).collect();
    let default = |text: &str| Source::Default(text.to_owned());
    let expected = [
        Source::AutoIncrement,
        Source::Nothing,
        default("it, isn't"),
        Source::Nothing,
        Source::Generated,
        default("CURRENT_TIMESTAMP(3)"),
        Source::Nothing,
        Source::Nothing,
    ];
    assert_eq!(sources, expected);
    let required: Vec<_> = table.columns.iter().filter(|c| !c.nullable).map(|c| &c.name[..]).collect();
    assert_eq!(required, ["id", "day", "who"]);
}

#[test]
fn an_aggregate_table_of_1_2_is_read() {
    let text = "CREATE TABLE `orders` (\n  `id` bigint(20) NOT NULL COMMENT \"\",\n  \
                `a``b` decimalv3(27, 9) SUM NULL DEFAULT \"0\" COMMENT \"\",\n  \
                `users` bitmap BITMAP_UNION NOT NULL COMMENT \"\",\n  `last` datetimev2(6) REPLACE_IF_NOT_NULL NULL\n\
                ) ENGINE=OLAP\nAGGREGATE KEY(`id`)\nCOMMENT 'OLAP'\nDISTRIBUTED BY HASH(`id`) BUCKETS 10\n\
                PROPERTIES (\n\"replication_allocation\" = \"tag.location.default: 1\",\n\"in_memory\" = \"false\",\n\
                \"storage_format\" = \"V2\",\n\"light_schema_change\" = \"false\"\n);";
    let table = read(&name(), text).unwrap();
    assert_eq!((table.model, table.light_schema_change), (KeyModel::Aggregate, false));
    assert!(!table.takes_deletes());
    let aggregates: Vec<_> = table.columns.iter().map(|c| (&c.name[..], c.aggregate.as_deref())).collect();
    let expected = [
        ("id", None),
        ("a`b", Some("SUM")),
        ("users", Some("BITMAP_UNION")),
        ("last", Some("REPLACE_IF_NOT_NULL")),
    ];
    assert_eq!(aggregates, expected);
    assert_eq!(table.column("users").unwrap().column_type, DorisType::Bitmap);
    assert!(table.column("ID").is_none() && table.column_in_any_case("ID").is_some());
}

#[test]
fn what_says_nothing_is_what_older_versions_do() {
    let text = "CREATE TABLE `orders` (\n  `a` int NULL\n) ENGINE=OLAP\nUNIQUE KEY(`a`)\n\
                DISTRIBUTED BY RANDOM BUCKETS AUTO\nPROPERTIES (\n\"function_column.sequence_type\" = \"bigint\"\n);";
    let table = read(&name(), text).unwrap();
    assert_eq!(table.model, KeyModel::Unique { merge_on_write: false });
    assert_eq!(table.sequence, Some(Sequence::Given(DorisType::BigInt)));
    assert!(table.takes_deletes() && !table.takes_partial_updates() && !table.light_schema_change);
    let text = text.replace("UNIQUE KEY(`a`)\n", "");
    assert_eq!(read(&name(), &text).unwrap().model, KeyModel::Duplicate);
}

#[test]
fn what_is_no_table_to_load_is_told() {
    let external = "CREATE TABLE `orders` (\n  `a` int NULL\n) ENGINE=MYSQL\nPROPERTIES (\n);";
    assert!(read(&name(), external).unwrap_err().contains("ENGINE=OLAP"));
    assert!(read(&name(), "CREATE VIEW `orders` AS SELECT 1").is_err());
}
