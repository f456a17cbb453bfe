//! Users, their passwords and what they may do, the same on all three ports.

mod login;
mod password;
mod privilege;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use login::denied;
pub(crate) use login::{Credentials, LoginError};
use password::{Stored, answers, stored};
pub(crate) use privilege::{Grant, Privilege};

use crate::sync::lock;

/// Why a change to the accounts failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    #[error("user '{0}' already exists")]
    Exists(String),
    #[error("user '{0}'@'%' does not exist")]
    Unknown(String),
    #[error("{0} is not granted")]
    NotGranted(String),
    #[error("Password hash should be a 41-digit hexadecimal number: {0}")]
    Hash(String),
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

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Account {
    password: Stored,
    grants: Vec<Grant>,
}

/// A password to come.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum NewPassword {
    Plain(String),
    /// `*` and forty hexadecimal digits.
    Hash(String),
}

/// A user as SHOW GRANTS tells of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountView {
    pub(crate) user: String,
    pub(crate) has_password: bool,
    pub(crate) is_administrator: bool,
    pub(crate) grants: Vec<Grant>,
}

/// All users. Those given at start are not stored, nor what becomes of them; those created over SQL are.
#[derive(Debug)]
pub(crate) struct Accounts {
    file: PathBuf,
    administrators: Mutex<BTreeMap<String, Account>>,
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
        let account = Account { password: stored(password), grants: vec![Grant::everything()] };
        let administrators =
            ["root", user].into_iter().map(|name| (name.to_owned(), account.clone())).collect();
        Ok(Self { file, administrators: Mutex::new(administrators), created: Mutex::new(created) })
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
                grant.allows(privilege) && matches(&grant.database, database) && matches(&grant.table, table)
            })
        })
    }

    /// Whether a user may do this on every table of a database, by one grant.
    pub(crate) fn may_throughout(&self, user: &str, privilege: Privilege, database: &str) -> bool {
        self.account(user).is_some_and(|account| {
            account.grants.iter().any(|grant| {
                grant.allows(privilege)
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
        if self.is_administrator(user) {
            return Ok(());
        }
        self.change_one(user, |account| {
            match account.grants.iter_mut().find(|old| old.has_scope_of(&grant)) {
                Some(old) => {
                    let new = grant.privileges.into_iter();
                    let new: Vec<_> = new.filter(|privilege| !old.privileges.contains(privilege)).collect();
                    old.privileges.extend(new);
                }
                None => account.grants.push(grant),
            }
        })
    }

    /// Takes privileges from a user, who must have had some on these very tables. Blocks.
    pub(crate) fn revoke(&self, user: &str, revoked: &Grant) -> Result<(), AccountError> {
        let known = self.account(user).ok_or_else(|| AccountError::Unknown(user.to_owned()))?;
        if !known.grants.iter().any(|grant| grant.has_scope_of(revoked)) {
            return Err(AccountError::NotGranted(format!("{}.{}", revoked.database, revoked.table)));
        }
        self.change_one(user, |account| {
            for grant in account.grants.iter_mut().filter(|grant| grant.has_scope_of(revoked)) {
                grant.privileges.retain(|privilege| !revoked.privileges.contains(privilege));
            }
            account.grants.retain(|grant| !grant.privileges.is_empty());
        })
    }

    /// Gives a user another password; `None` for none. An administrator has it until the next start. Blocks.
    pub(crate) fn set_password(&self, user: &str, password: &NewPassword) -> Result<(), AccountError> {
        let stored = match password {
            NewPassword::Plain(text) => stored(text),
            NewPassword::Hash(text) if text.is_empty() => None,
            NewPassword::Hash(text) => {
                Some(password::of_hash(text).ok_or_else(|| AccountError::Hash(text.clone()))?)
            }
        };
        if let Some(account) = lock(&self.administrators).get_mut(user) {
            account.password = stored;
            return Ok(());
        }
        self.change_one(user, |account| account.password = stored)
    }

    /// All users, by name.
    pub(crate) fn views(&self) -> Vec<AccountView> {
        let view = |is_administrator: bool| {
            move |(user, account): (&String, &Account)| AccountView {
                user: user.clone(),
                has_password: account.password.is_some(),
                is_administrator,
                grants: account.grants.clone(),
            }
        };
        let mut views: Vec<_> = lock(&self.administrators).iter().map(view(true)).collect();
        views.extend(lock(&self.created).iter().map(view(false)));
        views
    }

    /// Whether the user was given at start.
    pub(crate) fn is_administrator(&self, user: &str) -> bool {
        lock(&self.administrators).contains_key(user)
    }

    fn account(&self, user: &str) -> Option<Account> {
        let administrator = lock(&self.administrators).get(user).cloned();
        administrator.or_else(|| lock(&self.created).get(user).cloned())
    }

    fn change_one(&self, user: &str, change: impl FnOnce(&mut Account)) -> Result<(), AccountError> {
        self.change(|created| match created.get_mut(user) {
            Some(account) => {
                change(account);
                Ok(())
            }
            None => Err(AccountError::Unknown(user.to_owned())),
        })
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
