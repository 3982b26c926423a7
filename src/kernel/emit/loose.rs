//! Buffers that are not plain lanes: items that overtake each other, orders, longest stays (semantics F6,
//! F7, F10). Their items are linked both ways, for any of them may leave.

use super::super::builder::{Builder, Field, V};
use super::super::choice::own;
use super::super::layout::{buffer, counters, item, node, routing};
use super::super::program::{HostFn, Program, Ty};
use super::super::shape::{BufferShape, LooseShape};
use super::super::status::NEVER;
use super::Emit;

impl Emit<'_> {
    /// A word that items have for such buffers.
    pub(super) fn own_field(&self, word: usize, ty: Ty) -> Field {
        Field { offset: i32::try_from(8 * (self.shapes.first_loose() + word)).unwrap_or(i32::MAX), ty }
    }

    fn listed(&self) -> Field {
        self.own_field(own::LISTED, Ty::Handle)
    }

    fn back(&self) -> Field {
        self.own_field(own::BACK, Ty::Handle)
    }

    fn expires(&self) -> Field {
        self.own_field(own::EXPIRES, Ty::Time)
    }

    /// A new item stands in no order.
    pub(super) fn forget_order(&self, b: &mut Builder, item: V) {
        if self.shapes.loose > 0 {
            let keyed = self.own_field(own::KEYED, Ty::Handle);
            b.store_int(item, keyed, 0);
        }
    }

    /// Notes the list in which an item of such a buffer is offered.
    pub(super) fn note_list(&self, b: &mut Builder, item: V, list: V) {
        b.store(item, self.listed(), list);
    }

    /// Writes the functions of this file.
    pub(super) fn loose_functions(&mut self, program: &mut Program) -> Result<(), String> {
        if self.shapes.loose == 0 {
            return Ok(());
        }
        let (mut b, args) = Builder::new(program, "foremost", &[Ty::Handle], None);
        if let [node] = args[..] {
            self.foremost_body(&mut b, node);
        }
        self.functions.foremost = Some(b.finish()?);
        Ok(())
    }

    /// Offers the item that is next to leave, in place of the one offered so far. What has decided its way
    /// keeps it (F2).
    fn foremost_body(&self, b: &mut Builder, node: V) {
        let best = b.host(HostFn::Foremost, &[node], Ty::Handle);
        let old = b.load(node, buffer::HEAD);
        let changes = b.ne(best, old);
        b.when(changes, |b| {
            let offered = b.ne_zero(old);
            b.when(offered, |b| {
                let list = b.load(old, self.listed());
                self.withdraw(b, list, old);
            });
            b.store(node, buffer::HEAD, best);
            let some = b.ne_zero(best);
            b.when(some, |b| {
                let list = b.load(best, self.listed());
                let list = b.var(list);
                let open = b.is_zero(list);
                b.when(open, |b| {
                    let way = b.load(node, buffer::ROUTING);
                    let decided = self.decide(b, way, best, false);
                    b.store(best, self.listed(), decided);
                    b.set(list, decided);
                });
                self.offer(b, list, best);
            });
        });
    }

    fn look_again(&self, b: &mut Builder, s: &LooseShape, node: V) {
        if !s.all {
            b.call(Self::function(self.functions.foremost), &[node]);
        }
    }

    /// An item enters: its values are found, and when its longest stay is over.
    pub(super) fn enters_loose(&self, b: &mut Builder, s: &LooseShape, node: V, item: V) {
        if s.keyed {
            let order = b.load(node, buffer::ORDER);
            b.host(HostFn::Keys, &[order, item], Ty::Count);
        }
        match &s.stay {
            Some(families) => {
                let now = Self::now(b);
                let stay = b.load(node, buffer::STAY);
                let time = self.duration(b, stay, families, Some(item));
                let at = b.add(now, time);
                b.store(item, self.expires(), at);
            }
            None => b.store_int(item, self.expires(), 0),
        }
    }

    /// Puts an item behind the others, and offers it or the one that is next.
    pub(super) fn append_loose(&self, b: &mut Builder, s: &BufferShape, loose: &LooseShape, node: V, item: V) {
        let none = b.none();
        let last = b.load(node, buffer::LAST);
        b.store(item, item::NEXT, none);
        b.store(item, self.back(), last);
        b.store(node, buffer::LAST, item);
        let alone = b.is_zero(last);
        b.either(alone, |b| b.store(node, buffer::FIRST, item), |b| b.store(last, item::NEXT, item));
        self.begins_loose(b, s, loose, node, item);
        self.look_again(b, loose, node);
    }

    /// An item that stands in the buffer may leave from now on.
    fn begins_loose(&self, b: &mut Builder, s: &BufferShape, loose: &LooseShape, node: V, item: V) {
        b.store_int(item, self.listed(), 0);
        if loose.stay.is_some() {
            let at = b.load(item, self.expires());
            let slot = b.load(node, buffer::EXPIRY);
            let next = self.time_of(b, slot);
            let sooner = b.lt(at, next);
            b.when(sooner, |b| self.update(b, slot, at));
        }
        if loose.all {
            let way = b.load(node, buffer::ROUTING);
            let list = self.decide(b, way, item, s.simple_routing);
            b.store(item, self.listed(), list);
            self.offer(b, list, item);
        }
    }

    /// The items inside at t = 0 begin to stand there.
    pub(super) fn begin_inside(&self, b: &mut Builder, s: &BufferShape, loose: &LooseShape, node: V) {
        let first = b.load(node, buffer::FIRST);
        let at = b.var(first);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            self.enters_loose(b, loose, node, at);
            self.begins_loose(b, s, loose, node, at);
            let next = b.load(at, item::NEXT);
            b.set(at, next);
        });
        self.look_again(b, loose, node);
    }

    /// Takes an item out of the buffer, wherever it stands.
    fn unlink_loose(&self, b: &mut Builder, s: &BufferShape, node: V, item: V) {
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
        let empty = b.is_zero(less);
        b.when(empty, |b| b.store(node, buffer::EMPTY_SINCE, now));
        if s.limited {
            let capacity = b.load(node, buffer::CAPACITY);
            let full = b.eq(level, capacity);
            b.when(full, |b| Self::ends_full(b, node, now));
        }
        let next = b.load(item, item::NEXT);
        let previous = b.load(item, self.back());
        let first = b.is_zero(previous);
        b.either(first, |b| b.store(node, buffer::FIRST, next), |b| b.store(previous, item::NEXT, next));
        let last = b.is_zero(next);
        b.either(last, |b| b.store(node, buffer::LAST, previous), |b| b.store(next, self.back(), previous));
        let head = b.load(node, buffer::HEAD);
        let was = b.eq(head, item);
        b.when(was, |b| b.store_int(node, buffer::HEAD, 0));
        self.forget_order(b, item);
    }

    /// An item leaves the buffer for a node that takes it.
    pub(super) fn release_loose(&self, b: &mut Builder, s: &BufferShape, loose: &LooseShape, node: V, item: V) {
        self.unlink_loose(b, s, node, item);
        self.look_again(b, loose, node);
        if s.limited || s.from > 0 {
            self.mark_if_offered(b, node);
        }
    }

    /// A longest stay is over, and the instant has settled: the item is scrapped, or goes elsewhere when
    /// there is room (F10).
    pub(super) fn expire(&self, b: &mut Builder, s: &BufferShape, node: V) {
        let Some(loose) = &s.loose else { return };
        let item = b.host(HostFn::Expired, &[node], Ty::Handle);
        let some = b.ne_zero(item);
        b.when(some, |b| {
            let list = b.load(item, self.listed());
            let offered = if loose.all {
                b.ne_zero(list)
            } else {
                let head = b.load(node, buffer::HEAD);
                b.eq(head, item)
            };
            b.when(offered, |b| self.withdraw(b, list, item));
            b.bump(node, buffer::EXPIRED, 1);
            if loose.elsewhere {
                let head = b.load(node, buffer::HEAD);
                let was = b.eq(head, item);
                b.when(was, |b| b.store_int(node, buffer::HEAD, 0));
                let now = Self::now(b);
                b.store_int(item, self.expires(), -1);
                b.store(item, item::READY, now);
                let way = b.load(node, buffer::ELSEWHERE);
                let list = b.load(way, routing::LIST);
                b.store(item, self.listed(), list);
                self.offer(b, list, item);
            } else {
                self.unlink_loose(b, s, node, item);
                let kind = b.load(item, item::TYPE);
                self.item_ends(b, kind, counters::SCRAPPED);
                self.return_all_cards(b, item);
                Self::free_item(b, item);
                self.mark_if_offered(b, node);
            }
            self.look_again(b, loose, node);
        });
        let next = b.host(HostFn::NextExpiry, &[node], Ty::Time);
        let never = b.int(NEVER, Ty::Time);
        let none = b.le(never, next);
        let slot = b.load(node, buffer::EXPIRY);
        let set = b.not(none);
        b.when(set, |b| self.update(b, slot, next));
    }

    /// Puts the item that is next by the order of a station first among what is offered to it.
    pub(super) fn arrange(&self, b: &mut Builder, node: V, order: V, machine: V) {
        let head = b.load(node, node::OFFERS);
        let any = b.ne_zero(head);
        b.when(any, |b| {
            b.host(HostFn::Arrange, &[node, order, machine], Ty::Count);
        });
    }
}
