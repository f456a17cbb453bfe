//! Addresses as `java.net.URI` puts them together from their parts: what may not stand in a part is percent-encoded.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

/// What is left as it is everywhere, beside letters and digits.
const UNRESERVED: &str = "_-!.~'()*";
const USER_INFO: &str = ";:&=+$,";
const PATH: &str = ";:@&=+$,/";

/// Where to send somebody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) scheme: &'static str,
    /// Not encoded; `None` for an address without.
    pub(super) user_info: Option<&'a str>,
    /// Host and port, an IPv6 address in brackets.
    pub(super) authority: &'a str,
    /// As the client sent it.
    pub(super) path: &'a str,
    /// As the client sent it, perhaps empty.
    pub(super) query: &'a str,
}

impl Target<'_> {
    /// The address. The path is decoded first, so `%2F` in it comes out as a slash; the `?` is there even when nothing follows.
    ///
    /// # Errors
    /// The exception's text when the path has a character that may not stand in one.
    pub(super) fn address(&self) -> Result<String, String> {
        let illegal = |byte: u8| byte.is_ascii() && byte != b'%' && !is_legal(byte, PATH);
        if let Some(at) = self.path.bytes().position(illegal) {
            let path = self.path;
            return Err(format!(
                "java.net.URISyntaxException: Illegal character in path at index {at}: {path}"
            ));
        }
        let path = percent_decode_str(self.path).decode_utf8_lossy();
        let user_info = self.user_info.map(|text| quoted(text, USER_INFO) + "@").unwrap_or_default();
        let path = quoted(&path, PATH);
        Ok(format!("{}://{user_info}{}{path}?{}", self.scheme, self.authority, self.query))
    }
}

fn quoted(text: &str, legal: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_legal(byte, legal) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            write!(out, "%{byte:02X}").unwrap_or_default();
        }
    }
    out
}

fn is_legal(byte: u8, of_part: &str) -> bool {
    let character = char::from(byte);
    byte.is_ascii_alphanumeric() || UNRESERVED.contains(character) || of_part.contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(user_info: &str, path: &str, expected: &str) {
        let target =
            Target { scheme: "http", user_info: Some(user_info), authority: "[::1]:8040", path, query: "" };
        assert_eq!(target.address().unwrap(), format!("http://{expected}?"));
    }

    #[test]
    fn each_part_is_encoded_by_its_own_rules() {
        check("odd:a:b@c/d%e#f?g h+é", "/p", "odd:a:b%40c%2Fd%25e%23f%3Fg%20h+%C3%A9@[::1]:8040/p");
        check("u:", "/a%2Fb/c%25d/e%20f/%3F", "u:@[::1]:8040/a/b/c%25d/e%20f/%3F");
        check("root@default_cluster:s", "/t@x;y=1", "root%40default_cluster:s@[::1]:8040/t@x;y=1");
    }

    #[test]
    fn a_path_that_is_none_is_refused_with_the_place() {
        let target = Target { scheme: "http", user_info: None, authority: "x", path: "/a{b", query: "" };
        let expected = "java.net.URISyntaxException: Illegal character in path at index 2: /a{b";
        assert_eq!(target.address().unwrap_err(), expected);
    }
}
