//! Tells the host of items that expectations measure: when they enter a node. Only where something is
//! measured is there any code.

use super::super::builder::{Builder, Field, V};
use super::super::program::{HostFn, Ty};
use super::Emit;

impl Emit<'_> {
    /// An item enters a node that has observers.
    pub(super) fn observe(b: &mut Builder, observed: bool, node: V, observers: Field, item: V) {
        if observed {
            let list = b.load(node, observers);
            b.host(HostFn::Observe, &[list, item], Ty::Count);
        }
    }

    /// The word of an item that holds the n-th time stamp.
    fn stamp(&self, n: usize) -> Field {
        let word = self.shapes.first_attribute() + self.shapes.attributes + n;
        Field { offset: i32::try_from(word * 8).unwrap_or(i32::MAX), ty: Ty::Time }
    }

    /// A new item has no time stamps.
    pub(super) fn no_stamps(&self, b: &mut Builder, item: V) {
        for n in 0..self.shapes.stamps {
            b.store_int(item, self.stamp(n), 0);
        }
    }

    /// A product carries the time stamps of the main part.
    pub(super) fn same_stamps(&self, b: &mut Builder, part: V, product: V) {
        for n in 0..self.shapes.stamps {
            let time = b.load(part, self.stamp(n));
            b.store(product, self.stamp(n), time);
        }
    }
}
