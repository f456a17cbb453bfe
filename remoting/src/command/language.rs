//! What the sender of a command is written in.

/// RocketMQ remoting, `LanguageCode`.
///
/// Commands of this crate say [`Language::Java`]: it is the one value that every broker version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the variants are names of languages")]
pub enum Language {
    #[default]
    Java = 0,
    Cpp = 1,
    Dotnet = 2,
    Python = 3,
    Delphi = 4,
    Erlang = 5,
    Ruby = 6,
    Other = 7,
    Http = 8,
    Go = 9,
    Php = 10,
    Oms = 11,
    Rust = 12,
    NodeJs = 13,
}

/// Every language with its name in JSON headers; the position is its code in binary headers.
const NAMES: [(Language, &str); 14] = [
    (Language::Java, "JAVA"),
    (Language::Cpp, "CPP"),
    (Language::Dotnet, "DOTNET"),
    (Language::Python, "PYTHON"),
    (Language::Delphi, "DELPHI"),
    (Language::Erlang, "ERLANG"),
    (Language::Ruby, "RUBY"),
    (Language::Other, "OTHER"),
    (Language::Http, "HTTP"),
    (Language::Go, "GO"),
    (Language::Php, "PHP"),
    (Language::Oms, "OMS"),
    (Language::Rust, "RUST"),
    (Language::NodeJs, "NODE_JS"),
];

impl Language {
    /// The language with this code in a binary header; one added later is [`Language::Other`].
    pub fn from_code(code: u8) -> Self {
        NAMES.get(usize::from(code)).map_or(Self::Other, |(language, _)| *language)
    }

    /// The language with this name in a JSON header; one added later is [`Language::Other`].
    pub fn from_name(name: &str) -> Self {
        NAMES.iter().find(|(_, known)| *known == name).map_or(Self::Other, |(language, _)| *language)
    }

    /// The code in a binary header.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The name in a JSON header.
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.code())].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_keeps_its_code_and_name() {
        for (position, (language, name)) in NAMES.into_iter().enumerate() {
            assert_eq!(usize::from(language.code()), position);
            assert_eq!(Language::from_code(language.code()), language);
            assert_eq!(Language::from_name(name), language);
            assert_eq!(language.name(), name);
        }
    }

    #[test]
    fn a_language_added_later_is_other() {
        assert_eq!(Language::from_code(200), Language::Other);
        assert_eq!(Language::from_name("ZIG"), Language::Other);
    }
}
