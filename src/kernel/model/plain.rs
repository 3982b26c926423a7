//! Which records are short: those of nodes that use none of what the words behind are for, as nearly all nodes of
//! long lines do. This is the only place that says so; with debug assertions every access to a record is held
//! against its length, by the interpreter and by whatever reads or writes an arena ([`super::super::host::Arena`]).

use super::*;
use crate::ir::{Blocking, Breakdown, Buffer, Node, PhaseKind};

/// Words of a short record, up to a field.
const fn up_to(field: Field) -> usize {
    field.offset.unsigned_abs() as usize / 8 + 1
}

/// Words of a plain station.
pub(super) const STATION: usize = up_to(station::RESERVED);
/// Words of its machine: with them it takes five lines of the cache.
pub(super) const MACHINE: usize = up_to(machine::WORK);
/// Words of a plain buffer.
pub(super) const BUFFER: usize = up_to(buffer::RESERVED);

impl Layout<'_> {
    /// Whether nodes of the plant may be plain: what could reserve or count something anywhere makes all records long.
    pub(super) fn may_be_plain(&self) -> bool {
        let plant = self.plant;
        let reserves = |n: &Node| matches!(&n.kind, NodeKind::Station(s) if s.blocking == Blocking::BeforeWork);
        plant.visits.is_empty()
            && plant.limits.is_empty()
            && plant.stops.is_empty()
            && plant.fleets.is_empty()
            && !plant.nodes.values().any(reserves)
    }

    /// Whether a station of such a plant is plain.
    pub(super) fn is_plain_station(&self, id: NodeId, n: &Node, s: &Station) -> bool {
        // Whatever a station comes to have has to be thought of here.
        let Station {
            machines,
            lowest_first: _,
            recipes,
            setup,
            yield_share,
            breakdowns,
            maintenance,
            hold_when_down: _,
            release_crew: _,
            blocking,
            load_each,
            sets,
            ideal: _,
            order,
            on_belt,
        } = s;
        let [recipe] = recipes.as_slice() else { return false };
        let crate::ir::Recipe {
            name: _,
            span: _,
            takes,
            makes,
            release: _,
            batch,
            wait_at_most,
            same,
            birth: _,
            setup: its_setup,
            phases,
        } = recipe;
        let [phase] = phases.as_slice() else { return false };
        let breaks_simply = |b: &Breakdown| {
            b.effect == BreakdownEffect::Resume
                && b.clock != BreakdownClock::Cycles
                && b.needs.is_empty()
                && !b.exclusive
                && !b.keep_crew
                && b.repair_in.is_none()
        };
        *machines == 1
            && setup.is_none()
            && yield_share.is_none()
            && breakdowns.iter().all(breaks_simply)
            && maintenance.is_empty()
            && *blocking == Blocking::AfterWork
            && !*load_each
            && sets.is_empty()
            && order.is_none()
            && !*on_belt
            && takes.is_empty()
            && makes.is_empty()
            && batch.is_none()
            && wait_at_most.is_none()
            && same.is_none()
            && its_setup.is_none()
            && phase.kind == PhaseKind::Work
            && phase.needs.is_empty()
            && !phase.duration.any(&|e| matches!(e, Expression::ByItem(..) | Expression::Over(..)))
            && n.calendar.is_none()
            && !self.observers.contains_key(&id.index())
    }

    /// Whether a buffer of such a plant is plain.
    pub(super) fn is_plain_buffer(&self, id: NodeId, b: &Buffer) -> bool {
        let Buffer {
            capacity: _,
            initial: _,
            transit,
            keeps_order: _,
            anonymous: _,
            overtake,
            order,
            max_stay,
            expired,
            kept,
            by,
        } = b;
        transit.is_none()
            && !*overtake
            && order.is_none()
            && max_stay.is_none()
            && expired.is_none()
            && kept.is_empty()
            && by.is_none()
            && !self.observers.contains_key(&id.index())
    }
}
