//! The functions that expressions may call.

use std::cmp::Ordering;

use super::value::Value;
use super::{Operator, compare, texts, times};
use crate::load::zone::ZoneOffset;

/// A function: what it is called, how many arguments it takes, and what it does with them.
#[derive(Clone, Copy, Debug)]
pub(in crate::load) struct Function {
    name: &'static str,
    arguments: (usize, usize),
    body: Body,
}

/// What a function does; most are NULL where an argument is.
#[derive(Clone, Copy, Debug)]
enum Body {
    /// Looks at NULLs itself.
    Any(fn(&[Value], ZoneOffset) -> Option<Value>),
    /// Of values that are not NULL.
    Strict(fn(&[Value], ZoneOffset) -> Option<Value>),
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Function {
    pub(super) const fn any(
        name: &'static str,
        arguments: (usize, usize),
        body: fn(&[Value], ZoneOffset) -> Option<Value>,
    ) -> Self {
        Self { name, arguments, body: Body::Any(body) }
    }

    pub(super) const fn strict(
        name: &'static str,
        arguments: (usize, usize),
        body: fn(&[Value], ZoneOffset) -> Option<Value>,
    ) -> Self {
        Self { name, arguments, body: Body::Strict(body) }
    }

    /// The function of this name, in any case, that takes so many arguments.
    pub(super) fn find(name: &str, count: usize) -> Option<Self> {
        let all = GENERAL.iter().chain(texts::FUNCTIONS).chain(times::FUNCTIONS);
        all.copied().find(|function| {
            let (least, most) = function.arguments;
            function.name.eq_ignore_ascii_case(name) && (least..=most).contains(&count)
        })
    }

    /// Its value; NULL for what cannot be.
    pub(super) fn call(self, arguments: &[Value], zone: ZoneOffset) -> Value {
        let found = match self.body {
            Body::Strict(_) if arguments.iter().any(Value::is_null) => None,
            Body::Strict(body) | Body::Any(body) => body(arguments, zone),
        };
        found.unwrap_or(Value::Null)
    }
}

/// Any number of arguments.
pub(super) const MANY: usize = usize::MAX;

const GENERAL: &[Function] = &[
    Function::any("if", (3, 3), |of, _| {
        Some(if of[0].truth() == Some(true) { of[1].clone() } else { of[2].clone() })
    }),
    Function::any("ifnull", (2, 2), first),
    Function::any("nvl", (2, 2), first),
    Function::any("coalesce", (1, MANY), first),
    Function::any("nullif", (2, 2), |of, zone| {
        let equal = compare::by(Operator::Equal, &of[0], &of[1], zone).truth() == Some(true);
        (!equal).then(|| of[0].clone())
    }),
    Function::strict("greatest", (1, MANY), |of, zone| extreme(of, Ordering::Greater, zone)),
    Function::strict("least", (1, MANY), |of, zone| extreme(of, Ordering::Less, zone)),
    Function::strict("abs", (1, 1), |of, _| match &of[0] {
        Value::Whole(number) => Some(Value::Whole(number.abs())),
        other => other.real().map(|number| Value::Real(number.abs())),
    }),
    Function::strict("floor", (1, 1), |of, _| Some(whole(of[0].real()?.floor()))),
    Function::strict("ceil", (1, 1), |of, _| Some(whole(of[0].real()?.ceil()))),
    Function::strict("round", (1, 2), |of, _| {
        let digits = of.get(1).map_or(Some(0), Value::whole)?.clamp(-18, 18);
        let factor = 10_f64.powi(i32::try_from(digits).ok()?);
        Some(Value::Real((of[0].real()? * factor).round() / factor))
    }),
    Function::strict("mod", (2, 2), |of, _| Some(super::arithmetic::combine(Operator::Rest, &of[0], &of[1]))),
];

fn first(of: &[Value], _: ZoneOffset) -> Option<Value> {
    of.iter().find(|value| !value.is_null()).cloned()
}

fn extreme(of: &[Value], wanted: Ordering, zone: ZoneOffset) -> Option<Value> {
    let operator = if wanted == Ordering::Greater { Operator::Greater } else { Operator::Less };
    of.iter().cloned().reduce(|best, value| {
        let better = compare::by(operator, &value, &best, zone).truth() == Some(true);
        if better { value } else { best }
    })
}

fn whole(number: f64) -> Value {
    #[allow(clippy::cast_possible_truncation)]
    Value::Whole(number as i128)
}
