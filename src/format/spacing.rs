//! What stands between two tokens on a line, and how a token is written.

use crate::syntax::Kind;

/// A token as the formatter writes it: pasted typography becomes what a keyboard has.
pub fn canonical(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Arrow => "->".to_string(),
        Kind::Symmetric => "<->".to_string(),
        Kind::LinkOpen => "-[".to_string(),
        Kind::Minus => "-".to_string(),
        Kind::Star => "*".to_string(),
        Kind::LessEqual => "<=".to_string(),
        Kind::GreaterEqual => ">=".to_string(),
        Kind::NotEqual => "!=".to_string(),
        Kind::Ellipsis => "...".to_string(),
        Kind::Unit => text.replace('²', "^2").replace('³', "^3").replace(['·', '×'], "*"),
        _ => text.to_string(),
    }
}

/// Whether a minus behind this token is a sign, not a difference.
fn before_sign(kind: Option<Kind>) -> bool {
    kind.is_none_or(|k| {
        k.opens()
            || k.is_reserved_word() && !matches!(k, Kind::Now | Kind::True | Kind::False | Kind::Item)
            || matches!(
                k,
                Kind::Colon
                    | Kind::Comma
                    | Kind::Equals
                    | Kind::Plus
                    | Kind::Minus
                    | Kind::Star
                    | Kind::Slash
                    | Kind::Caret
                    | Kind::DotDot
                    | Kind::Arrow
                    | Kind::Symmetric
                    | Kind::Less
                    | Kind::LessEqual
                    | Kind::Greater
                    | Kind::GreaterEqual
                    | Kind::EqualEqual
                    | Kind::NotEqual
                    | Kind::Bar
            )
    })
}

/// Whether a blank stands between two tokens of an entry; `before` is the token before the first.
pub fn blank(before: Option<Kind>, first: Kind, second: Kind) -> bool {
    match (first, second) {
        // `1.a` would be another number, `m^2` another unit.
        (Kind::Number | Kind::Unit, Kind::Dot) | (Kind::Unit, Kind::Caret) => true,
        (_, Kind::Colon | Kind::Comma | Kind::Dot | Kind::DotDot | Kind::Caret)
        | (Kind::Dot | Kind::DotDot | Kind::Caret, _)
        | (Kind::ParenOpen | Kind::BracketOpen | Kind::LinkOpen, _)
        | (_, Kind::ParenClose | Kind::BracketClose) => false,
        // `-[` would open a link.
        (Kind::Minus, Kind::BracketOpen) => true,
        (Kind::Minus, _) => !before_sign(before),
        // A call or an index stands close to what it belongs to.
        (Kind::Name | Kind::Quoted | Kind::ParenClose | Kind::BracketClose | Kind::Item, Kind::ParenOpen)
        | (Kind::Name | Kind::Quoted | Kind::ParenClose | Kind::BracketClose, Kind::BracketOpen) => false,
        _ => true,
    }
}

/// Whether a link's closing bracket stands close to its arrow: `-[5]->`.
pub fn link_closes(first_group: Option<Kind>, second: Kind) -> bool {
    first_group == Some(Kind::LinkOpen) && second == Kind::Arrow
}
