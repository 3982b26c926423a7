//! Distances between the stops of fleets: tables, files, and the shortest ways over them.

use std::collections::BTreeMap;

use num_traits::{Signed, Zero};

use crate::base::{Dim, Rational, Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::NodeId;
use crate::syntax::tree::{Argument, ExprKind, Key, LinkKind, Phrase};

use super::fleet::Way;
use super::line::Lower;
use super::scope::Meaning;

/// Distances that are written: from, to, metres.
pub(super) type Written = Vec<(NodeId, NodeId, Rational)>;

impl<'a> Lower<'a> {
    /// `{ pick <-> pack: 45 m, a -> b: 40 m }`, or `table("distances.csv")`.
    pub(super) fn distances(&mut self, phrase: &'a Phrase, table: &mut Written) -> Option<()> {
        let due = "distances stand in a table of pairs: `{ pick <-> pack: 45 m, pack -> dock: 20 m }`";
        let entries = match phrase.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Table(entries)) => entries,
            Some(ExprKind::Call { function, arguments }) if function.name() == Some("table") => {
                return self.distance_file(arguments, phrase.span, table);
            }
            _ => return self.wrong_value(phrase.span, due),
        };
        for entry in &entries.entries {
            let Key::Chain(chain) = &entry.key else { return self.wrong_value(entry.key.span(), due) };
            let [step] = chain.steps.as_slice() else { return self.wrong_value(chain.span, due) };
            let both = match step.link.kind {
                LinkKind::Symmetric => true,
                LinkKind::Arrow => false,
                LinkKind::Arguments(_) => return self.wrong_value(step.link.span, due),
            };
            let (from, to) = (self.node_expr(&chain.first, "node")?, self.node_expr(&step.expr, "node")?);
            let Some(value) = &entry.phrase else { return self.wrong_value(entry.span, due) };
            let metres = self.metres(value)?;
            if from == to {
                return self.wrong_value(entry.key.span(), "a distance is between two different nodes");
            }
            for (a, b) in [(from, to), (to, from)].into_iter().take(1 + usize::from(both)) {
                if table.iter().any(|(x, y, _)| *x == a && *y == b) {
                    self.push(Diagnostic::new(codes::DUPLICATE_FIELD, entry.span, "this distance is given twice"));
                    return None;
                }
                table.push((a, b, metres.clone()));
            }
        }
        Some(())
    }

    /// `table("distances.csv")`: a square of distances, from row to column. Cells from a stop to itself may be
    /// empty.
    fn distance_file(&mut self, arguments: &'a [Argument], span: Span, table: &mut Written) -> Option<()> {
        let kind = super::square::Kind {
            file: "distances.csv",
            dim: Dim::LENGTH,
            value: "distance",
            unit: "m",
            most: limits::STOPS,
            diagonal: false,
        };
        let square = self.square_file(arguments, span, &kind)?;
        let (path, at) = (square.path.as_str(), square.at);
        let mut columns: Vec<NodeId> = Vec::new();
        for name in &square.columns {
            columns.push(self.file_stop(name, path, at, "column")?);
        }
        for (name, values) in &square.rows {
            let from = self.file_stop(name, path, at, "row")?;
            for (value, to) in values.iter().zip(&columns) {
                if let Some(metres) = value {
                    table.push((from, *to, metres.clone()));
                }
            }
        }
        Some(())
    }

    fn file_stop(&mut self, name: &str, path: &str, at: Span, what: &str) -> Option<NodeId> {
        match self.scope.find(name) {
            Some(Meaning::Node(id)) if self.port(id).is_none() => Some(id),
            _ => {
                let text = format!("the {what} `{name}` of `{path}` is no node of the line");
                self.push(Diagnostic::new(codes::BAD_DATA_FILE, at, text));
                None
            }
        }
    }

    /// A fixed distance, 0 or more.
    pub(super) fn metres(&mut self, phrase: &'a Phrase) -> Option<Rational> {
        let typed = self.evaluate_phrase(phrase)?;
        if typed.dim == Dim::NUMBER {
            let text = self.text(phrase.span);
            self.push(Diagnostic::new(codes::MISSING_UNIT, phrase.span, "a distance needs a unit").fix(
                format!("write `{text} m`"),
                phrase.span,
                format!("{text} m"),
            ));
            return None;
        }
        let value = self.constant_of(&typed, Dim::LENGTH, phrase.span, "distance")?.value;
        if value.is_negative() {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, phrase.span, "a distance is not below 0"));
            return None;
        }
        Some(value)
    }
}

/// Distances that are written: in the table, and on arrows for both directions, unless the table says otherwise.
pub(super) fn known_distances(
    stops: &[NodeId],
    table: &[(NodeId, NodeId, Rational)],
    own: &[&Way],
) -> BTreeMap<(usize, usize), Rational> {
    let at = |id: &NodeId| stops.iter().position(|s| s == id).unwrap_or(0);
    let mut known: BTreeMap<(usize, usize), Rational> = BTreeMap::new();
    for (a, b, metres) in table {
        known.insert((at(a), at(b)), metres.clone());
    }
    for way in own {
        let Some(metres) = &way.length else { continue };
        for pair in [(at(&way.from), at(&way.to)), (at(&way.to), at(&way.from))] {
            known.entry(pair).or_insert_with(|| metres.clone());
        }
    }
    known
}

/// Written distances, and the shortest ways over them for all other pairs (Floyd 1962). O(stops³).
pub(super) fn all_distances(n: usize, known: &BTreeMap<(usize, usize), Rational>) -> Vec<Option<Rational>> {
    let mut all: Vec<Option<Rational>> = vec![None; n * n];
    for i in 0..n {
        if let Some(place) = all.get_mut(i * n + i) {
            *place = Some(Rational::zero());
        }
    }
    for ((a, b), metres) in known {
        if let Some(place) = all.get_mut(a * n + b) {
            *place = Some(metres.clone());
        }
    }
    for k in 0..n {
        for i in 0..n {
            for j in 0..n {
                let (Some(first), Some(second)) = (cell(&all, n, i, k), cell(&all, n, k, j)) else { continue };
                let over = first + second;
                let written = known.contains_key(&(i, j)) || i == j;
                if !written
                    && let Some(place) = all.get_mut(i * n + j)
                    && place.as_ref().is_none_or(|m| over < *m)
                {
                    *place = Some(over);
                }
            }
        }
    }
    all
}

/// Metres from stop to stop.
pub(super) fn cell(all: &[Option<Rational>], n: usize, from: usize, to: usize) -> Option<Rational> {
    all.get(from * n + to).cloned().flatten()
}
