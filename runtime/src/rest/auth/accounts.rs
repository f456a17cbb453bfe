//! The file of those who may use the interface.
//!
//! ```text
//! # kind  name      role       secret
//! user    alice     admin      $2y$10$…
//! token   exporter  read-only  sha256:9f86d0…
//! ```

use super::{
    Plain, Role,
    verifier::{Password, TokenDigest},
};
use crate::rest::watched::{Content, FileProblem};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// The longest name of an account.
const MAX_NAME: usize = 100;

/// Shortest token that may stand there as it is.
const MIN_PLAIN_TOKEN: usize = 20;

/// Somebody who may use the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rest) struct Account {
    pub(in crate::rest) name: Arc<str>,
    pub(in crate::rest) role: Role,
}

/// All accounts of a file.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub(super) users: BTreeMap<Arc<str>, (Account, Password)>,
    pub(super) tokens: Vec<(Account, TokenDigest)>,
}

impl Accounts {
    /// Reads a file; passwords and tokens may stand there as they are only if `plain` says so.
    ///
    /// # Errors
    /// The first line that is wrong. Nothing of a secret is in the text.
    pub(super) fn parse(file: &Content, plain: Plain) -> Result<Self, FileProblem> {
        let path = &file.path;
        let text = std::str::from_utf8(&file.bytes).map_err(|_| FileProblem::new(path, "is not UTF-8"))?;
        let mut accounts = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                accounts
                    .add(line, plain)
                    .map_err(|problem| FileProblem::on_line(path, index + 1, problem))?;
            }
        }
        accounts.must_name_somebody(path)?;
        Ok(accounts)
    }

    fn must_name_somebody(&self, path: &Path) -> Result<(), FileProblem> {
        match self.users.is_empty() && self.tokens.is_empty() {
            true => Err(FileProblem::new(path, "names no user and no token, so nobody could do anything")),
            false => Ok(()),
        }
    }

    fn add(&mut self, line: &str, plain: Plain) -> Result<(), String> {
        let (kind, rest) = word(line);
        let (name, rest) = word(rest);
        let (role, secret) = word(rest);
        if secret.is_empty() {
            return Err(
                "four words are needed: user or token, a name, admin or read-only, and a secret".into()
            );
        }
        let account = Account { name: parse_name(name)?, role: role.parse()? };
        match kind {
            "user" => {
                if self.users.contains_key(&account.name) {
                    return Err(format!("user {name} stands there a second time"));
                }
                let password = parse_password(secret, plain)?;
                self.users.insert(Arc::clone(&account.name), (account, password));
            }
            "token" => {
                if self.tokens.iter().any(|(other, _)| other.name == account.name) {
                    return Err(format!("token {name} stands there a second time"));
                }
                self.tokens.push((account, parse_token(secret, plain)?));
            }
            _ => return Err("a line begins with user or token".into()),
        }
        Ok(())
    }
}

/// The first word of a line, and the rest.
fn word(line: &str) -> (&str, &str) {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (word, rest.trim_start())
}

fn parse_name(name: &str) -> Result<Arc<str>, String> {
    let is_right = name.len() <= MAX_NAME && !name.contains(|c: char| c == ':' || c.is_control());
    if is_right { Ok(name.into()) } else { Err("a name has at most 100 bytes and no colon".into()) }
}

fn parse_password(secret: &str, plain: Plain) -> Result<Password, String> {
    if let Some(password) = secret.strip_prefix("plain:") {
        plain.must_be_allowed()?;
        return Ok(Password::plain(password));
    }
    Password::hashed(secret)
}

fn parse_token(secret: &str, plain: Plain) -> Result<TokenDigest, String> {
    if let Some(token) = secret.strip_prefix("plain:") {
        plain.must_be_allowed()?;
        if token.len() < MIN_PLAIN_TOKEN {
            return Err(format!("a token of less than {MIN_PLAIN_TOKEN} characters can be guessed"));
        }
        return Ok(TokenDigest::of(token.as_bytes()));
    }
    let digest = secret.strip_prefix("sha256:").and_then(TokenDigest::from_hex);
    digest.ok_or_else(|| "a token's secret is sha256: and 64 hexadecimal digits".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2y$04$PQ1mO1iMDdR1eM4RXrqNj.2sgGGPB4nDTRIwN4qJ0.NSpHM5sOVmu";

    fn parse(text: &str, plain: Plain) -> Result<Accounts, String> {
        let content = Content { path: "accounts".into(), bytes: text.into() };
        Accounts::parse(&content, plain).map_err(|problem| problem.to_string())
    }

    #[test]
    fn users_and_tokens_with_their_roles() {
        let digits = "0a".repeat(32);
        let text = format!("# who\n\nuser alice admin {HASH}\r\n  token\tci\tread-only\tsha256:{digits}\n");
        let accounts = parse(&text, Plain::Refused).unwrap();
        assert_eq!(accounts.users["alice"].0.role, Role::Admin);
        assert_eq!(accounts.tokens[0].0, Account { name: "ci".into(), role: Role::ReadOnly });
        assert!(!format!("{accounts:?}").contains("$2y$"));
        let plain = "user bob admin plain:two words\ntoken t admin plain:aaaaaaaaaaaaaaaaaaaaaaaa";
        assert_eq!(parse(plain, Plain::Allowed).unwrap().users.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_without_the_secret() {
        let check =
            |text: &str, expected: &str| assert_eq!(parse(text, Plain::Refused).unwrap_err(), expected);
        check("", "accounts: names no user and no token, so nobody could do anything");
        check(
            "\nuser alice admin",
            "accounts:2: four words are needed: user or token, a name, admin or read-only, and a secret",
        );
        check("group a admin x", "accounts:1: a line begins with user or token");
        check("user a root x", "accounts:1: \"root\" is no role: give admin or read-only");
        check("user a:b admin x", "accounts:1: a name has at most 100 bytes and no colon");
        check(
            "user a admin secret",
            "accounts:1: a user's secret is a bcrypt hash, as `htpasswd -nBC 10 NAME` prints it after the colon",
        );
        check(
            "user a admin $2y$31$PQ1mO1iMDdR1eM4RXrqNj.2sgGGPB4nDTRIwN4qJ0.NSpHM5sOVmu",
            "accounts:1: a bcrypt hash of cost 31 takes too long to compare, give one of at most 14",
        );
        check(
            "token a admin sha256:abc",
            "accounts:1: a token's secret is sha256: and 64 hexadecimal digits",
        );
        check(
            "user a admin plain:x",
            "accounts:1: a plain secret is refused: give its hash, or set rest.auth.plain.secrets=true",
        );
        check(
            &format!("user a admin {HASH}\nuser a read-only {HASH}"),
            "accounts:2: user a stands there a second time",
        );
        let short = parse("token a admin plain:short", Plain::Allowed).unwrap_err();
        assert_eq!(short, "accounts:1: a token of less than 20 characters can be guessed");
    }
}
