//! What users may be allowed to do.

use serde::{Deserialize, Serialize};

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
            "ADMIN" | "NODE" => vec![Self::Admin],
            "ALL" => vec![Self::Select, Self::Load, Self::Alter, Self::Create, Self::Drop],
            "LOAD" | "INSERT" => vec![Self::Load],
            "SELECT" => vec![Self::Select],
            "CREATE" => vec![Self::Create],
            "DROP" => vec![Self::Drop],
            "ALTER" => vec![Self::Alter],
            _ => return None,
        })
    }

    /// The name in SHOW GRANTS.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Admin => "Admin_priv",
            Self::Select => "Select_priv",
            Self::Load => "Load_priv",
            Self::Alter => "Alter_priv",
            Self::Create => "Create_priv",
            Self::Drop => "Drop_priv",
        }
    }
}

/// Privileges on `database.table`; `*` stands for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) privileges: Vec<Privilege>,
    pub(crate) database: String,
    pub(crate) table: String,
}

impl Grant {
    /// Everything, everywhere.
    pub(super) fn everything() -> Self {
        Self { privileges: vec![Privilege::Admin], database: "*".to_owned(), table: "*".to_owned() }
    }

    /// Whether it allows something; administrators may do all.
    pub(super) fn allows(&self, privilege: Privilege) -> bool {
        self.privileges.contains(&privilege) || self.privileges.contains(&Privilege::Admin)
    }

    /// Whether both are about the same tables.
    pub(super) fn has_scope_of(&self, other: &Self) -> bool {
        self.database == other.database && self.table == other.table
    }
}
