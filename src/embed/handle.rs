//! One replication of a line in another program: what the functions of the interface do, without their pointers.
//!
//! A run that is advanced to the end of the warm-up, measured from there and advanced to the end has the figures
//! of `flowline run`, bit for bit.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::base::{TICKS_PER_SECOND, Ticks, limits};
use crate::diag::Diagnostic;
use crate::kernel::layout::header;
use crate::kernel::read::{self, Snapshot};
use crate::kernel::{Arena, Engine, Run, Status, Stop};
use crate::report::{json, rows};
use crate::sim::lockup::{self, Prospect};
use crate::sim::outcome::{Study, StudyHeader};
use crate::sim::{checks, measure, trouble};

use super::linked::{Linked, Object, told};
use super::state::State;
use super::{Code, Refused};

/// The longest time a run may take.
pub const LONGEST: Ticks = Ticks(limits::HORIZON_DAYS * 86_400 * TICKS_PER_SECOND);

/// A run in progress.
pub struct Handle {
    object: Rc<Object>,
    set: Vec<(String, String)>,
    line: Linked,
    run: Run,
    seed: u64,
    replication: u64,
    /// The arena when the window began, and the totals in it.
    start: Arena,
    before: Snapshot,
    took: Duration,
    names: Vec<Named>,
    values: Option<Vec<f64>>,
}

/// What a figure is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// `stations`, `buffers`, …; `now` for what is so at the present.
    pub section: String,
    /// Name of the station, …
    pub entity: String,
    /// Item type, or empty.
    pub item: String,
    /// Name of the figure.
    pub measure: String,
}

/// The section of what is so at the present.
const NOW: &str = "now";

impl Handle {
    /// A replication at t = 0, with parameters as they were when the line was built.
    ///
    /// # Errors
    /// When the line does not fit, or cannot begin.
    pub fn create(object: Object, seed: u64, replication: u64) -> Result<Handle, Refused> {
        Handle::made(Rc::new(object), Vec::new(), seed, replication)
    }

    fn made(object: Rc<Object>, set: Vec<(String, String)>, seed: u64, replication: u64) -> Result<Handle, Refused> {
        let line = object.link(&set)?;
        let run = line.kernel.begin(seed, replication);
        let start = run.arena().clone();
        let before = Snapshot::of(&line.kernel.model, &line.plant, &run);
        let mut handle = Handle {
            object,
            set,
            line,
            run,
            seed,
            replication,
            start,
            before,
            took: Duration::ZERO,
            names: Vec::new(),
            values: None,
        };
        handle.begin(seed, replication)?;
        let (names, values) = handle.flat()?;
        (handle.names, handle.values) = (names, Some(values));
        Ok(handle)
    }

    /// Sets a parameter and begins anew at t = 0. What fails changes nothing.
    ///
    /// # Errors
    /// When there is no such parameter, the value is none for it, or needs other code.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Refused> {
        let (name, value) = (name.trim(), value.trim());
        let mut set: Vec<(String, String)> = self.set.iter().filter(|(n, _)| n != name).cloned().collect();
        set.push((name.to_string(), value.to_string()));
        // One order, whatever order they were set in: equal values are one line.
        set.sort();
        *self = Handle::made(Rc::clone(&self.object), set, self.seed, self.replication)?;
        Ok(())
    }

    /// Begins anew at t = 0 with another seed and replication, and the parameters as they are.
    ///
    /// # Errors
    /// When the first instant already stops the line.
    pub fn begin(&mut self, seed: u64, replication: u64) -> Result<(), Refused> {
        self.run = self.line.kernel.begin(seed, replication);
        (self.seed, self.replication, self.took) = (seed, replication, Duration::ZERO);
        if let Some(until) = self.line.plant.run.until.filter(|u| u.from_start) {
            self.run.until(until.count);
        }
        self.advance(Ticks(0))?;
        self.measure()
    }

    /// Runs to a time (included). True when `until` of the line was reached before, and the run is over.
    ///
    /// # Errors
    /// When the time lies back or too far, or the line cannot go on.
    pub fn advance(&mut self, to: Ticks) -> Result<bool, Refused> {
        let now = self.run.now();
        if to < now || to > LONGEST {
            let words = format!("a run at {} ns can be advanced to {} ns, not to {} ns", now.0, LONGEST.0, to.0);
            return Err(Refused::new(Code::BadArgument, words));
        }
        self.values = None;
        if self.over() {
            return Ok(true);
        }
        let begin = Instant::now();
        let mut moved = -1;
        let stop = loop {
            let stop = self.line.kernel.advance(&mut self.run, to);
            if stop != Stop::Fuel {
                break stop;
            }
            // Where nothing has moved for so many events, the line may have locked up.
            let last = self.run.arena().get(0, header::PROGRESS);
            if last == moved
                && let Prospect::Locked(found) = self.look()
            {
                self.took += begin.elapsed();
                return Err(self.stopped(&found));
            }
            moved = last;
        };
        self.took += begin.elapsed();
        let number = self.replication.saturating_add(1);
        match trouble::of_stop(&stop, &self.line.kernel.model, &self.line.plant, &self.run, number) {
            None => Ok(stop == Stop::Until),
            Some(found) => Err(self.stopped(&found)),
        }
    }

    /// Begins the measured window at the present.
    ///
    /// # Errors
    /// Only by a bug.
    pub fn measure(&mut self) -> Result<(), Refused> {
        self.before = self.snapshot()?;
        self.start = self.run.arena().clone();
        read::restart(&self.line.kernel.model, &self.line.plant, &mut self.run);
        if let Some(until) = self.line.plant.run.until.filter(|u| !u.from_start) {
            self.run.until(until.count);
        }
        self.values = None;
        Ok(())
    }

    /// The figures of the window up to the present, as `flowline run` gives them for one replication, but for
    /// expectations, which are judged over several.
    ///
    /// # Errors
    /// When the line has locked up.
    pub fn study(&self) -> Result<Study, Refused> {
        Ok(self.figures()?.0)
    }

    /// The study as JSON.
    ///
    /// # Errors
    /// When the line has locked up.
    pub fn results(&self) -> Result<String, Refused> {
        json::render(&self.study()?).map_err(|e| Refused::new(Code::Internal, e.to_string()))
    }

    /// What figures there are; they do not change but by [`Handle::set`].
    #[must_use]
    pub fn named(&self) -> &[Named] {
        &self.names
    }

    /// The number of a figure.
    ///
    /// # Errors
    /// When there is none: the text tells what there is.
    pub fn find(&self, section: &str, entity: &str, item: &str, measure: &str) -> Result<usize, Refused> {
        let is = |n: &Named| n.section == section && n.entity == entity && n.item == item && n.measure == measure;
        self.names.iter().position(is).ok_or_else(|| {
            let mut near: Vec<&str> = Vec::new();
            let (what, list): (&str, Vec<&Named>) = if self.names.iter().all(|n| n.section != section) {
                near.extend(self.names.iter().map(|n| n.section.as_str()));
                ("section", Vec::new())
            } else {
                ("figure", self.names.iter().filter(|n| n.section == section).collect())
            };
            let known = list.iter().any(|n| n.entity == entity);
            if known {
                near.extend(list.iter().filter(|n| n.entity == entity).map(|n| n.measure.as_str()));
            } else {
                near.extend(list.iter().map(|n| n.entity.as_str()));
            }
            near.dedup();
            let shown: Vec<String> = near.iter().take(20).map(|n| format!("`{n}`")).collect();
            let of = if item.is_empty() { String::new() } else { format!(" of `{item}`") };
            let words =
                format!("there is no {what} `{section}` `{entity}`{of} `{measure}`; there is {}", shown.join(", "));
            Refused::new(Code::BadArgument, words)
        })
    }

    /// The value of a figure in the window up to the present; NaN where there is none.
    ///
    /// # Errors
    /// When there is no such figure, or the line has locked up.
    pub fn value(&mut self, index: usize) -> Result<f64, Refused> {
        if self.values.is_none() {
            self.values = Some(self.flat()?.1);
        }
        let value = self.values.as_ref().and_then(|v| v.get(index)).copied();
        value.ok_or_else(|| {
            Refused::new(Code::BadArgument, format!("there are {} figures, and none {index}", self.names.len()))
        })
    }

    /// The state as it is.
    #[must_use]
    pub fn state(&self) -> State<'_> {
        State {
            line: self.line.fingerprint,
            seed: self.seed,
            replication: self.replication,
            now: Cow::Borrowed(self.run.arena().words()),
            start: Cow::Borrowed(self.start.words()),
        }
    }

    /// Goes back to a state of this line with these parameters. What fails changes nothing.
    ///
    /// # Errors
    /// When the block is no such state.
    pub fn restore(&mut self, block: &[u8]) -> Result<(), Refused> {
        let state = State::read(block, self.line.fingerprint)?;
        let (now, start) = (Arena::new(&state.now), Arena::new(&state.start));
        let least = self.line.kernel.begin(0, 0).arena().words().len();
        for arena in [&now, &start] {
            let end = usize::try_from(arena.get(0, header::ITEM_END)).unwrap_or(0);
            if arena.words().len() < least || end != arena.words().len() * 8 {
                return Err(Refused::new(Code::BadState, "the state is not whole: its items end elsewhere"));
            }
        }
        *self.run.arena_mut() = start.clone();
        self.before = Snapshot::of(&self.line.kernel.model, &self.line.plant, &self.run);
        *self.run.arena_mut() = now;
        self.start = start;
        (self.seed, self.replication, self.values) = (state.seed, state.replication, None);
        Ok(())
    }

    /// Present time.
    #[must_use]
    pub fn now(&self) -> Ticks {
        self.run.now()
    }

    /// Events so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.run.events()
    }

    /// The line.
    #[must_use]
    pub fn plant(&self) -> &crate::ir::Plant {
        &self.line.plant
    }

    fn over(&self) -> bool {
        self.run.arena().get(0, header::STATUS) == Status::Until.code()
    }

    fn look(&self) -> Prospect {
        lockup::look(&self.line.kernel.model, &self.line.plant, &self.run)
    }

    fn snapshot(&self) -> Result<Snapshot, Refused> {
        checks::verified(&self.line.kernel.model, &self.line.plant, &self.run)
            .map_err(|d| Refused::new(Code::Internal, told(&d)))
    }

    fn stopped(&self, found: &Diagnostic) -> Refused {
        let why = found.notes.first().map(|n| format!(" ({n})")).unwrap_or_default();
        let code = if found.code == crate::diag::codes::INTERNAL { Code::Internal } else { Code::Stopped };
        Refused::new(code, told(found) + &why)
    }

    fn figures(&self) -> Result<(Study, Snapshot), Refused> {
        if !self.over()
            && let Prospect::Locked(found) = self.look()
        {
            return Err(self.stopped(&found));
        }
        let (plant, now) = (&self.line.plant, self.snapshot()?);
        let figures = measure::window(plant, &self.line.kernel.model.places.causes, &self.before, &now);
        if let Some(words) = checks::contradiction_of(&figures) {
            return Err(Refused::new(Code::Internal, words));
        }
        let header = StudyHeader {
            line: plant.name.clone(),
            currency: plant.accounts.currency.clone().filter(|_| plant.accounts.with_cost()),
            seed: self.seed,
            horizon_s: now.now.seconds(),
            warmup_s: self.before.now.seconds(),
            warmup_found: false,
            engine: Engine::Event.name().to_string(),
            wall_s: self.took.as_secs_f64(),
            aged_by_parts: Vec::new(),
        };
        Ok((Study::of(header, &[figures]), now))
    }

    /// Names and values of all figures, in one order.
    fn flat(&self) -> Result<(Vec<Named>, Vec<f64>), Refused> {
        let (study, now) = self.figures()?;
        let mut names = Vec::new();
        let mut values = Vec::new();
        for row in rows::rows(&study) {
            let (section, entity) = (row.section.to_string(), row.entity);
            names.push(Named { section, entity, item: row.item, measure: row.measure });
            values.push(row.figure.map_or(f64::NAN, |f| f.mean));
        }
        let mut present = |entity: &str, item: &str, measure: &str, value: f64| {
            let (section, entity) = (NOW.to_string(), entity.to_string());
            names.push(Named { section, entity, item: item.to_string(), measure: measure.to_string() });
            values.push(value);
        };
        let plant = &self.line.plant;
        for b in &now.buffers {
            if let Some(node) = plant.nodes.get(b.node) {
                present(&node.name, "", "level", b.level as f64);
            }
        }
        for b in &now.balances {
            if let Some(item) = plant.items.get(b.item) {
                present(&plant.name, &item.name, "inside", b.inside as f64);
            }
        }
        present(&plant.name, "", "events", now.events as f64);
        Ok((names, values))
    }
}
