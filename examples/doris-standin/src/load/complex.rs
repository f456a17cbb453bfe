//! Arrays, maps and structs: read from JSON or from the text that a line of separated values holds, written as queries show them.

use super::cast::{Misfit, cast};
use super::piece::Piece;
use super::zone::ZoneOffset;
use crate::store::{Cell, ColumnType};

/// What a column of a nested type shows for a value.
///
/// JSON is read straight into the column: an element that cannot be read spoils its row. A text is cast as a whole: such an
/// element is NULL. A value of another shape is a misfit.
pub(super) fn shown(piece: &Piece<'_>, column_type: &ColumnType, zone: ZoneOffset) -> Result<String, Misfit> {
    let mut out = String::new();
    Printer { zone, out: &mut out }.nested(piece, column_type, &mut Path::default())?;
    Ok(out)
}

/// Where in a value the printer is, for messages.
#[derive(Default)]
struct Path(String);

impl Path {
    /// Runs `visit` one level down.
    fn within<T>(&mut self, name: &str, visit: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.0.len();
        self.0.push('.');
        self.0.push_str(name);
        let found = visit(self);
        self.0.truncate(length);
        found
    }

    fn misfit(&self, piece: &Piece<'_>, expected: &'static str, of: &'static str) -> Misfit {
        match piece {
            Piece::Json(_) => Misfit::Shape { path: self.0.clone(), expected, of },
            Piece::Text(_) => Misfit::Unreadable,
        }
    }
}

struct Printer<'o> {
    zone: ZoneOffset,
    out: &'o mut String,
}

impl Printer<'_> {
    fn nested(&mut self, piece: &Piece<'_>, column_type: &ColumnType, path: &mut Path) -> Result<(), Misfit> {
        match column_type {
            ColumnType::Array(item) => self.array(piece, item, path),
            ColumnType::Map(key, value) => self.map(piece, key, value, path),
            ColumnType::Struct(fields) => self.structure(piece, fields, path),
            scalar => self.scalar(piece, scalar),
        }
    }

    /// An element: of a nested type, or a value that may be NULL.
    fn element(
        &mut self,
        piece: &Piece<'_>,
        column_type: &ColumnType,
        path: &mut Path,
    ) -> Result<(), Misfit> {
        if piece.is_null() {
            self.out.push_str("null");
            return Ok(());
        }
        self.nested(piece, column_type, path)
    }

    fn array(&mut self, piece: &Piece<'_>, item: &ColumnType, path: &mut Path) -> Result<(), Misfit> {
        let items = piece.items().ok_or_else(|| path.misfit(piece, "array", "array"))?;
        self.out.push('[');
        for (index, piece) in items.iter().enumerate() {
            self.between(index);
            path.within("element", |path| self.element(piece, item, path))?;
        }
        self.out.push(']');
        Ok(())
    }

    fn map(
        &mut self,
        piece: &Piece<'_>,
        key_type: &ColumnType,
        value_type: &ColumnType,
        path: &mut Path,
    ) -> Result<(), Misfit> {
        let entries = piece.entries().ok_or_else(|| path.misfit(piece, "object", "map"))?;
        self.out.push('{');
        for (index, (key, value)) in entries.iter().enumerate() {
            self.between(index);
            self.scalar(key, key_type)?;
            self.out.push(':');
            path.within("value", |path| self.element(value, value_type, path))?;
        }
        self.out.push('}');
        Ok(())
    }

    /// Fields are found by name in any case, or by position where a text names none.
    fn structure(
        &mut self,
        piece: &Piece<'_>,
        fields: &[(String, ColumnType)],
        path: &mut Path,
    ) -> Result<(), Misfit> {
        let misfit = |path: &Path| path.misfit(piece, "object", "struct");
        let values: Vec<Option<Piece<'_>>> = match piece.entries() {
            Some(mut entries) => {
                // Of equal names the last counts.
                let mut take = |name: &str| {
                    let at = entries.iter().rposition(|(key, _)| key.names(name))?;
                    Some(entries.swap_remove(at).1)
                };
                fields.iter().map(|(name, _)| take(name)).collect()
            }
            None => {
                let values = piece.values().filter(|values| values.len() == fields.len());
                values.ok_or_else(|| misfit(path))?.into_iter().map(Some).collect()
            }
        };
        self.out.push('{');
        for (index, ((name, field), value)) in fields.iter().zip(values).enumerate() {
            self.between(index);
            self.quoted(name);
            self.out.push(':');
            match value {
                None => self.out.push_str("null"),
                Some(value) => path.within(name, |path| self.element(&value, field, path))?,
            }
        }
        self.out.push('}');
        Ok(())
    }

    fn scalar(&mut self, piece: &Piece<'_>, column_type: &ColumnType) -> Result<(), Misfit> {
        match cast(piece.source(), column_type, self.zone) {
            Ok(cell) => self.value(&cell, column_type),
            Err(Misfit::Unreadable) => match piece {
                Piece::Text(_) => self.out.push_str("null"),
                Piece::Json(_) => return Err(unreadable(piece, column_type)),
            },
            Err(misfit) => return Err(misfit),
        }
        Ok(())
    }

    fn value(&mut self, cell: &Cell<'_>, column_type: &ColumnType) {
        match cell {
            Cell::Null => self.out.push_str("null"),
            Cell::Integer(number) => self.out.push_str(&number.to_string()),
            Cell::Real(number) => self.out.push_str(&number.to_string()),
            Cell::Text(text) if is_quoted(column_type) => self.quoted(text),
            Cell::Text(text) => self.out.push_str(text),
        }
    }

    /// Quotes inside are not escaped.
    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        self.out.push_str(text);
        self.out.push('"');
    }

    fn between(&mut self, index: usize) {
        if index > 0 {
            self.out.push_str(", ");
        }
    }
}

fn unreadable(piece: &Piece<'_>, column_type: &ColumnType) -> Misfit {
    let of = match column_type {
        ColumnType::Date => "date",
        ColumnType::DateTime { .. } => "datetime",
        ColumnType::Decimal { .. } => "decimal",
        ColumnType::Ipv4 | ColumnType::Ipv6 => "ip",
        ColumnType::Json => "json",
        _ => "number",
    };
    Misfit::Element { of, text: piece.source().shown().to_owned() }
}

fn is_quoted(column_type: &ColumnType) -> bool {
    matches!(
        column_type,
        ColumnType::Char(_)
            | ColumnType::Varchar(_)
            | ColumnType::Text
            | ColumnType::Date
            | ColumnType::DateTime { .. }
            | ColumnType::Ipv4
            | ColumnType::Ipv6
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array_of(item: ColumnType) -> ColumnType {
        ColumnType::Array(Box::new(item))
    }

    fn check(piece: Piece<'_>, column_type: &ColumnType, expected: Result<&str, Misfit>) {
        let found = shown(&piece, column_type, ZoneOffset::default());
        assert_eq!(found, expected.map(str::to_owned), "{piece:?}");
    }

    fn shape(path: &str, expected: &'static str, of: &'static str) -> Misfit {
        Misfit::Shape { path: path.to_owned(), expected, of }
    }

    #[test]
    fn arrays_are_read_from_json_and_from_text() {
        let ints = array_of(ColumnType::Int);
        check(Piece::Json("[1, null, \"3\"]"), &ints, Ok("[1, null, 3]"));
        check(Piece::Json("[1, \"x\"]"), &ints, Err(Misfit::Element { of: "number", text: "x".to_owned() }));
        check(Piece::Text("[1, x]"), &ints, Ok("[1, null]"));
        check(Piece::Json("[]"), &ints, Ok("[]"));
        check(Piece::Json("{}"), &ints, Err(shape("", "array", "array")));
        check(Piece::Text("[1,null, 3]"), &ints, Ok("[1, null, 3]"));
        check(Piece::Text("1,2"), &ints, Err(Misfit::Unreadable));
        let texts = array_of(ColumnType::Text);
        check(Piece::Json(r#"["a,b", "say \"hi\""]"#), &texts, Ok(r#"["a,b", "say "hi""]"#));
        check(Piece::Text("['a,b', \"c\", d]"), &texts, Ok(r#"["a,b", "c", "d"]"#));
        let nested = array_of(ints);
        check(Piece::Json("[[1],[2,3]]"), &nested, Ok("[[1], [2, 3]]"));
        check(Piece::Text("[[1],[2,3]]"), &nested, Ok("[[1], [2, 3]]"));
        check(Piece::Json("[[1],2]"), &nested, Err(shape(".element", "array", "array")));
        check(Piece::Json("[\"2024-01-02 03:04:05\"]"), &array_of(ColumnType::Date), Ok("[\"2024-01-02\"]"));
        check(
            Piece::Json("[\"abc\"]"),
            &array_of(ColumnType::Varchar(2)),
            Err(Misfit::TooLong { limit: 2, actual: 3, prefix: "abc".to_owned() }),
        );
    }

    #[test]
    fn maps_keep_their_order() {
        let map = ColumnType::Map(Box::new(ColumnType::Text), Box::new(ColumnType::Int));
        check(Piece::Json(r#"{"b":1,"a":null}"#), &map, Ok(r#"{"b":1, "a":null}"#));
        check(Piece::Text("{b:1,'a':2}"), &map, Ok(r#"{"b":1, "a":2}"#));
        check(Piece::Json("[1]"), &map, Err(shape("", "object", "map")));
        let numbers = ColumnType::Map(Box::new(ColumnType::Int), Box::new(ColumnType::Text));
        check(Piece::Json(r#"{"7":"x"}"#), &numbers, Ok(r#"{7:"x"}"#));
        check(
            Piece::Json(r#"{"x":"x"}"#),
            &numbers,
            Err(Misfit::Element { of: "number", text: "x".to_owned() }),
        );
    }

    #[test]
    fn structs_find_their_fields_by_name_or_place() {
        let fields =
            vec![("id".to_owned(), ColumnType::Int), ("tags".to_owned(), array_of(ColumnType::Text))];
        let structure = ColumnType::Struct(fields);
        check(Piece::Json(r#"{"TAGS":["x"],"id":1,"no":2}"#), &structure, Ok(r#"{"id":1, "tags":["x"]}"#));
        check(Piece::Json(r#"{"id":1}"#), &structure, Ok(r#"{"id":1, "tags":null}"#));
        check(Piece::Text("{1, [x, y]}"), &structure, Ok(r#"{"id":1, "tags":["x", "y"]}"#));
        check(Piece::Text("{1}"), &structure, Err(Misfit::Unreadable));
        check(Piece::Json(r#"{"id":1,"tags":2}"#), &structure, Err(shape(".tags", "array", "array")));
        check(Piece::Json("1"), &structure, Err(shape("", "object", "struct")));
    }
}
