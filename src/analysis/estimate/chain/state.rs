//! States of a line in which nothing more happens by itself, and how one leads to another: an end of
//! work, a breakdown, an arrival, and all that settles afterwards (semantics T1 to T5). Choices by chance
//! split a state into several with their probabilities. It knows no probabilities in the long run.

use crate::ir::{BreakdownEffect, WhenFull};

use super::model::{Does, Model, Place, Way, Work};
use super::phases::Phases;

/// Steps of settling in one instant before it counts as endless.
const FUEL: usize = 10_000;

/// An item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unit {
    /// Its type.
    pub item: u8,
    /// Where it goes: an outcome of its place; 0 while nothing is decided.
    pub way: u8,
    /// The limits it holds cards of, a bit each.
    pub cards: u8,
    /// The later it became ready, the larger; 0 where that does not matter.
    pub rank: u8,
}

/// What a machine is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    /// Empty.
    #[default]
    Idle,
    /// Loaded, waits for people.
    Waiting,
    /// Loaded; its work is about to be drawn.
    Begins,
    /// At work.
    Working,
    /// Finished; items wait to leave.
    Leaving,
}

/// A clock of a breakdown: whether the machine is down, and the stage of the time until that changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clock {
    pub down: bool,
    pub stage: u8,
}

/// A machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Machine {
    pub at: At,
    pub stage: u8,
    /// The later it asked for people, the larger.
    pub asked: u8,
    pub units: Vec<Unit>,
    pub clocks: Vec<Clock>,
}

impl Machine {
    pub fn is_down(&self) -> bool {
        self.clocks.iter().any(|c| c.down)
    }
}

/// The state of a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    /// By place: what a source or buffer holds, first to leave first.
    pub held: Vec<Vec<Unit>>,
    /// By place: the machines of a station.
    pub machines: Vec<Vec<Machine>>,
    /// By place: the stage of a source's interval.
    pub timers: Vec<u8>,
    /// Counters of choices in turn.
    pub turns: Vec<u8>,
}

/// What happened in a transition.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// Items by sink they went into.
    pub left: Vec<(usize, f64)>,
    /// By source: made, lost.
    pub made: f64,
    /// Items lost at a source with no room behind it.
    pub lost: f64,
}

/// A state with its probability and what happened on the way to it.
pub(super) type Reached = (f64, State, Tally);

/// Executes a model.
pub(super) struct Executor<'a> {
    pub model: &'a Model,
}

impl Executor<'_> {
    /// The states at the beginning, settled.
    pub fn first(&self) -> Result<Vec<Reached>, String> {
        let n = self.model.places.len();
        let mut state = State {
            held: vec![Vec::new(); n],
            machines: vec![Vec::new(); n],
            timers: vec![0; n],
            turns: vec![0; self.model.turns.len()],
        };
        let mut states = vec![(1.0, State::default())];
        for (at, place) in self.model.places.iter().enumerate() {
            for (item, n) in self.model.initial.get(at).into_iter().flatten() {
                for _ in 0..*n {
                    let unit = Unit { item: *item, way: place.only(*item), cards: 0, rank: next_rank(&state) };
                    state.held[at].push(unit);
                }
            }
            if let Does::Work(work) = &place.does {
                state.machines[at] = vec![Machine::default(); usize::from(work.machines)];
            }
        }
        states[0].1 = state;
        for (at, place) in self.model.places.iter().enumerate() {
            match &place.does {
                Does::Make { every: Some(every), .. } => {
                    split(&mut states, every, &mut |s, stage| s.timers[at] = stage);
                }
                Does::Work(work) => {
                    for machine in 0..usize::from(work.machines) {
                        for stop in &work.stops {
                            split(&mut states, &stop.after, &mut |s, stage| {
                                s.machines[at][machine].clocks.push(Clock { down: false, stage });
                            });
                        }
                    }
                }
                _ => {}
            }
        }
        self.settle(states.into_iter().map(|(p, s)| (p, s, Tally::default())).collect())
    }

    /// All that can happen next in a settled state: rate per second, and the states it leads to.
    pub fn next(&self, state: &State) -> Result<Vec<(f64, Vec<Reached>)>, String> {
        let mut found = Vec::new();
        for (at, place) in self.model.places.iter().enumerate() {
            match &place.does {
                Does::Make { every: Some(every), full, .. } => {
                    if *full == WhenFull::Pause && !state.held[at].is_empty() {
                        continue;
                    }
                    let Some((rate, next)) = every.stage(state.timers[at]) else { continue };
                    let mut after = state.clone();
                    after.timers[at] = next;
                    let due = if next == 0 { self.arrival(after, at, every) } else { vec![(1.0, after)] };
                    found.push((rate, self.settle(with_tally(due))?));
                }
                Does::Work(work) => {
                    for (m, machine) in state.machines[at].iter().enumerate() {
                        self.next_of_machine(state, (at, work, m, machine), &mut found)?;
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn next_of_machine(
        &self,
        state: &State,
        (at, work, m, machine): (usize, &Work, usize, &Machine),
        found: &mut Vec<(f64, Vec<Reached>)>,
    ) -> Result<(), String> {
        let down = machine.is_down();
        if machine.at == At::Working && !down {
            let stage = work.time(machine).and_then(|t| t.stage(machine.stage));
            if let Some((rate, next)) = stage {
                let mut after = state.clone();
                after.machines[at][m].stage = next;
                let mut tally = Tally::default();
                let states = if next == 0 { self.finish(after, at, m, &mut tally) } else { vec![(1.0, after)] };
                found.push((rate, self.settle(states.into_iter().map(|(p, s)| (p, s, tally.clone())).collect())?));
            }
        }
        for (k, (stop, clock)) in work.stops.iter().zip(&machine.clocks).enumerate() {
            let others = |is: &dyn Fn(usize) -> bool| {
                machine.clocks.iter().enumerate().any(|(other, c)| other != k && c.down && is(other))
            };
            let runs = clock.down
                || (!others(&|other| work.stops[other].exclusive)
                    && (!stop.working || (machine.at == At::Working && !down)));
            let time = if clock.down { &stop.repair } else { &stop.after };
            let Some((rate, next)) = time.stage(clock.stage).filter(|_| runs) else { continue };
            let mut after = state.clone();
            after.machines[at][m].clocks[k].stage = next;
            let mut states = vec![(1.0, after)];
            if next == 0 {
                let begins = !clock.down;
                let then = if begins { &stop.repair } else { &stop.after };
                split(&mut states, then, &mut |s, stage| s.machines[at][m].clocks[k] = Clock { down: begins, stage });
                if begins && matches!(machine.at, At::Working) {
                    for (_, s) in &mut states {
                        let machine = &mut s.machines[at][m];
                        match stop.effect {
                            BreakdownEffect::Scrap => {
                                (machine.at, machine.stage) = (At::Idle, 0);
                                machine.units.clear();
                            }
                            BreakdownEffect::RestartNew => (machine.at, machine.stage) = (At::Begins, 0),
                            _ => {}
                        }
                    }
                }
            }
            found.push((rate, self.settle(with_tally(states))?));
        }
        Ok(())
    }

    /// An interval of a source has passed.
    fn arrival(&self, state: State, at: usize, every: &Phases) -> Vec<(f64, State)> {
        let mut states = self.make(state, at);
        split(&mut states, every, &mut |s, stage| s.timers[at] = stage);
        states
    }

    /// A source makes an item.
    fn make(&self, state: State, at: usize) -> Vec<(f64, State)> {
        let place = &self.model.places[at];
        let Does::Make { mix, .. } = &place.does else { return vec![(1.0, state)] };
        let rank = next_rank(&state);
        mix.iter()
            .map(|(share, item)| {
                let mut state = state.clone();
                state.held[at].push(Unit { item: *item, way: place.only(*item), cards: 0, rank });
                (*share, state)
            })
            .collect()
    }

    /// The end of work of a machine.
    fn finish(&self, mut state: State, at: usize, m: usize, tally: &mut Tally) -> Vec<(f64, State)> {
        let place = &self.model.places[at];
        let Does::Work(work) = &place.does else { return vec![(1.0, state)] };
        let rank = next_rank(&state);
        let machine = &mut state.machines[at][m];
        (machine.at, machine.stage) = (At::Leaving, 0);
        let loaded = std::mem::take(&mut machine.units);
        if work.makes.is_empty() {
            machine.units = loaded.iter().map(|u| Unit { way: place.only(u.item), rank, ..*u }).collect();
        } else {
            let cards = loaded.iter().fold(0, |all, u| all | u.cards);
            for (item, n) in &work.makes {
                for _ in 0..*n {
                    let cards = if machine.units.is_empty() { cards } else { 0 };
                    machine.units.push(Unit { item: *item, way: place.only(*item), cards, rank });
                }
            }
            let products = machine.units.len() as f64;
            tally.made += products - loaded.len() as f64;
        }
        let mut states = vec![(1.0, state)];
        if work.good < 1.0 {
            let units = states[0].1.machines[at][m].units.len();
            for unit in (0..units).rev() {
                let mut bad = states.clone();
                bad.iter_mut().for_each(|(p, s)| {
                    *p *= 1.0 - work.good;
                    s.machines[at][m].units.remove(unit);
                });
                states.iter_mut().for_each(|(p, _)| *p *= work.good);
                states.extend(bad);
            }
        }
        for (_, s) in &mut states {
            if s.machines[at][m].units.is_empty() {
                s.machines[at][m].at = At::Idle;
            }
        }
        states
    }

    /// Does all that happens by itself.
    fn settle(&self, begun: Vec<Reached>) -> Result<Vec<Reached>, String> {
        let mut work = begun;
        let mut settled: Vec<Reached> = Vec::new();
        let mut fuel = FUEL;
        while let Some((p, mut state, mut tally)) = work.pop() {
            loop {
                fuel = fuel.checked_sub(1).ok_or("it goes on without end in one instant")?;
                if let Some(split) = self.decide(&mut state) {
                    work.extend(split.into_iter().map(|(q, s)| (p * q, s, tally.clone())));
                    break;
                }
                if self.deliver(&mut state, &mut tally, true) || self.grant(&mut state) {
                    continue;
                }
                if let Some(split) = self.begin(&state) {
                    for (q, s, ended) in split {
                        let mut tally = tally.clone();
                        let states = match ended {
                            Some((at, m)) => self.finish(s, at, m, &mut tally),
                            None => vec![(1.0, s)],
                        };
                        work.extend(states.into_iter().map(|(r, s)| (p * q * r, s, tally.clone())));
                    }
                    break;
                }
                // A batch that is not full begins when nothing else moves.
                if self.deliver(&mut state, &mut tally, false) || self.lose(&mut state, &mut tally) {
                    continue;
                }
                self.canonical(&mut state);
                match settled.iter_mut().find(|(_, s, t)| *s == state && *t == tally) {
                    Some((q, ..)) => *q += p,
                    None => settled.push((p, state, tally)),
                }
                break;
            }
        }
        Ok(settled)
    }

    /// Decides where a ready item goes; some states in its place if chance does.
    fn decide(&self, state: &mut State) -> Option<Vec<(f64, State)>> {
        for (at, place) in self.model.places.iter().enumerate() {
            // Of a lane only the first is ready.
            let unit = match &place.does {
                Does::Make { .. } | Does::Hold { .. } => {
                    state.held[at].first().filter(|u| u.way == 0).map(|u| (None, 0, *u))
                }
                Does::Work(_) => state.machines[at].iter().enumerate().filter(|(_, m)| m.at == At::Leaving).find_map(
                    |(m, machine)| {
                        machine.units.iter().position(|u| u.way == 0).map(|k| (Some(m), k, machine.units[k]))
                    },
                ),
                Does::Take => None,
            };
            let Some((machine, k, unit)) = unit else { continue };
            let Some(way) = place.ways.get(&unit.item) else { continue };
            let mut found = Vec::new();
            resolve(way, 1.0, state, &mut found);
            for (_, s, outcome) in &mut found {
                match machine {
                    Some(m) => s.machines[at][m].units[k].way = *outcome,
                    None => s.held[at][0].way = *outcome,
                }
            }
            return Some(found.into_iter().map(|(p, s, _)| (p, s)).collect());
        }
        None
    }

    /// Moves what can be moved first; whether something moved.
    fn deliver(&self, state: &mut State, tally: &mut Tally, full: bool) -> bool {
        if (0..self.model.places.len()).any(|at| self.refill(state, at)) {
            return true;
        }
        self.model.order.iter().any(|to| match &self.model.places[*to].does {
            Does::Make { .. } => false,
            Does::Work(work) if !work.takes.is_empty() || work.batch != (1, 1) => self.gather(state, *to, work, full),
            _ => self.take_one(state, *to, tally),
        })
    }

    /// What is always there is there again as soon as the last one has left; whether it was not.
    fn refill(&self, state: &mut State, at: usize) -> bool {
        let place = &self.model.places[at];
        let Does::Make { every: None, mix, .. } = &place.does else { return false };
        let [(_, item)] = mix.as_slice() else { return false };
        if !state.held[at].is_empty() {
            return false;
        }
        let rank = next_rank(state);
        state.held[at].push(Unit { item: *item, way: place.only(*item), cards: 0, rank });
        true
    }

    /// Where a ready unit lies: its place, machine and position.
    fn ready(&self, state: &State, to: usize) -> Vec<(Unit, Spot)> {
        let mut found = Vec::new();
        for (at, place) in self.model.places.iter().enumerate() {
            if !place.outcomes.iter().any(|o| o.contains(&to)) {
                continue;
            }
            match &place.does {
                Does::Make { .. } | Does::Hold { .. } => {
                    if let Some(unit) = state.held[at].first().filter(|u| place.targets(u.way).contains(&to)) {
                        found.push((*unit, Spot { at, machine: None, k: 0 }));
                    }
                }
                Does::Work(work) => {
                    for (m, machine) in state.machines[at].iter().enumerate() {
                        if machine.at != At::Leaving || (work.hold_when_down && machine.is_down()) {
                            continue;
                        }
                        for (k, unit) in machine.units.iter().enumerate() {
                            if place.targets(unit.way).contains(&to) {
                                found.push((*unit, Spot { at, machine: Some(m), k }));
                                // Of equal ones the first is as good as any.
                            }
                        }
                    }
                }
                Does::Take => {}
            }
        }
        found.sort_by_key(|(unit, spot)| (unit.rank, self.model.names[spot.at], spot.machine, spot.k));
        found
    }

    fn take_one(&self, state: &mut State, to: usize, tally: &mut Tally) -> bool {
        for (unit, spot) in self.ready(state, to) {
            let place = &self.model.places[spot.at];
            // An open choice takes the first of its targets that has room.
            if place
                .targets(unit.way)
                .iter()
                .take_while(|t| **t != to)
                .any(|t| self.has_room(state, *t, &unit, spot.at))
            {
                continue;
            }
            let together = matches!(&place.does, Does::Work(work) if work.together);
            if together {
                let mut all = state.clone();
                let mut made = tally.clone();
                if self.all_leave(&mut all, &mut made, spot) {
                    (*state, *tally) = (all, made);
                    return true;
                }
            } else if self.has_room(state, to, &unit, spot.at) {
                let unit = self.remove(state, spot);
                self.enter(state, to, unit, spot.at, tally);
                return true;
            }
        }
        false
    }

    /// Lets all units of a machine leave at once; false when one finds no room.
    fn all_leave(&self, state: &mut State, tally: &mut Tally, spot: Spot) -> bool {
        let place = &self.model.places[spot.at];
        let Some(m) = spot.machine else { return false };
        while let Some(unit) = state.machines[spot.at][m].units.first().copied() {
            let free = place.targets(unit.way).iter().find(|t| self.has_room(state, **t, &unit, spot.at));
            let Some(to) = free.copied() else { return false };
            // Who has waited longer for one of the places comes first.
            let older = |(other, at): &(Unit, Spot)| {
                let single = !matches!(&self.model.places[at.at].does, Does::Work(work) if work.together);
                other.rank < unit.rank && single && self.has_room(state, to, other, at.at)
            };
            if self.ready(state, to).iter().any(older) {
                return false;
            }
            let unit = self.remove(state, Spot { k: 0, ..spot });
            self.enter(state, to, unit, spot.at, tally);
        }
        true
    }

    /// Cards that an item takes when it goes from a place to another, with others that are being loaded; `None` when
    /// one is not there.
    fn cards(&self, state: &State, loaded: &[Unit], (to, from): (usize, usize), unit: &Unit) -> Option<u8> {
        let leaving = self.given_back(unit, from);
        let mut cards = unit.cards & !leaving;
        let always = matches!(self.model.places[from].does, Does::Make { every: None, .. });
        for (bit, limit) in self.model.cards.iter().enumerate() {
            let here = limit.from == to || (always && limit.from == from);
            let holds = cards & (1 << bit) != 0;
            if !here || holds || limit.takes.get(usize::from(unit.item)) != Some(&true) {
                continue;
            }
            let back = usize::from(leaving & (1 << bit) != 0);
            let out: usize = units(state).chain(loaded).filter(|u| u.cards & (1 << bit) != 0).count();
            if out - back.min(out) >= usize::from(limit.count) {
                return None;
            }
            cards |= 1 << bit;
        }
        Some(cards)
    }

    /// Cards that an item gives back when it has left a place.
    fn given_back(&self, unit: &Unit, from: usize) -> u8 {
        let ends = |(bit, limit): (usize, &super::model::Cards)| if limit.to == from { 1 << bit } else { 0 };
        self.model.cards.iter().enumerate().map(ends).fold(0, |all, bit| all | (bit & unit.cards))
    }

    fn has_room(&self, state: &State, to: usize, unit: &Unit, from: usize) -> bool {
        let room = match &self.model.places[to].does {
            Does::Take => true,
            Does::Hold { places } => places.is_none_or(|n| state.held[to].len() < usize::from(n)),
            Does::Work(work) if work.takes.is_empty() && work.batch == (1, 1) => {
                state.machines[to].iter().any(|m| m.at == At::Idle && !m.is_down())
            }
            Does::Work(_) | Does::Make { .. } => false,
        };
        room && self.cards(state, &[], (to, from), unit).is_some()
    }

    fn remove(&self, state: &mut State, spot: Spot) -> Unit {
        match spot.machine {
            Some(m) => {
                let machine = &mut state.machines[spot.at][m];
                let unit = machine.units.remove(spot.k);
                if machine.units.is_empty() {
                    machine.at = At::Idle;
                }
                unit
            }
            None => {
                let unit = state.held[spot.at].remove(spot.k);
                self.refill(state, spot.at);
                unit
            }
        }
    }

    fn enter(&self, state: &mut State, to: usize, unit: Unit, from: usize, tally: &mut Tally) {
        let place = &self.model.places[to];
        let cards = self.cards(state, &[], (to, from), &unit).unwrap_or(unit.cards);
        let unit = Unit { way: place.only(unit.item), cards, rank: next_rank(state), ..unit };
        match &place.does {
            Does::Take => match tally.left.iter_mut().find(|(sink, _)| *sink == to) {
                Some((_, n)) => *n += 1.0,
                None => {
                    tally.left.push((to, 1.0));
                    tally.left.sort_by_key(|(sink, _)| *sink);
                }
            },
            Does::Work(work) => load(state, to, work, vec![unit]),
            _ => state.held[to].push(unit),
        }
    }

    /// Loads a machine with all parts, or a batch, if they are there.
    fn gather(&self, state: &mut State, to: usize, work: &Work, full: bool) -> bool {
        if !state.machines[to].iter().any(|m| m.at == At::Idle && !m.is_down()) {
            return false;
        }
        let parts: Vec<(Option<&Vec<bool>>, u8, u8)> = if work.takes.is_empty() {
            vec![(None, work.batch.0, work.batch.1)]
        } else {
            work.takes.iter().map(|(kinds, n)| (Some(kinds), *n, *n)).collect()
        };
        let mut trial = state.clone();
        let mut loaded = Vec::new();
        for (kinds, least, most) in parts {
            let mut n = 0;
            while n < most {
                let ready = self.ready(&trial, to);
                let fits = |unit: &Unit| kinds.is_none_or(|k| k.get(usize::from(unit.item)) == Some(&true));
                let found = ready
                    .into_iter()
                    .find(|(unit, spot)| fits(unit) && self.cards(&trial, &loaded, (to, spot.at), unit).is_some());
                let Some((unit, spot)) = found else { break };
                // Cards go with the main part; the others return theirs.
                let main = loaded.is_empty() || work.takes.is_empty();
                let cards = self.cards(&trial, &loaded, (to, spot.at), &unit).filter(|_| main).unwrap_or(0);
                let unit = self.remove(&mut trial, spot);
                loaded.push(Unit { way: 0, cards, rank: 0, ..unit });
                n += 1;
            }
            if n < (if full { most } else { least }) || n == 0 {
                return false;
            }
        }
        *state = trial;
        load(state, to, work, loaded);
        true
    }

    /// Gives people to the oldest request that can have all it needs; whether one was given.
    fn grant(&self, state: &mut State) -> bool {
        if self.model.pools.is_empty() {
            return false;
        }
        let mut free: Vec<i64> = self.model.pools.iter().map(|n| i64::from(*n)).collect();
        let mut requests = Vec::new();
        for (at, place) in self.model.places.iter().enumerate() {
            let Does::Work(work) = &place.does else { continue };
            for (m, machine) in state.machines[at].iter().enumerate() {
                let holds = matches!(machine.at, At::Working | At::Begins) || (work.holds && machine.at == At::Leaving);
                if holds {
                    work.needs.iter().for_each(|(pool, n)| free[*pool] -= i64::from(*n));
                } else if machine.at == At::Waiting {
                    requests.push((machine.asked, self.model.order.iter().position(|o| *o == at), m, at));
                }
            }
        }
        requests.sort_unstable();
        // One that cannot be served is not overtaken by others that share a pool with it.
        for (_, _, m, at) in requests {
            let Does::Work(work) = &self.model.places[at].does else { continue };
            if work.needs.iter().all(|(pool, n)| free[*pool] >= i64::from(*n)) {
                state.machines[at][m].at = At::Begins;
                state.machines[at][m].asked = 0;
                return true;
            }
            work.needs.iter().for_each(|(pool, _)| free[*pool] = 0);
        }
        false
    }

    /// Draws the work of a machine that begins; with the place and number of one whose work is over at once.
    #[allow(clippy::type_complexity)]
    fn begin(&self, state: &State) -> Option<Vec<(f64, State, Option<(usize, usize)>)>> {
        for (at, place) in self.model.places.iter().enumerate() {
            match &place.does {
                Does::Work(work) => {
                    let ready = |m: &Machine| m.at == At::Begins && !m.is_down();
                    let Some(m) = state.machines[at].iter().position(ready) else { continue };
                    let none = Phases::none();
                    let time = work.time(&state.machines[at][m]).unwrap_or(&none);
                    let one = |(p, stage): &(f64, u8)| {
                        let mut s = state.clone();
                        (s.machines[at][m].at, s.machines[at][m].stage) = (At::Working, *stage);
                        (*p, s, (*stage == 0).then_some((at, m)))
                    };
                    return Some(time.begin.iter().map(one).collect());
                }
                // What is always there, of several types.
                Does::Make { every: None, .. } if state.held[at].is_empty() => {
                    return Some(self.make(state.clone(), at).into_iter().map(|(p, s)| (p, s, None)).collect());
                }
                _ => {}
            }
        }
        None
    }

    /// Takes out what found no room; whether there was such.
    fn lose(&self, state: &mut State, tally: &mut Tally) -> bool {
        for (at, place) in self.model.places.iter().enumerate() {
            if matches!(place.does, Does::Make { full: WhenFull::Lose, every: Some(_), .. })
                && !state.held[at].is_empty()
            {
                tally.lost += state.held[at].len() as f64;
                state.held[at].clear();
                return true;
            }
        }
        false
    }

    /// Gives equal states equal form: ranks from 1 on within each group, machines in parallel sorted.
    fn canonical(&self, state: &mut State) {
        for (at, place) in self.model.places.iter().enumerate() {
            if !place.ranked {
                state.held[at].iter_mut().for_each(|u| u.rank = 0);
                state.machines[at].iter_mut().flat_map(|m| &mut m.units).for_each(|u| u.rank = 0);
            }
            // Nothing competes before it has finished.
            for machine in state.machines[at].iter_mut().filter(|m| m.at != At::Leaving) {
                machine.units.iter_mut().for_each(|u| (u.rank, u.way) = (0, 0));
                machine.units.sort_unstable();
            }
        }
        let mut groups: Vec<u8> = self.model.places.iter().filter(|p| p.ranked).map(|p| p.group).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            let inside = |place: &Place| place.ranked && place.group == group;
            let mut ranks: Vec<u8> = Vec::new();
            for (at, _) in self.model.places.iter().enumerate().filter(|(_, p)| inside(p)) {
                ranks.extend(state.held[at].iter().map(|u| u.rank));
                ranks.extend(state.machines[at].iter().flat_map(|m| &m.units).map(|u| u.rank));
            }
            ranks.push(0);
            ranks.sort_unstable();
            ranks.dedup();
            let small = |rank: u8| u8::try_from(ranks.binary_search(&rank).unwrap_or(0)).unwrap_or(u8::MAX);
            for (at, _) in self.model.places.iter().enumerate().filter(|(_, p)| inside(p)) {
                state.held[at].iter_mut().for_each(|u| u.rank = small(u.rank));
                state.machines[at].iter_mut().flat_map(|m| &mut m.units).for_each(|u| u.rank = small(u.rank));
            }
        }
        let mut asked: Vec<u8> = state.machines.iter().flatten().map(|m| m.asked).chain([0]).collect();
        asked.sort_unstable();
        asked.dedup();
        for machine in state.machines.iter_mut().flatten() {
            machine.asked = u8::try_from(asked.binary_search(&machine.asked).unwrap_or(0)).unwrap_or(u8::MAX);
        }
        state.machines.iter_mut().for_each(|list| list.sort_unstable());
    }
}

/// Where a unit lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    at: usize,
    machine: Option<usize>,
    k: usize,
}

impl Work {
    /// The time of the work a machine is loaded for.
    fn time(&self, machine: &Machine) -> Option<&Phases> {
        machine.units.iter().find_map(|u| self.times.get(&u.item))
    }
}

/// Puts items on an idle machine.
fn load(state: &mut State, to: usize, work: &Work, units: Vec<Unit>) {
    let asked = state.machines.iter().flatten().map(|m| m.asked).max().unwrap_or(0).saturating_add(1);
    if let Some(machine) = state.machines[to].iter_mut().find(|m| m.at == At::Idle && !m.is_down()) {
        machine.units = units;
        (machine.at, machine.asked) = if work.needs.is_empty() { (At::Begins, 0) } else { (At::Waiting, asked) };
    }
}

/// Follows a way to its outcomes.
fn resolve(way: &Way, p: f64, state: &State, found: &mut Vec<(f64, State, u8)>) {
    match way {
        Way::To(outcome) => found.push((p, state.clone(), *outcome)),
        Way::Chance(list) => list.iter().for_each(|(share, way)| resolve(way, p * share, state, found)),
        Way::Turn(counter, list) => {
            let at = usize::from(state.turns[*counter]);
            let mut after = state.clone();
            after.turns[*counter] = u8::try_from((at + 1) % list.len().max(1)).unwrap_or(0);
            if let Some(way) = list.get(at) {
                resolve(way, p, &after, found);
            }
        }
        Way::Every(counter, n, both) => {
            let at = u64::from(state.turns[*counter]) + 1;
            let mut after = state.clone();
            after.turns[*counter] = if at >= *n { 0 } else { u8::try_from(at).unwrap_or(0) };
            resolve(if at >= *n { &both[0] } else { &both[1] }, p, &after, found);
        }
    }
}

/// Draws the first stage of a time in each of some states.
fn split(states: &mut Vec<(f64, State)>, time: &Phases, set: &mut dyn FnMut(&mut State, u8)) {
    let before = std::mem::take(states);
    for (p, state) in before {
        for (share, stage) in &time.begin {
            let mut state = state.clone();
            set(&mut state, *stage);
            states.push((p * share, state));
        }
    }
}

fn with_tally(states: Vec<(f64, State)>) -> Vec<Reached> {
    states.into_iter().map(|(p, s)| (p, s, Tally::default())).collect()
}

/// All items.
pub(super) fn units(state: &State) -> impl Iterator<Item = &Unit> {
    let machines = state.machines.iter().flatten().flat_map(|m| &m.units);
    state.held.iter().flatten().chain(machines)
}

/// A rank above all there are.
fn next_rank(state: &State) -> u8 {
    units(state).map(|u| u.rank).max().unwrap_or(0).saturating_add(1)
}

impl State {
    /// Its bytes: equal states have equal ones.
    pub fn bytes(&self) -> Box<[u8]> {
        let mut bytes = Vec::new();
        let list = |units: &[Unit]| {
            let mut own = vec![units.len() as u8];
            units.iter().for_each(|u| own.extend([u.item, u.way, u.cards, u.rank]));
            own
        };
        for (held, machines) in self.held.iter().zip(&self.machines) {
            bytes.extend(list(held));
            for machine in machines {
                bytes.extend([machine.at as u8, machine.stage, machine.asked]);
                bytes.extend(list(&machine.units));
                machine.clocks.iter().for_each(|c| bytes.extend([u8::from(c.down), c.stage]));
            }
        }
        bytes.extend(&self.timers);
        bytes.extend(&self.turns);
        bytes.into_boxed_slice()
    }
}
