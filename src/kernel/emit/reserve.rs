//! Places reserved before the work begins (semantics S20, S21).
//!
//! A loaded item is offered where it will go. The node that would take it reserves a place instead, and
//! the work begins. When it is done, the item is offered again, before all others, and fills its place.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{header, holder, item, machine, node, station};
use super::super::program::Ty;
use super::super::shape::{NodeShape, StationShape};
use super::super::status::{NEVER, State, phase};
use super::Emit;

impl Emit<'_> {
    /// Whether something that hands over to a node reserves its place there.
    pub(super) fn reserves(&self, holders: &[usize]) -> bool {
        holders.iter().any(|h| match self.shapes.nodes.get(*h) {
            Some(NodeShape::Station(s)) => s.before,
            Some(NodeShape::Move) => true,
            _ => false,
        })
    }

    /// Whether an item that is offered has its place already: its ready time lies before all times.
    pub(super) fn has_place(b: &mut Builder, item: V) -> V {
        let ready = b.load(item, item::READY);
        let zero = b.int(0, Ty::Time);
        b.lt(ready, zero)
    }

    /// A loaded machine waits for the place where its item will go.
    pub(super) fn ask_for_place(&self, b: &mut Builder, s: &StationShape, node: V, machine: V, item: V) {
        b.store_int(machine, machine::PHASE, phase::WAIT_FOR_PLACE);
        Self::set_state(b, machine, State::Blocked);
        let now = Self::now(b);
        b.store(item, item::READY, now);
        let list = if s.visits {
            // The present visit goes on until the work is done.
            let present = b.load(item, self.visit_field());
            let list = self.decide_product(b, s, node, item);
            let next = b.load(item, self.visit_field());
            b.store(machine, machine::NEXT_VISIT, next);
            b.store(item, self.visit_field(), present);
            list
        } else {
            let way = b.load(node, station::ROUTING);
            self.decide(b, way, item, s.simple_routing)
        };
        b.store(item, item::LIST, list);
        self.offer(b, list, item);
    }

    /// A finished item goes to its place: before all others, of several those finished first.
    pub(super) fn offer_reserved(&self, b: &mut Builder, s: &StationShape, node: V, product: V) {
        let now = Self::now(b);
        let far = b.int(NEVER, Ty::Duration);
        let first = b.sub(now, far);
        b.store(product, item::READY, first);
        if s.sets > 0 {
            let list = b.load(node, station::SETS);
            self.assign(b, list, s.sets, product);
        }
        if s.visits {
            let machine = b.load(product, item::HOLDER);
            let next = b.load(machine, machine::NEXT_VISIT);
            b.store(product, self.visit_field(), next);
        }
        let list = b.load(product, item::LIST);
        self.offer(b, list, product);
    }

    /// Whether a station may take or reserve for an item: fewer machines are reserved than stand idle, or
    /// one is for this item.
    pub(super) fn unreserved(&self, b: &mut Builder, s: &StationShape, node: V, machine: V, item: V) -> V {
        let reserved = b.load(node, station::RESERVED);
        let zero = b.count(0);
        let idle = b.var(zero);
        let at = b.var(machine);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let more = b.plus(idle, 1);
            b.set(idle, more);
            if s.many {
                let next = b.load(at, machine::IDLE_NEXT);
                b.set(at, next);
            } else {
                b.leave();
            }
        });
        let free = b.lt(reserved, idle);
        let own = Self::has_place(b, item);
        let fits = b.or(free, own);
        let any = b.ne_zero(machine);
        b.and(any, fits)
    }

    /// Reserves a place for the first offered item when its work has not begun, and lets it begin; whether
    /// that is so.
    pub(super) fn reserve_first(
        &self,
        b: &mut Builder,
        holders: &[usize],
        node: V,
        item: V,
        reserved: Option<Field>,
        limits: (Field, usize),
    ) -> V {
        let from = b.load(item, item::HOLDER);
        let no = b.int(0, Ty::Flag);
        let asks = b.var(no);
        let kind = b.load(from, holder::RELEASE);
        b.switch(kind, self.shapes.nodes.len(), |b, h| {
            if !holders.contains(&h) || !self.station_shape(h).is_some_and(|s| s.before) {
                return;
            }
            let at = b.load(from, machine::PHASE);
            let waits = b.count(phase::WAIT_FOR_PLACE);
            let waits = b.eq(at, waits);
            b.set(asks, waits);
            b.when(waits, |b| {
                if limits.1 > 0 || self.any_kept() {
                    // Others may stand before it that wait for a card, or for a place that is not kept.
                    self.accept(b, node, item);
                } else {
                    Self::accept_head(b, node, node::OFFERS, node::OFFERS_LAST, item);
                }
                if limits.1 > 0 {
                    let array = b.load(node, limits.0);
                    self.take_cards(b, array, limits.1, item);
                }
                if let Some(reserved) = reserved {
                    b.bump(node, reserved, 1);
                }
                if self.any_open() {
                    // A rule has chosen this node for good.
                    let offset = b.count(i64::from(node::RANK.offset));
                    let own = b.add(node, offset);
                    b.store(item, item::LIST, own);
                }
                let now = Self::now(b);
                b.set_header(header::PROGRESS, now);
                b.call(Self::function(self.functions.placed.get(h).copied().flatten()), &[from]);
                self.mark_if_offered(b, node);
            });
        });
        asks
    }

    /// Reserves a place for the first offered item when its work has not begun, and lets it begin; else
    /// takes the item.
    #[allow(clippy::too_many_arguments)] // one fact each
    pub(super) fn reserve_or_take(
        &self,
        b: &mut Builder,
        holders: &[usize],
        node: V,
        item: V,
        reserved: Option<Field>,
        limits: (Field, usize),
        take: impl FnOnce(&mut Builder),
    ) {
        let asks = self.reserve_first(b, holders, node, item, reserved, limits);
        let enters = b.not(asks);
        b.when(enters, |b| {
            if let Some(reserved) = reserved {
                let own = Self::has_place(b, item);
                b.when(own, |b| {
                    b.bump(node, reserved, -1);
                    let now = Self::now(b);
                    b.store(item, item::READY, now);
                });
            }
            take(b);
        });
    }

    /// An item that is scrapped gives the place up that is reserved for it.
    pub(super) fn give_place_up(&self, b: &mut Builder, item: V) {
        let its_list = b.load(item, item::LIST);
        self.change_reserved(b, its_list, -1);
    }
}
