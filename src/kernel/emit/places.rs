//! Places for several items, reserved all at once before the work begins (semantics S22).
//!
//! A loaded machine decides where each of its products will go, and waits with the machines whose products
//! leave together until there is room for all. Then all places are reserved in one step, and the work begins.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{buffer, header, holder, item, list, machine, recipe, station};
use super::super::program::Ty;
use super::super::shape::{NodeShape, StationShape};
use super::super::status::{State, phase};
use super::Emit;

const HANDLE: Field = Field { offset: 0, ty: Ty::Handle };
const COUNT: Field = Field { offset: 0, ty: Ty::Count };

impl StationShape {
    /// Whether places for several items are reserved before the work.
    pub(super) fn reserves_all(&self) -> bool {
        self.before && (self.recipe.parts > 0 || self.recipe.makes > 0)
    }
}

impl Emit<'_> {
    /// Whether some station reserves several places at once.
    pub(super) fn any_reserves_all(&self) -> bool {
        self.shapes.nodes.iter().any(|s| matches!(s, NodeShape::Station(s) if s.reserves_all()))
    }

    /// The node that offers in a list.
    fn node_of_list(b: &mut Builder, offers: V) -> V {
        let rank = b.load(offers, list::RANK);
        let ranks = b.header(header::RANKS);
        let place = b.element(ranks, rank, 8);
        b.load(place, HANDLE)
    }

    /// A loaded machine decides where all it makes, or what it has loaded, will go, and waits for the places.
    pub(super) fn ask_for_places(&self, b: &mut Builder, s: &StationShape, node: V, machine: V, main: V) {
        b.store_int(machine, machine::PHASE, phase::WAIT_FOR_PLACE);
        Self::set_state(b, machine, State::Blocked);
        let way = b.load(node, station::ROUTING);
        let places = b.load(machine, machine::PLACES);
        let zero = b.count(0);
        let n = b.var(zero);
        let add = |b: &mut Builder, of: V| {
            let list = self.decide(b, way, of, s.simple_routing);
            let at = b.element(places, n, 8);
            b.store(at, HANDLE, list);
            let more = b.plus(n, 1);
            b.set(n, more);
        };
        let each_loaded = |b: &mut Builder| {
            let head = b.load(machine, machine::ITEM);
            let at = b.var(head);
            b.repeat(|b| {
                let end = b.is_zero(at);
                b.leave_if(end);
                add(b, at);
                let next = b.load(at, item::NEXT);
                b.set(at, next);
            });
        };
        let each_made = |b: &mut Builder, makes: V, number: V| {
            // Products carry what the main part does: it stands for them.
            let own = b.load(main, item::TYPE);
            b.each(makes, number, 8, |b, at| {
                let kind = b.load(at, COUNT);
                b.store(main, item::TYPE, kind);
                add(b, main);
            });
            b.store(main, item::TYPE, own);
        };
        if s.recipe.recipes {
            let recipe = b.load(machine, machine::RECIPE);
            let number = b.load(recipe, recipe::NUMBER);
            let some = b.ne_zero(number);
            b.either(
                some,
                |b| {
                    let makes = b.load(recipe, recipe::MAKES);
                    each_made(b, makes, number);
                },
                each_loaded,
            );
        } else if s.recipe.makes == 0 {
            each_loaded(b);
        } else {
            let makes = b.load(node, station::MAKES);
            let number = b.count(i64::try_from(s.recipe.makes).unwrap_or(i64::MAX));
            each_made(b, makes, number);
        }
        b.store(machine, machine::PLACE_COUNT, n);
        let first = b.load(places, HANDLE);
        let head = b.load(machine, machine::ITEM);
        let now = Self::now(b);
        b.store(head, item::READY, now);
        b.store(head, item::LIST, first);
        b.store(machine, machine::PRODUCTS, head);
        Self::wait_together(b, machine);
    }

    /// Whether a machine waits for places, and not to let its products go.
    pub(super) fn waits_for_places(b: &mut Builder, machine: V) -> V {
        let at = b.load(machine, machine::PHASE);
        let waits = b.count(phase::WAIT_FOR_PLACE);
        b.eq(at, waits)
    }

    /// Each place a machine waits for or has reserved, with how many before it are of the same list.
    fn each_place(b: &mut Builder, machine: V, mut each: impl FnMut(&mut Builder, V, V)) {
        let places = b.load(machine, machine::PLACES);
        let n = b.load(machine, machine::PLACE_COUNT);
        let zero = b.count(0);
        let i = b.var(zero);
        b.repeat(|b| {
            let more = b.lt(i, n);
            let end = b.not(more);
            b.leave_if(end);
            let at = b.element(places, i, 8);
            let its_list = b.load(at, HANDLE);
            let zero = b.count(0);
            let same = b.var(zero);
            b.each(places, i, 8, |b, other| {
                let other = b.load(other, HANDLE);
                let shared = b.eq(other, its_list);
                let shared = b.cast(shared, Ty::Count);
                let sum = b.add(same, shared);
                b.set(same, sum);
            });
            each(b, its_list, same);
            let next = b.plus(i, 1);
            b.set(i, next);
        });
    }

    /// Whether all places that a machine waits for are free; sets `meant` where one of them is in `node`.
    pub(super) fn places_fit(&self, b: &mut Builder, machine: V, node: V, fits: V, meant: V) {
        Self::each_place(b, machine, |b, its_list, before| {
            let to = Self::node_of_list(b, its_list);
            let here = b.eq(to, node);
            let here = b.or(meant, here);
            b.set(meant, here);
            // No place there is kept for some of its items.
            let none = b.none();
            let room = b.call_for(Self::function(self.functions.room), &[to, none], Ty::Count);
            let good = b.lt(before, room);
            let all = b.and(fits, good);
            b.set(fits, all);
        });
    }

    /// Reserves all places of a machine, and lets its work begin.
    pub(super) fn reserve_all(&self, b: &mut Builder, machine: V) {
        b.store_int(machine, machine::PRODUCTS, 0);
        Self::each_place(b, machine, |b, its_list, _| self.change_reserved(b, its_list, 1));
        let now = Self::now(b);
        b.set_header(header::PROGRESS, now);
        let kind = b.load(machine, holder::RELEASE);
        b.switch(kind, self.shapes.nodes.len(), |b, k| {
            if self.station_shape(k).is_some_and(StationShape::reserves_all) {
                b.call(Self::function(self.functions.placed.get(k).copied().flatten()), &[machine]);
            }
        });
    }

    /// Finished products stand for the places that have been reserved, in order.
    pub(super) fn take_up_places(b: &mut Builder, machine: V) {
        let places = b.load(machine, machine::PLACES);
        let head = b.load(machine, machine::PRODUCTS);
        let at = b.var(head);
        let place = b.var(places);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let its_list = b.load(place, HANDLE);
            b.store(at, item::LIST, its_list);
            let next = b.load(at, item::NEXT);
            b.set(at, next);
            let word = b.count(8);
            let after = b.add(place, word);
            b.set(place, after);
        });
    }

    /// Work that is given up gives up all its places.
    pub(super) fn give_places_up(&self, b: &mut Builder, machine: V) {
        Self::each_place(b, machine, |b, its_list, _| self.change_reserved(b, its_list, -1));
    }

    /// One place more or less is reserved where a list offers.
    pub(super) fn change_reserved(&self, b: &mut Builder, its_list: V, by: i64) {
        let rank = b.load(its_list, list::RANK);
        let node = Self::node_of_list(b, its_list);
        let kind = b.load(node, holder::RELEASE);
        b.switch(kind, self.shapes.nodes.len(), |b, k| {
            let reserved = match self.shapes.nodes.get(k) {
                Some(NodeShape::Buffer(_) | NodeShape::Conveyor(_)) => buffer::RESERVED,
                Some(NodeShape::Station(_)) => station::RESERVED,
                _ => return,
            };
            b.bump(node, reserved, by);
            if by < 0 {
                self.mark(b, rank);
            }
        });
    }
}
