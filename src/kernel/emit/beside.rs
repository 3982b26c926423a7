//! What stands beside a station: its machine, its work, the lane it takes from, and which of its machines are idle.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{machine, station};
use super::super::shape::StationShape;
use super::super::status::phase;
use super::Emit;

impl Emit<'_> {
    /// The station of a machine.
    pub(super) fn station_of(b: &mut Builder, s: &StationShape, machine: V) -> V {
        match s.machine_at {
            Some(bytes) => b.beside(machine, -bytes),
            None => b.load(machine, machine::STATION),
        }
    }

    /// The only machine of a station.
    pub(super) fn machine_of(b: &mut Builder, s: &StationShape, node: V) -> V {
        match s.machine_at {
            Some(bytes) => b.beside(node, bytes),
            None => b.load(node, station::MACHINES),
        }
    }

    /// The lane or source that a station takes from directly.
    pub(super) fn direct_in(b: &mut Builder, s: &StationShape, node: V) -> V {
        match s.lane_at {
            Some(bytes) => b.beside(node, bytes),
            None => b.load(node, station::DIRECT_IN),
        }
    }

    /// The work record that a machine has, where all items have the same.
    pub(super) fn work_of(b: &mut Builder, s: &StationShape, machine: V) -> V {
        match s.work_at {
            Some(bytes) => b.beside(machine, bytes),
            None => b.load(machine, machine::WORK),
        }
    }

    /// The machine of the station that is loaded next, or 0.
    pub(super) fn idle_machine(&self, b: &mut Builder, s: &StationShape, node: V) -> V {
        if s.many {
            return b.load(node, station::IDLE);
        }
        if s.stay {
            return self.open_machine(b, s, node);
        }
        let (machine, ready) = self.idle_machine_if(b, s, node);
        let none = b.none();
        b.select(ready, machine, none)
    }

    /// The same, and whether there is one: what the machine is otherwise is of no use.
    pub(super) fn idle_machine_if(&self, b: &mut Builder, s: &StationShape, node: V) -> (V, V) {
        if s.many || s.stay {
            let machine = self.idle_machine(b, s, node);
            return (machine, b.ne_zero(machine));
        }
        let machine = Self::machine_of(b, s, node);
        let at = b.load(machine, machine::PHASE);
        let idle = b.count(phase::IDLE);
        let idle = b.eq(at, idle);
        if !s.stops() {
            return (machine, idle);
        }
        let down = b.load(machine, machine::DOWN);
        let up = b.is_zero(down);
        (machine, b.and(idle, up))
    }

    /// Takes a machine out of the list of idle ones.
    pub(super) fn unlist_idle(b: &mut Builder, s: &StationShape, node: V, machine: V) {
        if !s.many {
            return;
        }
        let next = b.load(machine, machine::IDLE_NEXT);
        let previous = b.load(machine, machine::IDLE_PREVIOUS);
        // The ends of the list are linked in the station as others are in machines: whether it is an end cannot be foretold.
        let before = Self::link(b, previous, node, station::IDLE, machine::IDLE_NEXT);
        b.store(before, machine::IDLE_NEXT, next);
        let behind = Self::link(b, next, node, station::IDLE_LAST, machine::IDLE_PREVIOUS);
        b.store(behind, machine::IDLE_PREVIOUS, previous);
    }

    /// The record in which `link` leads on from a machine, or from the `end` of the list in its station where that is 0.
    fn link(b: &mut Builder, machine: V, node: V, end: Field, link: Field) -> V {
        let some = b.ne_zero(machine);
        let at_end = b.beside(node, end.offset - link.offset);
        b.select(some, machine, at_end)
    }

    /// Puts an idle machine behind those idle longer, of one instant by number (S1).
    pub(super) fn list_idle(b: &mut Builder, s: &StationShape, node: V, machine: V) {
        let now = Self::now(b);
        let tail = b.load(node, station::IDLE_LAST);
        let at = b.var(tail);
        if !s.lowest {
            // Most come behind one that is idle longer, or are alone, which cannot be foretold.
            let some = b.ne_zero(tail);
            let one = b.select(some, tail, machine);
            let since = b.load(one, machine::IDLE_SINCE);
            let last = b.lt(since, now);
            b.store(machine, machine::IDLE_SINCE, now);
            b.either(
                last,
                |b| {
                    let before = Self::link(b, tail, node, station::IDLE, machine::IDLE_NEXT);
                    b.store(before, machine::IDLE_NEXT, machine);
                    let none = b.none();
                    b.store(machine, machine::IDLE_PREVIOUS, tail);
                    b.store(machine, machine::IDLE_NEXT, none);
                    b.store(node, station::IDLE_LAST, machine);
                },
                |b| Self::list_among(b, s, node, machine, at),
            );
            return;
        }
        b.store(machine, machine::IDLE_SINCE, now);
        Self::list_among(b, s, node, machine, at);
    }

    /// Puts an idle machine into the list, from its end.
    fn list_among(b: &mut Builder, s: &StationShape, node: V, machine: V, at: V) {
        let now = Self::now(b);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let since = b.load(at, machine::IDLE_SINCE);
            let earlier = b.lt(since, now);
            if !s.lowest {
                b.leave_if(earlier);
            }
            // Machines lie side by side in order of their numbers.
            let lower = b.lt(at, machine);
            b.leave_if(lower);
            let previous = b.load(at, machine::IDLE_PREVIOUS);
            b.set(at, previous);
        });
        b.store(machine, machine::IDLE_PREVIOUS, at);
        let head = b.load(node, station::IDLE);
        let next = b.var(head);
        let front = b.is_zero(at);
        b.either(
            front,
            |b| b.store(node, station::IDLE, machine),
            |b| {
                let after = b.load(at, machine::IDLE_NEXT);
                b.set(next, after);
                b.store(at, machine::IDLE_NEXT, machine);
            },
        );
        b.store(machine, machine::IDLE_NEXT, next);
        let last = b.is_zero(next);
        b.either(
            last,
            |b| b.store(node, station::IDLE_LAST, machine),
            |b| b.store(next, machine::IDLE_PREVIOUS, machine),
        );
    }
}
