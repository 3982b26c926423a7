//! Items on their way through a buffer, the next to arrive first: a pairing heap threaded through the items (Fredman,
//! Sedgewick, Sleator, Tarjan 1986), amortised O(log n). Its order is the time of arrival, then that of departure.

use super::host::Host;
use super::layout::{buffer, item};

impl Host {
    /// Whether one item leaves before another.
    fn before(&self, a: i64, b: i64) -> bool {
        let key = |i: i64| (self.arena.get(i, item::READY), self.arena.get(i, item::SEQUENCE));
        key(a) < key(b)
    }

    /// Two heaps as one; 0 is the empty heap.
    fn meld(&mut self, a: i64, b: i64) -> i64 {
        if a == 0 || b == 0 {
            return a | b;
        }
        let (top, below) = if self.before(b, a) { (b, a) } else { (a, b) };
        let child = self.arena.get(top, item::CHILD);
        self.arena.set(below, item::SIBLING, child);
        self.arena.set(top, item::CHILD, below);
        top
    }

    /// An item enters the timed set of a buffer.
    pub(super) fn timed_insert(&mut self, node: i64, entering: i64) {
        self.arena.set(entering, item::CHILD, 0);
        self.arena.set(entering, item::SIBLING, 0);
        let number = self.arena.get(node, buffer::ENTRIES);
        self.arena.set(entering, item::SEQUENCE, number);
        let root = self.meld(self.arena.get(node, buffer::TIMED), entering);
        self.arena.set(node, buffer::TIMED, root);
    }

    /// Takes the first item out of the timed set of a buffer; 0 when there is none.
    pub(super) fn timed_take(&mut self, node: i64) -> i64 {
        let root = self.arena.get(node, buffer::TIMED);
        if root == 0 {
            return 0;
        }
        // Meld the children in pairs, then the pairs from the last to the first.
        let mut pairs = 0;
        let mut child = self.arena.get(root, item::CHILD);
        while child != 0 {
            let second = self.arena.get(child, item::SIBLING);
            let rest = if second == 0 { 0 } else { self.arena.get(second, item::SIBLING) };
            self.arena.set(child, item::SIBLING, 0);
            if second != 0 {
                self.arena.set(second, item::SIBLING, 0);
            }
            let pair = self.meld(child, second);
            self.arena.set(pair, item::SIBLING, pairs);
            pairs = pair;
            child = rest;
        }
        let mut heap = 0;
        while pairs != 0 {
            let rest = self.arena.get(pairs, item::SIBLING);
            self.arena.set(pairs, item::SIBLING, 0);
            heap = self.meld(heap, pairs);
            pairs = rest;
        }
        self.arena.set(node, buffer::TIMED, heap);
        root
    }
}
