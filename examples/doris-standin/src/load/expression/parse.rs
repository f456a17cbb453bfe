//! Expressions from their text, as the server's own parser reads them.

use super::functions::Function;
use super::reader::{ExpressionError, Reader};
use super::value::Value;
use super::{Expression, Operator};
use crate::load::decimal::Decimal;
use crate::sql::{Kind, Token, tokens};
use crate::store::ColumnType;

/// Finds a field by its name.
pub(in crate::load) type Find<'f> = &'f dyn Fn(&str) -> Result<Expression, String>;

/// Reads an expression; `slots` is the number that the server gives the first field.
///
/// # Errors
/// [`ExpressionError`] for what is no expression, and for names that `find` does not find.
pub(in crate::load) fn condition(
    lead: &str,
    text: &str,
    slots: usize,
    find: Find<'_>,
) -> Result<Expression, ExpressionError> {
    let text = format!("{lead}{text}");
    let all = tokens(&text);
    let own = all.iter().position(|token| token.start >= lead.len()).unwrap_or(all.len());
    let mut parser = Parser { reader: Reader::new(&text, &all[own..]), slots, find };
    let expression = parser.either()?;
    match parser.reader.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.reader.unexpected("an operator")),
    }
}

struct Parser<'p, 't, 'a> {
    reader: Reader<'t, 'a>,
    slots: usize,
    find: Find<'p>,
}

type Parsed = Result<Expression, ExpressionError>;

fn binary(left: Expression, operator: Operator, right: Expression) -> Expression {
    Expression::Binary(Box::new(left), operator, Box::new(right))
}

impl Parser<'_, '_, '_> {
    fn either(&mut self) -> Parsed {
        let mut left = self.both()?;
        while self.reader.eat_word("OR") || self.reader.eat_symbol("||") {
            left = binary(left, Operator::Or, self.both()?);
        }
        Ok(left)
    }

    fn both(&mut self) -> Parsed {
        let mut left = self.inverted()?;
        while self.reader.eat_word("AND") || self.reader.eat_symbol("&&") {
            left = binary(left, Operator::And, self.inverted()?);
        }
        Ok(left)
    }

    fn inverted(&mut self) -> Parsed {
        if self.reader.eat_word("NOT") || self.reader.eat_symbol("!") {
            return Ok(Expression::Not(Box::new(self.inverted()?)));
        }
        self.compared()
    }

    fn compared(&mut self) -> Parsed {
        let mut left = self.sum()?;
        loop {
            if let Some(operator) = self.eat_operator(COMPARISONS) {
                left = binary(left, operator, self.sum()?);
            } else if self.reader.eat_word("IS") {
                let inverted = self.reader.eat_word("NOT");
                self.reader.expect_word("NULL")?;
                left = maybe_not(Expression::IsNull(Box::new(left)), inverted);
            } else {
                let before = self.reader.clone();
                let inverted = self.reader.eat_word("NOT");
                match self.tested(left)? {
                    (tested, true) => left = maybe_not(tested, inverted),
                    (untested, false) => {
                        self.reader = before;
                        return Ok(untested);
                    }
                }
            }
        }
    }

    /// `IN (…)`, `BETWEEN … AND …`, `LIKE …`; says whether there was one.
    fn tested(&mut self, left: Expression) -> Result<(Expression, bool), ExpressionError> {
        if self.reader.eat_word("IN") {
            self.reader.expect_symbol("(")?;
            let list = self.list()?;
            return Ok((Expression::In(Box::new(left), list), true));
        }
        if self.reader.eat_word("BETWEEN") {
            let low = self.sum()?;
            self.reader.expect_word("AND")?;
            let high = self.sum()?;
            let above = binary(left.clone(), Operator::GreaterOrEqual, low);
            return Ok((binary(above, Operator::And, binary(left, Operator::LessOrEqual, high)), true));
        }
        if self.reader.eat_word("LIKE") {
            let pattern = self.sum()?;
            return Ok((Expression::Like(Box::new(left), Box::new(pattern)), true));
        }
        Ok((left, false))
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some(operator) = self.eat_operator(SUMS) {
            left = binary(left, operator, self.product()?);
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.signed()?;
        loop {
            let operator = match self.eat_operator(PRODUCTS) {
                None if self.reader.eat_word("DIV") => Operator::Whole,
                None if self.reader.eat_word("MOD") => Operator::Rest,
                None => return Ok(left),
                Some(operator) => operator,
            };
            left = binary(left, operator, self.signed()?);
        }
    }

    fn signed(&mut self) -> Parsed {
        if self.reader.eat_symbol("-") {
            let zero = Expression::Literal(Value::Whole(0));
            return Ok(binary(zero, Operator::Minus, self.signed()?));
        }
        self.reader.eat_symbol("+");
        self.primary()
    }

    fn primary(&mut self) -> Parsed {
        let Some(token) = self.reader.peek() else { return Err(self.reader.unexpected("an expression")) };
        match token.kind {
            Kind::Number | Kind::Text => {
                self.reader.next();
                Ok(Expression::Literal(literal(token)))
            }
            Kind::Symbol if self.reader.eat_symbol("(") => {
                let inner = self.either()?;
                self.reader.expect_symbol(")")?;
                Ok(inner)
            }
            Kind::Word | Kind::Quoted => self.named(token),
            _ => Err(self.reader.unexpected("an expression")),
        }
    }

    fn named(&mut self, token: &Token<'_>) -> Parsed {
        self.reader.next();
        let constants =
            [("NULL", Value::Null), ("TRUE", Value::Boolean(true)), ("FALSE", Value::Boolean(false))];
        if let Some((_, value)) = constants.into_iter().find(|(word, _)| token.is_word(word)) {
            return Ok(Expression::Literal(value));
        }
        if token.is_word("CASE") {
            return self.case();
        }
        if token.kind == Kind::Word && self.reader.eat_symbol("(") {
            if token.is_word("CAST") {
                return self.cast();
            }
            let arguments = self.list()?;
            let found = Function::find(token.raw, arguments.len());
            return found.map(|function| Expression::Call(function, arguments.clone())).ok_or_else(|| {
                let arguments: Vec<String> = arguments.iter().map(|argument| self.shown(argument)).collect();
                ExpressionError::Function(format!(
                    "{}({})",
                    token.raw.to_ascii_lowercase(),
                    arguments.join(", ")
                ))
            });
        }
        (self.find)(&token.value()).map_err(ExpressionError::Field)
    }

    /// What stands up to the closing parenthesis.
    fn list(&mut self) -> Result<Vec<Expression>, ExpressionError> {
        let mut list = Vec::new();
        if self.reader.eat_symbol(")") {
            return Ok(list);
        }
        loop {
            list.push(self.either()?);
            if !self.reader.eat_symbol(",") {
                self.reader.expect_symbol(")")?;
                return Ok(list);
            }
        }
    }

    fn case(&mut self) -> Parsed {
        let compared = if self.reader.peek().is_some_and(|token| token.is_word("WHEN")) {
            None
        } else {
            Some(self.either()?)
        };
        let mut branches = Vec::new();
        while self.reader.eat_word("WHEN") {
            let when = self.either()?;
            self.reader.expect_word("THEN")?;
            let condition = match &compared {
                Some(value) => binary(value.clone(), Operator::Equal, when),
                None => when,
            };
            branches.push((condition, self.either()?));
        }
        if branches.is_empty() {
            return Err(self.reader.unexpected("WHEN"));
        }
        let otherwise = if self.reader.eat_word("ELSE") { Some(Box::new(self.either()?)) } else { None };
        self.reader.expect_word("END")?;
        Ok(Expression::Case(branches, otherwise))
    }

    fn cast(&mut self) -> Parsed {
        let inner = self.either()?;
        self.reader.expect_word("AS")?;
        let column_type = self.column_type()?;
        self.reader.expect_symbol(")")?;
        Ok(Expression::Cast(Box::new(inner), column_type))
    }

    fn column_type(&mut self) -> Result<ColumnType, ExpressionError> {
        let Some(token) = self.reader.peek() else { return Err(self.reader.unexpected("a type")) };
        let name = token.raw.to_ascii_uppercase();
        let unknown = self.reader.unexpected("a type");
        self.reader.next();
        let mut arguments = Vec::new();
        if self.reader.eat_symbol("(") {
            arguments.push(self.reader.number()?);
            while self.reader.eat_symbol(",") {
                arguments.push(self.reader.number()?);
            }
            self.reader.expect_symbol(")")?;
        }
        ColumnType::named(&name, &arguments).ok_or(unknown)
    }

    fn eat_operator(&mut self, known: &[(&str, Operator)]) -> Option<Operator> {
        let token = self.reader.peek()?;
        let (_, operator) = known.iter().find(|(symbol, _)| token.is_symbol(symbol))?;
        self.reader.next();
        Some(*operator)
    }

    /// An argument as error messages show it.
    fn shown(&self, argument: &Expression) -> String {
        match argument {
            Expression::Field(at) => format!("<slot {}>", self.slots + at),
            Expression::Literal(Value::Text(text)) => format!("'{text}'"),
            Expression::Literal(value) => value.text().unwrap_or_else(|| "NULL".to_owned()),
            Expression::Cast(inner, _) => self.shown(inner),
            _ => "<expr>".to_owned(),
        }
    }
}

const COMPARISONS: &[(&str, Operator)] = &[
    ("=", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<>", Operator::NotEqual),
    ("<=>", Operator::Same),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
];
const SUMS: &[(&str, Operator)] = &[("+", Operator::Plus), ("-", Operator::Minus)];
const PRODUCTS: &[(&str, Operator)] =
    &[("*", Operator::Times), ("/", Operator::Divided), ("%", Operator::Rest)];

fn maybe_not(expression: Expression, inverted: bool) -> Expression {
    if inverted { Expression::Not(Box::new(expression)) } else { expression }
}

fn literal(token: &Token<'_>) -> Value {
    if token.kind == Kind::Text {
        return Value::Text(token.value().into_owned());
    }
    let whole = token.raw.parse().ok().map(Value::Whole);
    let exact = || Decimal::parse(token.raw).filter(|_| !token.raw.contains(['e', 'E'])).map(Value::Exact);
    let real = || token.raw.parse().ok().map(Value::Real);
    whole.or_else(exact).or_else(real).unwrap_or(Value::Null)
}
