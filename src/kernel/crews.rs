//! What the host does for people: whether they are there until work is done.

use crate::base::Ticks;

use super::host::Host;
use super::layout::{calendar, header, needs, pool};

impl Host {
    /// Whether the members of a need list who begin only what they can finish are there for a time; `to_be_granted`
    /// tells that they are not counted as busy yet. Those who stay are sent before those who leave.
    /// O(changes of their shift meanwhile).
    pub(super) fn in_time(&self, list: i64, time: i64, to_be_granted: i64) -> i64 {
        let now = self.arena.get(0, header::NOW);
        let end = now.saturating_add(time);
        for i in 0..self.arena.get(list, needs::COUNT) {
            let members = self.arena.get(list + 16 * i, needs::POOL);
            let record = self.arena.get(members, pool::IN_TIME);
            if record == 0 {
                continue;
            }
            let index = usize::try_from(self.arena.get(record, calendar::INDEX)).unwrap_or(usize::MAX);
            let Some(schedule) = self.schedules.get(index) else { continue };
            let more = if to_be_granted == 0 { 0 } else { self.arena.get(list + 16 * i, needs::NUMBER) };
            let wanted = self.arena.get(members, pool::BUSY) + more + self.arena.get(members, pool::BROKEN);
            let mut at = Ticks(now);
            while let Some(next) = schedule.next_change(at).filter(|t| t.0 < end) {
                if i64::try_from(schedule.value(next)).unwrap_or(i64::MAX) < wanted {
                    return 0;
                }
                at = next;
            }
        }
        1
    }
}
