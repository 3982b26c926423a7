//! Stations that take parts by type and make products: assembly, disassembly, batches of parts, and
//! products that leave together (semantics S14–S17).

use crate::ir::Birth;

use super::super::builder::{Builder, Field, V};
use super::super::layout::{
    buffer, counters, header, holder, item, list, machine, node, part, recipe, routing, source, station,
};
use super::super::program::{BinaryOp, HostFn, Program, Ty};
use super::super::shape::{NodeShape, SourceShape, StationShape, SupplyShape};
use super::Emit;
use super::causes::Came;

const HANDLE: Field = Field { offset: 0, ty: Ty::Handle };

fn part_offset(i: usize) -> i32 {
    i32::try_from(i * part::WORDS * 8).unwrap_or(0)
}

impl Emit<'_> {
    /// Settles an assembly: nothing is loaded until all parts are there, then all at once.
    pub(super) fn settle_join(&self, b: &mut Builder, k: usize, s: &StationShape, holders: &[usize], node: V) {
        let machine = self.idle_machine(b, s, node);
        let ready = b.ne_zero(machine);
        b.when(ready, |b| {
            if s.recipe.each {
                self.settle_each(b, k, s, holders, node, machine);
                return;
            }
            let (complete, planned, full) = if s.recipe.searched {
                let found = b.host(HostFn::Search, &[node], Ty::Count);
                let planned = b.bits_with(BinaryOp::ShiftRight, found, 1);
                let full = b.bits_with(BinaryOp::And, found, 1);
                let full = b.ne_zero(full);
                (b.ne_zero(planned), planned, full)
            } else {
                self.collect(b, s, holders, node)
            };
            let complete = if s.recipe.ranged { self.may_begin(b, s, node, complete, planned, full) } else { complete };
            let complete = if s.from > 0 {
                let main = Self::first_planned(b, node);
                let array = b.load(node, station::FROM);
                let some = b.ne_zero(planned);
                let wants = b.and(complete, some);
                let may = self.may_enter_or_clear(b, array, s.from, main, wants);
                let may = b.and(may, some);
                b.and(complete, may)
            } else {
                complete
            };
            b.when(complete, |b| {
                let machine = if s.setup && s.many {
                    let main = Self::first_planned(b, node);
                    self.set_up_machine(b, s, node, machine, main)
                } else {
                    machine
                };
                let giver = self.load_plan(b, s, holders, node, machine, planned);
                if s.recipe.recipes {
                    let found = b.load(node, station::FOUND);
                    b.store(machine, machine::RECIPE, found);
                }
                let main = b.load(machine, machine::ITEM);
                if s.keeps {
                    let list = b.load(node, station::KEEPS);
                    b.host(HostFn::Keep, &[list, machine], Ty::Count);
                }
                if s.from > 0 {
                    let array = b.load(node, station::FROM);
                    self.take_cards(b, array, s.from, main);
                }
                self.start(b, k, s, node, machine, main);
                self.ends_starved(b, s, machine, giver);
                if s.many {
                    let rank = b.load(node, node::RANK);
                    self.mark(b, rank);
                }
            });
        });
    }

    /// Plans which items to take: parts in written order; of each the holder whose item has been ready
    /// longest first; from a buffer the first items as long as each is still needed.
    fn collect(&self, b: &mut Builder, s: &StationShape, holders: &[usize], node: V) -> (V, V, V) {
        let now = Self::now(b);
        let parts = b.load(node, station::PARTS);
        let lists = b.load(node, station::LISTS);
        let plan = b.load(node, station::PLAN);
        let zero = b.count(0);
        let planned = b.var(zero);
        let mut total = zero;
        for i in 0..s.recipe.parts {
            if s.recipe.each {
                // What is loaded already is needed no more.
                let rest = b.load(parts, part::REST.plus(part_offset(i)));
                total = b.add(total, rest);
                continue;
            }
            let most = b.load(parts, part::MOST.plus(part_offset(i)));
            b.store(parts, part::REST.plus(part_offset(i)), most);
            total = b.add(total, most);
        }
        let add = |b: &mut Builder, entry: V| {
            let at = b.element(plan, planned, 8);
            b.store(at, HANDLE, entry);
            let more = b.plus(planned, 1);
            b.set(planned, more);
        };
        for i in 0..s.recipe.parts {
            let head = b.load(parts, list::HEAD.plus(part_offset(i)));
            let at = b.var(head);
            b.repeat(|b| {
                let end = b.is_zero(at);
                b.leave_if(end);
                let this = b.var(at);
                let next = b.load(at, item::OFFER_NEXT);
                b.set(at, next);
                let from = b.load(this, item::HOLDER);
                let kind = b.load(from, holder::RELEASE);
                b.switch(kind, self.shapes.nodes.len(), |b, h| {
                    if !holders.contains(&h) {
                        return;
                    }
                    match self.shapes.nodes.get(h) {
                        Some(NodeShape::Buffer(held)) if held.loose.is_none() => {
                            let way = b.load(from, buffer::ROUTING);
                            let way = b.load(way, routing::KIND);
                            let walk = b.var(this);
                            b.repeat(|b| {
                                let end = b.is_zero(walk);
                                b.leave_if(end);
                                let kind = b.load(walk, item::TYPE);
                                let its_list = b.element(lists, kind, 8);
                                let its_list = b.load(its_list, HANDLE);
                                let unwanted = b.is_zero(its_list);
                                b.leave_if(unwanted);
                                let rest = b.load(its_list, part::REST);
                                let enough = b.is_zero(rest);
                                b.leave_if(enough);
                                let ready = b.load(walk, item::READY);
                                let later = b.lt(now, ready);
                                b.leave_if(later);
                                let less = b.plus(rest, -1);
                                b.store(its_list, part::REST, less);
                                add(b, walk);
                                let next = b.load(walk, item::NEXT);
                                b.set(walk, next);
                                // Behind a branch only the first item has decided.
                                let branch = b.ne_zero(way);
                                b.leave_if(branch);
                            });
                        }
                        Some(NodeShape::Source(SourceShape {
                            supply: SupplyShape::Always,
                            mix: 1,
                            from: 0,
                            planned: false,
                            ..
                        })) => {
                            // As many as are needed, of the one that stands ready and those not made yet;
                            // each is made when the one before has left. The plan holds the source, marked by its lowest bit.
                            let rest = b.load(parts, part::REST.plus(part_offset(i)));
                            let made = b.load(from, source::MADE);
                            let all = b.load(from, source::TOTAL);
                            let unmade = b.sub(all, made);
                            let supply = b.plus(unmade, 1);
                            let short = b.lt(supply, rest);
                            let number = b.select(short, supply, rest);
                            let left = b.sub(rest, number);
                            b.store(parts, part::REST.plus(part_offset(i)), left);
                            let count = b.var(number);
                            b.repeat(|b| {
                                let done = b.is_zero(count);
                                b.leave_if(done);
                                let less = b.plus(count, -1);
                                b.set(count, less);
                                let one = b.count(1);
                                let marked = b.add(from, one);
                                add(b, marked);
                            });
                        }
                        _ => {
                            let rest = b.load(parts, part::REST.plus(part_offset(i)));
                            let needed = b.ne_zero(rest);
                            b.when(needed, |b| {
                                let less = b.plus(rest, -1);
                                b.store(parts, part::REST.plus(part_offset(i)), less);
                                add(b, this);
                            });
                        }
                    }
                });
            });
        }
        let full = b.eq(planned, total);
        if !s.recipe.ranged {
            return (full, planned, full);
        }
        let mut complete = b.int(1, Ty::Flag);
        for i in 0..s.recipe.parts {
            let least = b.load(parts, part::NEED.plus(part_offset(i)));
            let most = b.load(parts, part::MOST.plus(part_offset(i)));
            let rest = b.load(parts, part::REST.plus(part_offset(i)));
            let found = b.sub(most, rest);
            let enough = b.le(least, found);
            complete = b.and(complete, enough);
        }
        (complete, planned, full)
    }

    /// Settles an assembly that loads its parts one by one: those that are there go onto the machine, and
    /// the work begins with the last.
    fn settle_each(&self, b: &mut Builder, k: usize, s: &StationShape, holders: &[usize], node: V, machine: V) {
        if s.from == 0 {
            self.load_what_is_there(b, k, s, holders, node, machine);
            return;
        }
        // The first part goes on when there is a card for the main one, or the next main one holds its own.
        let loaded = b.load(machine, machine::ITEM);
        let begun = b.ne_zero(loaded);
        let array = b.load(node, station::FROM);
        let left = Self::cards_left(b, array, s.from);
        let parts = b.load(node, station::PARTS);
        let next = b.load(parts, list::HEAD.plus(part_offset(0)));
        let there = b.ne_zero(next);
        let may = self.may_enter(b, array, s.from, next);
        let may = b.and(there, may);
        let may = b.or(left, may);
        let go = b.or(begun, may);
        b.when(go, |b| self.load_what_is_there(b, k, s, holders, node, machine));
    }

    fn load_what_is_there(&self, b: &mut Builder, k: usize, s: &StationShape, holders: &[usize], node: V, machine: V) {
        let (complete, planned, _) = self.collect(b, s, holders, node);
        let giver = self.load_plan(b, s, holders, node, machine, planned);
        b.when(complete, |b| {
            let parts = b.load(node, station::PARTS);
            for i in 0..s.recipe.parts {
                let most = b.load(parts, part::MOST.plus(part_offset(i)));
                b.store(parts, part::REST.plus(part_offset(i)), most);
            }
            if s.keeps {
                let list = b.load(node, station::KEEPS);
                b.host(HostFn::Keep, &[list, machine], Ty::Count);
            }
            let main = self.main_part(b, node, machine);
            if s.from > 0 {
                let array = b.load(node, station::FROM);
                self.take_cards(b, array, s.from, main);
            }
            self.start(b, k, s, node, machine, main);
            self.ends_starved(b, s, machine, giver);
        });
    }

    /// The first item of a plan.
    fn first_planned(b: &mut Builder, node: V) -> V {
        let plan = b.load(node, station::PLAN);
        let entry = b.load(plan, HANDLE);
        let first = b.var(entry);
        let bits = b.cast(entry, Ty::Count);
        let marked = b.bits_with(BinaryOp::And, bits, 1);
        b.when(marked, |b| {
            let minus = b.count(-1);
            let from = b.add(entry, minus);
            let current = b.load(from, source::ITEM);
            b.set(first, current);
        });
        first
    }

    /// Takes the planned items out of their holders and onto the machine, in order. Who gave the one that
    /// became ready last, where it matters.
    fn load_plan(
        &self,
        b: &mut Builder,
        s: &StationShape,
        holders: &[usize],
        node: V,
        machine: V,
        planned: V,
    ) -> Option<Came> {
        let latest = s.several_causes[0].then(|| {
            let (time, giver) = (b.int(-1, Ty::Time), b.count(0));
            (b.var(time), b.var(giver))
        });
        let lists = b.load(node, station::LISTS);
        let plan = b.load(node, station::PLAN);
        let none = b.none();
        let last = b.var(none);
        if s.recipe.each {
            // Behind what is loaded already.
            let head = b.load(machine, machine::ITEM);
            let at = b.var(head);
            b.repeat(|b| {
                let end = b.is_zero(at);
                b.leave_if(end);
                b.set(last, at);
                let next = b.load(at, item::NEXT);
                b.set(at, next);
            });
        } else {
            b.store(machine, machine::ITEM, none);
        }
        b.each(plan, planned, 8, |b, at| {
            let entry = b.load(at, HANDLE);
            let taken = b.var(entry);
            let bits = b.cast(entry, Ty::Count);
            let marked = b.bits_with(BinaryOp::And, bits, 1);
            b.when(marked, |b| {
                let minus = b.count(-1);
                let from = b.add(entry, minus);
                let current = b.load(from, source::ITEM);
                b.set(taken, current);
            });
            let kind = b.load(taken, item::TYPE);
            let its_list = b.element(lists, kind, 8);
            let its_list = b.load(its_list, HANDLE);
            if let Some((time, giver)) = latest {
                let ready = b.load(taken, item::READY);
                let later = b.lt(time, ready);
                b.when(later, |b| {
                    b.set(time, ready);
                    let from = Self::giver_of(b, taken);
                    b.set(giver, from);
                });
            }
            if s.recipe.overtakes {
                self.take_from_within(b, holders, its_list, taken);
            } else {
                self.withdraw(b, its_list, taken);
                self.release(b, holders, taken);
            }
            b.store(taken, item::HOLDER, machine);
            b.store(taken, item::NEXT, none);
            Self::observe(b, s.observed, node, station::OBSERVERS, taken);
            let first = b.is_zero(last);
            b.either(first, |b| b.store(machine, machine::ITEM, taken), |b| b.store(last, item::NEXT, taken));
            b.set(last, taken);
        });
        latest.map(|(ready, giver)| Came { giver, ready })
    }

    /// The main part of what a machine has loaded: the first of the type named first in `takes`.
    fn main_part(&self, b: &mut Builder, node: V, machine: V) -> V {
        let head = b.load(machine, machine::ITEM);
        let main = b.var(head);
        let parts = b.load(node, station::PARTS);
        let lists = b.load(node, station::LISTS);
        b.repeat(|b| {
            let kind = b.load(main, item::TYPE);
            let its_list = b.element(lists, kind, 8);
            let its_list = b.load(its_list, HANDLE);
            let found = b.eq(its_list, parts);
            b.leave_if(found);
            let next = b.load(main, item::NEXT);
            let end = b.is_zero(next);
            b.leave_if(end);
            b.set(main, next);
        });
        main
    }

    /// An item leaves its holder, from behind others where it stands so in a buffer: there it is offered
    /// nowhere.
    fn take_from_within(&self, b: &mut Builder, holders: &[usize], its_list: V, taken: V) {
        let from = b.load(taken, item::HOLDER);
        let no = b.int(0, Ty::Flag);
        let within = b.var(no);
        let kind = b.load(from, holder::RELEASE);
        b.switch(kind, self.shapes.nodes.len(), |b, h| {
            let Some(NodeShape::Buffer(shape)) = self.shapes.nodes.get(h).filter(|_| holders.contains(&h)) else {
                return;
            };
            if shape.loose.is_some() {
                // There any item is offered by itself.
                return;
            }
            let first = b.load(from, buffer::FIRST);
            let behind = b.ne(first, taken);
            b.set(within, behind);
            b.when(behind, |b| self.release_within(b, shape, from, taken));
        });
        let front = b.not(within);
        b.when(front, |b| {
            self.withdraw(b, its_list, taken);
            self.release(b, holders, taken);
        });
    }

    /// The end of work of a station that takes parts or makes products.
    pub(super) fn finish_parts(&self, b: &mut Builder, s: &StationShape, node: V, machine: V) {
        let leaves_again = |b: &mut Builder| {
            let first = b.load(machine, machine::ITEM);
            b.store(machine, machine::PRODUCTS, first);
        };
        if s.recipe.recipes {
            let recipe = b.load(machine, machine::RECIPE);
            let number = b.load(recipe, recipe::NUMBER);
            let makes = b.ne_zero(number);
            b.either(makes, |b| self.make_products(b, s, node, machine), leaves_again);
        } else if s.recipe.makes == 0 {
            leaves_again(b);
        } else {
            self.make_products(b, s, node, machine);
        }
        if s.reserves_all() {
            Self::take_up_places(b, machine);
        }
        self.offer_products(b, s, node, machine);
    }

    /// Uses the parts up and makes the products. The first product carries on the main part: the first
    /// of the type named first in `takes`. Its birth is the earliest of all parts, or as `birth` says (S16).
    fn make_products(&self, b: &mut Builder, s: &StationShape, node: V, machine: V) {
        let none = b.none();
        let head = b.load(machine, machine::ITEM);
        let main = if s.recipe.parts > 0 && !s.recipe.searched { self.main_part(b, node, machine) } else { head };
        let main = b.var(main);
        let main_birth = b.load(main, item::BIRTH);
        let main_birth = b.var(main_birth);
        let birth = b.var(main_birth);
        let now = Self::now(b);
        let main_kind = b.load(main, item::TYPE);
        Self::each_item(b, head, |b, this| {
            let born = b.load(this, item::BIRTH);
            let earlier = b.lt(born, birth);
            let least = b.select(earlier, born, birth);
            b.set(birth, least);
            let kind = b.load(this, item::TYPE);
            self.item_ends(b, kind, counters::USED);
            let other = b.ne(this, main);
            b.when(other, |b| {
                self.return_all_cards(b, this);
                Self::free_item(b, this);
            });
        });
        let born = match s.recipe.birth {
            Some(Birth::Oldest) => birth,
            Some(Birth::Main) => main_birth,
            Some(Birth::Now) => now,
            None => {
                let recipe = b.load(machine, machine::RECIPE);
                let which = b.load(recipe, recipe::BIRTH);
                let (one, zero) = (b.count(1), b.count(0));
                let of_main = b.eq(which, one);
                let late = b.select(of_main, main_birth, now);
                let oldest = b.eq(which, zero);
                b.select(oldest, birth, late)
            }
        };
        let last = b.var(none);
        if s.recipe.recipes {
            let recipe = b.load(machine, machine::RECIPE);
            let makes = b.load(recipe, recipe::MAKES);
            let number = b.load(recipe, recipe::NUMBER);
            let zero = b.count(0);
            let i = b.var(zero);
            b.repeat(|b| {
                let more = b.lt(i, number);
                let done = b.not(more);
                b.leave_if(done);
                let at = b.element(makes, i, 8);
                let kind = b.load(at, Field { offset: 0, ty: Ty::Count });
                let first = b.is_zero(i);
                let product = b.var(main);
                let other = b.not(first);
                b.when(other, |b| {
                    let new = self.new_item(b);
                    b.set(product, new);
                    self.make_another(b, main, new, kind, main_kind);
                });
                self.add_product(b, machine, product, kind, born, last);
                let next = b.plus(i, 1);
                b.set(i, next);
            });
        } else {
            let makes = b.load(node, station::MAKES);
            for i in 0..s.recipe.makes {
                let offset = i32::try_from(8 * i).unwrap_or(0);
                let product = if i == 0 { main } else { self.new_item(b) };
                let kind = b.load(makes, Field { offset, ty: Ty::Count });
                if i > 0 {
                    self.make_another(b, main, product, kind, main_kind);
                }
                self.add_product(b, machine, product, kind, born, last);
            }
        }
        if self.shapes.attributes > 0 {
            b.host(HostFn::Inherit, &[main, main, main_kind], Ty::Count);
        }
    }

    /// A product beside the first gets what the main part carried, no cards and no route.
    fn make_another(&self, b: &mut Builder, main: V, product: V, kind: V, main_kind: V) {
        b.store(product, item::TYPE, kind);
        self.same_stamps(b, main, product);
        if self.shapes.attributes > 0 {
            b.host(HostFn::Inherit, &[main, product, main_kind], Ty::Count);
        }
        if self.shapes.visits {
            // What is of the type of the first product goes on along the route.
            let first = b.load(main, item::TYPE);
            let same = b.eq(kind, first);
            let route = b.load(main, self.visit_field());
            let none = b.none();
            let route = b.select(same, route, none);
            b.store(product, self.visit_field(), route);
        }
        if self.shapes.limits > 0 {
            b.store_int(product, self.cards_field(), 0);
        }
    }

    /// Puts a product behind the others on its machine.
    fn add_product(&self, b: &mut Builder, machine: V, product: V, kind: V, born: V, last: V) {
        let none = b.none();
        b.store(product, item::TYPE, kind);
        b.store(product, item::BIRTH, born);
        self.forget_order(b, product);
        b.store(product, item::NEXT, none);
        self.item_begins(b, kind, counters::ASSEMBLED);
        let first = b.is_zero(last);
        b.either(first, |b| b.store(machine, machine::PRODUCTS, product), |b| b.store(last, item::NEXT, product));
        b.set(last, product);
    }

    /// Offers each product that passes the yield; scrapped ones vanish.
    fn offer_products(&self, b: &mut Builder, s: &StationShape, node: V, machine: V) {
        let none = b.none();
        let zero = b.count(0);
        let left = b.var(zero);
        let head = b.load(machine, machine::PRODUCTS);
        let at = b.var(head);
        let last = b.var(none);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let this = b.var(at);
            let next = b.load(at, item::NEXT);
            b.set(at, next);
            b.bump(node, station::FINISHED, 1);
            let keep = |b: &mut Builder| {
                let more = b.plus(left, 1);
                b.set(left, more);
                b.set(last, this);
                self.offer_product(b, s, node, machine, this);
            };
            if s.yields {
                let good = self.passes(b, s, node, this);
                b.either(good, keep, |b| {
                    let first = b.is_zero(last);
                    b.either(first, |b| b.store(machine, machine::PRODUCTS, next), |b| b.store(last, item::NEXT, next));
                    if s.before {
                        self.give_place_up(b, this);
                    }
                    self.scrap(b, node, this);
                });
            } else {
                keep(b);
            }
        });
        b.store(machine, machine::LEFT, left);
        let empty = b.is_zero(left);
        b.either(
            empty,
            |b| self.empties(b, s, node, machine),
            |b| {
                if s.recipe.together && !s.before {
                    Self::wait_together(b, machine);
                }
            },
        );
    }

    // ---- products that leave together ----

    /// Puts the machine among those whose products wait for room for all, oldest first.
    pub(super) fn wait_together(b: &mut Builder, machine: V) {
        let own_key = b.load(machine, holder::KEY);
        let product = b.load(machine, machine::PRODUCTS);
        let ready = b.load(product, item::READY);
        let none = b.none();
        let before = b.var(none);
        let head = b.header(header::TOGETHER);
        let at = b.var(head);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let other = b.load(at, machine::PRODUCTS);
            let other = b.load(other, item::READY);
            let key = b.load(at, holder::KEY);
            let later = b.lt(ready, other);
            b.leave_if(later);
            let same = b.eq(ready, other);
            let higher = b.lt(own_key, key);
            let stop = b.and(same, higher);
            b.leave_if(stop);
            b.set(before, at);
            let next = b.load(at, machine::TOGETHER_NEXT);
            b.set(at, next);
        });
        b.store(machine, machine::TOGETHER_NEXT, at);
        let front = b.is_zero(before);
        b.either(
            front,
            |b| b.set_header(header::TOGETHER, machine),
            |b| b.store(before, machine::TOGETHER_NEXT, machine),
        );
    }

    /// Takes the machine out of those whose products wait to leave together.
    pub(super) fn wait_no_more(b: &mut Builder, machine: V) {
        let next = b.load(machine, machine::TOGETHER_NEXT);
        let head = b.header(header::TOGETHER);
        let first = b.eq(head, machine);
        b.either(
            first,
            |b| b.set_header(header::TOGETHER, next),
            |b| {
                let at = b.var(head);
                b.repeat(|b| {
                    let end = b.is_zero(at);
                    b.leave_if(end);
                    let after = b.load(at, machine::TOGETHER_NEXT);
                    let found = b.eq(after, machine);
                    b.when(found, |b| {
                        b.store(at, machine::TOGETHER_NEXT, next);
                        b.leave();
                    });
                    b.set(at, after);
                });
            },
        );
    }

    /// Writes the handing over of products that leave together; whether any left.
    pub(super) fn together_functions(&mut self, program: &mut Program) -> Result<(), String> {
        if self.any_together() || self.any_moves() {
            self.room_function(program)?;
        }
        if !self.any_together() {
            return Ok(());
        }
        let (mut b, args) = Builder::new(program, "enter_any", &[Ty::Handle, Ty::Handle], None);
        if let [node, item] = args[..] {
            let kind = b.load(node, holder::RELEASE);
            let enter = self.functions.enter.clone();
            b.switch(kind, self.shapes.nodes.len(), |b, k| {
                if let Some(Some(f)) = enter.get(k) {
                    b.call(*f, &[node, item]);
                }
            });
        }
        self.functions.enter_any = Some(b.finish()?);

        let (mut b, args) = Builder::new(program, "leave_together", &[Ty::Handle, Ty::Handle], Some(Ty::Flag));
        if let [node, than] = args[..] {
            self.leave_together_body(&mut b, node, than);
        }
        self.functions.leave_together = Some(b.finish()?);
        Ok(())
    }

    fn room_function(&mut self, program: &mut Program) -> Result<(), String> {
        let (mut b, args) = Builder::new(program, "room", &[Ty::Handle, Ty::Handle], Some(Ty::Count));
        if let [node, entering] = args[..] {
            self.room_body(&mut b, node, entering);
        }
        self.functions.room = Some(b.finish()?);
        Ok(())
    }

    /// How many items like the one that is to enter the node could accept at this moment.
    fn room_body(&self, b: &mut Builder, node: V, entering: V) {
        let kind = b.load(node, holder::RELEASE);
        b.switch(kind, self.shapes.nodes.len(), |b, k| {
            let (room, from, field) = match self.shapes.nodes.get(k) {
                Some(NodeShape::Buffer(s)) => (self.free_for(b, s, node, entering), s.from, buffer::FROM),
                Some(NodeShape::Station(s)) if s.recipe.parts == 0 => {
                    let machine = self.idle_machine(b, s, node);
                    let zero = b.count(0);
                    let n = b.var(zero);
                    let at = b.var(machine);
                    b.repeat(|b| {
                        let end = b.is_zero(at);
                        b.leave_if(end);
                        let more = b.plus(n, 1);
                        b.set(n, more);
                        if s.many {
                            let next = b.load(at, machine::IDLE_NEXT);
                            b.set(at, next);
                        } else {
                            b.leave();
                        }
                    });
                    let reserved = b.load(node, station::RESERVED);
                    let free = b.sub(n, reserved);
                    (free, s.from, station::FROM)
                }
                Some(NodeShape::Sink(_)) => {
                    let room = b.count(1 << 40);
                    (room, 0, buffer::FROM)
                }
                _ => {
                    let none = b.count(0);
                    (none, 0, buffer::FROM)
                }
            };
            let mut room = room;
            // Only what limits begin at has a list of them.
            let array = if from > 0 { b.load(node, field) } else { b.none() };
            for i in 0..from {
                let offset = i32::try_from(16 * i).unwrap_or(0);
                let record = b.load(array, Field { offset, ty: Ty::Handle });
                let cards = b.load(record, super::super::layout::limit::CARDS);
                let fewer = b.lt(cards, room);
                room = b.select(fewer, cards, room);
            }
            b.give(Some(room));
        });
        let zero = b.count(0);
        b.give(Some(zero));
    }

    /// Before an item enters a node alone, those that wait longer to enter it together with others: true
    /// when some did, and the node is to be settled again.
    pub(super) fn together_first(&self, b: &mut Builder, node: V) -> V {
        let no = b.int(0, Ty::Flag);
        let moved = b.var(no);
        let waiting = b.header(header::TOGETHER);
        let offered = self.fitting(b, node);
        let some = b.ne_zero(waiting);
        let any = b.ne_zero(offered);
        let both = b.and(some, any);
        b.when(both, |b| {
            let f = Self::function(self.functions.leave_together);
            let left = b.call_for(f, &[node, offered], Ty::Flag);
            b.set(moved, left);
        });
        moved
    }

    /// Looks at all machines that wait, oldest first; the first whose products all find room hands
    /// them over. With a node: only machines with a product for it that have waited longer than the item.
    fn leave_together_body(&self, b: &mut Builder, node: V, than: V) {
        let none = b.none();
        let before = b.var(none);
        let head = b.header(header::TOGETHER);
        let at = b.var(head);
        let ranks = b.header(header::RANKS);
        let node_of = |b: &mut Builder, product: V| {
            let its_list = b.load(product, item::LIST);
            let rank = b.load(its_list, list::RANK);
            let place = b.element(ranks, rank, 8);
            b.load(place, HANDLE)
        };
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.when(end, |b| {
                let no = b.int(0, Ty::Flag);
                b.give(Some(no));
            });
            let products = b.load(at, machine::PRODUCTS);
            let for_any = b.is_zero(node);
            let for_node = b.var(for_any);
            let restricted = b.ne_zero(node);
            b.when(restricted, |b| {
                let ready = b.load(products, item::READY);
                let other = b.load(than, item::READY);
                let later = b.lt(other, ready);
                let own = b.load(at, holder::KEY);
                let other_holder = b.load(than, item::HOLDER);
                let key = b.load(other_holder, holder::KEY);
                let same = b.eq(other, ready);
                let behind = b.lt(key, own);
                let behind = b.and(same, behind);
                let younger = b.or(later, behind);
                b.when(younger, |b| {
                    let no = b.int(0, Ty::Flag);
                    b.give(Some(no));
                });
            });
            let yes = b.int(1, Ty::Flag);
            let fits = b.var(yes);
            let asks = if self.any_reserves_all() { Self::waits_for_places(b, at) } else { b.int(0, Ty::Flag) };
            let none = b.none();
            let leaving = if self.any_reserves_all() { b.select(asks, none, products) } else { products };
            if self.any_reserves_all() {
                b.when(asks, |b| self.places_fit(b, at, node, fits, for_node));
            }
            let this = b.var(leaving);
            b.repeat(|b| {
                let end = b.is_zero(this);
                b.leave_if(end);
                // Room for this product and for those before it that go to the same node.
                let its_list = b.load(this, item::LIST);
                let zero = b.count(0);
                let before = b.var(zero);
                let other = b.var(products);
                b.repeat(|b| {
                    let same = b.eq(other, this);
                    b.leave_if(same);
                    let other_list = b.load(other, item::LIST);
                    let shared = b.eq(other_list, its_list);
                    let shared = b.cast(shared, Ty::Count);
                    let more = b.add(before, shared);
                    b.set(before, more);
                    let next = b.load(other, item::NEXT);
                    b.set(other, next);
                });
                let to = node_of(b, this);
                let meant = b.eq(to, node);
                let meant = b.or(for_node, meant);
                b.set(for_node, meant);
                let room = b.call_for(Self::function(self.functions.room), &[to, this], Ty::Count);
                let good = b.lt(before, room);
                let all = b.and(fits, good);
                b.set(fits, all);
                let next = b.load(this, item::NEXT);
                b.set(this, next);
            });
            let go = b.and(fits, for_node);
            b.when(go, |b| {
                let next = b.load(at, machine::TOGETHER_NEXT);
                let front = b.is_zero(before);
                b.either(
                    front,
                    |b| b.set_header(header::TOGETHER, next),
                    |b| b.store(before, machine::TOGETHER_NEXT, next),
                );
                if self.any_reserves_all() {
                    b.when(asks, |b| self.reserve_all(b, at));
                }
                let this = b.var(leaving);
                b.repeat(|b| {
                    let end = b.is_zero(this);
                    b.leave_if(end);
                    let product = b.var(this);
                    let next = b.load(this, item::NEXT);
                    b.set(this, next);
                    let to = node_of(b, product);
                    let from = b.load(product, item::HOLDER);
                    let kind = b.load(from, holder::RELEASE);
                    let release = self.functions.release.clone();
                    b.switch(kind, self.shapes.nodes.len(), |b, k| {
                        if let (Some(NodeShape::Station(_)), Some(Some(f))) = (self.shapes.nodes.get(k), release.get(k))
                        {
                            b.call(*f, &[from, product]);
                        }
                    });
                    b.call(Self::function(self.functions.enter_any), &[to, product]);
                });
                let yes = b.int(1, Ty::Flag);
                b.give(Some(yes));
            });
            b.set(before, at);
            let next = b.load(at, machine::TOGETHER_NEXT);
            b.set(at, next);
        });
        let no = b.int(0, Ty::Flag);
        b.give(Some(no));
    }
}
