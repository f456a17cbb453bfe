//! Numbers: whole, with a point, and none at all.

use super::{NULL, check};

#[tokio::test(flavor = "multi_thread")]
async fn booleans() {
    let cases = [
        ("true", Some("1")),
        ("false", Some("0")),
        ("1", Some("1")),
        ("\"TRUE\"", Some("1")),
        ("\"0\"", Some("0")),
        ("2", None),
        ("\"maybe\"", None),
        ("null", NULL),
    ];
    check("BOOLEAN", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_up_to_the_bounds_of_their_column() {
    let bounds = [
        ("TINYINT", "127", "128", "-128", "-129"),
        ("SMALLINT", "32767", "32768", "-32768", "-32769"),
        ("INT", "2147483647", "2147483648", "-2147483648", "-2147483649"),
        (
            "BIGINT",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
        ),
        (
            "LARGEINT",
            "170141183460469231731687303715884105727",
            "170141183460469231731687303715884105728",
            "-170141183460469231731687303715884105728",
            "-170141183460469231731687303715884105729",
        ),
    ];
    for (column, most, more, least, less) in bounds {
        let quoted = format!("\"{most}\"");
        let cases = [
            (most, Some(most)),
            (least, Some(least)),
            (quoted.as_str(), Some(most)),
            (more, None),
            (less, None),
            ("\"x\"", None),
            ("null", NULL),
        ];
        check(column, &cases).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn floating_point_numbers() {
    let cases = [
        ("0.1", Some("0.1")),
        ("\"-2.5\"", Some("-2.5")),
        ("12", Some("12")),
        ("\"x\"", None),
        ("null", NULL),
    ];
    check("FLOAT", &cases).await;
    let cases = [
        ("0.1", Some("0.1")),
        ("0.30000000000000004", Some("0.30000000000000004")),
        ("\"-2.5\"", Some("-2.5")),
        ("\"x\"", None),
    ];
    check("DOUBLE", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decimals_keep_every_digit_that_their_column_has() {
    let cases = [
        ("9999999999999999999999999999.9999999999", Some("9999999999999999999999999999.9999999999")),
        ("\"-0.0000000001\"", Some("-0.0000000001")),
        ("0.1", Some("0.1000000000")),
        ("1e3", Some("1000.0000000000")),
        ("1.00000000005", Some("1.0000000001")),
        ("10000000000000000000000000000", None),
        ("\"x\"", None),
        ("null", NULL),
    ];
    check("DECIMAL(38,10)", &cases).await;
    check("DECIMAL(5,2)", &[("123.455", Some("123.46")), ("999.99", Some("999.99")), ("1000", None)]).await;
}
