//! The secrets of a connector, and texts without them.
//!
//! What a sink says ends up in statuses, logs and dead letters, and a sink may say what it was told: the URL with the
//! password in it, or the header that the target refused.

use crate::mask::{MASK, secrets};
use base64::{Engine, prelude::BASE64_STANDARD};
use connector_api::{ConfigDef, ConnectorConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

/// Shorter ones are hidden where they stand alone: as a part of other words they give nothing away, and without them nobody
/// could read what is left.
const SHORT: usize = 6;

/// What stands for itself in a URL.
const URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secrets of a connector in the forms in which texts may have them, the longest first.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Those of all `configs` together, and what references stand for.
    pub(super) fn of<'a>(
        definition: &ConfigDef,
        configs: impl IntoIterator<Item = &'a ConnectorConfig>,
        referred: &'a [String],
    ) -> Self {
        // Most tasks have the same configuration.
        let mut users_by_secret: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for config in configs {
            let users = config.iter().filter(|(key, _)| key.contains("user")).map(|(_, value)| value.trim());
            let users: Vec<_> = users.collect();
            for secret in secrets(definition, config) {
                users_by_secret.entry(secret).or_default().extend(&users);
            }
        }
        for secret in referred {
            users_by_secret.entry(secret).or_default();
        }
        let forms = users_by_secret.iter().flat_map(|(secret, users)| forms(secret, users));
        let distinct: BTreeSet<_> = forms.filter(|form| !form.is_empty()).collect();
        let mut longest_first: Vec<_> = distinct.into_iter().collect();
        longest_first.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Self(longest_first)
    }

    /// `text` with the mask in place of every secret.
    pub(super) fn hidden_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.0.iter().fold(Cow::Borrowed(text), |text, secret| match without(&text, secret) {
            Some(hidden) => Cow::Owned(hidden),
            None => text,
        })
    }
}

/// How many there are, since what they are must not be shown.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

/// As given, as in a URL, as in quotes with what has to be escaped there, and as in the header of HTTP's basic
/// authentication.
fn forms(secret: &str, users: &BTreeSet<&str>) -> Vec<String> {
    let trimmed = secret.trim();
    let in_rust_quotes = format!("{trimmed:?}");
    let in_json_quotes = serde_json::Value::from(trimmed).to_string();
    let unquoted = |text: &str| text.get(1..text.len() - 1).unwrap_or_default().to_owned();
    let mut forms = vec![
        secret.to_owned(),
        trimmed.to_owned(),
        utf8_percent_encode(trimmed, URL).to_string(),
        unquoted(&in_rust_quotes),
        unquoted(&in_json_quotes),
    ];
    forms.extend(users.iter().map(|user| BASE64_STANDARD.encode(format!("{user}:{trimmed}"))));
    forms
}

/// `text` with the mask in place of `secret`; nothing when it does not have it.
fn without(text: &str, secret: &str) -> Option<String> {
    let counts = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + secret.len()..].chars().next();
        let alone = !before.into_iter().chain(after).any(char::is_alphanumeric);
        secret.len() >= SHORT || alone
    };
    let mut hidden = String::new();
    let mut rest = 0;
    for (at, _) in text.match_indices(secret).filter(|(at, _)| counts(*at)) {
        hidden.push_str(&text[rest..at]);
        hidden.push_str(MASK);
        rest = at + secret.len();
    }
    (rest > 0).then(|| hidden + &text[rest..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_api::{ConfigKey, ConfigType};

    #[track_caller]
    fn check(secret: &str, text: &str, expected: &str) {
        let definition = ConfigDef::new().key(ConfigKey::optional("pin", "").of(ConfigType::Password));
        let config = [("pin", secret), ("username", "root"), ("host", "hunter")].into_iter().collect();
        assert_eq!(Secrets::of(&definition, [&config], &[]).hidden_in(text), expected);
    }

    #[test]
    fn a_secret_is_hidden_in_each_form_it_may_take() {
        check("hunter2!", "refused hunter2! for hunter, hunter2!x", "refused ****** for hunter, ******x");
        check(" hunter2! ", "refused 'hunter2!'", "refused '******'");
        check("p@ss/word", "http://root:p%40ss%2Fword@fe", "http://root:******@fe");
        check("say \"hi\"", r#"{"password":"say \"hi\""}"#, r#"{"password":"******"}"#);
        check("hunter2!", "Authorization: Basic cm9vdDpodW50ZXIyIQ==", "Authorization: Basic ******");
    }

    #[test]
    fn a_short_secret_is_hidden_where_it_stands_alone() {
        check("root", "user root@rooted", "user ******@rooted");
        check("1", "offset 10 of queue-1: 1", "offset 10 of queue-******: ******");
    }

    #[test]
    fn a_text_without_secrets_is_left_as_it_is() {
        check("hunter2!", "nothing", "nothing");
        check("", "nothing", "nothing");
        check("  ", "no  thing", "no  thing");
    }

    #[test]
    fn the_longer_of_two_secrets_is_hidden_whole() {
        let config = [("a.password", "abcdef"), ("b.password", "abcdefghi")].into_iter().collect();
        let secrets = Secrets::of(&ConfigDef::new(), [&config], &[]);
        assert_eq!(secrets.hidden_in("abcdefghi abcdef"), "****** ******");
        assert_eq!(format!("{secrets:?}"), "Secrets(2)");
    }
}
