//! Decisions on the way out: single leaves inline, shares and choices by item in one function.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{header, item, node, open, routing, way};
use super::super::program::{FuncId, HostFn, Program, Ty};
use super::super::shape::RouteShape;
use super::Emit;

/// Where a decision in turn stands: fields of a routing's body.
const COUNTER: Field = Field { offset: 8, ty: Ty::Count };
/// Which one in a row goes the first way.
const EACH: Field = Field { offset: 16, ty: Ty::Count };

fn index(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Words of the body of a single way.
pub const LEAF_WORDS: usize = 3;

/// Words of a routing's body.
pub fn body_words(shape: &RouteShape, item_types: usize) -> usize {
    match shape {
        RouteShape::Leaf => LEAF_WORDS,
        RouteShape::Shares(list) => 4 + list.len() + list.iter().map(|s| body_words(s, item_types)).sum::<usize>(),
        RouteShape::Turn(list) | RouteShape::Every(list) => {
            2 + list.iter().map(|s| body_words(s, item_types)).sum::<usize>()
        }
        RouteShape::If(list) => list.len() + list.iter().map(|s| body_words(s, item_types)).sum::<usize>(),
        RouteShape::Settled(inner) => body_words(inner, item_types),
        RouteShape::Way => way::WORDS - 1,
        RouteShape::Open(_, list) => open::WORDS + list.iter().map(|s| ways_words(s, item_types)).sum::<usize>(),
        RouteShape::ByItem(list) => item_types + list.iter().map(|s| body_words(s, item_types)).sum::<usize>(),
    }
}

/// Words of a way of an open rule: rules inside have no list of their own.
pub(super) fn ways_words(shape: &RouteShape, item_types: usize) -> usize {
    let of = |list: &[RouteShape]| list.iter().map(|s| ways_words(s, item_types)).sum::<usize>();
    match shape {
        RouteShape::Open(_, list) => of(list),
        RouteShape::ByItem(list) => item_types + of(list),
        other => body_words(other, item_types),
    }
}

impl Emit<'_> {
    /// Writes the decision function when some routing is more than a leaf.
    pub(super) fn decide_function(&mut self, program: &mut Program) -> Result<(), String> {
        let decide = self.decisions(program, "decide", false)?;
        self.functions.decide = Some(decide);
        if self.shapes.settled {
            let decide = self.decisions(program, "decide_now", true)?;
            self.functions.decide_now = Some(decide);
        }
        Ok(())
    }

    /// A function that decides; `now`: also what can be decided only while the floor settles.
    fn decisions(&self, program: &mut Program, name: &str, now: bool) -> Result<FuncId, String> {
        let (mut b, args) = Builder::new(program, name, &[Ty::Handle, Ty::Handle], Some(Ty::Handle));
        if let [routing, item] = args[..] {
            let kind = b.load(routing, routing::KIND);
            b.switch(kind, self.shapes.routes.len(), |b, i| match self.shapes.routes.get(i) {
                Some(RouteShape::Settled(_)) if !now => {
                    let list = b.header(header::UNDECIDED);
                    b.give(Some(list));
                }
                Some(shape) => self.decide_body(b, shape, routing, item),
                None => {}
            });
            let none = b.none();
            b.give(Some(none));
        }
        b.finish()
    }

    /// Follows one decision; `body` is the record shifted so that leaf fields fit.
    fn decide_body(&self, b: &mut Builder, shape: &RouteShape, body: V, item: V) {
        match shape {
            RouteShape::Leaf => {
                let list = self.follow_leaf(b, body, item);
                b.give(Some(list));
            }
            RouteShape::Shares(branches) => {
                let stream = Field { offset: 8, ty: Ty::Count };
                let word = Self::next_word(b, body, stream);
                let u = Self::uniform(b, word);
                let n = i32::try_from(branches.len()).unwrap_or(i32::MAX);
                let candidates = b.count(i64::from(n));
                let chosen = b.choose("branch", candidates, |b, index| {
                    let last = b.count(i64::from(n) - 1);
                    b.set(index, last);
                    // From the last but one to the first, so that the first that fits stays.
                    for i in (0..n - 1).rev() {
                        let upper = b.load(body, Field { offset: 8 + 32 + 8 * i, ty: Ty::Real });
                        let below = b.lt(u, upper);
                        let this = b.count(i64::from(i));
                        let now = b.select(below, this, index);
                        b.set(index, now);
                    }
                });
                self.branches(b, branches, body, 32 + 8 * i64::from(n), chosen, item);
            }
            RouteShape::Turn(branches) => {
                let n = b.count(i64::try_from(branches.len()).unwrap_or(1));
                let chosen = b.choose("turn", n, |b, index| {
                    let turn = b.load(body, COUNTER);
                    b.set(index, turn);
                });
                let next = b.plus(chosen, 1);
                let over = b.le(n, next);
                let first = b.count(0);
                let next = b.select(over, first, next);
                b.store(body, COUNTER, next);
                self.branches(b, branches, body, 16, chosen, item);
            }
            RouteShape::Every(branches) => {
                let two = b.count(2);
                let chosen = b.choose("every", two, |b, index| {
                    let before = b.load(body, COUNTER);
                    let this = b.plus(before, 1);
                    let each = b.load(body, EACH);
                    let nth = b.le(each, this);
                    let (first, second) = (b.count(0), b.count(1));
                    let chosen = b.select(nth, first, second);
                    b.set(index, chosen);
                });
                let before = b.load(body, COUNTER);
                let this = b.plus(before, 1);
                let zero = b.count(0);
                let nth = b.is_zero(chosen);
                let next = b.select(nth, zero, this);
                b.store(body, COUNTER, next);
                self.branches(b, branches, body, 16, chosen, item);
            }
            RouteShape::Settled(inner) => self.decide_body(b, inner, body, item),
            RouteShape::Open(..) => {
                let eight = b.count(8);
                let list = b.add(body, eight);
                b.give(Some(list));
            }
            RouteShape::Way => {}
            RouteShape::If(branches) => self.decide_by_condition(b, branches, body, item),
            RouteShape::ByItem(branches) => {
                let kind = b.load(item, item::TYPE);
                let at = b.element(body, kind, 8);
                let chosen = b.load(at, Field { offset: 8, ty: Ty::Count });
                let table = i64::try_from(8 * self.shapes.item_types).unwrap_or(i64::MAX);
                self.branches(b, branches, body, table, chosen, item);
            }
        }
    }

    fn decide_by_condition(&self, b: &mut Builder, branches: &[RouteShape], body: V, item: V) {
        let n = b.count(index(branches.len()));
        let chosen = b.choose("branch", n, |b, chosen| {
            let eight = b.count(8);
            let conditions = b.add(body, eight);
            let first = b.host(HostFn::FirstTrue, &[conditions, item], Ty::Count);
            b.set(chosen, first);
        });
        self.branches(b, branches, body, 8 * index(branches.len()), chosen, item);
    }

    fn branches(&self, b: &mut Builder, branches: &[RouteShape], body: V, head: i64, chosen: V, item: V) {
        let mut offsets = vec![head];
        for branch in branches {
            let words = i64::try_from(body_words(branch, self.shapes.item_types)).unwrap_or(0);
            offsets.push(offsets.last().copied().unwrap_or(0) + 8 * words);
        }
        b.switch(chosen, branches.len(), |b, i| {
            if let (Some(branch), Some(offset)) = (branches.get(i), offsets.get(i)) {
                let offset = b.count(*offset);
                let at = b.add(body, offset);
                self.decide_body(b, branch, at, item);
            }
        });
    }

    fn follow_leaf(&self, b: &mut Builder, leaf: V, item: V) -> V {
        let list = b.load(leaf, routing::LIST);
        if self.shapes.visits {
            let visit = b.load(leaf, routing::VISIT);
            let old = b.load(item, self.visit_field());
            let none = b.is_zero(visit);
            let new = b.select(none, old, visit);
            b.store(item, self.visit_field(), new);
        }
        if !self.shapes.assemblies {
            return list;
        }
        let result = b.var(list);
        let by_type = b.load(leaf, routing::BY_TYPE);
        let split = b.ne_zero(by_type);
        b.when(split, |b| {
            let kind = b.load(item, item::TYPE);
            let at = b.element(by_type, kind, 8);
            let list = b.load(at, Field { offset: 0, ty: Ty::Handle });
            b.set(result, list);
        });
        result
    }

    /// The offer list that an item goes to next.
    pub(super) fn decide(&self, b: &mut Builder, routing: V, item: V, simple: bool) -> V {
        if simple && !self.shapes.visits {
            return b.load(routing, routing::LIST);
        }
        if simple {
            return self.follow_leaf(b, routing, item);
        }
        b.call_for(Self::function(self.functions.decide), &[routing, item], Ty::Handle)
    }

    /// Settles the node of a list again when something is offered there.
    pub(super) fn mark_if_offered(&self, b: &mut Builder, node: V) {
        let head = b.load(node, node::OFFERS);
        let mut any = b.ne_zero(head);
        if self.any_open() {
            let open = b.load(node, node::OPEN);
            let open = b.ne_zero(open);
            any = b.or(any, open);
        }
        b.when(any, |b| {
            let rank = b.load(node, node::RANK);
            self.mark(b, rank);
        });
    }
}
