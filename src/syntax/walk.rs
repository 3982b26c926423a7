//! Visits every expression of a tree, so that it can be changed in place.

use super::tree::{Argument, Block, Chain, Entry, Expr, ExprKind, Item, Key, LinkKind, Phrase, Table};

/// Calls `change` for every expression of the items, inner ones first. O(size).
pub fn each_expr(items: &mut [Item], change: &mut dyn FnMut(&mut Expr)) {
    for item in items {
        match item {
            Item::Use(_) | Item::Error(_) => {}
            Item::Flow(flow) => chain(&mut flow.chain, change),
            Item::Expect(expect) => phrase(&mut expect.phrase, change),
            Item::Entry(one) => entry(one, change),
            Item::Declaration(d) => {
                d.indices.iter_mut().for_each(|e| expr(e, change));
                for param in d.params.iter_mut().flatten() {
                    phrase(&mut param.kind, change);
                    param.default.iter_mut().for_each(|p| phrase(p, change));
                }
                d.phrase.iter_mut().chain(&mut d.value).for_each(|p| phrase(p, change));
                if let Some(Block { items, .. }) = &mut d.block {
                    each_expr(items, change);
                }
            }
        }
    }
}

fn table(table: &mut Table, change: &mut dyn FnMut(&mut Expr)) {
    table.entries.iter_mut().for_each(|e| entry(e, change));
}

fn entry(entry: &mut Entry, change: &mut dyn FnMut(&mut Expr)) {
    match &mut entry.key {
        Key::Chain(one) => chain(one, change),
        Key::Hours { days, .. } => expr(days, change),
        Key::If { condition, .. } => expr(condition, change),
        Key::For { over, .. } => expr(over, change),
        Key::Word(_) => {}
    }
    entry.phrase.iter_mut().chain(&mut entry.default).for_each(|p| phrase(p, change));
}

fn phrase(phrase: &mut Phrase, change: &mut dyn FnMut(&mut Expr)) {
    chain(&mut phrase.chain, change);
    phrase.tails.iter_mut().for_each(|t| chain(&mut t.chain, change));
}

fn arguments(arguments: &mut [Argument], change: &mut dyn FnMut(&mut Expr)) {
    arguments.iter_mut().for_each(|a| phrase(&mut a.value, change));
}

fn chain(chain: &mut Chain, change: &mut dyn FnMut(&mut Expr)) {
    let links = chain.lead.iter_mut().chain(chain.steps.iter_mut().map(|s| &mut s.link));
    for link in links {
        if let LinkKind::Arguments(list) = &mut link.kind {
            arguments(list, change);
        }
    }
    expr(&mut chain.first, change);
    chain.steps.iter_mut().for_each(|s| expr(&mut s.expr, change));
}

fn expr(one: &mut Expr, change: &mut dyn FnMut(&mut Expr)) {
    match &mut one.kind {
        ExprKind::Quantity(_)
        | ExprKind::Clock(_)
        | ExprKind::Date { .. }
        | ExprKind::String(_)
        | ExprKind::Bool(_)
        | ExprKind::Now
        | ExprKind::Item
        | ExprKind::Name(_)
        | ExprKind::Ellipsis
        | ExprKind::Unknown
        | ExprKind::Error => {}
        ExprKind::Unary { operand, .. } => expr(operand, change),
        ExprKind::Binary { left, right, .. } => {
            expr(left, change);
            expr(right, change);
        }
        ExprKind::Range { from, to } => {
            expr(from, change);
            expr(to, change);
        }
        ExprKind::Index { base, index } => {
            expr(base, change);
            expr(index, change);
        }
        ExprKind::Member { base, .. } => expr(base, change),
        ExprKind::Call { function, arguments: list } => {
            expr(function, change);
            arguments(list, change);
        }
        ExprKind::NamedTable { table: inner, .. } | ExprKind::Table(inner) => table(inner, change),
        ExprKind::List(list) => list.iter_mut().for_each(|p| phrase(p, change)),
        ExprKind::Group(inner) => expr(inner, change),
    }
    change(one);
}
