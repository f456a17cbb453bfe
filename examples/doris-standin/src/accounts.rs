//! Users, their passwords and what they may do, the same on all three ports.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use crate::sync::lock;

/// What a statement or request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Privilege {
    Admin,
    Load,
    Select,
    Create,
    Drop,
    Alter,
}

impl Privilege {
    /// The privileges a word in GRANT stands for.
    pub(crate) fn parse(word: &str) -> Option<Vec<Self>> {
        let word = word.to_ascii_uppercase();
        Some(match word.strip_suffix("_PRIV").unwrap_or(&word) {
            "ALL" | "ADMIN" | "NODE" => {
                vec![Self::Admin, Self::Load, Self::Select, Self::Create, Self::Drop, Self::Alter]
            }
            "LOAD" | "INSERT" => vec![Self::Load],
            "SELECT" => vec![Self::Select],
            "CREATE" => vec![Self::Create],
            "DROP" => vec![Self::Drop],
            "ALTER" => vec![Self::Alter],
            _ => return None,
        })
    }
}

/// Privileges on `database.table`; `*` stands for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) privileges: Vec<Privilege>,
    pub(crate) database: String,
    pub(crate) table: String,
}

/// A login that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("Need auth information.")]
    Missing,
    #[error("Access denied for user '{user}@{host}' (using password: {})", if *password { "YES" } else { "NO" })]
    Denied { user: String, host: IpAddr, password: bool },
}

/// Why a change to the accounts failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    #[error("user '{0}' already exists")]
    Exists(String),
    #[error("user '{0}' does not exist")]
    Unknown(String),
    #[error("cannot write {file}")]
    Write {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot read {file}")]
    Read {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// A user name and password from an `Authorization: Basic` header.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Credentials {
    /// Reads the header's value; a `@cluster` suffix of the user is dropped.
    pub(crate) fn basic(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        let user = user.split('@').next().unwrap_or_default();
        Some(Self { user: user.to_owned(), password: password.to_owned() })
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Account {
    /// SHA-1 of SHA-1 of the password, as the MySQL protocol checks it; `None` for no password.
    password: Option<[u8; 20]>,
    grants: Vec<Grant>,
}

/// All users. Those given at start are not stored; those created over SQL are.
#[derive(Debug)]
pub(crate) struct Accounts {
    file: PathBuf,
    administrators: BTreeMap<String, Account>,
    created: Mutex<BTreeMap<String, Account>>,
}

impl Accounts {
    /// Reads the users created earlier; `root` and `user` are administrators with `password`.
    pub(crate) fn open(dir: &Path, user: &str, password: &str) -> Result<Self, AccountError> {
        let file = dir.join("accounts.json");
        let created = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| AccountError::Read { file: file.clone(), source: error.into() })?,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(source) => return Err(AccountError::Read { file, source }),
        };
        let all = Privilege::parse("ALL").unwrap_or_default();
        let everything = Grant { privileges: all, database: "*".to_owned(), table: "*".to_owned() };
        let account = Account { password: stored(password), grants: vec![everything] };
        let administrators =
            ["root", user].into_iter().map(|name| (name.to_owned(), account.clone())).collect();
        Ok(Self { file, administrators, created: Mutex::new(created) })
    }

    /// Checks a name and password.
    pub(crate) fn check(&self, credentials: &Credentials, host: IpAddr) -> Result<(), LoginError> {
        let known = self.account(&credentials.user);
        if known.is_some_and(|account| account.password == stored(&credentials.password)) {
            return Ok(());
        }
        Err(denied(&credentials.user, host, !credentials.password.is_empty()))
    }

    /// Checks the answer to a `mysql_native_password` challenge.
    pub(crate) fn check_challenge(
        &self,
        user: &str,
        challenge: &[u8],
        answer: &[u8],
        host: IpAddr,
    ) -> Result<(), LoginError> {
        let right = self.account(user).is_some_and(|account| match account.password {
            None => answer.is_empty(),
            Some(stored) => answers(challenge, answer, stored),
        });
        if right { Ok(()) } else { Err(denied(user, host, !answer.is_empty())) }
    }

    /// Whether a user may do this on a table; `*` asks for any table of the database.
    pub(crate) fn may(&self, user: &str, privilege: Privilege, database: &str, table: &str) -> bool {
        let matches = |pattern: &str, name: &str| pattern == "*" || name == "*" || pattern == name;
        self.account(user).is_some_and(|account| {
            account.grants.iter().any(|grant| {
                grant.privileges.contains(&privilege)
                    && matches(&grant.database, database)
                    && matches(&grant.table, table)
            })
        })
    }

    /// Whether a user may do this on every table of a database, by one grant.
    pub(crate) fn may_throughout(&self, user: &str, privilege: Privilege, database: &str) -> bool {
        self.account(user).is_some_and(|account| {
            account.grants.iter().any(|grant| {
                grant.privileges.contains(&privilege)
                    && (grant.database == "*" || grant.database == database)
                    && grant.table == "*"
            })
        })
    }

    /// Creates a user. Blocks.
    pub(crate) fn create(&self, user: &str, password: &str) -> Result<(), AccountError> {
        if self.account(user).is_some() {
            return Err(AccountError::Exists(user.to_owned()));
        }
        self.change(|created| {
            created.insert(user.to_owned(), Account { password: stored(password), grants: Vec::new() });
            Ok(())
        })
    }

    /// Drops a user created over SQL. Blocks.
    pub(crate) fn remove(&self, user: &str) -> Result<(), AccountError> {
        self.change(|created| match created.remove(user) {
            Some(_) => Ok(()),
            None => Err(AccountError::Unknown(user.to_owned())),
        })
    }

    /// Gives a user privileges. Blocks.
    pub(crate) fn grant(&self, user: &str, grant: Grant) -> Result<(), AccountError> {
        if self.administrators.contains_key(user) {
            return Ok(());
        }
        self.change(|created| match created.get_mut(user) {
            Some(account) => {
                account.grants.push(grant);
                Ok(())
            }
            None => Err(AccountError::Unknown(user.to_owned())),
        })
    }

    fn account(&self, user: &str) -> Option<Account> {
        self.administrators.get(user).cloned().or_else(|| lock(&self.created).get(user).cloned())
    }

    fn change(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Account>) -> Result<(), AccountError>,
    ) -> Result<(), AccountError> {
        let mut created = lock(&self.created);
        let mut next = created.clone();
        change(&mut next)?;
        self.write(&next).map_err(|source| AccountError::Write { file: self.file.clone(), source })?;
        *created = next;
        Ok(())
    }

    /// Replaces the file in one step.
    fn write(&self, accounts: &BTreeMap<String, Account>) -> std::io::Result<()> {
        let dir = self.file.parent().unwrap_or_else(|| Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        serde_json::to_writer_pretty(&mut file, accounts)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(&self.file)?;
        Ok(())
    }
}

fn denied(user: &str, host: IpAddr, password: bool) -> LoginError {
    LoginError::Denied { user: user.to_owned(), host, password }
}

fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

fn stored(password: &str) -> Option<[u8; 20]> {
    (!password.is_empty()).then(|| sha1(&[&sha1(&[password.as_bytes()])]))
}

/// `answer` is SHA1(password) XOR SHA1(challenge + stored), so XORing again must give what hashes to `stored`.
fn answers(challenge: &[u8], answer: &[u8], stored: [u8; 20]) -> bool {
    let Ok(answer) = <[u8; 20]>::try_from(answer) else { return false };
    let mut once = sha1(&[challenge, &stored]);
    for (byte, answered) in once.iter_mut().zip(answer) {
        *byte ^= answered;
    }
    sha1(&[&once]) == stored
}
