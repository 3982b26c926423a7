//! Buffers, lanes and transits (semantics F6, F8, F9).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{buffer, header, item, list, node, routing};
use super::super::program::{HostFn, Ty};
use super::super::shape::{BufferShape, TransitShape};
use super::Emit;
use super::kept::free_for_it;

impl Emit<'_> {
    /// Settles a buffer: takes in one item when there is room.
    pub(super) fn settle_buffer(&self, b: &mut Builder, s: &BufferShape, holders: &[usize], node: V) {
        if s.initial
            && let Some(loose) = &s.loose
        {
            let begun = b.load(node, buffer::OFFERED);
            let first = b.not(begun);
            b.when(first, |b| {
                b.store_int(node, buffer::OFFERED, 1);
                self.begin_inside(b, s, loose, node);
            });
        } else if s.initial {
            // Items that were inside at t = 0 are offered when the buffer is first settled.
            let first = b.load(node, buffer::FIRST);
            let any = b.ne_zero(first);
            let offered = b.load(node, buffer::OFFERED);
            let waiting = b.not(offered);
            let now = Self::now(b);
            let ready = b.ne_zero(any);
            let offer = b.and(ready, waiting);
            b.when(offer, |b| {
                let at = b.load(first, item::READY);
                let ripe = b.le(at, now);
                b.when(ripe, |b| self.offer_first(b, s, node, first));
            });
        }
        let item = match s.kept {
            true => self.first_to_enter(b, s, node),
            false => b.load(node, node::OFFERS),
        };
        let mut go = b.ne_zero(item);
        if s.limited && !s.kept {
            let level = b.load(node, buffer::LEVEL);
            let capacity = b.load(node, buffer::CAPACITY);
            let mut room = b.lt(level, capacity);
            if self.reserves(holders) {
                let reserved = b.load(node, buffer::RESERVED);
                let used = b.add(level, reserved);
                let free = b.lt(used, capacity);
                let own = Self::has_place(b, item);
                room = b.or(free, own);
            }
            go = b.and(go, room);
        }
        b.when(go, |b| {
            let (item, go) = if s.from > 0 && !s.kept {
                let array = b.load(node, buffer::FROM);
                let item = self.first_with_cards(b, node, array, s.from);
                (item, b.ne_zero(item))
            } else {
                (item, b.int(1, Ty::Flag))
            };
            b.when(go, |b| {
                let take = |b: &mut Builder| {
                    if s.from > 0 || s.kept {
                        self.accept(b, node, item);
                    } else {
                        Self::accept_head(b, node, node::OFFERS, node::OFFERS_LAST, item);
                    }
                    self.release(b, holders, item);
                    self.enter_buffer(b, s, node, item);
                };
                if self.reserves(holders) {
                    let limits = (buffer::FROM, s.from);
                    self.reserve_or_take(b, holders, node, item, Some(buffer::RESERVED), limits, take);
                } else {
                    take(b);
                }
                self.took(b, node);
                self.mark_if_offered(b, node);
            });
        });
    }

    /// The first item offered to a buffer that keeps places for which there is one, and a card of each limit that
    /// begins here; or 0.
    fn first_to_enter(&self, b: &mut Builder, s: &BufferShape, node: V) -> V {
        let array = b.load(node, buffer::FROM);
        if s.from > 0 {
            self.forget_wants(b, array, s.from);
        }
        let found = self.first_with_place(b, s, node, |b, item, free| {
            let fits = free_for_it(b, free);
            if s.from == 0 {
                return fits;
            }
            let may = b.var(fits);
            b.when(fits, |b| {
                let cards = self.may_enter(b, array, s.from, item);
                b.set(may, cards);
            });
            may
        });
        if s.from > 0 && self.shapes.clearances {
            let none = b.is_zero(found);
            b.when(none, |b| self.clear_lines(b, array, s.from));
        }
        found
    }

    fn offer_first(&self, b: &mut Builder, s: &BufferShape, node: V, item: V) {
        b.store_int(node, buffer::OFFERED, 1);
        let way = b.load(node, buffer::ROUTING);
        let list = self.decide(b, way, item, s.simple_routing);
        self.offer(b, list, item);
    }

    /// Charges the level since its last change: the maximum sees only levels that lasted (F8).
    pub(super) fn level_changes(b: &mut Builder, node: V, now: V) -> V {
        let level = b.load(node, buffer::LEVEL);
        Self::level_lasts(b, node, level, now);
        b.store(node, buffer::CHANGED, now);
        level
    }

    /// Notes a level that is higher than all before, where it has lasted.
    pub(super) fn level_lasts(b: &mut Builder, node: V, level: V, now: V) {
        let max = b.load(node, buffer::MAX);
        let higher = b.lt(max, level);
        b.when(higher, |b| {
            let changed = b.load(node, buffer::CHANGED);
            let lasted = b.lt(changed, now);
            b.when(lasted, |b| b.store(node, buffer::MAX, level));
        });
    }

    /// Counts an item that enters a buffer or conveyor.
    pub(super) fn one_more(b: &mut Builder, limited: bool, node: V, now: V) {
        let level = Self::level_changes(b, node, now);
        let more = b.plus(level, 1);
        b.store(node, buffer::LEVEL, more);
        b.bump(node, buffer::ENTRIES, 1);
        let was_empty = b.is_zero(level);
        b.when(was_empty, |b| {
            let since = b.load(node, buffer::EMPTY_SINCE);
            let spent = b.sub(now, since);
            let sum = b.load(node, buffer::EMPTY);
            let sum = b.add(sum, spent);
            b.store(node, buffer::EMPTY, sum);
        });
        if limited {
            let capacity = b.load(node, buffer::CAPACITY);
            let full = b.eq(more, capacity);
            b.when(full, |b| b.store(node, buffer::FULL_SINCE, now));
        }
    }

    /// Counts an item that leaves a buffer or conveyor.
    pub(super) fn one_less(&self, b: &mut Builder, limited: bool, node: V, item: V, now: V) {
        let level = Self::level_changes(b, node, now);
        let less = b.plus(level, -1);
        b.store(node, buffer::LEVEL, less);
        b.bump(node, buffer::EXITS, 1);
        let entry = b.load(item, item::ENTRY);
        let wait = b.sub(now, entry);
        Self::add_128(b, node, buffer::WAIT, buffer::WAIT_HIGH, wait);
        let empty = b.is_zero(less);
        b.when(empty, |b| b.store(node, buffer::EMPTY_SINCE, now));
        if limited {
            let capacity = b.load(node, buffer::CAPACITY);
            let full = b.eq(level, capacity);
            b.when(full, |b| Self::ends_full(b, node, now));
        }
    }

    /// An item that has left its holder enters a buffer with room.
    pub(super) fn enter_buffer(&self, b: &mut Builder, s: &BufferShape, node: V, item: V) {
        let now = Self::now(b);
        b.set_header(header::PROGRESS, now);
        if s.from > 0 {
            let array = b.load(node, buffer::FROM);
            self.take_cards(b, array, s.from, item);
        }
        Self::one_more(b, s.limited, node, now);
        b.store(item, item::HOLDER, node);
        b.store(item, item::ENTRY, now);
        if let Some(loose) = &s.loose {
            self.enters_loose(b, loose, node, item);
        }
        Self::observe(b, s.observed, node, buffer::OBSERVERS, item);
        match &s.transit {
            TransitShape::None => {
                b.store(item, item::READY, now);
                self.append(b, s, node, item, None);
            }
            TransitShape::InOrder(families) => {
                let draw = b.load(node, buffer::TRANSIT);
                let time = self.duration(b, draw, families, Some(item));
                let ready = b.add(now, time);
                b.store(item, item::READY, ready);
                self.append(b, s, node, item, Some(ready));
            }
            TransitShape::Overtaking(families) => {
                let draw = b.load(node, buffer::TRANSIT);
                let time = self.duration(b, draw, families, Some(item));
                let ready = b.add(now, time);
                b.store(item, item::READY, ready);
                b.host(HostFn::TimedInsert, &[node, item], Ty::Count);
                let root = b.load(node, buffer::TIMED);
                let first = b.eq(root, item);
                b.when(first, |b| {
                    let slot = b.load(node, buffer::SLOT);
                    self.update(b, slot, ready);
                });
            }
        }
    }

    /// Puts an item behind the others; the first one is offered, or when it may leave later, awaited.
    fn append(&self, b: &mut Builder, s: &BufferShape, node: V, item: V, ready: Option<V>) {
        if let Some(loose) = &s.loose {
            self.append_loose(b, s, loose, node, item);
            return;
        }
        let none = b.none();
        b.store(item, item::NEXT, none);
        let last = b.load(node, buffer::LAST);
        b.store(node, buffer::LAST, item);
        let alone = b.is_zero(last);
        b.either(
            alone,
            |b| {
                b.store(node, buffer::FIRST, item);
                match ready {
                    None => self.offer_first(b, s, node, item),
                    Some(ready) => self.offer_when_ready(b, s, node, item, ready),
                }
            },
            |b| {
                b.store(last, item::NEXT, item);
                // Ready to be offered when it is the first, as where it is handed over directly.
                b.store(item, item::OFFER_NEXT, none);
                b.store(item, item::OFFER_PREVIOUS, none);
                if self.may_feed_assembly(s) {
                    if ready.is_some() {
                        self.await_next(b, node);
                    } else {
                        self.may_complete_parts(b, node, item);
                    }
                }
            },
        );
    }

    /// An assembly may take several items of a buffer at once, so one that comes to stand behind the
    /// first can be the part it lacks. Behind a branch only the first item has decided.
    fn may_complete_parts(&self, b: &mut Builder, node: V, item: V) {
        let way = b.load(node, buffer::ROUTING);
        let branch = b.load(way, routing::KIND);
        let lists = b.load(way, routing::BY_TYPE);
        let leaf = b.is_zero(branch);
        let assembly = b.ne_zero(lists);
        let feeds = b.and(leaf, assembly);
        b.when(feeds, |b| {
            let kind = b.load(item, item::TYPE);
            let at = b.element(lists, kind, 8);
            let list = b.load(at, Field { offset: 0, ty: Ty::Handle });
            let wanted = b.ne_zero(list);
            b.when(wanted, |b| {
                let rank = b.load(list, list::RANK);
                self.mark(b, rank);
            });
        });
    }

    /// Whether an assembly may take several items of the buffer at once.
    fn may_feed_assembly(&self, s: &BufferShape) -> bool {
        self.shapes.assemblies && !s.simple_routing && s.loose.is_none()
    }

    /// An assembly may take items of a lane that stand behind the first: those that become ready now can
    /// be parts it lacks, and the next that will be ready is awaited.
    fn await_next(&self, b: &mut Builder, node: V) {
        let now = Self::now(b);
        let first = b.load(node, buffer::FIRST);
        let at = b.var(first);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let ready = b.load(at, item::READY);
            let later = b.lt(now, ready);
            b.when(later, |b| {
                let slot = b.load(node, buffer::SLOT);
                self.update(b, slot, ready);
                b.leave();
            });
            let just = b.eq(now, ready);
            b.when(just, |b| self.may_complete_parts(b, node, at));
            let next = b.load(at, item::NEXT);
            b.set(at, next);
        });
    }

    fn offer_when_ready(&self, b: &mut Builder, s: &BufferShape, node: V, item: V, ready: V) {
        let now = Self::now(b);
        let ripe = b.le(ready, now);
        b.either(
            ripe,
            |b| {
                self.offer_first(b, s, node, item);
                if self.may_feed_assembly(s) {
                    self.await_next(b, node);
                }
            },
            |b| {
                let slot = b.load(node, buffer::SLOT);
                self.update(b, slot, ready);
            },
        );
    }

    /// The first item leaves a buffer.
    pub(super) fn release_buffer(&self, b: &mut Builder, s: &BufferShape, node: V, item: V) {
        if let Some(loose) = &s.loose {
            self.release_loose(b, s, loose, node, item);
            return;
        }
        let now = Self::now(b);
        if s.to > 0 {
            let array = b.load(node, buffer::TO);
            self.return_cards(b, array, s.to, item);
        }
        self.one_less(b, s.limited, node, item, now);
        let next = b.load(item, item::NEXT);
        b.store(node, buffer::FIRST, next);
        let last = b.is_zero(next);
        let none = b.none();
        b.either(
            last,
            |b| {
                b.store(node, buffer::LAST, none);
                b.store_int(node, buffer::OFFERED, 0);
            },
            |b| {
                b.store_int(node, buffer::OFFERED, 0);
                match s.transit {
                    TransitShape::InOrder(_) => {
                        let ready = b.load(next, item::READY);
                        self.offer_when_ready(b, s, node, next, ready);
                    }
                    TransitShape::None | TransitShape::Overtaking(_) => self.offer_first(b, s, node, next),
                }
            },
        );
        if s.limited || s.from > 0 {
            self.mark_if_offered(b, node);
        }
    }

    /// An item leaves a buffer from behind others.
    pub(super) fn release_within(&self, b: &mut Builder, s: &BufferShape, node: V, item: V) {
        let now = Self::now(b);
        if s.to > 0 {
            let array = b.load(node, buffer::TO);
            self.return_cards(b, array, s.to, item);
        }
        let level = Self::level_changes(b, node, now);
        let less = b.plus(level, -1);
        b.store(node, buffer::LEVEL, less);
        b.bump(node, buffer::EXITS, 1);
        let entry = b.load(item, item::ENTRY);
        let wait = b.sub(now, entry);
        Self::add_128(b, node, buffer::WAIT, buffer::WAIT_HIGH, wait);
        if s.limited {
            let capacity = b.load(node, buffer::CAPACITY);
            let full = b.eq(level, capacity);
            b.when(full, |b| Self::ends_full(b, node, now));
        }
        let first = b.load(node, buffer::FIRST);
        let before = b.var(first);
        b.repeat(|b| {
            let next = b.load(before, item::NEXT);
            let found = b.eq(next, item);
            let end = b.is_zero(next);
            let stop = b.or(found, end);
            b.leave_if(stop);
            b.set(before, next);
        });
        let next = b.load(item, item::NEXT);
        b.store(before, item::NEXT, next);
        let last = b.is_zero(next);
        b.when(last, |b| b.store(node, buffer::LAST, before));
        if s.limited || s.from > 0 {
            self.mark_if_offered(b, node);
        }
    }

    /// A buffer ceases to be full.
    pub(super) fn ends_full(b: &mut Builder, node: V, now: V) {
        let since = b.load(node, buffer::FULL_SINCE);
        let spent = b.sub(now, since);
        let sum = b.load(node, buffer::FULL);
        let sum = b.add(sum, spent);
        b.store(node, buffer::FULL, sum);
    }

    /// The stay of the first item is over, or an item in transit arrives.
    pub(super) fn end_of_stay(&self, b: &mut Builder, s: &BufferShape, node: V) {
        if !matches!(s.transit, TransitShape::Overtaking(_)) {
            let first = b.load(node, buffer::FIRST);
            if !self.may_feed_assembly(s) {
                self.offer_first(b, s, node, first);
                return;
            }
            let offered = b.load(node, buffer::OFFERED);
            let waiting = b.not(offered);
            b.when(waiting, |b| self.offer_first(b, s, node, first));
            self.await_next(b, node);
            return;
        }
        let arrived = b.host(HostFn::TimedTake, &[node], Ty::Handle);
        let root = b.load(node, buffer::TIMED);
        let more = b.ne_zero(root);
        b.when(more, |b| {
            let at = b.load(root, item::READY);
            let slot = b.load(node, buffer::SLOT);
            self.update(b, slot, at);
        });
        self.append(b, s, node, arrived, None);
    }
}
