//! `order:` — who is next on a station or in a buffer (semantics F7).

use crate::base::{Span, names};
use crate::diag::{Diagnostic, codes};
use crate::ir::{NodeKind, Precedence, PrecedenceRule};
use crate::syntax::tree::{Argument, Expr, ExprKind, Phrase};

use super::fields::list;
use super::line::Lower;

const RULES: &[&str] = &[
    "fifo",
    "lifo",
    "due",
    "shortest",
    "longest",
    "same_setup",
    "longest_waiting",
    "first",
    "lowest",
    "highest",
    "dynamic",
];

impl<'a> Lower<'a> {
    /// `due`, `lowest(item.size)` or `[same_setup, due]`; `station`: whether it stands there.
    pub(super) fn precedence(&mut self, phrase: &'a Phrase, station: bool) -> Option<Precedence> {
        let mut order = Precedence::default();
        let one;
        let parts: Vec<&'a Expr> = match phrase.as_expr().map(|e| (&e.kind, e)) {
            Some((ExprKind::List(parts), _)) => parts.iter().filter_map(Phrase::as_expr).collect(),
            Some((_, expr)) => {
                one = expr;
                vec![one]
            }
            None => return self.not_a_rule(phrase.span),
        };
        for part in parts {
            if part.name() == Some("dynamic") {
                order.dynamic = true;
                continue;
            }
            let rule = self.order_rule(part, station)?;
            order.rules.push(rule);
        }
        if order.rules.is_empty() {
            return self.not_a_rule(phrase.span);
        }
        Some(order)
    }

    /// `order:` of a crew or tool: whose request is served next. Values are found when the request is made.
    pub(super) fn pool_precedence(&mut self, phrase: &'a Phrase) -> Option<Precedence> {
        let order = self.precedence(phrase, true)?;
        let wrong = |rule: &PrecedenceRule| match rule {
            PrecedenceRule::SameSetup => Some("`same_setup` is about machines, and people are not set up for anything"),
            PrecedenceRule::Lowest(e) | PrecedenceRule::Highest(e) if e.reads_floor() => {
                Some("the order of a crew reads the item at hand, not what happens elsewhere")
            }
            PrecedenceRule::First(id) => {
                let kind = self.plant.nodes.get(*id).map(|n| &n.kind);
                let works = matches!(kind, Some(NodeKind::Station(_) | NodeKind::Conveyor(_)));
                (!works).then_some("`first` names a station here: requests come from nowhere else")
            }
            _ => None,
        };
        let text = match order.rules.iter().find_map(wrong) {
            Some(text) => text,
            None if order.dynamic => "values of a crew's order are found when people are asked for, not `dynamic`ally",
            None => return Some(order),
        };
        let d = Diagnostic::new(codes::WRONG_VALUE, phrase.span, text);
        self.push(d.help("such as `order: [first(press), due]` or `order: lowest(item.size)`"));
        None
    }

    fn not_a_rule<T>(&mut self, span: Span) -> Option<T> {
        self.push(
            Diagnostic::new(codes::WRONG_VALUE, span, "`order` names rules, each for those the one before holds equal")
                .help(format!("the rules are {}", list(RULES))),
        );
        None
    }

    fn order_rule(&mut self, expr: &'a Expr, station: bool) -> Option<PrecedenceRule> {
        match &expr.kind {
            ExprKind::Name(name) => match name.as_str() {
                "fifo" | "longest_waiting" => Some(PrecedenceRule::Fifo),
                "lifo" => Some(PrecedenceRule::Lifo),
                "due" => {
                    let (slot, dim) = self.attribute_slot("due", expr.span)?;
                    Some(PrecedenceRule::Lowest(crate::ir::Expression::Attribute {
                        name: "due".to_string(),
                        slot,
                        dim,
                    }))
                }
                "shortest" | "longest" | "same_setup" if !station => {
                    self.push(
                        Diagnostic::new(
                            codes::WRONG_VALUE,
                            expr.span,
                            format!("`{name}` asks for the work of a station, and nothing is worked on here"),
                        )
                        .help("write the order at the station behind; its queue and the places before it follow it"),
                    );
                    None
                }
                "shortest" => Some(PrecedenceRule::Shortest),
                "longest" => Some(PrecedenceRule::Longest),
                "same_setup" => Some(PrecedenceRule::SameSetup),
                _ => self.unknown_rule(name, expr.span),
            },
            ExprKind::Call { function, arguments } => {
                let name = function.name().unwrap_or_default();
                if !matches!(name, "first" | "lowest" | "highest") {
                    return self.unknown_rule(name, function.span);
                }
                let [Argument { name: None, value, .. }] = arguments.as_slice() else {
                    self.push(Diagnostic::new(codes::WRONG_ARGUMENTS, expr.span, format!("`{name}` takes one value")));
                    return None;
                };
                if name == "first" {
                    let expr = self.only_expr(&value.chain, "the name of a node")?;
                    return self.node_expr(expr, "node").map(PrecedenceRule::First);
                }
                let typed = self.evaluate_phrase(value)?;
                Some(if name == "lowest" {
                    PrecedenceRule::Lowest(typed.value)
                } else {
                    PrecedenceRule::Highest(typed.value)
                })
            }
            _ => self.not_a_rule(expr.span),
        }
    }

    fn unknown_rule<T>(&mut self, name: &str, span: Span) -> Option<T> {
        let d = Diagnostic::new(codes::UNKNOWN_NAME, span, format!("there is no order rule `{name}`"));
        self.push(match names::nearest(name, RULES.iter().copied()) {
            Some(near) => d.fix(format!("write `{near}`"), span, near),
            None => d.help(format!("the rules are {}", list(RULES))),
        });
        None
    }
}
