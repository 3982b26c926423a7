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
    /// A timetable in place of `every` and a clock: the instants of this calendar's windows begin it.
    pub timetable: Option<super::CalendarId>,
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
    /// Windows from Monday 00:00 on, breaks taken out, sorted; windows of different names may overlap.
    pub windows: Vec<Window>,
    /// Names of windows; [`Window::name`] is an index.
    pub names: Vec<String>,
    /// Length of the pattern; a week.
    pub period: Ticks,
    /// Where in the pattern t = 0 lies.
    pub offset: Ticks,
    /// Closed stretches [from, to) on the clock of the run, sorted.
    pub closed: Vec<(Ticks, Ticks)>,
}

/// A stretch of a calendar that is on: [from, to).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// First tick that is on, within the pattern.
    pub from: Ticks,
    /// First tick that is off again, at most the length of the pattern.
    pub to: Ticks,
    /// Which name it has, when the shift gives one (`early`).
    pub name: Option<usize>,
}

impl Calendar {
    /// Whether it is on at an instant of the run. O(windows).
    #[must_use]
    pub fn is_on(&self, at: Ticks) -> bool {
        self.windows.iter().any(|w| self.within(w, at))
    }

    /// Whether a window of this name is on at an instant of the run. O(windows).
    #[must_use]
    pub fn is_on_in(&self, at: Ticks, name: usize) -> bool {
        self.windows.iter().any(|w| w.name == Some(name) && self.within(w, at))
    }

    fn within(&self, window: &Window, at: Ticks) -> bool {
        let place = at.0.saturating_add(self.offset.0).rem_euclid(self.period.0.max(1));
        window.from.0 <= place
            && place < window.to.0
            && !self.closed.iter().any(|(from, to)| from.0 <= at.0 && at.0 < to.0)
    }

    /// The next instant behind `after` at which a window begins or ends or a closed stretch does; `None`
    /// when nothing ever changes. O(windows + closed stretches).
    #[must_use]
    pub fn next_boundary(&self, after: Ticks) -> Option<Ticks> {
        let period = self.period.0.max(1);
        let place = after.0.saturating_add(self.offset.0).rem_euclid(period);
        let start = after.0.saturating_sub(place);
        let in_pattern = self.windows.iter().flat_map(|w| [w.from.0, w.to.0]).map(|b| {
            let at = if b > place { b } else { b.saturating_add(period) };
            start.saturating_add(at)
        });
        let closing = self.closed.iter().flat_map(|(from, to)| [from.0, to.0]).filter(|b| *b > after.0);
        in_pattern.chain(closing).min().map(Ticks)
    }

    /// Ticks of a pattern in which it is on, closed stretches left out. O(windows).
    #[must_use]
    pub fn on_per_period(&self) -> Ticks {
        let mut sum = 0i64;
        let mut reached = 0i64;
        for w in &self.windows {
            let from = w.from.0.max(reached);
            if w.to.0 > from {
                sum = sum.saturating_add(w.to.0 - from);
                reached = w.to.0;
            }
        }
        Ticks(sum)
    }
}
