//! When things can work: breakdowns, maintenance, shifts.

use crate::base::{Span, Ticks};

use super::{CalendarId, Expression, LimitId, Need, NodeId, PoolId};

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
    /// The next `after` counts from the onset, not from the end of the repair.
    pub from_start: bool,
    /// While it lasts, the clocks of the machine's other breakdowns stand still.
    pub exclusive: bool,
    /// The people of the work stay during the repair.
    pub keep_crew: bool,
    /// The repair goes on only while this shift is on; absent: always.
    pub repair_in: Option<CalendarId>,
}

impl Default for Breakdown {
    fn default() -> Self {
        Self {
            name: String::new(),
            span: Span::default(),
            after: no_time(),
            clock: BreakdownClock::Calendar,
            repair: no_time(),
            effect: BreakdownEffect::Resume,
            needs: Vec::new(),
            from_start: false,
            exclusive: false,
            keep_crew: false,
            repair_in: None,
        }
    }
}

fn no_time() -> Expression {
    let value = crate::base::Rational::from(0);
    Expression::Constant(crate::base::Quantity { value, dim: crate::base::Dim::TIME })
}

/// A breakdown or maintenance with one clock that stops several things at once, or something that is no
/// station.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedStop {
    /// Whose it is, where it belongs to a source or to a member of a pool: `crane`, `jig#2`.
    pub owner: Option<String>,
    /// What it stops.
    pub stops: Vec<Stopped>,
    /// Its clock, how long it lasts, what it does to work.
    pub stop: Stop,
    /// The shift in which a clock that is `scheduled` runs; absent: always.
    pub calendar: Option<CalendarId>,
}

/// What a shared stop stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// All machines of a station, or a source.
    Node(NodeId),
    /// One member of a pool.
    Member(PoolId),
    /// One card of a limit: a pallet.
    Card(LimitId),
    /// A vehicle: its fleet and its number there, from 0 on.
    Vehicle(usize, u64),
}

/// A reason to stand still.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// Unplanned.
    Breakdown(Breakdown),
    /// Planned.
    Maintenance(Maintenance),
}

impl Stop {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Stop::Breakdown(b) => &b.name,
            Stop::Maintenance(m) => &m.name,
        }
    }

    /// Its name, to be changed.
    pub fn name_mut(&mut self) -> &mut String {
        match self {
            Stop::Breakdown(b) => &mut b.name,
            Stop::Maintenance(m) => &mut m.name,
        }
    }

    /// Who repairs or maintains.
    #[must_use]
    pub fn needs(&self) -> &[Need] {
        match self {
            Stop::Breakdown(b) => &b.needs,
            Stop::Maintenance(m) => &m.needs,
        }
    }
}

impl SharedStop {
    /// Whether it stops a node.
    #[must_use]
    pub fn stops_node(&self, id: NodeId) -> bool {
        self.stops.contains(&Stopped::Node(id))
    }
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
    pub timetable: Option<CalendarId>,
    /// When it begins once due.
    pub start: MaintenanceStart,
    /// Who does it.
    pub needs: Vec<Need>,
    /// The next `every` counts from the begin of this one, not from its end.
    pub from_start: bool,
}

impl Default for Maintenance {
    fn default() -> Self {
        Self {
            name: String::new(),
            span: Span::default(),
            every: no_time(),
            clock: BreakdownClock::Calendar,
            lasts: no_time(),
            timetable: None,
            start: MaintenanceStart::BetweenItems,
            needs: Vec::new(),
            from_start: false,
        }
    }
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

/// A shift pattern that repeats: every week, or after days of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Windows from the beginning of the pattern on, Monday 00:00 of a week, breaks taken out, sorted; windows of different names may overlap.
    pub windows: Vec<Window>,
    /// Names of windows; [`Window::name`] is an index.
    pub names: Vec<String>,
    /// Length of the pattern.
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

    /// Its windows on the clock of the run, from t = 0 on for so long, which is a multiple of the
    /// pattern; closed stretches are left out. O(windows · repetitions).
    #[must_use]
    pub fn windows_for(&self, length: Ticks) -> Vec<Window> {
        let period = self.period.0.max(1);
        let mut list = Vec::new();
        let mut start = self.offset.0.saturating_neg();
        while start < length.0 {
            for w in &self.windows {
                let (from, to) = (w.from.0.saturating_add(start).max(0), w.to.0.saturating_add(start).min(length.0));
                if from < to {
                    list.push(Window { from: Ticks(from), to: Ticks(to), name: w.name });
                }
            }
            start = start.saturating_add(period);
        }
        list
    }

    /// The time after which all of these begin anew together; `None` beyond 600 repetitions of one, or
    /// without any.
    #[must_use]
    pub fn common_period<'a>(calendars: impl IntoIterator<Item = &'a Calendar>) -> Option<Ticks> {
        let (mut common, mut shortest) = (None, i64::MAX);
        for period in calendars.into_iter().map(|c| c.period.0.max(1)) {
            shortest = shortest.min(period);
            let so_far = common.unwrap_or(1);
            let (mut a, mut b) = (so_far, period);
            while b != 0 {
                (a, b) = (b, a % b);
            }
            common = Some((so_far / a).checked_mul(period)?);
        }
        common.filter(|c| c / shortest <= 600).map(Ticks)
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
