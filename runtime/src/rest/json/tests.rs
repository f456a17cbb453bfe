//! The expectations are what fastjson 1.2.83 was seen to make of the same texts.

use super::*;

/// The stored text of the member `a`.
#[track_caller]
fn check(text: &str, expected: &str) {
    let object = parse_object(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let value = object.iter().find(|(key, _)| *key == "a").map(|(_, value)| value.stored());
    assert_eq!(value, Some(Some(expected.to_owned())), "{text}");
}

#[track_caller]
fn refuse(text: &str, expected: &str) {
    assert_eq!(parse_object(text).unwrap_err().to_string(), expected, "{text}");
}

#[test]
fn objects_are_read_leniently() {
    for text in [
        r#"{"a":1}"#,
        "{a:1}",
        "{'a':1}",
        r#"{"a":1,}"#,
        r#"{,"a":1}"#,
        r#"{"b":1,,"a":1}"#,
        r#"{/*c*/"a":1}"#,
        "{//x\n\"a\":1}",
        r#"{"a":1}//x"#,
        r#"{"a":1}/*x*/ "#,
        r#"{"a":1}/*"#,
        r#"/*x*/{"a":1}"#,
        "\u{feff}{\"a\":1}",
        "\0{\"a\":1}\u{1a}\0",
        "{\"a\"\u{c}\u{8}:1}",
        r#"{"a":2,"a":1}"#,
        r#"{"\u0061":1}"#,
        r#"{"a":+1}"#,
        r#"{"a":001}"#,
        r#"{"a":1L}"#,
    ] {
        check(text, "1");
    }
    assert_eq!(parse_object("{ }").unwrap(), Object::default());
    assert!(parse_object("{$a_1:1,中:2,'':3,true:4}").is_ok());
}

#[test]
fn numbers_print_as_java_prints_them() {
    for (written, printed) in [
        ("1.0", "1.0"),
        ("1.10", "1.10"),
        ("1.", "1"),
        ("01.5", "1.5"),
        ("-0", "0"),
        ("-0.0", "0.0"),
        ("-007", "-7"),
        ("-00.50", "-0.50"),
        ("1e5", "1E+5"),
        ("1E+5", "1E+5"),
        ("-1e5", "-1E+5"),
        ("1.e5", "1E+5"),
        ("1e-7", "1E-7"),
        ("0.0000001", "1E-7"),
        ("0.000001", "0.000001"),
        ("1e-3", "0.001"),
        ("1e0", "1"),
        ("0e5", "0E+5"),
        ("1.0e2", "1.0E+2"),
        ("100e-2", "1.00"),
        ("12345.678e3", "12345678"),
        ("0.1e400", "1E+399"),
        ("1e10000", "1E+10000"),
        ("12345678901234567890", "12345678901234567890"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("99999999999L", "99999999999"),
        ("1.5L", "1.5"),
        ("1.5D", "1.5"),
        ("1F", "1.0"),
        ("1e2D", "100.0"),
        ("1e7D", "1.0E7"),
        ("1.25e-9D", "1.25E-9"),
    ] {
        check(&format!("{{\"a\":{written}}}"), printed);
    }
}

#[test]
fn strings_and_their_escapes() {
    check(r#"{"a":"\"\\\/\b\f\n\r\t\v\'"}"#, "\"\\/\u{8}\u{c}\n\r\t\u{b}'");
    check(r#"{"a":"\x41\u00e9\ud83d\ude00\7"}"#, "Aé😀\u{7}");
    check(r#"{"a":"\ud83dx\ud83d\u0041"}"#, "\u{fffd}x\u{fffd}A");
    check("{\"a\":'it\\'s \"q\"'}", "it's \"q\"");
    check("{\"a\":\"l1\nl2\"}", "l1\nl2");
}

#[test]
fn nested_values_become_compact_text() {
    check(r#"{"a":true}"#, "true");
    check(r#"{"a":[1,2,]}"#, "[1,2]");
    check(r#"{"a":[,1,,2]}"#, "[1,2]");
    check(r#"{"a":[1 2]}"#, "[1,2]");
    check(r#"{"a":[1,"x",null,NaN]}"#, r#"[1,"x",null,null]"#);
    check(r#"{"a":{"x":null,"y":undefined}}"#, "{}");
    check(r#"{"a":{"b":1,"a":[1,2,"x"],"c":{"q":1.50}}}"#, r#"{"a":[1,2,"x"],"b":1,"c":{"q":1.50}}"#);
    check(r#"{"a":{b:'c',}}"#, r#"{"b":"c"}"#);
    check(
        "{\"a\":{\"x\":\"\\u0000\\u001f\u{80}\u{a0}\\u2029é<>/'\\\"\\\\\\n\"}}",
        "{\"x\":\"\\u0000\\u001F\\u0080\u{a0}\\u2029é<>/'\\\"\\\\\\n\"}",
    );
}

#[test]
fn an_answer_echoes_the_types_given() {
    let text = r#"{"big":12345678901234567890,"exp":1e5,"flag":true,"obj":{"b":null,"a":[1,"x"]},"s":"é\n"}"#;
    let echo = serde_json::to_string(&parse_object(text).unwrap()).unwrap();
    assert_eq!(
        echo,
        r#"{"big":12345678901234567890,"flag":true,"s":"é\n","obj":{"a":[1,"x"],"b":null},"exp":1E+5}"#
    );
}

#[test]
fn what_is_no_object_is_refused() {
    for (text, expected) in [
        ("", "an object is needed, {…} at character 1"),
        ("null", "an object is needed, {…} at character 1"),
        ("[]", "an object is needed, {…} at character 1"),
        ("not json", "an object is needed, {…} at character 1"),
        ("{", "a key is needed at character 2"),
        ("{:1}", "a key is needed at character 2"),
        ("{1:2}", "a key is needed at character 2"),
        (r#"{"a":1"#, "a comma or } is needed after a value at character 7"),
        (r#"{"a":1 "b":2}"#, "a comma or } is needed after a value at character 8"),
        (r#"{"a":1;}"#, "a comma or } is needed after a value at character 7"),
        (r#"{"a":1.5f}"#, "a comma or } is needed after a value at character 9"),
        (r#"{"a":1e5L}"#, "a comma or } is needed after a value at character 9"),
        (r#"{"a"=1}"#, "a colon is needed after a key at character 5"),
        ("{a-b:1}", "a colon is needed after a key at character 3"),
        (r#"{"a":}"#, "a value is needed at character 6"),
        (r#"{"a":.5}"#, "a value is needed at character 6"),
        (r#"{"a":-}"#, "digits are needed at character 7"),
        (r#"{"a":1e}"#, "an exponent is needed, and not so large at character 8"),
        (r#"{"a":1e9999999999}"#, "an exponent is needed, and not so large at character 18"),
        (r#"{"a":TRUE}"#, "a text is needed in quotes at character 6"),
        (r#"{"a":truex}"#, "a text is needed in quotes at character 6"),
        (r#"{"a":new Date(1)}"#, "a text is needed in quotes at character 6"),
        (r#"{"a":"b"#, "a string does not end at character 8"),
        (r#"{"a":"\z"}"#, "an escape that does not exist at character 9"),
        (r#"{"a":"\u00"}"#, "hexadecimal digits are needed at character 9"),
        (r#"{"é":[1}"#, "a value is needed at character 8"),
        (r#"{"a":1} xyz"#, "text after the object at character 9"),
        (r#"{"a":1},"#, "text after the object at character 8"),
        (r#"{"@type":"java.lang.Class"}"#, "@type is not accepted at character 9"),
        (r#"{"a":{"@type":"x"}}"#, "@type is not accepted at character 14"),
    ] {
        refuse(text, expected);
    }
    refuse(&format!("{{a:{}", "[".repeat(100_000)), "nested too deep at character 67");
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in r#"[\[\]{}"',:/*\\ux0-9a-f.eE+\- \n\u{e9}\u{1F600}]{0,60}"#) {
        if let Ok(object) = parse_object(&text) {
            for (_, value) in object.iter() {
                value.stored();
            }
            serde_json::to_string(&object).unwrap();
        }
    }

    #[test]
    fn what_is_json_is_read_as_serde_json_reads_it(key in "[a-z]{1,4}", texts in proptest::collection::vec(".*", 0..4)) {
        let value = serde_json::json!({key: texts, "n": [null, true, -17, {"x": texts}]});
        let read = parse_object(&value.to_string()).unwrap();
        proptest::prop_assert_eq!(serde_json::to_value(&read).unwrap(), value);
    }
}
