//! Decisions made while the floor settles: open rules, which look for a way that has room whenever one
//! may have got some (semantics F3, F4), and committing branches that read the floor.
//!
//! Items whose way is open stand in a list of their rule. Before a node takes an item, the rules that
//! lead to it are asked about their oldest items: what is older than the node's own candidate, and would
//! go there now, is offered to it. A rule that would rather go elsewhere marks that node.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{buffer, header, holder, item, list, node, open, routing, source, station, visit, way};
use super::super::program::{Program, Ty};
use super::super::shape::{NodeShape, OpenRule, RouteShape};
use super::Emit;
use super::kept::free_for_it;
use super::route::ways_words;

const HANDLE: Field = Field { offset: 0, ty: Ty::Handle };
/// From an offer list to the record of its node.
const TO_NODE: i64 = -(node::RANK.offset as i64);

impl Emit<'_> {
    /// Whether the plant has open rules.
    pub(super) fn any_open(&self) -> bool {
        !self.shapes.opens.is_empty()
    }

    /// Writes the functions of this file.
    pub(super) fn open_functions(&mut self, program: &mut Program) -> Result<(), String> {
        if self.any_open() {
            let (mut b, args) = Builder::new(program, "pick", &[Ty::Handle, Ty::Handle], Some(Ty::Handle));
            if let [list, item] = args[..] {
                self.pick_body(&mut b, list, item);
            }
            self.functions.pick = Some(b.finish()?);
            let (mut b, args) = Builder::new(program, "consider", &[Ty::Handle, Ty::Handle], None);
            if let [node, lists] = args[..] {
                self.consider_body(&mut b, node, lists);
            }
            self.functions.consider = Some(b.finish()?);
        }
        if self.shapes.settled {
            let (mut b, args) = Builder::new(program, "settle_ways", &[Ty::Handle], None);
            if let [list] = args[..] {
                self.settle_ways_body(&mut b, list);
            }
            self.functions.settle_ways = Some(b.finish()?);
        }
        Ok(())
    }

    // ---- open rules ----

    /// The way an item takes now by the rule of a list, or 0 when none can accept it.
    fn pick_body(&self, b: &mut Builder, list: V, item: V) {
        let kind = b.load(list, open::KIND);
        b.switch(kind, self.shapes.opens.len(), |b, i| {
            let Some(shape) = self.shapes.opens.get(i) else { return };
            // Bodies are addressed by the word before them.
            let skip = b.count(i64::try_from(open::WORDS * 8).unwrap_or(0) - 8);
            let body = b.add(list, skip);
            let found = self.pick_way(b, shape, body, item);
            b.give(Some(found));
        });
        let none = b.none();
        b.give(Some(none));
    }

    /// The record of the way that can accept the item, or 0.
    fn pick_way(&self, b: &mut Builder, shape: &RouteShape, body: V, item: V) -> V {
        let none = b.none();
        let found = b.var(none);
        match shape {
            RouteShape::ByItem(branches) => {
                let kind = b.load(item, item::TYPE);
                let at = b.element(body, kind, 8);
                let chosen = b.load(at, Field { offset: 8, ty: Ty::Count });
                let starts = self.starts(branches, 8 * self.shapes.item_types);
                b.switch(chosen, branches.len(), |b, i| {
                    if let (Some(branch), Some(start)) = (branches.get(i), starts.get(i)) {
                        let start = b.count(*start);
                        let at = b.add(body, start);
                        let way = self.pick_way(b, branch, at, item);
                        b.set(found, way);
                    }
                });
            }
            RouteShape::Open(OpenRule::First, branches) => {
                let starts = self.starts(branches, 0);
                for (branch, start) in branches.iter().zip(starts) {
                    let open = b.is_zero(found);
                    b.when(open, |b| {
                        let start = b.count(start);
                        let at = b.add(body, start);
                        let way = self.pick_way(b, branch, at, item);
                        b.set(found, way);
                    });
                }
            }
            RouteShape::Open(OpenRule::Fewest, branches) => {
                let most = b.real(f64::INFINITY);
                let fewest = b.var(most);
                for (branch, start) in branches.iter().zip(self.starts(branches, 0)) {
                    let start = b.count(start);
                    let at = b.add(body, start);
                    let way = self.pick_way(b, branch, at, item);
                    let some = b.ne_zero(way);
                    b.when(some, |b| {
                        let items = b.load(way, way::ITEMS);
                        let items = self.value(b, items, item);
                        let fewer = b.lt(items, fewest);
                        b.when(fewer, |b| {
                            b.set(fewest, items);
                            b.set(found, way);
                        });
                    });
                }
            }
            _ => {
                let its_list = b.load(body, routing::LIST);
                let to_node = b.count(TO_NODE);
                let node = b.add(its_list, to_node);
                let kind = b.load(node, holder::RELEASE);
                b.switch(kind, self.shapes.nodes.len(), |b, k| {
                    let Some(shape) = self.shapes.nodes.get(k) else { return };
                    if let Some(accepts) = self.accepts(b, shape, node, item) {
                        b.when(accepts, |b| b.set(found, body));
                    }
                });
            }
        }
        found
    }

    /// Where the parts of a decision begin.
    fn starts(&self, branches: &[RouteShape], head: usize) -> Vec<i64> {
        let mut at = head;
        let mut starts = Vec::new();
        for branch in branches {
            starts.push(i64::try_from(at).unwrap_or(i64::MAX));
            at += 8 * ways_words(branch, self.shapes.item_types);
        }
        starts
    }

    /// Whether a node of a shape could accept the item at this moment; `None` where no way leads.
    fn accepts(&self, b: &mut Builder, shape: &NodeShape, node: V, item: V) -> Option<V> {
        let (room, from, field) = match shape {
            NodeShape::Sink(_) => (b.int(1, Ty::Flag), 0, buffer::FROM),
            NodeShape::Buffer(s) => {
                let free = self.free_for(b, s, node, item);
                (free_for_it(b, free), s.from, buffer::FROM)
            }
            NodeShape::Station(s) if s.recipe.parts == 0 => {
                let machine = self.idle_machine(b, s, node);
                let all: Vec<usize> = (0..self.shapes.nodes.len()).collect();
                let room = match self.reserves(&all) {
                    true => self.unreserved(b, s, node, machine, item),
                    false => b.ne_zero(machine),
                };
                (room, s.from, station::FROM)
            }
            _ => return None,
        };
        if from == 0 {
            return Some(room);
        }
        let array = b.load(node, field);
        let may = self.may_enter_or_clear(b, array, from, item, room);
        Some(b.and(room, may))
    }

    /// Before a node takes an item: looks at the open rules that lead to it.
    pub(super) fn consider_open(&self, b: &mut Builder, node: V) {
        if !self.any_open() {
            return;
        }
        let lists = b.load(node, node::OPEN);
        let some = b.ne_zero(lists);
        b.when(some, |b| b.call(Self::function(self.functions.consider), &[node, lists]));
    }

    fn consider_body(&self, b: &mut Builder, node: V, lists: V) {
        let none = b.none();
        let rank = b.load(node, node::RANK);
        let best = b.var(none);
        let best_list = b.var(none);
        let best_way = b.var(none);
        let number = b.load(lists, Field { offset: 0, ty: Ty::Count });
        let one = b.count(1);
        let first = b.element(lists, one, 8);
        b.each(first, number, 8, |b, at| {
            let list = b.load(at, HANDLE);
            let head = b.load(list, list::HEAD);
            let at = b.var(head);
            b.repeat(|b| {
                let end = b.is_zero(at);
                b.leave_if(end);
                let way = b.call_for(Self::function(self.functions.pick), &[list, at], Ty::Handle);
                let some = b.ne_zero(way);
                b.when(some, |b| {
                    let its_list = b.load(way, routing::LIST);
                    let to = b.load(its_list, list::RANK);
                    let here = b.eq(to, rank);
                    let elsewhere = b.not(here);
                    b.when(elsewhere, |b| self.mark(b, to));
                    b.when(here, |b| {
                        let first = b.is_zero(best);
                        let better = b.var(first);
                        let rival = b.not(first);
                        b.when(rival, |b| {
                            let earlier = Self::waits_longer(b, at, best);
                            b.set(better, earlier);
                        });
                        b.when(better, |b| {
                            b.set(best, at);
                            b.set(best_list, list);
                            b.set(best_way, way);
                        });
                        b.leave();
                    });
                });
                let each = b.load(list, open::EACH);
                let same = b.not(each);
                b.leave_if(same);
                let next = b.load(at, item::OFFER_NEXT);
                b.set(at, next);
            });
        });
        let found = b.ne_zero(best);
        b.when(found, |b| {
            let own = self.fitting(b, node);
            let none = b.is_zero(own);
            let go = b.var(none);
            let rival = b.not(none);
            b.when(rival, |b| {
                let earlier = Self::waits_longer(b, best, own);
                b.set(go, earlier);
            });
            b.when(go, |b| {
                self.withdraw(b, best_list, best);
                if self.shapes.visits {
                    let visit = b.load(best_way, routing::VISIT);
                    let begins = b.ne_zero(visit);
                    b.when(begins, |b| b.store(best, self.visit_field(), visit));
                }
                let list = b.load(best_way, routing::LIST);
                self.offer(b, list, best);
            });
        });
    }

    /// Whether an item has been ready longer than another, of equal times by holder.
    fn waits_longer(b: &mut Builder, one: V, other: V) -> V {
        let (ready, than) = (b.load(one, item::READY), b.load(other, item::READY));
        let (from, other_from) = (b.load(one, item::HOLDER), b.load(other, item::HOLDER));
        let (key, other_key) = (b.load(from, holder::KEY), b.load(other_from, holder::KEY));
        let earlier = b.lt(ready, than);
        let same = b.eq(ready, than);
        let first = b.lt(key, other_key);
        let first = b.and(same, first);
        b.or(earlier, first)
    }

    /// A node has taken an item: what waits for one of several ways looks again.
    pub(super) fn took(&self, b: &mut Builder, node: V) {
        if !self.any_open() {
            return;
        }
        let lists = b.load(node, node::OPEN);
        let some = b.ne_zero(lists);
        b.when(some, |b| {
            let number = b.load(lists, Field { offset: 0, ty: Ty::Count });
            let one = b.count(1);
            let first = b.element(lists, one, 8);
            b.each(first, number, 8, |b, at| {
                let list = b.load(at, HANDLE);
                let head = b.load(list, list::HEAD);
                let waits = b.ne_zero(head);
                b.when(waits, |b| {
                    let rank = b.load(list, list::RANK);
                    self.mark(b, rank);
                });
            });
        });
    }

    // ---- branches that read the floor ----

    /// Before the next delivery: decides the ways that read the floor.
    pub(super) fn decide_settling(&self, b: &mut Builder) {
        if !self.shapes.settled {
            return;
        }
        let list = b.header(header::UNDECIDED);
        let head = b.load(list, list::HEAD);
        let some = b.ne_zero(head);
        b.when(some, |b| b.call(Self::function(self.functions.settle_ways), &[list]));
    }

    /// Decides for all that stand in the list, oldest first.
    fn settle_ways_body(&self, b: &mut Builder, list: V) {
        b.repeat(|b| {
            let item = b.load(list, list::HEAD);
            let end = b.is_zero(item);
            b.leave_if(end);
            Self::accept_head(b, list, list::HEAD, list::TAIL, item);
            let from = b.load(item, item::HOLDER);
            let kind = b.load(from, holder::RELEASE);
            b.switch(kind, self.shapes.nodes.len(), |b, k| {
                let way = match self.shapes.nodes.get(k) {
                    Some(NodeShape::Source(_)) => b.load(from, source::ROUTING),
                    Some(NodeShape::Buffer(_)) => b.load(from, buffer::ROUTING),
                    Some(NodeShape::Station(s)) => {
                        let node = b.load(from, super::super::layout::machine::STATION);
                        let own = b.load(node, station::ROUTING);
                        let way = b.var(own);
                        if s.visits {
                            let at = b.load(item, self.visit_field());
                            let on_route = b.ne_zero(at);
                            b.when(on_route, |b| {
                                let visited = b.load(at, visit::ROUTING);
                                b.set(way, visited);
                            });
                        }
                        way
                    }
                    _ => return,
                };
                let to = b.call_for(Self::function(self.functions.decide_now), &[way, item], Ty::Handle);
                match self.shapes.nodes.get(k) {
                    Some(NodeShape::Buffer(s)) if s.loose.is_some() => self.note_list(b, item, to),
                    Some(NodeShape::Buffer(_)) => {}
                    _ => b.store(item, item::LIST, to),
                }
                self.offer(b, to, item);
            });
        });
    }
}
