//! The scan agrees with a parser.

use super::{super::nesting::DEPTH, *};
use proptest::prelude::*;
use serde_json::{Map, Value};

#[track_caller]
fn check(json: &str, expected: Result<&[(&str, &str)], Malformed>) {
    let mut found = Vec::new();
    let text = |span: Span| std::str::from_utf8(span.of(json.as_bytes())).unwrap();
    let result = members(json.as_bytes(), |member| found.push((text(member.name), text(member.value))));
    assert_eq!(result.map(|()| found.as_slice()), expected, "{json:?}");
}

#[test]
fn members_are_found_as_they_stand() {
    check("{}", Ok(&[]));
    check(" { \"a\" : 1 ,\n\"b\":[{\"c\":\"}\"},2] } ", Ok(&[("a", "1"), ("b", "[{\"c\":\"}\"},2]")]));
    check("{\"a\\\"b\":\"x\\\\\",\"\":-0.5e+3}", Ok(&[("a\\\"b", "\"x\\\\\""), ("", "-0.5e+3")]));
    check("{\"a\":1,\"a\":{}}", Ok(&[("a", "1"), ("a", "{}")]));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    check("", Err(Malformed::Empty));
    check("[1]", Err(Malformed::At(0)));
    check("{\"a\":1", Err(Malformed::BreaksOff(6)));
    check("{\"a\":[1,{\"b\":2]}", Err(Malformed::At(14)));
    check("{\"a\":01}", Err(Malformed::At(6)));
    check("{\"a\":1,}", Err(Malformed::At(7)));
    check("{\"a\":\"\\ud800x\"}", Err(Malformed::At(12)));
    check("{\"a\":1}{", Err(Malformed::Another(7)));
}

#[test]
fn nesting_ends_before_the_stack_does() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(members(nested(DEPTH).as_bytes(), |_| ()), Ok(()));
    assert_eq!(members(nested(DEPTH + 1).as_bytes(), |_| ()), Err(Malformed::TooDeep));
}

/// Whether the scan judges as a parser does; where that stops at a number too large for a double, it says nothing.
fn agrees_with_a_parser(text: &[u8]) -> bool {
    match serde_json::from_slice::<Map<String, Value>>(text) {
        Err(error) if error.to_string().starts_with("number out of range") => true,
        parsed => {
            let is_right = std::str::from_utf8(text).is_ok() && members(text, |_| ()).is_ok();
            is_right == parsed.is_ok()
        }
    }
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u12", "\\ud83d", "\\ude00", "\"a\"", "\"\\n\"", "1",
        "-", "0", ".5", "e", "E+1", "true", "null", "fals", " ", "\n", "\r", "\u{1}", "ü",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|p| format!("{{\"a\":{}}}", p.concat()).into_bytes())
}

proptest! {
    #[test]
    fn any_pieces_of_json_are_judged_as_a_parser_judges_them(text in pieces()) {
        prop_assert!(agrees_with_a_parser(&text), "{:?}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn a_damaged_object_is_judged_as_a_parser_judges_it(
        names in prop::collection::vec(any::<String>(), 1..6), at: prop::sample::Index, byte: u8,
    ) {
        let object: Map<String, Value> = names.iter().map(|n| (n.clone(), serde_json::json!([n, 1.5, null]))).collect();
        let mut text = serde_json::to_vec(&object).unwrap();
        let at = at.index(text.len());
        text[at] = byte;
        prop_assert!(agrees_with_a_parser(&text), "{:?}", String::from_utf8_lossy(&text));
    }
}
