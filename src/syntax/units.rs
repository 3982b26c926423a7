//! What directly follows a number: a unit or a counted name. Compound units have no blanks inside;
//! an operator with blanks around it is arithmetic.

use crate::base::Span;

use super::token::{Kind, Token};

/// A unit found behind a number.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The last token of it.
    pub end: Span,
    /// Index of the first token behind it.
    pub next: usize,
    /// More than one `/`, or a factor behind the `/`.
    pub broken: bool,
}

/// The unit that begins at token `at`, if one does. Line ends and reserved words stop it. O(its length).
#[must_use]
pub fn scan(tokens: &[Token], at: usize) -> Option<Found> {
    let first = tokens.get(at)?;
    let mut slash = false;
    let mut next = if first.kind == Kind::Slash {
        slash = true;
        factor(tokens, beside(tokens, at)?)?
    } else {
        factor(tokens, at)?
    };
    let mut broken = false;
    while let Some(operator) = beside(tokens, next - 1) {
        let kind = tokens.get(operator).map(|t| t.kind);
        if !matches!(kind, Some(Kind::Star | Kind::Slash)) {
            break;
        }
        let Some(behind) = beside(tokens, operator).and_then(|f| factor(tokens, f)) else { break };
        broken |= slash;
        slash |= kind == Some(Kind::Slash);
        next = behind;
    }
    Some(Found { end: tokens.get(next - 1)?.span, next, broken })
}

/// The index behind the factor at `at`: a name or sign with an optional power.
fn factor(tokens: &[Token], at: usize) -> Option<usize> {
    let first = tokens.get(at)?;
    if !matches!(first.kind, Kind::Name | Kind::Quoted | Kind::Percent | Kind::Degree | Kind::Euro) {
        return None;
    }
    let Some(power) = beside(tokens, at) else { return Some(at + 1) };
    match tokens.get(power).map(|t| t.kind) {
        Some(Kind::Superscript) => Some(power + 1),
        Some(Kind::Caret) => {
            let mut digit = beside(tokens, power);
            if let Some(sign) = digit
                && tokens.get(sign).is_some_and(|t| t.kind == Kind::Minus)
            {
                digit = beside(tokens, sign);
            }
            match digit {
                Some(digit) if tokens.get(digit).is_some_and(|t| t.kind == Kind::Number) => Some(digit + 1),
                _ => Some(at + 1),
            }
        }
        _ => Some(at + 1),
    }
}

/// The index of the token that touches token `at` from behind.
fn beside(tokens: &[Token], at: usize) -> Option<usize> {
    let (this, next) = (tokens.get(at)?, tokens.get(at + 1)?);
    (this.span.end == next.span.start && next.kind != Kind::Newline).then_some(at + 1)
}
