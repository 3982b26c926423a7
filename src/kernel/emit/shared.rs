//! Stops of several things at once: several stations, a source, a member of a pool, a pallet.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{breakdown, limit};
use super::super::program::{Program, Ty};
use super::super::shape::{MemberShape, NodeShape};
use super::Emit;
use super::failure::{AFTER_WORK, REPAIR};

impl Emit<'_> {
    /// Writes the begin of their repairs.
    pub(super) fn shared_functions(&mut self, program: &mut Program) -> Result<(), String> {
        if self.shapes.stops.is_empty() {
            return Ok(());
        }
        for (j, shape) in self.shapes.stops.iter().enumerate() {
            let (mut b, args) = Builder::new(program, &format!("stop_repair_{j}"), &[Ty::Handle], None);
            if let [record] = args[..] {
                self.charge_members(&mut b, record, breakdown::WAITED);
                self.begin_repair(&mut b, shape, record);
            }
            self.functions.stop_repair.push(Some(b.finish()?));
        }
        let (mut b, args) = Builder::new(program, "stop_begins", &[Ty::Handle], None);
        if let [record] = args[..] {
            let kind = b.load(record, breakdown::KIND);
            b.switch(kind, self.shapes.stops.len(), |b, j| {
                if let Some(shape) = self.shapes.stops.get(j) {
                    let repair = Self::function(self.functions.stop_repair.get(j).copied().flatten());
                    self.start_repair(b, repair, shape, record, None);
                }
            });
        }
        self.functions.stop_begins = Some(b.finish()?);
        Ok(())
    }

    /// One of what is stopped stands still; with the last one the repair begins.
    pub(super) fn stands(&self, b: &mut Builder, record: V) {
        let left = b.bump(record, breakdown::PENDING, -1);
        let all = b.is_zero(left);
        b.when(all, |b| b.call(Self::function(self.functions.stop_begins), &[record]));
    }

    /// Charges the time of a stop to the machines that it stops: that they have waited for the others to stand and for
    /// people, or that it has been under repair.
    pub(super) fn charge_members(&self, b: &mut Builder, record: V, sum: Field) {
        let machine = |m: &MemberShape| matches!(m, MemberShape::Machine(..));
        if !self.shapes.members.iter().any(machine) {
            return;
        }
        let list = b.load(record, breakdown::MEMBERS);
        let n = b.load(record, breakdown::MEMBER_COUNT);
        b.each(list, n, 16, |b, at| {
            let who = b.load(at, Field { offset: 0, ty: Ty::Handle });
            let kind = b.load(at, Field { offset: 8, ty: Ty::Count });
            b.switch(kind, self.shapes.members.len(), |b, m| {
                if self.shapes.members.get(m).is_some_and(machine) {
                    self.charge_stop(b, who, sum);
                }
            });
        });
    }

    /// The event of its slot: it is due, or its repair ends.
    pub(super) fn shared_event(&self, b: &mut Builder, j: usize, record: V) {
        let Some(shape) = self.shapes.stops.get(j) else { return };
        let active = b.load(record, breakdown::ACTIVE);
        let repaired = b.int(REPAIR, Ty::Count);
        let repaired = b.eq(active, repaired);
        let repair = Self::function(self.functions.stop_repair.get(j).copied().flatten());
        b.either(
            repaired,
            |b| {
                if shape.from_start {
                    // The next may begin at once.
                    self.charge_members(b, record, breakdown::REPAIRED);
                }
                self.end_repair(b, repair, shape, record, |b| self.each_member(b, record, false));
            },
            |b| {
                b.bump(record, breakdown::FAILURES, 1);
                b.store_int(record, breakdown::ACTIVE, AFTER_WORK);
                let members = b.load(record, breakdown::MEMBER_COUNT);
                let and_this = b.plus(members, 1);
                b.store(record, breakdown::PENDING, and_this);
                self.each_member(b, record, true);
                self.stands(b, record);
            },
        );
    }

    /// Stops everything, or lets it go.
    fn each_member(&self, b: &mut Builder, record: V, stop: bool) {
        let list = b.load(record, breakdown::MEMBERS);
        let n = b.load(record, breakdown::MEMBER_COUNT);
        b.each(list, n, 16, |b, at| {
            let who = b.load(at, Field { offset: 0, ty: Ty::Handle });
            let kind = b.load(at, Field { offset: 8, ty: Ty::Count });
            b.switch(kind, self.shapes.members.len(), |b, m| match self.shapes.members.get(m) {
                Some(MemberShape::Machine(k, i)) => {
                    let Some(s) = self.station_shape(*k) else { return };
                    let Some(shape) = s.breakdowns.get(*i) else { return };
                    if stop {
                        self.due(b, *k, s, *i, shape, who);
                    } else {
                        self.repaired(b, *k, s, *i, shape, who);
                    }
                }
                Some(MemberShape::Source(k)) => {
                    if let Some(NodeShape::Source(s)) = self.shapes.nodes.get(*k) {
                        self.source_stops(b, s, who, stop);
                    }
                    if stop {
                        self.stands(b, record);
                    }
                }
                Some(MemberShape::Conveyor(k)) => {
                    if let Some(NodeShape::Conveyor(s)) = self.shapes.nodes.get(*k) {
                        self.switch_lanes(b, s, who, stop);
                    }
                    if stop {
                        self.stands(b, record);
                    }
                }
                Some(MemberShape::Pool(finish)) => {
                    self.member_breaks(b, who, stop, *finish);
                    if stop {
                        self.stands(b, record);
                    }
                }
                Some(MemberShape::Vehicle(finish, maintained)) if stop => {
                    self.vehicle_due(b, record, who, *finish, *maintained);
                }
                Some(MemberShape::Vehicle(_, maintained)) => self.vehicle_repaired(b, who, *maintained),
                Some(MemberShape::Card) => {
                    if !stop {
                        self.note_cards(b, who);
                    }
                    b.bump(who, limit::CARDS, if stop { -1 } else { 1 });
                    if stop {
                        self.stands(b, record);
                    } else {
                        let rank = b.load(who, limit::RANK);
                        self.mark(b, rank);
                    }
                }
                Some(MemberShape::Clearance) if !stop => self.line_cleared(b, who),
                Some(MemberShape::Clearance) | None => {}
            });
        });
    }
}
