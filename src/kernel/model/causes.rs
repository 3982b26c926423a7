//! Lays out where a machine's starved, blocked and waiting times are charged.

use super::*;
use crate::kernel::causes::{limits_of, pools_of};
use crate::kernel::layout::causes;

/// Which of the three have several possible causes: starved, blocked, waiting.
pub(super) type Several = [bool; 3];

impl Layout<'_> {
    /// Gives every machine of a station a record of causes, when some state has several.
    pub(super) fn causes(&mut self, id: NodeId, first: i64, machines: u64) -> Several {
        let pools = pools_of(self.plant, id);
        let limits = limits_of(self.plant, id);
        if self.causes.givers(id).len() + limits.len() <= 1 && self.causes.takers(id).len() <= 1 && pools.len() <= 1 {
            return [false; 3];
        }
        let mut givers: Vec<i64> = self.causes.givers(id).iter().map(|n| index(self.order.name_order(*n))).collect();
        // Handles of limits would mix with the numbers of names.
        let handle = |l: &crate::ir::LimitId| -self.places.limits.get(l.index()).copied().unwrap_or(0);
        givers.extend(limits.iter().map(handle));
        let takers: Vec<i64> = self.causes.takers(id).iter().map(|n| index(self.order.rank(*n))).collect();
        let pools: Vec<i64> = pools.iter().map(|p| self.places.pools.get(p.index()).copied().unwrap_or(0)).collect();
        let lists = [givers, takers, pools];
        let several = [0, 1, 2].map(|i| lists.get(i).is_some_and(|l| l.len() > 1));
        if !several.contains(&true) {
            return several;
        }
        for m in 0..count(machines) {
            let record = self.image.alloc(causes::WORDS);
            for (i, keys) in (0i64..).zip(&lists) {
                let mut words = vec![index(keys.len())];
                words.extend(keys.iter().flat_map(|k| [*k, 0]));
                let list = self.image.array(&words);
                self.image.put(record + 8 * i, causes::LISTS, list);
            }
            self.image.put(first + m * index(machine::WORDS * 8), machine::CAUSES, record);
        }
        several
    }
}
