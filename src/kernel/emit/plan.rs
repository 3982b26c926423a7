//! Work that begins only when all of it ends in time (`finish_in_time`, semantics H2): the times of a setup and of all
//! steps are drawn when the first of them begins, and kept. How long the people of a step are needed is known too.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{draw, machine};
use super::super::program::Ty;
use super::super::shape::{ShiftShape, StationShape};
use super::Emit;

/// In the list of a machine: where the time of the next step stands; 0 before the first.
const NEXT: Field = Field { offset: 0, ty: Ty::Handle };
/// In the list of a machine: whether the people of the step before stay for the one that begins.
const STAY: Field = Field { offset: 8, ty: Ty::Count };
/// Words before the times.
pub const TIMES_HEAD: usize = 2;
/// The first time of a list, and any time that a handle leads to.
const FIRST: i64 = 8 * TIMES_HEAD as i64;
const TIME: Field = Field { offset: 0, ty: Ty::Duration };

impl Emit<'_> {
    /// Whether times of steps are drawn together.
    pub(super) fn plans(&self, s: &StationShape) -> bool {
        s.steps && (s.shift == Some(ShiftShape::FinishInTime) || self.crews_look_ahead(s))
    }

    /// Whether people begin only what they can finish.
    pub(super) fn crews_look_ahead(&self, s: &StationShape) -> bool {
        self.shapes.crews_in_time && s.needs && s.crew_shift
    }

    /// Nothing has been drawn yet for what a machine has loaded.
    pub(super) fn forget_times(&self, b: &mut Builder, s: &StationShape, machine: V) {
        if self.plans(s) {
            let list = b.load(machine, machine::TIMES);
            b.store_int(list, NEXT, 0);
            b.store_int(list, STAY, 0);
        }
    }

    /// The people of a step stay for the next.
    pub(super) fn people_stay(&self, b: &mut Builder, s: &StationShape, machine: V) {
        if self.plans(s) {
            let list = b.load(machine, machine::TIMES);
            b.store_int(list, STAY, 1);
        }
    }

    /// The time of the step that begins, and whether it is the first of all; at the first the times of all are drawn.
    pub(super) fn planned(&self, b: &mut Builder, s: &StationShape, machine: V, item: V) -> (V, V) {
        let list = b.load(machine, machine::TIMES);
        let at = b.load(list, NEXT);
        let first = b.is_zero(at);
        let at = b.var(at);
        b.when(first, |b| {
            let offset = b.count(FIRST);
            let begin = b.add(list, offset);
            b.set(at, begin);
            let place = b.var(begin);
            let work = b.load(machine, machine::WORK);
            let work = b.var(work);
            let none = b.none();
            let then = if s.setup { b.load(machine, machine::THEN) } else { none };
            let then = b.var(then);
            let word = b.count(8);
            b.repeat(|b| {
                let end = b.is_zero(work);
                b.leave_if(end);
                let time = self.duration(b, work, &s.work, Some(item));
                b.store(place, TIME, time);
                let after = b.add(place, word);
                b.set(place, after);
                let next = b.load(work, draw::NEXT);
                let after_setup = b.ne_zero(then);
                let next = b.select(after_setup, then, next);
                b.set(work, next);
                b.set(then, none);
            });
            let end = b.int(-1, Ty::Duration);
            b.store(place, TIME, end);
        });
        let time = b.load(at, TIME);
        let word = b.count(8);
        let next = b.add(at, word);
        b.store(list, NEXT, next);
        (time, first)
    }

    /// The times of all steps behind the present one, added to its own.
    pub(super) fn with_all_steps(&self, b: &mut Builder, s: &StationShape, machine: V, time: V) -> V {
        if !self.plans(s) {
            return time;
        }
        let list = b.load(machine, machine::TIMES);
        let at = b.load(list, NEXT);
        let at = b.var(at);
        let sum = b.var(time);
        b.repeat(|b| {
            let its = b.load(at, TIME);
            let zero = b.int(0, Ty::Duration);
            let end = b.lt(its, zero);
            b.leave_if(end);
            let more = b.add(sum, its);
            b.set(sum, more);
            let word = b.count(8);
            let next = b.add(at, word);
            b.set(at, next);
        });
        sum
    }

    /// How long the people of the present step are needed: for its own time and for the steps behind it that they
    /// stay for.
    pub(super) fn with_steps_of_people(&self, b: &mut Builder, s: &StationShape, machine: V, time: V) -> V {
        if !self.plans(s) {
            return time;
        }
        let list = b.load(machine, machine::TIMES);
        let at = b.load(list, NEXT);
        let at = b.var(at);
        let sum = b.var(time);
        let work = b.load(machine, machine::WORK);
        let people = b.load(work, draw::NEEDS);
        let next = b.load(work, draw::NEXT);
        let next = if s.setup {
            let then = b.load(machine, machine::THEN);
            let after_setup = b.ne_zero(then);
            b.select(after_setup, then, next)
        } else {
            next
        };
        let step = b.var(next);
        b.repeat(|b| {
            let end = b.is_zero(step);
            b.leave_if(end);
            let its = b.load(step, draw::NEEDS);
            let others = b.ne(its, people);
            b.leave_if(others);
            let time = b.load(at, TIME);
            let more = b.add(sum, time);
            b.set(sum, more);
            let word = b.count(8);
            let after = b.add(at, word);
            b.set(at, after);
            let next = b.load(step, draw::NEXT);
            b.set(step, next);
        });
        sum
    }

    /// Whether the people of the step that begins have stayed from the one before; asked once.
    pub(super) fn have_stayed(b: &mut Builder, machine: V) -> V {
        let list = b.load(machine, machine::TIMES);
        let stay = b.load(list, STAY);
        b.store_int(list, STAY, 0);
        b.ne_zero(stay)
    }
}
