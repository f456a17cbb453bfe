//! Sessions of clients that keep the cookie `PALO_SESSION_ID`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use sha1::{Digest, Sha1};

use super::Call;
use super::answers::Answer;
use super::login::login;
use crate::accounts::Credentials;
use crate::clock::{cookie_date, now_ms};
use crate::cluster::Cluster;
use crate::sync::lock;

const NAME: &str = "PALO_SESSION_ID";
const AGE: Duration = Duration::from_secs(86_400);

/// A client that is known, by its `Authorization` header or by its cookie.
#[derive(Clone, Debug)]
struct Known {
    credentials: Credentials,
    /// What the client is to keep.
    cookie: String,
}

/// The sessions of the last day.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: Mutex<BTreeMap<String, (Credentials, Instant)>>,
}

impl Sessions {
    /// Answers whoever is known; the answer, or what refuses it, carries the session on.
    ///
    /// # Errors
    /// The answer that refuses.
    pub(super) fn answer(
        &self,
        cluster: &Cluster,
        call: &Call,
        answer: impl FnOnce(&Credentials) -> Result<Answer, Answer>,
    ) -> Result<Answer, Answer> {
        let Known { credentials, cookie } = self.known(cluster, call)?;
        match answer(&credentials) {
            Ok(answer) => Ok(answer.with_cookie(cookie)),
            Err(refusal) => Err(refusal.with_cookie(cookie)),
        }
    }

    /// Checks who asks, and opens or prolongs the session.
    fn known(&self, cluster: &Cluster, call: &Call) -> Result<Known, Answer> {
        if call.request.headers.raw("Authorization").is_some() {
            let credentials = login(cluster, call)?;
            let key = new_key(call);
            let cookie = format!("{}; HttpOnly", cookie(&key));
            self.keep(key, credentials.clone());
            return Ok(Known { credentials, cookie });
        }
        let sent = call.request.headers.get("Cookie").unwrap_or_default();
        let keys = sent.split(';').filter_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='));
        for key in keys {
            let found = lock(&self.open).get(key).filter(|(_, at)| at.elapsed() < AGE).cloned();
            if let Some((credentials, _)) = found {
                self.keep(key.to_owned(), credentials.clone());
                return Ok(Known { credentials, cookie: cookie(key) });
            }
        }
        Err(Answer::unauthorized("Cookie is invalid"))
    }

    fn keep(&self, key: String, credentials: Credentials) {
        let mut open = lock(&self.open);
        open.retain(|_, (_, at)| at.elapsed() < AGE);
        open.insert(key, (credentials, Instant::now()));
    }
}

fn cookie(key: &str) -> String {
    let seconds = AGE.as_secs();
    let until = now_ms() + i64::try_from(AGE.as_millis()).unwrap_or_default();
    format!("{NAME}={key}; Path=/; Expires={}; Max-Age={seconds}", cookie_date(until))
}

/// A new session's key, in the form of a UUID.
fn new_key(call: &Call) -> String {
    let seed = std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), now_ms());
    let digest = Sha1::digest(format!("{seed} {} {:?}", now_ms(), call.peer));
    let mut key = String::new();
    for (index, byte) in digest.iter().take(16).enumerate() {
        let dash = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
        // Writing to a String cannot fail.
        write!(key, "{dash}{byte:02x}").unwrap_or_default();
    }
    key
}
