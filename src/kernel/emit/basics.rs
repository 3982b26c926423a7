//! What all handlers stand on: the winner tree, the dirty set, offer lists, item records, sums of 128
//! bits, states of machines.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{TREE_AT, counters, header, holder, item, list, machine, tree};
use super::super::program::{BinaryOp, HostFn, Program, Ty};
use super::super::status::{NEVER, State};
use super::Emit;

impl Emit<'_> {
    /// Writes the functions of this file.
    pub(super) fn basics(&mut self, program: &mut Program) -> Result<(), String> {
        let (mut b, args) = Builder::new(program, "update", &[Ty::Count, Ty::Time], None);
        if let [slot, key] = args[..] {
            self.update_body(&mut b, slot, key);
        }
        self.functions.update = Some(b.finish()?);

        let (mut b, args) = Builder::new(program, "earliest", &[Ty::Time], Some(Ty::Count));
        if let [now] = args[..] {
            let slot = self.earliest_body(&mut b, now);
            b.give(Some(slot));
        }
        self.functions.earliest = Some(b.finish()?);

        let (mut b, args) = Builder::new(program, "offer", &[Ty::Handle, Ty::Handle], None);
        if let [list, item] = args[..] {
            self.offer_body(&mut b, list, item);
        }
        self.functions.offer = Some(b.finish()?);

        let (mut b, args) = Builder::new(program, "withdraw", &[Ty::Handle, Ty::Handle], None);
        if let [list, item] = args[..] {
            Self::withdraw_body(&mut b, list, item);
        }
        self.functions.withdraw = Some(b.finish()?);

        let (mut b, _) = Builder::new(program, "new_item", &[], Some(Ty::Handle));
        self.new_item_body(&mut b);
        self.functions.new_item = Some(b.finish()?);
        Ok(())
    }

    pub(super) fn now(b: &mut Builder) -> V {
        b.now(header::NOW)
    }

    // ---- winner tree ----

    /// Gives a slot a new time.
    pub(super) fn update(&self, b: &mut Builder, slot: V, key: V) {
        b.call(Self::function(self.functions.update), &[slot, key]);
    }

    /// A field of the tree nodes of a level, counted from the leaves, by their byte offset within the level: the tree
    /// lies behind the header.
    fn at_level(&self, level: u32, field: Field) -> Field {
        let nodes = (1i32 << self.shapes.tree_depth) >> level;
        field.plus(TREE_AT + 16 * nodes)
    }

    /// What [`Self::at_level`] counts from, for the tree node at a byte offset within its level.
    fn in_level(b: &mut Builder, offset: V) -> V {
        b.cast(offset, Ty::Handle)
    }

    /// The byte offset of a slot's leaf among the leaves.
    fn leaf_offset(b: &mut Builder, slot: V) -> V {
        b.bits_with(BinaryOp::ShiftLeft, slot, 4)
    }

    /// The leaf of a slot, for fields of level 0.
    fn leaf(b: &mut Builder, slot: V) -> V {
        let offset = Self::leaf_offset(b, slot);
        Self::in_level(b, offset)
    }

    /// The time of a slot.
    pub(super) fn time_of(&self, b: &mut Builder, slot: V) -> V {
        let leaf = Self::leaf(b, slot);
        b.load(leaf, self.at_level(0, tree::KEY))
    }

    /// Whose slot it is.
    pub(super) fn owner_of(&self, b: &mut Builder, slot: V) -> V {
        let leaf = Self::leaf(b, slot);
        b.load(leaf, self.at_level(0, tree::OWNER))
    }

    /// Sets the time of a slot; its matches are still to be replayed.
    pub(super) fn set_time(&self, b: &mut Builder, slot: V, key: V) {
        let leaf = Self::leaf(b, slot);
        b.store(leaf, self.at_level(0, tree::KEY), key);
    }

    /// A field of the root.
    pub(super) fn root(&self, b: &mut Builder, field: Field) -> V {
        b.header(self.at_level(self.shapes.tree_depth, field))
    }

    /// The byte offset of a node's parent within its level.
    fn parent(b: &mut Builder, offset: V) -> V {
        let half = b.bits_with(BinaryOp::ShiftRight, offset, 1);
        b.bits_with(BinaryOp::And, half, !15)
    }

    /// Gives a slot a new time and replays its matches from its leaf to the root. Of equal times the other wins, so
    /// that a slot whose time has been taken away without a replay stays the winner until its matches are replayed;
    /// [`Self::earliest`] says who is next where times may be equal. Where a match is between equal times, it is noted
    /// up to when that may be so: two slots can only be due together if such a match has been seen. Times that never
    /// come are never equal.
    pub(super) fn update_inline(&self, b: &mut Builder, slot: V, key: V) {
        self.replay(b, slot, key, |_, _, _| {});
    }

    /// The same, where `tell` is told the winner of each level, counted from the root.
    pub(super) fn replay(&self, b: &mut Builder, slot: V, key: V, tell: impl Fn(&mut Builder, u32, V)) {
        let depth = self.shapes.tree_depth;
        let leaf_offset = Self::leaf_offset(b, slot);
        let leaf = Self::in_level(b, leaf_offset);
        b.store(leaf, self.at_level(0, tree::KEY), key);
        let owner = b.load(leaf, self.at_level(0, tree::OWNER));
        let (mut key, mut owner) = (key, owner);
        let (mut half, mut offset) = (leaf_offset, leaf_offset);
        for level in 0..depth {
            let other = b.bits_with(BinaryOp::Xor, offset, 16);
            let other = Self::in_level(b, other);
            let other_key = b.load(other, self.at_level(level, tree::KEY));
            let other_owner = b.load(other, self.at_level(level, tree::OWNER));
            let same = b.eq(key, other_key);
            b.when(same, |b| Self::note_tie(b, key));
            let wins = b.lt(key, other_key);
            // Side by side, so that the processor compares once for both.
            (key, owner) = b.select_two(wins, (key, owner), (other_key, other_owner));
            let above = if level + 1 == depth {
                b.none()
            } else {
                // Only what is used as an offset loses the bits below a node: one operation less from level to level.
                half = b.bits_with(BinaryOp::ShiftRight, half, 1);
                offset = b.bits_with(BinaryOp::And, half, !15);
                Self::in_level(b, offset)
            };
            b.store(above, self.at_level(level + 1, tree::KEY), key);
            b.store(above, self.at_level(level + 1, tree::OWNER), owner);
            tell(b, depth - level - 1, owner);
        }
    }

    /// Has those at hand against whom a slot's first matches are: where the tree is large, they lie far away.
    pub(super) fn touch_matches(&self, b: &mut Builder, slot: V) {
        let mut offset = Self::leaf_offset(b, slot);
        for level in 0..self.shapes.tree_depth.saturating_sub(NEAR) {
            let at = Self::in_level(b, offset);
            b.touch(at, self.at_level(level, tree::KEY));
            offset = Self::parent(b, offset);
        }
    }

    /// A time that never comes, which no other slot has.
    pub(super) fn never(b: &mut Builder, slot: V) -> V {
        let never = b.int(NEVER, Ty::Time);
        b.binary(BinaryOp::Add, never, slot, Ty::Time)
    }

    /// Whether a slot has no time.
    pub(super) fn never_comes(b: &mut Builder, key: V) -> V {
        let never = b.int(NEVER, Ty::Time);
        b.le(never, key)
    }

    /// Up to a time several slots may be due together.
    fn note_tie(b: &mut Builder, until: V) {
        let latest = b.header(header::TIED);
        let later = b.lt(latest, until);
        let latest = b.select(later, until, latest);
        b.set_header(header::TIED, latest);
    }

    /// Gives a slot a new time. Most have had none, and lose one of the first matches against others: above, nothing
    /// changes.
    fn update_body(&self, b: &mut Builder, slot: V, key: V) {
        if self.shapes.tree_depth <= SHALLOW {
            self.update_inline(b, slot, key);
            return;
        }
        let leaf = Self::leaf(b, slot);
        let before = b.load(leaf, self.at_level(0, tree::KEY));
        let unset = Self::never_comes(b, before);
        // The winner's time may have been taken away without a replay.
        let winner = self.root(b, tree::OWNER);
        let owner = b.load(leaf, self.at_level(0, tree::OWNER));
        let other = b.ne(owner, winner);
        let never = b.int(NEVER, Ty::Time);
        let comes = b.lt(key, never);
        let quick = b.and(unset, other);
        let quick = b.and(quick, comes);
        b.either(quick, |b| self.climb(b, slot, key), |b| self.update_inline(b, slot, key));
    }

    /// Gives a time to a slot that has none and is in no match above its leaf.
    fn climb(&self, b: &mut Builder, slot: V, key: V) {
        let field = |field: Field| field.plus(TREE_AT);
        let root = b.count(16);
        let leaves = b.count(16 << self.shapes.tree_depth);
        let offset = Self::leaf_offset(b, slot);
        let offset = b.add(offset, leaves);
        let at = b.var(offset);
        let leaf = Self::in_level(b, at);
        b.store(leaf, field(tree::KEY), key);
        let owner = b.load(leaf, field(tree::OWNER));
        b.repeat(|b| {
            let top = b.eq(at, root);
            b.leave_if(top);
            let other = b.bits_with(BinaryOp::Xor, at, 16);
            let other = Self::in_level(b, other);
            let other_key = b.load(other, field(tree::KEY));
            let loses = b.le(other_key, key);
            b.when(loses, |b| {
                let same = b.eq(other_key, key);
                b.when(same, |b| Self::note_tie(b, key));
                b.leave();
            });
            let above = Self::parent(b, at);
            b.set(at, above);
            let above = Self::in_level(b, at);
            b.store(above, field(tree::KEY), key);
            b.store(above, field(tree::OWNER), owner);
        });
    }

    /// The lowest slot that is due at the time of the root.
    fn earliest_body(&self, b: &mut Builder, now: V) -> V {
        let mut offset = b.count(0);
        for level in (0..self.shapes.tree_depth).rev() {
            let left = b.bits_with(BinaryOp::ShiftLeft, offset, 1);
            let right = b.plus(left, 16);
            let at = Self::in_level(b, left);
            let key = b.load(at, self.at_level(level, tree::KEY));
            let due = b.eq(key, now);
            offset = b.select(due, left, right);
        }
        b.bits_with(BinaryOp::ShiftRight, offset, 4)
    }

    /// The lowest slot that is due at the time of the root.
    pub(super) fn earliest(&self, b: &mut Builder, now: V) -> V {
        b.call_for(Self::function(self.functions.earliest), &[now], Ty::Count)
    }

    /// Whether another slot is due at the same time: it has a match with one on the winner's way to the root.
    pub(super) fn tied(&self, b: &mut Builder, winner: V, now: V) -> V {
        let mut offset = Self::leaf_offset(b, winner);
        let mut tied = b.int(0, Ty::Flag);
        for level in 0..self.shapes.tree_depth {
            let other = b.bits_with(BinaryOp::Xor, offset, 16);
            let other = Self::in_level(b, other);
            let key = b.load(other, self.at_level(level, tree::KEY));
            let same = b.eq(key, now);
            tied = b.or(tied, same);
            offset = Self::parent(b, offset);
        }
        tied
    }

    /// Takes a slot out of the calendar.
    pub(super) fn cancel(&self, b: &mut Builder, slot: V) {
        let never = Self::never(b, slot);
        self.update(b, slot, never);
    }

    /// Sets a slot to go off after a duration from now.
    pub(super) fn schedule_after(&self, b: &mut Builder, slot: V, delay: V) {
        let now = Self::now(b);
        let at = b.add(now, delay);
        self.update(b, slot, at);
    }

    // ---- dirty set ----

    /// Marks the node of a rank to be settled.
    pub(super) fn mark(&self, b: &mut Builder, rank: V) {
        let one = b.count(1);
        if self.shapes.dirty_levels == 1 {
            let bit = b.bits(BinaryOp::ShiftLeft, one, rank);
            Self::or_header(b, bit);
            return;
        }
        let words = b.header(header::DIRTY_WORDS);
        let index = Self::or_word(b, words, one, rank);
        let index = if self.shapes.dirty_levels == 3 {
            let middle = b.header(header::DIRTY_MIDDLE);
            Self::or_word(b, middle, one, index)
        } else {
            index
        };
        let bit = b.bits(BinaryOp::ShiftLeft, one, index);
        Self::or_header(b, bit);
    }

    /// Sets bit `rank` in an array of words and returns the index of the word.
    fn or_word(b: &mut Builder, words: V, one: V, rank: V) -> V {
        let index = b.bits_with(BinaryOp::ShiftRight, rank, 6);
        let at = b.element(words, index, 8);
        let low = b.bits_with(BinaryOp::And, rank, 63);
        let bit = b.bits(BinaryOp::ShiftLeft, one, low);
        let old = b.load(at, WORD);
        let new = b.bits(BinaryOp::Or, old, bit);
        b.store(at, WORD, new);
        index
    }

    fn or_header(b: &mut Builder, bit: V) {
        let old = b.header(header::DIRTY);
        let new = b.bits(BinaryOp::Or, old, bit);
        b.set_header(header::DIRTY, new);
    }

    /// Takes the lowest dirty rank out of the set, whose header word `top` is not 0.
    pub(super) fn take_dirty(&self, b: &mut Builder, top: V) -> V {
        let first = b.unary(super::super::program::UnaryOp::TrailingZeros, top, Ty::Count);
        if self.shapes.dirty_levels == 1 {
            Self::drop_lowest(b, top);
            return first;
        }
        let bits = b.bits_with(BinaryOp::ShiftLeft, first, 6);
        if self.shapes.dirty_levels == 2 {
            let words = b.header(header::DIRTY_WORDS);
            let at = b.element(words, first, 8);
            let word = b.load(at, WORD);
            let low = b.unary(super::super::program::UnaryOp::TrailingZeros, word, Ty::Count);
            let rest = Self::without_lowest(b, word);
            b.store(at, WORD, rest);
            let empty = b.is_zero(rest);
            b.when(empty, |b| Self::drop_lowest(b, top));
            return b.add(bits, low);
        }
        let middle = b.header(header::DIRTY_MIDDLE);
        let at_middle = b.element(middle, first, 8);
        let middle_word = b.load(at_middle, WORD);
        let second = b.unary(super::super::program::UnaryOp::TrailingZeros, middle_word, Ty::Count);
        let index = b.add(bits, second);
        let words = b.header(header::DIRTY_WORDS);
        let at = b.element(words, index, 8);
        let word = b.load(at, WORD);
        let low = b.unary(super::super::program::UnaryOp::TrailingZeros, word, Ty::Count);
        let rest = Self::without_lowest(b, word);
        b.store(at, WORD, rest);
        let empty = b.is_zero(rest);
        b.when(empty, |b| {
            let rest = Self::without_lowest(b, middle_word);
            b.store(at_middle, WORD, rest);
            let empty = b.is_zero(rest);
            b.when(empty, |b| Self::drop_lowest(b, top));
        });
        let bits = b.bits_with(BinaryOp::ShiftLeft, index, 6);
        b.add(bits, low)
    }

    fn without_lowest(b: &mut Builder, word: V) -> V {
        let one = b.count(1);
        let less = b.sub(word, one);
        b.bits(BinaryOp::And, word, less)
    }

    fn drop_lowest(b: &mut Builder, top: V) {
        let rest = Self::without_lowest(b, top);
        b.set_header(header::DIRTY, rest);
    }

    // ---- offers ----

    /// Offers an item that is ready in its holder to the node of a list. Most lists are empty.
    pub(super) fn offer(&self, b: &mut Builder, list: V, item: V) {
        let tail = b.load(list, list::TAIL);
        let empty = b.is_zero(tail);
        b.either(
            empty,
            |b| {
                Self::offer_alone(b, list, item);
                let rank = b.load(list, list::RANK);
                self.mark(b, rank);
            },
            |b| b.call(Self::function(self.functions.offer), &[list, item]),
        );
    }

    /// Puts an item into an empty list; the node is not marked.
    pub(super) fn offer_alone(b: &mut Builder, list: V, item: V) {
        let none = b.none();
        b.store(list, list::HEAD, item);
        b.store(list, list::TAIL, item);
        b.store(item, item::OFFER_NEXT, none);
        b.store(item, item::OFFER_PREVIOUS, none);
    }

    /// Inserts by (ready time, holder): from the end, for most offers are the youngest.
    fn offer_body(&self, b: &mut Builder, list: V, item: V) {
        let rank = b.load(list, list::RANK);
        self.mark(b, rank);
        let none = b.none();
        let tail = b.load(list, list::TAIL);
        let empty = b.is_zero(tail);
        b.either(
            empty,
            |b| {
                b.store(list, list::HEAD, item);
                b.store(list, list::TAIL, item);
                b.store(item, item::OFFER_NEXT, none);
                b.store(item, item::OFFER_PREVIOUS, none);
            },
            |b| {
                let ready = b.load(item, item::READY);
                let own_holder = b.load(item, item::HOLDER);
                let key = b.load(own_holder, holder::KEY);
                let at = b.var(tail);
                b.repeat(|b| {
                    let end = b.is_zero(at);
                    b.leave_if(end);
                    let other = b.load(at, item::READY);
                    let earlier = b.lt(other, ready);
                    b.leave_if(earlier);
                    let same = b.eq(other, ready);
                    let other_holder = b.load(at, item::HOLDER);
                    let other_key = b.load(other_holder, holder::KEY);
                    let first = b.le(other_key, key);
                    let before = b.and(same, first);
                    b.leave_if(before);
                    let previous = b.load(at, item::OFFER_PREVIOUS);
                    b.set(at, previous);
                });
                let at_front = b.is_zero(at);
                b.either(
                    at_front,
                    |b| {
                        let old = b.load(list, list::HEAD);
                        b.store(item, item::OFFER_NEXT, old);
                        b.store(item, item::OFFER_PREVIOUS, none);
                        b.store(old, item::OFFER_PREVIOUS, item);
                        b.store(list, list::HEAD, item);
                    },
                    |b| {
                        let next = b.load(at, item::OFFER_NEXT);
                        b.store(item, item::OFFER_NEXT, next);
                        b.store(item, item::OFFER_PREVIOUS, at);
                        b.store(at, item::OFFER_NEXT, item);
                        let last = b.is_zero(next);
                        b.either(
                            last,
                            |b| b.store(list, list::TAIL, item),
                            |b| b.store(next, item::OFFER_PREVIOUS, item),
                        );
                    },
                );
            },
        );
    }

    /// Takes the first item out of a list whose head it is.
    pub(super) fn accept_head(b: &mut Builder, list: V, head: Field, tail: Field, item: V) {
        let next = b.load(item, item::OFFER_NEXT);
        b.store(list, head, next);
        let last = b.is_zero(next);
        let none = b.none();
        b.either(last, |b| b.store(list, tail, none), |b| b.store(next, item::OFFER_PREVIOUS, none));
    }

    /// Takes an item out of a list, wherever it stands.
    pub(super) fn withdraw(&self, b: &mut Builder, list: V, item: V) {
        b.call(Self::function(self.functions.withdraw), &[list, item]);
    }

    fn withdraw_body(b: &mut Builder, list: V, item: V) {
        let next = b.load(item, item::OFFER_NEXT);
        let previous = b.load(item, item::OFFER_PREVIOUS);
        let first = b.is_zero(previous);
        b.either(first, |b| b.store(list, list::HEAD, next), |b| b.store(previous, item::OFFER_NEXT, next));
        let last = b.is_zero(next);
        b.either(last, |b| b.store(list, list::TAIL, previous), |b| b.store(next, item::OFFER_PREVIOUS, previous));
    }

    // ---- items ----

    /// An item record that is free, or a fresh one; its fields are the caller's to set.
    pub(super) fn new_item(&self, b: &mut Builder) -> V {
        let free = b.header(header::ITEM_FREE);
        let item = b.var(free);
        let any = b.ne_zero(free);
        b.either(
            any,
            |b| {
                let next = b.load(free, item::OFFER_NEXT);
                b.set_header(header::ITEM_FREE, next);
            },
            |b| {
                let made = b.call_for(Self::function(self.functions.new_item), &[], Ty::Handle);
                b.set(item, made);
            },
        );
        item
    }

    fn new_item_body(&self, b: &mut Builder) {
        let bytes = 8 * self.shapes.item_words();
        let bytes = b.count(i64::try_from(bytes).unwrap_or(64));
        let top = b.header(header::ITEM_TOP);
        let end = b.header(header::ITEM_END);
        let next = b.add(top, bytes);
        let fits = b.le(next, end);
        b.either(
            fits,
            |_| {},
            |b| {
                b.host(HostFn::GrowItems, &[], Ty::Count);
            },
        );
        b.set_header(header::ITEM_TOP, next);
        b.give(Some(top));
    }

    /// Gives an item record back.
    pub(super) fn free_item(b: &mut Builder, item: V) {
        let free = b.header(header::ITEM_FREE);
        b.store(item, item::OFFER_NEXT, free);
        b.set_header(header::ITEM_FREE, item);
    }

    /// An item of a type begins to be in the line now; `field` counts why.
    pub(super) fn item_begins(&self, b: &mut Builder, kind: V, field: Field) {
        let now = Self::now(b);
        let at = self.counted(b, kind, field);
        Self::count_128(b, at, counters::WIP, counters::WIP_HIGH, now, false);
    }

    /// An item of a type ends to be in the line now; `field` counts why.
    pub(super) fn item_ends(&self, b: &mut Builder, kind: V, field: Field) {
        let now = Self::now(b);
        let at = self.counted(b, kind, field);
        Self::count_128(b, at, counters::WIP, counters::WIP_HIGH, now, true);
    }

    /// The counters of a type, after adding one to `field`.
    fn counted(&self, b: &mut Builder, kind: V, field: Field) -> V {
        let counters = b.header(header::COUNTERS);
        // Of one type there is one record.
        let at = match self.shapes.item_types {
            1 => counters,
            _ => b.element(counters, kind, i64::try_from(counters::WORDS * 8).unwrap_or(80)),
        };
        b.bump(at, field, 1);
        at
    }

    // ---- sums ----

    /// Adds a value that is not negative to a sum of 128 bits.
    pub(super) fn add_128(b: &mut Builder, record: V, low: Field, high: Field, value: V) {
        let old = b.load(record, low);
        let new = b.binary(BinaryOp::Add, old, value, Ty::Count);
        b.store(record, low, new);
        let carry = b.binary(BinaryOp::LessUnsigned, new, old, Ty::Flag);
        b.when(carry, |b| {
            b.bump(record, high, 1);
        });
    }

    /// Subtracts a value that is not negative from a sum of 128 bits.
    pub(super) fn subtract_128(b: &mut Builder, record: V, low: Field, high: Field, value: V) {
        let old = b.load(record, low);
        let new = b.binary(BinaryOp::Sub, old, value, Ty::Count);
        b.store(record, low, new);
        let borrow = b.binary(BinaryOp::LessUnsigned, old, new, Ty::Flag);
        b.when(borrow, |b| {
            b.bump(record, high, -1);
        });
    }

    /// Adds a value that is not negative to a sum of 128 bits that changes its sign often, or takes it away: without a
    /// branch, which could not be foretold.
    pub(super) fn count_128(b: &mut Builder, record: V, low: Field, high: Field, value: V, plus: bool) {
        let old = b.load(record, low);
        let operation = if plus { BinaryOp::Add } else { BinaryOp::Sub };
        let new = b.binary(operation, old, value, Ty::Count);
        b.store(record, low, new);
        let (less, more) = if plus { (new, old) } else { (old, new) };
        let carry = b.binary(BinaryOp::LessUnsigned, less, more, Ty::Flag);
        let carry = b.cast(carry, Ty::Count);
        let old = b.load(record, high);
        let new = b.binary(operation, old, carry, Ty::Count);
        b.store(record, high, new);
    }

    // ---- states ----

    /// Charges the time since the last change to the machine's state and sets a new one.
    pub(super) fn set_state(b: &mut Builder, machine: V, new: State) {
        let new = b.count(new.code());
        Self::set_state_to(b, machine, new);
    }

    /// The same with the code of a state.
    pub(super) fn set_state_to(b: &mut Builder, machine: V, new: V) {
        let now = Self::now(b);
        let old = b.load(machine, machine::STATE);
        let since = b.load(machine, machine::SINCE);
        let spent = b.sub(now, since);
        let place = b.element(machine, old, 8);
        let sum = b.load(place, machine::IN_STATE);
        let sum = b.add(sum, spent);
        b.store(place, machine::IN_STATE, sum);
        b.store(machine, machine::SINCE, now);
        b.store(machine, machine::STATE, new);
    }
}

/// Levels up to which a tree is gone through to its root without a look at who wins: where to stop cannot be foretold,
/// and costs more than the levels above.
const SHALLOW: u32 = 6;

/// Levels below the root that are always near.
const NEAR: u32 = 9;

/// The first word of a record, as a count.
pub(super) const WORD: Field = Field { offset: 0, ty: Ty::Count };
