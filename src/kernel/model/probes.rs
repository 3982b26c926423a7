//! Lays out what expectations measure of each item: a probe for each measure, and at every node the
//! probes that are told of the items that enter it.

use super::*;
use crate::ir::expect::{ItemTime, MeasureKind, Statistic};
use crate::kernel::layout::probe;

/// At a node: probes and what they do with an item that enters.
pub(super) type Observers = BTreeMap<usize, Vec<i64>>;

/// The item's time ends here.
const ENDS: i64 = 0;
/// The item's time begins here.
const BEGINS: i64 = 1;

impl Layout<'_> {
    /// One probe for each measure of items' times.
    pub(super) fn probes(&mut self) {
        let plant = self.plant;
        for measure in &plant.measures {
            let MeasureKind::Duration(time, statistic) = &measure.kind else {
                self.places.probes.push(0);
                continue;
            };
            let at = self.image.alloc(probe::WORDS + 2 * histogram::WORDS);
            self.places.probes.push(at);
            self.image.put(at, probe::MINIMUM, NEVER);
            self.image.put(at, probe::MAXIMUM, -NEVER);
            if let Statistic::Share { at_most, .. } = statistic {
                self.image.put(at, probe::LIMIT, *at_most);
            }
            if let Some(shift) = measure.during {
                let index = self.schedule(shift, 1, Vec::new());
                self.image.put(at, probe::SHIFT, super::index(index) + 1);
            }
            let item = match time {
                ItemTime::InSystem(item) => *item,
                ItemTime::Lateness(item, _) | ItemTime::Between(item, ..) => Some(*item),
            };
            let wanted = |t: usize| item.is_none_or(|i| plant.is_a(ItemId::new(t), i));
            let types: Vec<i64> = (0..plant.items.len()).map(|t| i64::from(wanted(t))).collect();
            let types = self.image.array(&types);
            self.image.put(at, probe::TYPES, types);
            let sinks = plant.nodes.iter().filter(|(_, n)| n.kind == NodeKind::Sink).map(|(id, _)| id.index());
            match time {
                ItemTime::InSystem(_) | ItemTime::Lateness(..) => {
                    for sink in sinks {
                        self.observers.entry(sink).or_default().extend([at, ENDS]);
                    }
                    if let ItemTime::Lateness(_, slot) = time {
                        let offset = i64::from(self.attributes_at()) + index(*slot * 8);
                        self.image.put(at, probe::WHAT, 1);
                        self.image.put(at, probe::OFFSET, offset);
                    }
                }
                ItemTime::Between(_, from, to) => {
                    let word = self.shapes.first_attribute() + self.shapes.attributes + self.shapes.stamps;
                    self.shapes.stamps += 1;
                    self.image.put(at, probe::WHAT, 2);
                    self.image.put(at, probe::OFFSET, index(word * 8));
                    self.observers.entry(to.index()).or_default().extend([at, ENDS]);
                    self.observers.entry(from.index()).or_default().extend([at, BEGINS]);
                }
            }
        }
    }

    /// The list of observers of a node: how many, then pairs of probe and what it does. 0 without any.
    pub(super) fn observers(&mut self, id: NodeId) -> i64 {
        let Some(list) = self.observers.get(&id.index()) else { return 0 };
        let mut words = vec![index(list.len() / 2)];
        words.extend(list);
        self.image.array(&words)
    }
}

/// Nodes that something is measured at.
pub(super) fn observed(plant: &Plant) -> Vec<bool> {
    let mut list = vec![false; plant.nodes.len()];
    for measure in &plant.measures {
        if let MeasureKind::Duration(ItemTime::Between(_, from, to), _) = measure.kind {
            for id in [from, to] {
                if let Some(place) = list.get_mut(id.index()) {
                    *place = true;
                }
            }
        }
    }
    list
}
