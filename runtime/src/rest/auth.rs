//! Who asks: basic and bearer credentials against a file of accounts, which is read again when it changes.

mod accounts;
mod verifier;

use super::watched::{Content, FileProblem, Watched};
use accounts::Accounts;
use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    path::PathBuf,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

pub(super) use accounts::Account;
use verifier::TokenDigest;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Passwords that are compared at a time: it is work, and those who guess are not to take all of the machine.
const COMPARED: usize = 1;

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// All.
    Admin,
    /// Look.
    ReadOnly,
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "admin" => Ok(Self::Admin),
            "read-only" => Ok(Self::ReadOnly),
            _ => Err(format!("{text:?} is no role: give admin or read-only")),
        }
    }
}

/// Whether secrets may stand in the file as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plain {
    /// Only hashes.
    #[default]
    Refused,
    /// Also as they are, for trying out.
    Allowed,
}

impl Plain {
    fn must_be_allowed(self) -> Result<(), String> {
        match self {
            Self::Allowed => Ok(()),
            Self::Refused => {
                Err("a plain secret is refused: give its hash, or set rest.auth.plain.secrets=true".into())
            }
        }
    }
}

/// Those who may use the interface.
#[derive(Clone)]
pub struct Auth {
    book: Arc<Watched<Book>>,
    turns: Arc<Semaphore>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").finish_non_exhaustive()
    }
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// There are no credentials.
    Nobody,
    /// They are not basic or bearer ones, or cannot be read.
    Malformed,
    User,
    Password,
    Token,
}

impl Auth {
    /// Reads the file of accounts. Blocks.
    ///
    /// # Errors
    /// [`FileProblem`] names the line that is wrong, and nothing of its secret.
    pub fn read(file: PathBuf, plain: Plain) -> Result<Self, FileProblem> {
        let parse = move |contents: &[Content]| {
            let read = contents.iter().map(|file| Accounts::parse(file, plain)).next();
            read.unwrap_or_else(|| Ok(Accounts::default())).map(Book::new)
        };
        let book = Watched::open(vec![file], parse)?;
        Ok(Self { book: Arc::new(book), turns: Arc::new(Semaphore::new(COMPARED)) })
    }

    /// Reads the file again when it changes; never ends.
    pub(super) async fn follow(self) {
        self.book.follow(EVERY).await;
    }

    /// Who sent these headers.
    ///
    /// # Errors
    /// Why that is not known.
    pub(super) async fn who(&self, headers: &HeaderMap) -> Result<Account, Unknown> {
        let header = headers.get(AUTHORIZATION).ok_or(Unknown::Nobody)?;
        let text = header.to_str().map_err(|_| Unknown::Malformed)?;
        let (scheme, credentials) = text.split_once(' ').ok_or(Unknown::Malformed)?;
        let credentials = credentials.trim();
        let book = self.book.current();
        if scheme.eq_ignore_ascii_case("bearer") {
            return book.bearer(credentials).ok_or(Unknown::Token);
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(Unknown::Malformed);
        }
        let decoded = BASE64_STANDARD.decode(credentials).map_err(|_| Unknown::Malformed)?;
        let colon = decoded.iter().position(|byte| *byte == b':').ok_or(Unknown::Malformed)?;
        let name = std::str::from_utf8(&decoded[..colon]).map_err(|_| Unknown::User)?;
        self.basic(book, name, &decoded[colon + 1..]).await
    }

    async fn basic(&self, book: Arc<Book>, name: &str, password: &[u8]) -> Result<Account, Unknown> {
        let proof = book.proof(name, password);
        if let Some(account) = book.known(&proof) {
            return Ok(account);
        }
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await;
        let (name, password) = (name.to_owned(), password.to_owned());
        let compared = tokio::task::spawn_blocking(move || book.compare(&name, &password, proof)).await;
        compared.unwrap_or(Err(Unknown::Malformed))
    }
}

/// What proves a user's name and password, while the worker runs.
type Proof = [u8; 32];

/// The accounts, and which passwords have been found right, so that hashing is not done for each request.
struct Book {
    accounts: Accounts,
    /// Makes proofs mean nothing outside of this process.
    salt: [u8; 16],
    /// At most one of each user, since one password is right.
    right: Mutex<HashMap<Proof, Account>>,
}

impl Book {
    fn new(accounts: Accounts) -> Self {
        let (first, second) = (RandomState::new().hash_one(0), RandomState::new().hash_one(1));
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&first.to_ne_bytes());
        salt[8..].copy_from_slice(&second.to_ne_bytes());
        Self { accounts, salt, right: Mutex::default() }
    }

    fn proof(&self, name: &str, password: &[u8]) -> Proof {
        let parts = [&self.salt[..], name.as_bytes(), b":", password];
        parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part)).finalize().into()
    }

    fn known(&self, proof: &Proof) -> Option<Account> {
        self.right.lock().unwrap_or_else(PoisonError::into_inner).get(proof).cloned()
    }

    /// Blocks for as long as hashing takes, also for a user that there is not, so that time does not tell who there is.
    fn compare(&self, name: &str, password: &[u8], proof: Proof) -> Result<Account, Unknown> {
        let Some((account, right)) = self.accounts.users.get(name) else {
            if let Some((_, other)) = self.accounts.users.values().next() {
                let _: bool = other.is(password);
            }
            return Err(Unknown::User);
        };
        if !right.is(password) {
            return Err(Unknown::Password);
        }
        self.right.lock().unwrap_or_else(PoisonError::into_inner).insert(proof, account.clone());
        Ok(account.clone())
    }

    /// Looks at all tokens, whichever is right.
    fn bearer(&self, token: &str) -> Option<Account> {
        let digest = TokenDigest::of(token.as_bytes());
        let mut found = None;
        for (account, known) in &self.accounts.tokens {
            if known.is(&digest) {
                found = Some(account);
            }
        }
        found.cloned()
    }
}
