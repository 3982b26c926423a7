//! When things can work: breakdowns, maintenance, shifts.

use crate::base::{Span, Ticks};

use super::{Expression, Need};

/// A way to fail, with a clock of its own on every machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakdown {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// From the end of one repair to the next failure (time; a number of cycles on the clock `cycles`).
    pub after: Expression,
    /// What makes the clock run.
    pub clock: BreakdownClock,
    /// Time to repair (time).
    pub repair: Expression,
    /// What happens to the work at hand.
    pub effect: BreakdownEffect,
    /// Who repairs.
    pub needs: Vec<Need>,
}

/// What makes a breakdown clock run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakdownClock {
    /// Always.
    Calendar,
    /// While the station is on shift.
    Scheduled,
    /// While the machine is in state `working`.
    Working,
    /// One per end of work.
    Cycles,
}

/// What a breakdown does to the work at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakdownEffect {
    /// The remaining time continues after the repair.
    Resume,
    /// The same drawn time runs again from the start.
    Restart,
    /// A fresh time is drawn and run from the start.
    RestartNew,
    /// The item is scrapped.
    Scrap,
    /// The repair begins when the item is finished.
    FinishItem,
}

/// A planned stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Maintenance {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// From the end of one to the next (time, or cycles).
    pub every: Expression,
    /// What makes the clock run.
    pub clock: BreakdownClock,
    /// How long (time).
    pub lasts: Expression,
    /// When it begins once due.
    pub start: MaintenanceStart,
    /// Who does it.
    pub needs: Vec<Need>,
}

/// When a due maintenance begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaintenanceStart {
    /// At the next end of work.
    BetweenItems,
    /// At once; the work resumes afterwards.
    Immediately,
}

/// What happens to work at the end of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ShiftEnd {
    /// It stops and resumes with the next shift.
    #[default]
    Pause,
    /// The item at hand is finished first.
    FinishItem,
    /// Only what can be finished in time is begun.
    FinishInTime,
}

/// A shift pattern that repeats every week.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Windows from Monday 00:00, sorted, disjoint.
    pub windows: Vec<Window>,
    /// Length of the pattern; a week.
    pub period: Ticks,
}

/// A stretch of a calendar that is on: [from, to).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its name, when the shift gives one (`early`).
    pub name: Option<String>,
    /// First tick that is on.
    pub from: Ticks,
    /// First tick that is off again.
    pub to: Ticks,
}
