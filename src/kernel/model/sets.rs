//! Lays out what the run loop goes through: settle handlers by rank, slots, the dirty set, the item pool.

use super::*;
use crate::base::limits;

/// The dirty set has a bit for each node, in three levels of 64 at most.
const _: () = assert!(limits::NODES <= 64 * 64 * 64);

impl Layout<'_> {
    pub(super) fn settle_handlers(&mut self) {
        let mut ranks = vec![0; self.plant.nodes.len()];
        let mut holders: Vec<usize> = Vec::new();
        for id in self.plant.nodes.ids() {
            holders.clear();
            holders.extend(self.causes.givers(id).iter().filter_map(|from| self.node_shapes.get(from.index())));
            holders.sort_unstable();
            holders.dedup();
            let Some(shape) = self.node_shapes.get(id.index()).copied() else { continue };
            let settles = &mut self.shapes.settles;
            let kind = settles.iter().position(|s| s.shape == shape && s.holders == holders).unwrap_or_else(|| {
                settles.push(SettleShape { shape, holders: holders.clone() });
                settles.len() - 1
            });
            let record = self.node_record(id);
            self.image.put(record, node::KIND, index(kind));
            if let Some(place) = ranks.get_mut(self.order.rank(id)) {
                *place = record;
            }
        }
        let at = self.image.array(&ranks);
        self.image.put(0, header::RANKS, at);
        // Only handlers of placed slots are emitted. The end of work that most machines have is told apart first.
        let used: Vec<EventShape> =
            self.slots.iter().filter_map(|p| self.shapes.events.get(p.handler).copied()).collect();
        let mut events = Vec::new();
        let mut numbers: std::collections::BTreeMap<EventShape, usize> = std::collections::BTreeMap::new();
        for event in &used {
            *numbers.entry(*event).or_default() += 1;
        }
        let most = |(event, n): &(&EventShape, &usize)| (matches!(event, EventShape::EndOfWork(_)), **n);
        events.extend(numbers.iter().max_by_key(most).map(|(event, _)| *event));
        for (plan, event) in self.slots.iter_mut().zip(used) {
            plan.handler = intern(&mut events, event);
        }
        self.shapes.events = events;
    }

    /// About how many slots the plant has. Where it is so many that the winner tree has another depth, the plant is laid
    /// out again.
    pub(super) fn expected_slots(plant: &Plant) -> usize {
        let of_node = |kind: &NodeKind| match kind {
            NodeKind::Source(s) => 1 + usize::from(s.when_full == WhenFull::Lose),
            NodeKind::Station(s) => usize::try_from(s.machines).unwrap_or(0).saturating_mul(1 + s.stops()),
            NodeKind::Buffer(b) => usize::from(b.transit.is_some()) + usize::from(b.max_stay.is_some()),
            NodeKind::Conveyor(c) => usize::try_from(c.lanes).unwrap_or(0).saturating_add(1),
            NodeKind::Sink => 0,
        };
        let nodes = plant.nodes.values().map(|n| of_node(&n.kind)).fold(0, usize::saturating_add);
        nodes.saturating_add(plant.calendars.len()).saturating_add(plant.stops.len())
    }

    /// Levels of the winner tree above its leaves, for a number of slots.
    pub(super) fn depth_for(slots: usize) -> u32 {
        usize::BITS - (slots.max(2) - 1).leading_zeros()
    }

    /// Numbers the slots and fills the leaves of the winner tree, which lies behind the header; the first events.
    pub(super) fn slots(&mut self) -> Result<Vec<(usize, First)>, String> {
        let renamed = &self.plant.renamed;
        self.slots.sort_by(|a, b| {
            (a.band, a.rank, a.machine)
                .cmp(&(b.band, b.rank, b.machine))
                .then_with(|| crate::base::names::natural_cmp(&renamed.before(&a.name), &renamed.before(&b.name)))
        });
        self.places.slots = self.slots.len();
        self.shapes.first_expiry = u32::MAX;
        let leaves = 1usize << self.shapes.tree_depth;
        let leaf = |i: usize| i64::from(TREE_AT) + index((leaves + i) * 16);
        // Each its own, so that no two that never come are equal.
        for i in 0..leaves {
            self.image.put(leaf(i), tree::KEY, NEVER + index(i));
        }
        let mut first = Vec::new();
        for (i, plan) in self.slots.iter().enumerate() {
            if plan.record >> OWNER_BITS != 0 || plan.handler >= 1 << (63 - OWNER_BITS) {
                return Err("the plant has too many kinds of events".into());
            }
            let event = self.shapes.events.get(plan.handler).ok_or("an event has no handler")?;
            self.image.put(leaf(i), tree::OWNER, index(plan.handler) << OWNER_BITS | plan.record);
            self.image.put(plan.record, event.slot(), index(i));
            if plan.band == 4 && self.shapes.first_expiry == u32::MAX {
                self.shapes.first_expiry = u32::try_from(i).unwrap_or(u32::MAX);
            }
            first.extend(plan.first.map(|f| (i, f)));
        }
        Ok(first)
    }

    /// All nodes are settled once at t = 0.
    pub(super) fn dirty_set(&mut self) {
        let nodes = self.plant.nodes.len().max(1);
        let words = nodes.div_ceil(64);
        let middles = words.div_ceil(64);
        let fill = |n: usize, at: usize| {
            let here = n.saturating_sub(at * 64).min(64);
            if here == 64 { -1 } else { ((1u64 << here) - 1).cast_signed() }
        };
        self.shapes.dirty_levels = if words == 1 {
            1
        } else if middles == 1 {
            2
        } else {
            3
        };
        let bottom: Vec<i64> = (0..words).map(|w| fill(nodes, w)).collect();
        let middle: Vec<i64> = (0..middles).map(|w| fill(words, w)).collect();
        match self.shapes.dirty_levels {
            1 => self.image.put(0, header::DIRTY, fill(nodes, 0)),
            levels => {
                let at = self.image.array(&bottom);
                self.image.put(0, header::DIRTY_WORDS, at);
                if levels == 2 {
                    self.image.put(0, header::DIRTY, fill(words, 0));
                } else {
                    let at = self.image.array(&middle);
                    self.image.put(0, header::DIRTY_MIDDLE, at);
                    self.image.put(0, header::DIRTY, fill(middles, 0));
                }
            }
        }
    }

    /// The item pool with the items that are inside at t = 0.
    pub(super) fn items(&mut self, item_words: usize) -> Result<(), String> {
        while !self.image.words.len().is_multiple_of(8) {
            self.image.words.push(0);
        }
        let base = index(self.image.words.len() * 8);
        self.image.put(0, header::ITEM_BASE, base);
        // In natural order of names: draws for what they carry do not depend on the order of declarations.
        let filled = self.plant.nodes.iter().filter_map(|(id, n)| match &n.kind {
            NodeKind::Buffer(b) if !b.initial.is_empty() => Some((id, n, b)),
            _ => None,
        });
        let mut filled: Vec<_> = filled.collect();
        filled.sort_by_key(|(id, ..)| self.order.name_order(*id));
        for (id, n, b) in filled {
            let record = self.node_record(id);
            let (mut first, mut last, mut level) = (0, 0, 0i64);
            for (kind, number) in &b.initial {
                for _ in 0..*number {
                    let at = self.image.alloc(item_words);
                    self.image.put(at, item::TYPE, index(kind.index()));
                    self.image.put(at, item::HOLDER, record);
                    if last == 0 {
                        first = at;
                    } else {
                        self.image.put(last, item::NEXT, at);
                        if self.shapes.loose > 0 {
                            let back = index((self.shapes.first_loose() + crate::kernel::choice::own::BACK) * 8);
                            self.image.put(at + back, FIRST_WORD, last);
                        }
                    }
                    last = at;
                    level += 1;
                }
                let counter = self.places.counters + index(kind.index() * counters::WORDS * 8);
                let before = self.image.words.get(usize::try_from(counter / 8).unwrap_or(0)).copied().unwrap_or(0);
                self.image.put(counter, counters::INITIAL, before.cast_signed().saturating_add(count(*number)));
            }
            let capacity = match b.capacity {
                Capacity::Places(n) => count(n),
                Capacity::Unlimited => NEVER,
            };
            if level > capacity {
                return Err(format!("`{}` begins with more items than it has places", n.name));
            }
            self.image.put(record, buffer::FIRST, first);
            self.image.put(record, buffer::LAST, last);
            self.image.put(record, buffer::LEVEL, level);
            self.image.put(record, buffer::MAX, level);
        }
        let top = index(self.image.words.len() * 8);
        self.image.put(0, header::ITEM_TOP, top);
        self.image.alloc(item_words * 64);
        let end = index(self.image.words.len() * 8);
        self.image.put(0, header::ITEM_END, end);
        Ok(())
    }
}
