//! The scan agrees with a parser.

use super::*;
use proptest::prelude::*;
use serde_json::{Map, Value};

#[track_caller]
fn check(json: &str, expected: Result<&str, Malformed>) {
    let found = scan(json.as_bytes()).map(|shape| &json[shape.start..shape.end]);
    assert_eq!(found, expected, "{json:?}");
}

#[test]
fn one_object_is_found_between_white_space() {
    check("{}", Ok("{}"));
    check(
        " \n{\"a\":[1,-0.5e+3,{}],\"b\":\"\\ud83d\\ude00\"}\r\n",
        Ok("{\"a\":[1,-0.5e+3,{}],\"b\":\"\\ud83d\\ude00\"}"),
    );
}

#[test]
fn what_is_not_one_object_is_named_with_its_place() {
    check("", Err(Malformed::Empty));
    check("  \n", Err(Malformed::Empty));
    check("[{}]", Err(Malformed::NotAnObject(Kind::Array)));
    check("\"x\"", Err(Malformed::NotAnObject(Kind::String)));
    check("-1", Err(Malformed::NotAnObject(Kind::Number)));
    check("null", Err(Malformed::NotAnObject(Kind::Literal)));
    check("not json", Err(Malformed::At(0)));
    check("\u{feff}{}", Err(Malformed::ByteOrderMark));
    check("{\"a\":1", Err(Malformed::BreaksOff(6)));
    check("{\"a\":\"x", Err(Malformed::BreaksOff(7)));
    check("{\"a\":tru}", Err(Malformed::At(8)));
    check("{\"a\":01}", Err(Malformed::At(6)));
    check("{\"a\":1,}", Err(Malformed::At(7)));
    check("{\"a\":\"\n\"}", Err(Malformed::At(6)));
    check("{\"a\":\"\\ud800x\"}", Err(Malformed::At(12)));
    check("{\"a\":1}{\"a\":2}", Err(Malformed::Another(7)));
    check("{\"a\":1}\n{\"a\":2}", Err(Malformed::Another(8)));
    check("{\"a\":[1}}", Err(Malformed::At(7)));
}

#[test]
fn bytes_that_are_not_utf8_are_named_with_their_place() {
    assert_eq!(scan(b"{\"a\":\"\xff\"}"), Err(Malformed::NotUtf8(6)));
}

#[test]
fn nesting_ends_before_the_stack_does() {
    let nested = |depth: usize| "{\"a\":".repeat(depth - 1) + "{}" + &"}".repeat(depth - 1);
    assert!(scan(nested(DEPTH).as_bytes()).is_ok());
    assert_eq!(scan(nested(DEPTH + 1).as_bytes()), Err(Malformed::TooDeep));
    assert_eq!(scan(&[b'['; 100_000].map(|b| b)), Err(Malformed::NotAnObject(Kind::Array)));
}

#[test]
fn line_breaks_are_reported_only_within_the_object() {
    assert!(!scan(b"\n{\"a\":1}\n").unwrap().has_line_breaks);
    assert!(scan(b"{\"a\":\r1}").unwrap().has_line_breaks);
    assert!(!scan(b"{\"a\":\"\\n\"}").unwrap().has_line_breaks);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Whether the scan says what a parser says. Where that stops at a number too large for a double, which is for Doris to
/// judge, it says nothing of the rest.
fn agrees_with_a_parser(bytes: &[u8]) -> bool {
    match serde_json::from_slice::<Map<String, Value>>(bytes) {
        Err(e) if e.to_string().starts_with("number out of range") => true,
        parsed => scan(bytes).is_ok() == parsed.is_ok(),
    }
}

/// JSON-like bytes: pieces that stand in JSON, in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u12", "\\ud83d", "\\ude00", "\"a\"", "\"\\n\"", "1",
        "-", "0", ".5", "e", "E+1", "true", "null", "fals", " ", "\n", "\r", "\u{1}", "ü",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|p| format!("{{\"a\":{}}}", p.concat()).into_bytes())
}

proptest! {
    #[test]
    fn every_object_that_a_writer_writes_is_accepted(value in value(), pretty: bool) {
        let object = serde_json::json!({ "v": value });
        let text = if pretty { serde_json::to_vec_pretty(&object) } else { serde_json::to_vec(&object) }.unwrap();
        let shape = scan(&text).unwrap();
        prop_assert_eq!(shape, Shape { start: 0, end: text.len(), has_line_breaks: pretty });
        let mut line = bytes::BytesMut::new();
        super::super::append_on_one_line(&text, &mut line);
        prop_assert!(!line.contains(&b'\n'));
        prop_assert_eq!(serde_json::from_slice::<Value>(&line).unwrap(), serde_json::from_slice::<Value>(&text).unwrap());
    }

    #[test]
    fn a_damaged_object_is_judged_as_a_parser_judges_it(value in value(), at: prop::sample::Index, byte: u8) {
        let mut text = serde_json::to_vec(&serde_json::json!({ "v": value })).unwrap();
        let at = at.index(text.len());
        text[at] = byte;
        prop_assert!(agrees_with_a_parser(&text), "{:?}", String::from_utf8_lossy(&text));
        text.remove(at);
        prop_assert!(agrees_with_a_parser(&text), "{:?}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn any_pieces_of_json_are_judged_as_a_parser_judges_them(text in pieces()) {
        prop_assert!(agrees_with_a_parser(&text), "{:?}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn any_bytes_are_judged_as_a_parser_judges_them(text: Vec<u8>) {
        prop_assert!(agrees_with_a_parser(&text));
    }
}
