//! How words are put together in a name, by the names of Guava's `CaseFormat`, which know ASCII letters only.

/// One way of writing several words as one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaseFormat {
    LowerHyphen,
    LowerUnderscore,
    LowerCamel,
    UpperCamel,
    UpperUnderscore,
}

/// Their names.
pub(crate) const CASE_FORMATS: [&str; 5] =
    ["LOWER_HYPHEN", "LOWER_UNDERSCORE", "LOWER_CAMEL", "UPPER_CAMEL", "UPPER_UNDERSCORE"];

impl CaseFormat {
    /// The format so called.
    pub(crate) fn of(name: &str) -> Option<Self> {
        const ALL: [CaseFormat; 5] = [
            CaseFormat::LowerHyphen,
            CaseFormat::LowerUnderscore,
            CaseFormat::LowerCamel,
            CaseFormat::UpperCamel,
            CaseFormat::UpperUnderscore,
        ];
        CASE_FORMATS.iter().position(|known| *known == name).map(|place| ALL[place])
    }

    /// `name`, which is written in this format, in the format `to`.
    pub(crate) fn convert(self, to: Self, name: &str) -> String {
        if self == to {
            return name.to_owned();
        }
        let words = self.words(name).into_iter().enumerate();
        words.map(|(place, word)| to.word(word, place == 0)).collect::<Vec<_>>().join(to.separator())
    }

    fn separator(self) -> &'static str {
        match self {
            Self::LowerHyphen => "-",
            Self::LowerUnderscore | Self::UpperUnderscore => "_",
            Self::LowerCamel | Self::UpperCamel => "",
        }
    }

    fn words(self, name: &str) -> Vec<&str> {
        if !self.separator().is_empty() {
            return name.split(self.separator()).collect();
        }
        let mut words = Vec::new();
        let mut start = 0;
        for (at, _) in name.match_indices(|char: char| char.is_ascii_uppercase()).filter(|(at, _)| *at > 0) {
            words.push(&name[start..at]);
            start = at;
        }
        words.push(&name[start..]);
        words
    }

    fn word(self, word: &str, is_first: bool) -> String {
        match self {
            Self::LowerHyphen | Self::LowerUnderscore => word.to_ascii_lowercase(),
            Self::UpperUnderscore => word.to_ascii_uppercase(),
            Self::LowerCamel if is_first => word.to_ascii_lowercase(),
            Self::LowerCamel | Self::UpperCamel => {
                let mut word = word.to_ascii_lowercase();
                if let Some(first) = word.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                word
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_guava_writes_them() {
        let check = |from: &str, to: &str, name: &str, expected: &str| {
            let (from, to) = (CaseFormat::of(from).unwrap(), CaseFormat::of(to).unwrap());
            assert_eq!(from.convert(to, name), expected, "{name}");
        };
        check("LOWER_UNDERSCORE", "LOWER_CAMEL", "first_name", "firstName");
        check("LOWER_UNDERSCORE", "UPPER_CAMEL", "first_name", "FirstName");
        check("LOWER_CAMEL", "LOWER_UNDERSCORE", "firstName", "first_name");
        check("UPPER_CAMEL", "LOWER_HYPHEN", "FirstName", "first-name");
        check("UPPER_UNDERSCORE", "LOWER_CAMEL", "FIRST_NAME", "firstName");
        check("LOWER_CAMEL", "UPPER_UNDERSCORE", "userID", "USER_I_D");
        check("LOWER_HYPHEN", "LOWER_UNDERSCORE", "first-name", "first_name");
        check("LOWER_UNDERSCORE", "LOWER_UNDERSCORE", "As_It", "As_It");
        check("LOWER_UNDERSCORE", "LOWER_CAMEL", "größe_é", "größeé");
        check("LOWER_CAMEL", "LOWER_UNDERSCORE", "", "");
    }

    #[test]
    fn other_formats_are_not_known() {
        assert_eq!(CaseFormat::of("lower_camel"), None);
    }
}
