//! Setups between items of different types or values (semantics S1, S12).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{item, machine, recipe, station, visit};
use super::super::program::{HostFn, Ty};
use super::super::shape::StationShape;
use super::Emit;

/// In [`machine::SET_UP`]: the setup is lost.
const LOST: i64 = -1;

const HANDLE: Field = Field { offset: 0, ty: Ty::Handle };

impl Emit<'_> {
    /// What a machine is set up for when it works on an item.
    fn setup_key(b: &mut Builder, s: &StationShape, node: V, item: V) -> V {
        if s.setup_recipe {
            let found = b.load(node, station::FOUND);
            return b.cast(found, Ty::Count);
        }
        if s.setup_by {
            let table = b.load(node, station::SETUPS);
            return b.host(HostFn::SetupKey, &[table, item], Ty::Count);
        }
        let kind = b.load(item, item::TYPE);
        b.plus(kind, 1)
    }

    /// The visit an item is on at a station that routes visit, or 0.
    fn visit_of(&self, b: &mut Builder, s: &StationShape, item: V) -> V {
        if s.visits { b.load(item, self.visit_field()) } else { b.none() }
    }

    /// The setups before the work on an item: the station's, or with the people of its visit.
    fn setups_of(b: &mut Builder, s: &StationShape, node: V, at: V, of: (Field, Field)) -> V {
        let own = b.load(node, of.0);
        if !s.visits {
            return own;
        }
        let found = b.var(own);
        let on_route = b.ne_zero(at);
        b.when(on_route, |b| {
            let its = b.load(at, of.1);
            b.set(found, its);
        });
        found
    }

    /// The setup that a visit has of its own, or 0.
    fn own_setup(b: &mut Builder, at: V) -> V {
        let none = b.none();
        let own = b.var(none);
        let on_route = b.ne_zero(at);
        b.when(on_route, |b| {
            let its = b.load(at, visit::SETUP);
            b.set(own, its);
        });
        own
    }

    /// Of several idle machines, the first that is set up for the item; else the one given (S1).
    pub(super) fn set_up_machine(&self, b: &mut Builder, s: &StationShape, node: V, machine: V, item: V) -> V {
        if !(s.setup && s.many) {
            return machine;
        }
        let key = Self::setup_key(b, s, node, item);
        let visit = self.visit_of(b, s, item);
        let own = if s.visit_setups { Self::own_setup(b, visit) } else { b.none() };
        let of_its_own = b.ne_zero(own);
        let chosen = b.var(machine);
        let at = b.var(machine);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let its = b.load(at, machine::SET_UP);
            let fits = b.eq(its, key);
            let fits = if s.visit_setups {
                let last = b.load(at, machine::LAST_VISIT);
                let same = b.eq(last, visit);
                let same = b.and(same, fits);
                b.select(of_its_own, same, fits)
            } else {
                fits
            };
            b.when(fits, |b| {
                b.set(chosen, at);
                b.leave();
            });
            let next = b.load(at, machine::IDLE_NEXT);
            b.set(at, next);
        });
        chosen
    }

    /// A setup comes before the work when the machine was set up for something else. The record of what
    /// is done first.
    pub(super) fn set_up_first(&self, b: &mut Builder, s: &StationShape, node: V, machine: V, item: V, work: V) -> V {
        let before = b.load(machine, machine::SET_UP);
        let key = Self::setup_key(b, s, node, item);
        b.store(machine, machine::SET_UP, key);
        b.store_int(machine, machine::THEN, 0);
        let first = b.var(work);
        let visit = self.visit_of(b, s, item);
        let other_visit = if s.visit_setups {
            let last = b.load(machine, machine::LAST_VISIT);
            b.store(machine, machine::LAST_VISIT, visit);
            b.ne(last, visit)
        } else {
            b.int(0, Ty::Flag)
        };
        let any = b.ne_zero(before);
        b.when(any, |b| {
            let none = b.none();
            let setup = b.var(none);
            let known = |b: &mut Builder| {
                let found = if s.setup_recipe {
                    let recipe = b.load(node, station::FOUND);
                    let other = b.ne(before, key);
                    let its = b.load(recipe, recipe::SETUP);
                    b.select(other, its, none)
                } else if s.setup_by {
                    let table = Self::setups_of(b, s, node, visit, (station::SETUPS, visit::SETUPS));
                    b.host(HostFn::SetupOf, &[table, before, key], Ty::Handle)
                } else {
                    let row = b.plus(before, -1);
                    let kind = b.plus(key, -1);
                    let types = b.count(i64::try_from(self.shapes.item_types).unwrap_or(i64::MAX));
                    let row = b.mul(row, types);
                    let at = b.add(row, kind);
                    let table = Self::setups_of(b, s, node, visit, (station::SETUPS, visit::SETUPS));
                    let at = b.element(table, at, 8);
                    b.load(at, HANDLE)
                };
                b.set(setup, found);
            };
            if s.setup_lost_off || s.setup_lost_down {
                let lost = b.count(LOST);
                let lost = b.eq(before, lost);
                b.either(
                    lost,
                    |b| {
                        let anew = Self::setups_of(b, s, node, visit, (station::SETUP_ANEW, visit::SETUP_ANEW));
                        b.set(setup, anew);
                    },
                    known,
                );
            } else {
                known(b);
            }
            if s.visit_setups {
                // A visit's own setup is due after anything else, and after a setup that is lost.
                let own = Self::own_setup(b, visit);
                let has = b.ne_zero(own);
                b.when(has, |b| {
                    let lost = b.count(LOST);
                    let lost = b.eq(before, lost);
                    let other = b.ne(before, key);
                    let due = b.or(other, other_visit);
                    let due = b.or(due, lost);
                    let its = b.select(due, own, none);
                    b.set(setup, its);
                });
            }
            let due = b.ne_zero(setup);
            b.when(due, |b| {
                b.store(machine, machine::THEN, work);
                b.store(machine, machine::WORK, setup);
                b.set(first, setup);
            });
        });
        first
    }

    /// A machine loses its setup, if it has had one.
    pub(super) fn lose_setup(b: &mut Builder, machine: V) {
        let before = b.load(machine, machine::SET_UP);
        let none = b.is_zero(before);
        let lost = b.count(LOST);
        let after = b.select(none, before, lost);
        b.store(machine, machine::SET_UP, after);
    }
}
