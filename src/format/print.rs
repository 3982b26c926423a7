//! Lays entries out: one a line where braces are spread, on one line where they fit.

use crate::syntax::{Comments, Kind};

use super::WIDTH;
use super::group::{Atom, Entry, Group};
use super::spacing;

const INDENT: usize = 4;

/// The whole text.
pub fn file(text: &str, group: &Group, comments: &Comments) -> String {
    let mut printer = Printer { text, comments, out: String::with_capacity(text.len() + text.len() / 8) };
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    printer.entries(&group.entries, 0, end, 0);
    printer.out
}

struct Printer<'t> {
    text: &'t str,
    comments: &'t Comments,
    out: String,
}

impl Printer<'_> {
    fn cut(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    fn line(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.out.extend(std::iter::repeat_n(' ', indent * INDENT));
            self.out.push_str(text);
        }
        self.out.push('\n');
    }

    /// Entries one a line, with the comments and blank lines between `from` and `to`.
    fn entries(&mut self, entries: &[Entry], from: u32, to: u32, indent: usize) {
        let mut reached = from;
        let mut first = true;
        for (i, entry) in entries.iter().enumerate() {
            self.comments_between(reached, entry.start(), indent, &mut first);
            let behind = self.comments_behind(reached, entry.start());
            if !first && self.comments.blank_between(behind.max(reached.saturating_add(1)), entry.start()) {
                self.blank_line();
            }
            first = false;
            self.entry(entry, indent);
            // Before a sign the line would go on: only a comma ends the entry.
            let signed = |e: &Entry| matches!(e.atoms.first(), Some(Atom::Token(t)) if t.kind == Kind::Minus);
            if entries.get(i + 1).is_some_and(signed) && self.out.ends_with('\n') {
                self.out.pop();
                self.out.push_str(",\n");
            }
            reached = entry.end();
            // A comment behind the entry stays on its line.
            if let Some(comment) = self.comments.between(reached, to).first()
                && !comment.own_line
                && !self.cut(reached, comment.span.start).contains('\n')
            {
                let shown = self.cut(comment.span.start, comment.span.end).to_string();
                if self.out.ends_with('\n') {
                    self.out.pop();
                }
                self.out.push_str("  ");
                self.out.push_str(&shown);
                self.out.push('\n');
                reached = comment.span.end;
            }
        }
        self.comments_between(reached, to, indent, &mut first);
    }

    /// Where the last comment between two places ends, or the first place.
    fn comments_behind(&self, from: u32, to: u32) -> u32 {
        self.comments.between(from, to).last().map_or(from, |c| c.span.end)
    }

    fn comments_between(&mut self, from: u32, to: u32, indent: usize, first: &mut bool) {
        let mut reached = from;
        for comment in self.comments.between(from, to) {
            if !*first && self.comments.blank_between(reached.saturating_add(1), comment.span.start) {
                self.blank_line();
            }
            *first = false;
            let shown = self.cut(comment.span.start, comment.span.end).to_string();
            self.line(indent, &shown);
            reached = comment.span.end;
        }
    }

    fn blank_line(&mut self) {
        if !self.out.ends_with("\n\n") && !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn entry(&mut self, entry: &Entry, indent: usize) {
        if entry.broken || self.needs_its_own_form(entry) {
            let shown = self.cut(entry.start(), entry.end()).trim_end().to_string();
            self.line(indent, &shown);
            return;
        }
        if !self.is_spread(entry) {
            let mut flat = String::new();
            self.flat(&entry.atoms, &mut flat);
            if indent * INDENT + width(&flat) <= WIDTH {
                self.line(indent, &flat);
                return;
            }
        }
        let links = entry.atoms.iter().enumerate().any(|(i, a)| i > 0 && is_link(a));
        let braces = entry.atoms.iter().any(|a| matches!(a, Atom::Group(g) if g.is_braces() && !g.entries.is_empty()));
        let commented = self.comments_in(entry);
        if links && (commented || !(braces && self.heads_fit(&entry.atoms, indent))) {
            self.chain(entry, indent);
        } else if braces {
            self.opened(&entry.atoms, indent, indent);
            self.out.push('\n');
        } else {
            self.long(entry, indent);
        }
    }

    /// Comments at places where no line of ours ends: the entry stays as written.
    fn needs_its_own_form(&self, entry: &Entry) -> bool {
        let inside = self.comments.between(entry.start(), entry.end());
        if inside.is_empty() && !spread_within(&entry.atoms, false) {
            return false;
        }
        if spread_within(&entry.atoms, false) {
            return true;
        }
        let links = !entry.way && entry.atoms.iter().any(is_link);
        inside.iter().any(|c| {
            // Inside braces of this entry the braces print it; before a link the chain does.
            let in_braces = entry.atoms.iter().any(|a| match a {
                Atom::Group(g) => g.is_braces() && g.spread && a.start() < c.span.start && c.span.end <= a.end(),
                Atom::Token(_) => false,
            });
            let before_link = links
                && entry.atoms.iter().find(|a| a.start() >= c.span.start).is_some_and(is_link)
                && !entry.atoms.iter().any(|a| a.start() < c.span.start && c.span.start < a.end());
            !in_braces && !before_link
        })
    }

    fn comments_in(&self, entry: &Entry) -> bool {
        self.comments.between(entry.start(), entry.end()).iter().any(|c| {
            !entry
                .atoms
                .iter()
                .any(|a| matches!(a, Atom::Group(_)) && a.start() < c.span.start && c.span.end <= a.end())
        })
    }

    /// Whether braces of the entry itself stay open.
    fn is_spread(&self, entry: &Entry) -> bool {
        self.comments_in(entry)
            || entry.atoms.iter().any(|a| matches!(a, Atom::Group(g) if g.is_braces() && must_open(g)))
    }

    /// Whether the lines of an entry with all its braces open fit.
    fn heads_fit(&self, atoms: &[Atom], indent: usize) -> bool {
        let mut column = indent * INDENT;
        let mut from = 0;
        for (i, atom) in atoms.iter().enumerate() {
            let opens = matches!(atom, Atom::Group(g) if g.is_braces() && !g.entries.is_empty());
            if opens || i + 1 == atoms.len() {
                let mut head = String::new();
                let until = if opens { i } else { i + 1 };
                self.flat(atoms.get(from..until).unwrap_or(&[]), &mut head);
                if column + width(&head) + 2 > WIDTH {
                    return false;
                }
                column = indent * INDENT + 2;
                from = i + 1;
            }
        }
        true
    }

    /// An entry with all its braces open, without the last line end.
    fn opened(&mut self, atoms: &[Atom], first_indent: usize, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', first_indent * INDENT));
        let mut head = String::new();
        let mut before: Option<Kind> = None;
        let mut last: Option<&Atom> = None;
        for atom in atoms {
            if let Some(previous) = last {
                blank_between(before, previous, atom, &mut head);
            }
            match atom {
                Atom::Group(g) if g.is_braces() && !g.entries.is_empty() => {
                    self.out.push_str(&head);
                    head.clear();
                    self.braces(g, indent);
                }
                atom => self.flat_atom(atom, &mut head),
            }
            before = last.and_then(Atom::last_kind);
            last = Some(atom);
        }
        self.out.push_str(&head);
    }

    /// Braces over several lines.
    fn braces(&mut self, g: &Group, indent: usize) {
        self.out.push('{');
        let open = g.open.map_or(0, |t| t.span.end);
        let close = g.close.map_or(g.end(), |t| t.span.start);
        let mut from = open;
        // A comment behind the brace stays there.
        if let Some(comment) = self.comments.between(open, close).first()
            && !comment.own_line
            && !self.cut(open, comment.span.start).contains('\n')
            && g.entries.first().is_none_or(|e| comment.span.start < e.start())
        {
            let shown = self.cut(comment.span.start, comment.span.end).to_string();
            self.out.push_str("  ");
            self.out.push_str(&shown);
            from = comment.span.end;
        }
        self.out.push('\n');
        self.entries(&g.entries, from, close, indent + 1);
        self.out.extend(std::iter::repeat_n(' ', indent * INDENT));
        self.out.push('}');
    }

    /// A chain with each step on its own line. In a way of a rule a line ends behind an arrow, since one that
    /// begins with an arrow would be the next way.
    fn chain(&mut self, entry: &Entry, indent: usize) {
        let mut pieces: Vec<&[Atom]> = Vec::new();
        let mut from = 0;
        let atoms = entry.atoms.as_slice();
        let colon = atoms.iter().position(|a| matches!(a, Atom::Token(t) if t.kind == Kind::Colon));
        let first_link = atoms.iter().position(is_link).unwrap_or(atoms.len());
        // The first arrow of a way stays with what it leads to.
        let first_arrow = if first_link == 0 { atoms.iter().position(is_arrow).map_or(0, |a| a + 1) } else { 0 };
        for (i, atom) in atoms.iter().enumerate() {
            let after_colon = colon.is_some_and(|c| i == c + 1) && i <= first_link;
            let begins_link = i > 0 && is_link(atom) && !atoms.get(i - 1).is_some_and(is_link_open);
            let begins = if entry.way { i > first_arrow && ends_link(atoms, i) } else { after_colon || begins_link };
            if begins && i > from {
                pieces.push(atoms.get(from..i).unwrap_or(&[]));
                from = i;
            }
        }
        pieces.push(atoms.get(from..).unwrap_or(&[]));
        let mut reached = entry.start();
        for (i, piece) in pieces.iter().copied().enumerate() {
            let start = piece.first().map_or(reached, Atom::start);
            let step_indent = if i == 0 { indent } else { indent + 1 };
            self.chain_comments(reached, start, indent + 1);
            let mut flat = String::new();
            self.flat(piece, &mut flat);
            let spread = piece.iter().any(|a| matches!(a, Atom::Group(g) if g.is_braces() && must_open(g)));
            let braces = piece.iter().any(|a| matches!(a, Atom::Group(g) if g.is_braces() && !g.entries.is_empty()));
            if braces && (spread || step_indent * INDENT + width(&flat) > WIDTH) {
                self.opened(piece, step_indent, step_indent);
                self.out.push('\n');
            } else {
                self.line(step_indent, &flat);
            }
            reached = piece.last().map_or(reached, Atom::end);
        }
    }

    /// Comments between two steps.
    fn chain_comments(&mut self, from: u32, to: u32, indent: usize) {
        for comment in self.comments.between(from, to) {
            let shown = self.cut(comment.span.start, comment.span.end).to_string();
            if comment.own_line {
                self.line(indent, &shown);
            } else {
                if self.out.ends_with('\n') {
                    self.out.pop();
                }
                self.out.push_str("  ");
                self.out.push_str(&shown);
                self.out.push('\n');
            }
        }
    }

    /// An entry without links and braces that is too long: it breaks at operators, or in its last
    /// brackets.
    fn long(&mut self, entry: &Entry, indent: usize) {
        let atoms = entry.atoms.as_slice();
        let place = |kinds: &[Kind], behind: bool| -> Vec<usize> {
            let mut places = Vec::new();
            for (i, atom) in atoms.iter().enumerate().skip(1) {
                let Atom::Token(t) = atom else { continue };
                let previous = atoms.get(i - 1).and_then(Atom::last_kind);
                let sign = t.kind == Kind::Minus && previous.is_none_or(|k| !is_operand(k));
                if kinds.contains(&t.kind) && !sign {
                    places.push(if behind { i + 1 } else { i });
                }
            }
            places
        };
        let mut places = place(&[Kind::Or], true);
        if places.is_empty() {
            places = place(&[Kind::And], true);
        }
        if places.is_empty() {
            places = place(&[Kind::Plus, Kind::Minus], false);
        }
        if !places.is_empty() {
            let mut from = 0usize;
            for (n, until) in places.iter().copied().chain(std::iter::once(atoms.len())).enumerate() {
                let mut flat = String::new();
                let before = from.checked_sub(1).and_then(|i| atoms.get(i)).and_then(Atom::last_kind);
                self.flat_behind(before, atoms.get(from..until).unwrap_or(&[]), &mut flat);
                self.line(if n == 0 { indent } else { indent + 1 }, &flat);
                from = until;
            }
            return;
        }
        // Arguments or list members, one a line, in the last brackets that hold several.
        let bracket = atoms.iter().rposition(|a| matches!(a, Atom::Group(g) if !g.is_braces() && g.entries.len() > 1));
        let Some((at, Atom::Group(g))) = bracket.and_then(|at| atoms.get(at).map(|a| (at, a))) else {
            let mut flat = String::new();
            self.flat(atoms, &mut flat);
            self.line(indent, &flat);
            return;
        };
        let mut head = String::new();
        self.flat(atoms.get(..at).unwrap_or(&[]), &mut head);
        if let (Some(previous), Some(atom)) = (at.checked_sub(1).and_then(|i| atoms.get(i)), atoms.get(at)) {
            let before = at.checked_sub(2).and_then(|i| atoms.get(i)).and_then(Atom::last_kind);
            blank_between(before, previous, atom, &mut head);
        }
        head.push_str(&spacing::canonical(g.open.map_or(Kind::Bad, |t| t.kind), self.open_text(g)));
        self.line(indent, &head);
        for (i, inner) in g.entries.iter().enumerate() {
            let mut flat = String::new();
            self.flat(&inner.atoms, &mut flat);
            if i + 1 < g.entries.len() {
                flat.push(',');
            }
            self.line(indent + 1, &flat);
        }
        let mut tail = self.close_text(g).to_string();
        let rest = atoms.get(at + 1..).unwrap_or(&[]);
        if let (Some(atom), Some(next)) = (atoms.get(at), rest.first()) {
            blank_between(None, atom, next, &mut tail);
        }
        self.flat(rest, &mut tail);
        self.line(indent, &tail);
    }

    fn open_text(&self, g: &Group) -> &str {
        g.open.map_or("", |t| self.cut(t.span.start, t.span.end))
    }

    fn close_text(&self, g: &Group) -> &str {
        g.close.map_or("", |t| self.cut(t.span.start, t.span.end))
    }

    /// Everything on one line.
    fn flat(&self, atoms: &[Atom], out: &mut String) {
        self.flat_behind(None, atoms, out);
    }

    /// Everything on one line, behind a token of the line before.
    fn flat_behind(&self, mut before: Option<Kind>, atoms: &[Atom], out: &mut String) {
        let mut last: Option<&Atom> = None;
        for atom in atoms {
            if let Some(previous) = last {
                blank_between(before, previous, atom, out);
            }
            self.flat_atom(atom, out);
            before = last.map_or(before, Atom::last_kind);
            last = Some(atom);
        }
    }

    fn flat_atom(&self, atom: &Atom, out: &mut String) {
        match atom {
            Atom::Token(t) => out.push_str(&spacing::canonical(t.kind, self.cut(t.span.start, t.span.end))),
            Atom::Group(g) => {
                out.push_str(&spacing::canonical(g.open.map_or(Kind::Bad, |t| t.kind), self.open_text(g)));
                let padded = g.is_braces() && !g.entries.is_empty();
                if padded {
                    out.push(' ');
                }
                for (i, entry) in g.entries.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    self.flat(&entry.atoms, out);
                }
                if padded {
                    out.push(' ');
                }
                out.push_str(self.close_text(g));
            }
        }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn blank_between(before: Option<Kind>, first: &Atom, second: &Atom, out: &mut String) {
    let (Some(a), Some(b)) = (first.last_kind(), second.first_kind()) else { return };
    if spacing::link_closes(first.first_kind(), b) {
        return;
    }
    if spacing::blank(before, a, b) {
        out.push(' ');
    }
}

/// Whether a chain breaks before this atom.
fn is_link(atom: &Atom) -> bool {
    matches!(atom.first_kind(), Some(Kind::Arrow | Kind::LinkOpen))
}

fn is_arrow(atom: &Atom) -> bool {
    atom.first_kind() == Some(Kind::Arrow)
}

/// Whether the atom before this one is the end of a link.
fn ends_link(atoms: &[Atom], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| atoms.get(before)).is_some_and(is_arrow)
}

fn is_link_open(atom: &Atom) -> bool {
    atom.first_kind() == Some(Kind::LinkOpen)
}

fn is_operand(kind: Kind) -> bool {
    kind.closes()
        || matches!(
            kind,
            Kind::Name
                | Kind::Quoted
                | Kind::Number
                | Kind::Unit
                | Kind::Clock
                | Kind::Date
                | Kind::String
                | Kind::Now
                | Kind::Item
                | Kind::Question
        )
}

/// Whether braces stay open: they are spread and not empty, or hold something that does.
fn must_open(g: &Group) -> bool {
    (g.spread && !g.entries.is_empty())
        || g.entries.iter().any(|e| {
            e.broken || e.atoms.iter().any(|a| matches!(a, Atom::Group(inner) if inner.is_braces() && must_open(inner)))
        })
}

/// Whether spread braces stand inside round or square brackets, where lines are not ours to lay out.
fn spread_within(atoms: &[Atom], in_brackets: bool) -> bool {
    atoms.iter().any(|a| match a {
        Atom::Token(_) => false,
        Atom::Group(g) if g.is_braces() => {
            in_brackets && (must_open(g) || g.entries.iter().any(|e| spread_within(&e.atoms, true)))
        }
        Atom::Group(g) => g.entries.iter().any(|e| spread_within(&e.atoms, true)),
    })
}
