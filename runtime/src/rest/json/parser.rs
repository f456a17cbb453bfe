//! The reader: one pass over the characters, depth limited.

use super::{Json, Malformed, Object, cursor::Cursor, number, string};

/// Deeper nesting is refused, so that no body can exhaust the stack.
const MAX_DEPTH: usize = 64;

/// More keys in one object are refused: each is compared with those before it.
const MAX_MEMBERS: usize = 4096;

/// The object that a whole text is.
///
/// # Errors
/// [`Malformed`] says where and why it is none.
pub(in crate::rest) fn parse_object(text: &str) -> Result<Object, Malformed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { cursor: Cursor::new(text) };
    parser.cursor.skip_outside();
    if parser.cursor.peek() != Some('{') {
        return Err(parser.cursor.malformed("an object is needed, {…}"));
    }
    let object = parser.object(1)?;
    parser.cursor.skip_outside();
    match parser.cursor.peek() {
        None => Ok(object),
        Some(_) => Err(parser.cursor.malformed("text after the object")),
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
}

impl Parser<'_> {
    fn object(&mut self, depth: usize) -> Result<Object, Malformed> {
        self.descend(depth, '{')?;
        let mut object = Object::default();
        loop {
            self.skip_commas();
            if self.cursor.take('}') {
                return Ok(object);
            }
            let key = self.key()?;
            if key == "@type" {
                return Err(self.cursor.malformed("@type is not accepted"));
            }
            self.cursor.skip();
            if !self.cursor.take(':') {
                return Err(self.cursor.malformed("a colon is needed after a key"));
            }
            self.cursor.skip();
            let value = self.value(depth)?;
            object.insert(key, value);
            if object.len() > MAX_MEMBERS {
                return Err(self.cursor.malformed("too many keys"));
            }
            self.cursor.skip();
            if !matches!(self.cursor.peek(), Some(',' | '}')) {
                return Err(self.cursor.malformed("a comma or } is needed after a value"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Json>, Malformed> {
        self.descend(depth, '[')?;
        let mut items = Vec::new();
        loop {
            self.skip_commas();
            if self.cursor.take(']') {
                return Ok(items);
            }
            items.push(self.value(depth)?);
        }
    }

    fn descend(&mut self, depth: usize, bracket: char) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(self.cursor.malformed("nested too deep"));
        }
        self.cursor.take(bracket);
        Ok(())
    }

    fn skip_commas(&mut self) {
        self.cursor.skip();
        while self.cursor.take(',') {
            self.cursor.skip();
        }
    }

    fn key(&mut self) -> Result<String, Malformed> {
        match self.cursor.peek() {
            Some(quote @ ('"' | '\'')) => string::read(&mut self.cursor, quote),
            Some(first) if is_word(first) && !first.is_ascii_digit() => {
                Ok(self.cursor.take_while(is_word).to_owned())
            }
            _ => Err(self.cursor.malformed("a key is needed")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Malformed> {
        match self.cursor.peek() {
            Some('{') => self.object(depth + 1).map(Json::Object),
            Some('[') => self.array(depth + 1).map(Json::Array),
            Some(quote @ ('"' | '\'')) => string::read(&mut self.cursor, quote).map(Json::String),
            Some('-' | '+' | '0'..='9') => number::read(&mut self.cursor).map(Json::Number),
            Some(first) if is_word(first) => self.word(),
            _ => Err(self.cursor.malformed("a value is needed")),
        }
    }

    fn word(&mut self) -> Result<Json, Malformed> {
        let here = self.cursor.clone();
        match self.cursor.take_while(is_word) {
            "true" => Ok(Json::Bool(true)),
            "false" => Ok(Json::Bool(false)),
            "null" | "NaN" | "undefined" => Ok(Json::Null),
            _ => Err(here.malformed("a text is needed in quotes")),
        }
    }
}

/// What a key without quotes may hold: fastjson takes anything beyond Latin-1 for a letter.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || character >= '\u{100}'
}
