//! Columns that do not exist yet.

use super::DorisType;

/// A column to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewColumn {
    pub(crate) name: String,
    pub(crate) column_type: DorisType,
    /// Shown by Doris beside the column; mostly empty.
    pub(crate) comment: String,
}

impl NewColumn {
    pub(crate) fn new(name: impl Into<String>, column_type: DorisType) -> Self {
        Self { name: name.into(), column_type, comment: String::new() }
    }

    /// What stands against this name (`FeNameFormat.checkColumnName`, in its widest form).
    pub(super) fn problem(&self) -> Option<&'static str> {
        let name = self.name.as_str();
        match name.chars().count() {
            0 => Some("it is empty"),
            257.. => Some("it has more than 256 characters"),
            _ if name.contains(|c: char| c.is_control() || c == '`') => {
                Some("it holds a backtick or a control character")
            }
            _ if name.starts_with("__DORIS_") || name.starts_with("mv_") || name.starts_with("mva_") => {
                Some("Doris keeps names that begin so for itself")
            }
            _ => None,
        }
    }
}
