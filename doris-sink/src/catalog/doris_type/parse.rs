//! Types as the versions of Doris write them: `bigint(20)`, `DECIMALV3(10, 2)`, `datetime(3)`, `map<text,array<int>>`.

use super::{DEPTH, DorisType};

/// `None` for what is no type known here.
pub(super) fn parse(text: &str) -> Option<DorisType> {
    let (found, rest) = parse_start(text)?;
    rest.trim().is_empty().then_some(found)
}

/// The type that `text` begins with, and what comes after it.
pub(super) fn parse_start(text: &str) -> Option<(DorisType, &str)> {
    let mut rest = Text(text);
    let found = rest.doris_type(DEPTH)?;
    Some((found, rest.0))
}

struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    fn doris_type(&mut self, depth: usize) -> Option<DorisType> {
        let depth = depth.checked_sub(1)?;
        let name = self.word().to_ascii_lowercase();
        match name.as_str() {
            "array" | "map" | "struct" => self.nested(&name, depth),
            "variant" | "agg_state" => {
                self.skip_brackets()?;
                scalar(&name, &[])
            }
            _ => scalar(&name, &self.numbers()?),
        }
    }

    fn nested(&mut self, name: &str, depth: usize) -> Option<DorisType> {
        self.symbol('<').then_some(())?;
        let found = match name {
            "array" => DorisType::Array(Box::new(self.item(depth)?)),
            "map" => {
                let keys = self.item(depth)?;
                self.symbol(',').then_some(())?;
                DorisType::Map(Box::new(keys), Box::new(self.item(depth)?))
            }
            _ => {
                let mut fields = Vec::new();
                loop {
                    let name = self.field_name()?;
                    self.symbol(':').then_some(())?;
                    fields.push((name, self.item(depth)?));
                    if !self.symbol(',') {
                        break DorisType::Struct(fields);
                    }
                }
            }
        };
        self.symbol('>').then_some(found)
    }

    /// A type within another, which some versions follow by whether it may be null, and by a comment.
    fn item(&mut self, depth: usize) -> Option<DorisType> {
        let found = self.doris_type(depth)?;
        loop {
            match self.peek_word().to_ascii_lowercase().as_str() {
                "not" | "null" => {
                    self.word();
                }
                "comment" => {
                    self.word();
                    self.quoted()?;
                }
                _ => return Some(found),
            }
        }
    }

    fn field_name(&mut self) -> Option<String> {
        if !self.symbol('`') {
            return Some(self.word().to_owned()).filter(|name| !name.is_empty());
        }
        let (name, rest) = self.0.split_once('`')?;
        self.0 = rest;
        Some(name.to_owned())
    }

    /// `(10, 2)`, or nothing. A star stands for the most there can be.
    fn numbers(&mut self) -> Option<Vec<Option<u32>>> {
        if !self.symbol('(') {
            return Some(Vec::new());
        }
        let (inside, rest) = self.0.split_once(')')?;
        self.0 = rest;
        let number = |text: &str| match text.trim() {
            "*" => Some(None),
            digits => digits.parse().ok().map(Some),
        };
        inside.split(',').map(number).collect()
    }

    /// Passes over `<…>` or `(…)`, if that is what comes.
    fn skip_brackets(&mut self) -> Option<()> {
        let text = self.0.trim_start();
        if !text.starts_with(['<', '(']) {
            return Some(());
        }
        let (mut open, mut quote) = (0usize, None);
        for (at, c) in text.char_indices() {
            match (c, quote) {
                (_, Some(end)) => quote = quote.filter(|_| c != end),
                ('\'' | '"', None) => quote = Some(c),
                ('<' | '(', None) => open += 1,
                ('>' | ')', None) => open -= 1,
                _ => {}
            }
            if open == 0 {
                self.0 = &text[at + 1..];
                return Some(());
            }
        }
        None
    }

    fn quoted(&mut self) -> Option<()> {
        let text = self.0.trim_start();
        let quote = text.chars().next().filter(|c| ['\'', '"'].contains(c))?;
        let (_, rest) = text[1..].split_once(quote)?;
        self.0 = rest;
        Some(())
    }

    fn peek_word(&self) -> &'a str {
        let text = self.0.trim_start();
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
        &text[..end]
    }

    fn word(&mut self) -> &'a str {
        let word = self.peek_word();
        self.0 = &self.0.trim_start()[word.len()..];
        word
    }

    fn symbol(&mut self, symbol: char) -> bool {
        match self.0.trim_start().strip_prefix(symbol) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }
}

fn scalar(name: &str, numbers: &[Option<u32>]) -> Option<DorisType> {
    let number = |at: usize, default: u32| match numbers.get(at) {
        Some(Some(number)) => *number,
        _ => default,
    };
    let digits = |at, default| u8::try_from(number(at, default)).ok();
    Some(match name {
        "boolean" | "bool" => DorisType::Boolean,
        // What information_schema calls a boolean.
        "tinyint" if numbers == [Some(1)] => DorisType::Boolean,
        "tinyint" => DorisType::TinyInt,
        "smallint" => DorisType::SmallInt,
        "int" | "integer" => DorisType::Int,
        "bigint" => DorisType::BigInt,
        "largeint" => DorisType::LargeInt,
        "float" => DorisType::Float,
        "double" => DorisType::Double,
        "decimal" | "decimalv2" | "decimalv3" | "decimal32" | "decimal64" | "decimal128" | "decimal256" => {
            // DESC leaves out what older versions took for granted.
            DorisType::Decimal { precision: digits(0, 9)?, scale: digits(1, 0)? }
        }
        "date" | "datev1" | "datev2" => DorisType::Date,
        "datetime" | "datetimev1" | "datetimev2" => DorisType::DateTime { precision: digits(0, 0)? },
        "timestamptz" => DorisType::TimestampTz { precision: digits(0, 0)? },
        "char" | "character" => DorisType::Char(number(0, 1)),
        "varchar" => DorisType::Varchar(number(0, 65533)),
        "string" | "text" => DorisType::String,
        "json" | "jsonb" => DorisType::Json,
        "variant" => DorisType::Variant,
        "ipv4" => DorisType::Ipv4,
        "ipv6" => DorisType::Ipv6,
        "bitmap" => DorisType::Bitmap,
        "hll" => DorisType::Hll,
        "quantile_state" => DorisType::QuantileState,
        "agg_state" => DorisType::AggState,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = DorisType::parse(text);
        assert!(!matches!(found, DorisType::Other(_)), "{text}");
        assert_eq!(found.to_string(), expected, "{text}");
        assert_eq!(DorisType::parse(expected), found, "what is written is read again");
    }

    #[test]
    fn types_are_known_by_the_names_of_all_versions() {
        for (text, expected) in [
            ("boolean", "BOOLEAN"),
            ("tinyint(1)", "BOOLEAN"),
            ("tinyint(4)", "TINYINT"),
            ("SMALLINT(6)", "SMALLINT"),
            ("int(11)", "INT"),
            ("bigint", "BIGINT"),
            ("largeint(40)", "LARGEINT"),
            ("DECIMALV3(10, 2)", "DECIMAL(10,2)"),
            ("decimalv2(27,9)", "DECIMAL(27,9)"),
            ("DECIMAL", "DECIMAL(9,0)"),
            ("datev2", "DATE"),
            ("datetimev2(3)", "DATETIME(3)"),
            ("DATETIME", "DATETIME"),
            ("timestamptz(6)", "TIMESTAMPTZ(6)"),
            ("char(10)", "CHAR(10)"),
            ("varchar(*)", "VARCHAR(65533)"),
            ("varchar(64)", "VARCHAR(64)"),
            ("text", "STRING"),
            ("jsonb", "JSON"),
            ("variant", "VARIANT"),
            ("variant<'a':int, properties(\"x\"=\"1\")>", "VARIANT"),
            ("agg_state<max_by(int null,int)>", "AGG_STATE"),
            ("ipv6", "IPV6"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn nested_types_are_known() {
        check("array<int(11)>", "ARRAY<INT>");
        check("ARRAY<DECIMALV3(10, 2)>", "ARRAY<DECIMAL(10,2)>");
        check("map<text,array<datetimev2(6)>>", "MAP<STRING,ARRAY<DATETIME(6)>>");
        check(
            "struct<a:int,`b c`:varchar(10) comment 'x>y', d:array<text not null>>",
            "STRUCT<`a`:INT,`b c`:VARCHAR(10),`d`:ARRAY<STRING>>",
        );
        check("array<variant<'a':int>>", "ARRAY<VARIANT>");
    }

    #[test]
    fn what_is_no_known_type_is_kept_as_it_is() {
        let deep = format!("{}int{}", "array<".repeat(100), ">".repeat(100));
        for text in
            ["hyperloglog(3)", "array<int", "map<int>", "decimal(x,2)", "struct<>", "int x", "", &deep]
        {
            assert_eq!(DorisType::parse(text), DorisType::Other(text.to_owned()));
        }
    }
}
