//! Stations that join parts, while a line runs: when all parts of a product are there, where they wait until then, and
//! what is counted of them. A product is loaded at the latest of the dates at which its parts are there.

use crate::ir::Birth;

use super::block::{BLOCK, Rows};
use super::bounds::{Bounds, NEVER, NO_TIME};
use super::cells::{Cell, Passage, Unsound, max};
use super::charges::{Charges, Lack, Starved};
use super::line::{self, Line, Stage};
use super::pace::Pace;
use super::run::Halt;
use super::side::Side;
use super::track::{Start, Track};

/// Where the parts of one type wait.
enum Wait<const L: usize> {
    /// In a lane.
    Lane(Box<Cell<L>>),
    /// On the last machine of their track, or in its source: one.
    Held,
    /// They are made when they are taken.
    Supplied,
}

/// Parts of one type on their way into a station.
struct Inlet<const L: usize> {
    track: usize,
    parts: usize,
    giver: usize,
    wait: Wait<L>,
    /// Of each part of a block: when it came, when it was born, since when it is there as what it is.
    came: Vec<[i64; L]>,
    births: Vec<[i64; L]>,
    begun: Vec<[i64; L]>,
    /// When the parts of each product are there.
    there: Rows<L>,
}

/// A station that joins parts, in `L` replications.
pub struct Join<const L: usize> {
    inlets: Vec<Inlet<L>>,
    birth: Birth,
    charges: Option<Charges<L>>,
    /// Of each product of a block: when all its parts are there.
    there: Rows<L>,
    /// When it is loaded.
    loaded: Rows<L>,
    /// When its work ends.
    ended: Rows<L>,
    /// When the product counts as born.
    births: Rows<L>,
    /// When the machine gave the one before away.
    freed: Rows<L>,
    /// How long it was down from then on until the product was loaded: up to the bounds, and in all.
    down: [[[i64; L]; 3]; BLOCK],
    /// When the latest was loaded.
    last: [i64; L],
}

impl<const L: usize> Join<L> {
    /// Nothing has come yet; products go in blocks of at most `block`.
    #[must_use]
    pub fn new(line: &Line, join: &line::Join, block: usize, longest: u64, bounds: &Bounds<L>) -> Self {
        let inlet = |input: &line::Input| {
            let wait = match &input.lane {
                Some(_) => {
                    let stage = Stage { lane: input.lane.clone(), station: None };
                    Wait::Lane(Box::new(Cell::new(&stage, input.parts * block, longest, bounds, 0, 0)))
                }
                None if line.supplies(input) => Wait::Supplied,
                None => Wait::Held,
            };
            let rows = || Vec::with_capacity(input.parts * block);
            Inlet {
                track: input.track,
                parts: input.parts,
                giver: input.giver,
                wait,
                came: rows(),
                births: rows(),
                begun: rows(),
                there: [[0; L]; BLOCK],
            }
        };
        let none = [[0; L]; BLOCK];
        Self {
            inlets: join.inputs.iter().map(inlet).collect(),
            birth: join.birth,
            charges: (join.givers > 1).then(|| Charges::new(join.givers, bounds)),
            there: none,
            loaded: none,
            ended: none,
            births: none,
            freed: none,
            down: [[[0; L]; 3]; BLOCK],
            last: [NO_TIME; L],
        }
    }

    /// The machine has given away what came before a product of a block.
    pub fn idle_from(&mut self, product: usize, freed: [i64; L]) {
        if let Some(own) = self.freed.get_mut(product) {
            *own = freed;
        }
    }

    /// So long it was down from then on, up to the bounds and in all, until the product was loaded.
    pub fn was_down(&mut self, product: usize, down: [[i64; L]; 3]) {
        if let Some(own) = self.down.get_mut(product) {
            *own = down;
        }
    }

    /// When all parts of each product of a block are there, but for those that are held.
    #[must_use]
    pub fn there(&self) -> &Rows<L> {
        &self.there
    }

    /// When the work on each ends.
    #[must_use]
    pub fn ended(&self) -> &Rows<L> {
        &self.ended
    }

    /// When each counts as born.
    #[must_use]
    pub fn births(&self) -> &Rows<L> {
        &self.births
    }

    /// How many of so many products there are parts for.
    #[must_use]
    pub fn up_to(&self, below: &[Track<L>], count: usize) -> usize {
        let of = |inlet: &Inlet<L>| {
            let track = below.get(inlet.track);
            track.map_or(0, |t| t.up_to(below, inlet.parts * count)) / inlet.parts.max(1)
        };
        self.inlets.iter().map(of).min().unwrap_or(0)
    }

    /// Whether everything that is loaded from now on is loaded when all is over.
    #[must_use]
    pub fn is_over(&self, bounds: &Bounds<L>) -> bool {
        (0..L).all(|lane| self.last[lane] > bounds[1][lane])
    }

    /// When the latest product was loaded, of the replication that is furthest behind.
    #[must_use]
    pub fn behind(&self) -> i64 {
        self.last.iter().copied().min().unwrap_or(0).max(0)
    }

    /// The parts of a block of products come: when all of each product are there, but for those that are held.
    ///
    /// # Errors
    /// When a draw gives no duration.
    pub fn collect<S: Side<L>>(
        &mut self,
        below: &mut [Track<L>],
        count: usize,
        bounds: &Bounds<L>,
    ) -> Result<(), Unsound> {
        let count = count.min(BLOCK);
        self.there.iter_mut().take(count).for_each(|there| *there = [NO_TIME; L]);
        for inlet in &mut self.inlets {
            inlet.collect::<S>(below, count, bounds)?;
            if matches!(inlet.wait, Wait::Held) {
                continue;
            }
            for (there, own) in self.there.iter_mut().zip(&inlet.there).take(count) {
                *there = max(there, own);
            }
        }
        Ok(())
    }

    /// Parts of a product that are held get ready: when all of it is there.
    ///
    /// # Errors
    /// When a draw gives no duration.
    pub fn hold<S: Side<L>>(
        &mut self,
        below: &mut [Track<L>],
        product: usize,
        bounds: &Bounds<L>,
    ) -> Result<[i64; L], Unsound> {
        let mut there = self.there[product];
        for inlet in &mut self.inlets {
            if !matches!(inlet.wait, Wait::Held) {
                continue;
            }
            let Some((below, track)) = split(below, inlet.track) else { return Err(Unsound) };
            inlet.hold::<S>(track, below, product, bounds)?;
            there = max(&there, &inlet.there[product]);
        }
        self.there[product] = there;
        Ok(there)
    }

    /// A product has been loaded, and the work on it ends: its parts have left where they were held.
    ///
    /// # Errors
    /// When the time to the next part is none.
    pub fn load(
        &mut self,
        below: &mut [Track<L>],
        product: usize,
        passage: &Passage<L>,
        bounds: &Bounds<L>,
    ) -> Result<(), Unsound> {
        self.loaded[product] = passage.loaded;
        self.ended[product] = passage.ended;
        let loaded = &passage.loaded;
        for inlet in &mut self.inlets {
            let Some(track) = below.get_mut(inlet.track) else { return Err(Unsound) };
            match inlet.wait {
                Wait::Lane(_) => {}
                Wait::Held => track.gives(loaded, bounds)?,
                Wait::Supplied => {
                    let Start::Source { origin, .. } = &mut track.start else { return Err(Unsound) };
                    for _ in 0..inlet.parts {
                        origin.left(loaded, bounds)?;
                        inlet.came.push(*loaded);
                        inlet.births.push(*loaded);
                        inlet.begun.push(*loaded);
                    }
                }
            }
        }
        Ok(())
    }

    /// Products of a block have been loaded: counts their parts, and tells when they are born.
    pub fn taken(&mut self, below: &mut [Track<L>], count: usize, bounds: &Bounds<L>) {
        let count = count.min(BLOCK);
        for (births, ended) in self.births.iter_mut().zip(&self.ended).take(count) {
            *births = if self.birth == Birth::Now { *ended } else { [NEVER; L] };
        }
        for (place, inlet) in self.inlets.iter_mut().enumerate() {
            let of_all = self.birth == Birth::Oldest || self.birth == Birth::Main && place == 0;
            let mut presence = below.get_mut(inlet.track).and_then(|t| t.presence.first_mut());
            for product in 0..count {
                let its = product * inlet.parts..(product + 1) * inlet.parts;
                if let (true, Some(born)) = (of_all, inlet.births.get(its.start)) {
                    self.births[product] = min(&self.births[product], born);
                }
                for part in its {
                    if let (Wait::Lane(cell), Some(came)) = (&mut inlet.wait, inlet.came.get(part)) {
                        cell.wait(came, &self.loaded[product], bounds);
                    }
                    if let (Some(presence), Some(begun)) = (&mut presence, inlet.begun.get(part)) {
                        presence.ends(begun, &self.ended[product], bounds);
                    }
                }
            }
        }
        if let Some(charges) = &mut self.charges {
            for product in 0..count {
                let its = self.inlets.iter().map(|inlet| inlet.lacks(product));
                let idle = (&self.freed[product], &self.down[product]);
                charges.charge(its, idle, &self.loaded[product], bounds);
            }
        }
        if let Some(last) = count.checked_sub(1) {
            self.last = self.loaded[last];
        }
    }

    /// No more products are loaded before the end, but parts come as long as there is room; `idle` is since when the
    /// machine is idle, and how long it is down.
    ///
    /// # Errors
    /// When it is ended, or the event kernel has to run instead.
    pub fn flush<S: Side<L>>(
        &mut self,
        below: &mut [Track<L>],
        idle: (&[i64; L], &[[i64; L]; 3]),
        bounds: &Bounds<L>,
        pace: &mut Pace<'_>,
    ) -> Result<(), Halt> {
        for inlet in &mut self.inlets {
            let Some((below, track)) = split(below, inlet.track) else { return Err(Halt::Beyond) };
            pace.turn();
            inlet.flush::<S>(track, below, bounds, pace)?;
            track.flush::<S>(below, bounds, pace)?;
        }
        if let Some(charges) = &mut self.charges {
            charges.charge(self.inlets.iter().map(|inlet| inlet.lacks(0)), idle, &[NEVER; L], bounds);
        }
        Ok(())
    }

    /// A run ends earlier than it might have.
    pub fn tighten(&mut self, lane: usize, end: i64) {
        for inlet in &mut self.inlets {
            if let Wait::Lane(cell) = &mut inlet.wait {
                cell.tighten(lane, end);
            }
        }
        if let Some(charges) = &mut self.charges {
            charges.tighten(lane, end);
        }
    }

    /// Carries sums over.
    pub fn carry(&mut self) {
        self.lanes().for_each(|cell| cell.carry());
    }

    /// Counts what is still open when all is over.
    pub fn close(&mut self, bounds: &Bounds<L>) {
        self.lanes().for_each(|cell| cell.close(bounds));
    }

    fn lanes(&mut self) -> impl Iterator<Item = &mut Cell<L>> {
        self.inlets.iter_mut().filter_map(|inlet| match &mut inlet.wait {
            Wait::Lane(cell) => Some(&mut **cell),
            _ => None,
        })
    }

    /// The lane of an input.
    #[must_use]
    pub fn lane(&self, input: usize) -> Option<&Cell<L>> {
        match self.inlets.get(input).map(|i| &i.wait) {
            Some(Wait::Lane(cell)) => Some(cell),
            _ => None,
        }
    }

    /// To what the time has been charged for which a replication lacked parts, up to a bound: what has ended, and what
    /// goes on. `None` where only one gives.
    #[must_use]
    pub fn charged(&self, lane: usize, which: usize) -> Option<&Starved> {
        self.charges.as_ref().and_then(|c| c.marks.get(lane)?.get(which))
    }

    /// Bytes that it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.inlets.iter().map(Inlet::bytes).sum::<usize>()
    }
}

impl<const L: usize> Inlet<L> {
    fn collect<S: Side<L>>(&mut self, below: &mut [Track<L>], count: usize, bounds: &Bounds<L>) -> Result<(), Unsound> {
        self.forget();
        let Some((below, track)) = split(below, self.track) else { return Err(Unsound) };
        match &self.wait {
            Wait::Lane(_) => {
                let all = count * self.parts;
                while self.came.len() < all {
                    let some = (all - self.came.len()).min(track.block);
                    self.fetch::<S>(track, below, some, bounds)?;
                }
                for (product, there) in self.there.iter_mut().enumerate().take(count) {
                    *there = self.came.get((product + 1) * self.parts - 1).copied().unwrap_or([NEVER; L]);
                }
                Ok(())
            }
            Wait::Held if track.has_way_to_tail() => track.block::<S>(below, count, &[], bounds),
            Wait::Held => Ok(()),
            Wait::Supplied => {
                // Where it waits for the first; of the others each is there when the one before is taken.
                let Start::Source { origin, .. } = &track.start else { return Err(Unsound) };
                self.there = [[NO_TIME; L]; BLOCK];
                self.there[0] = origin.due();
                Ok(())
            }
        }
    }

    /// Parts come into the lane, behind those of the block that have come.
    fn fetch<S: Side<L>>(
        &mut self,
        track: &mut Track<L>,
        below: &mut [Track<L>],
        some: usize,
        bounds: &Bounds<L>,
    ) -> Result<(), Unsound> {
        let Wait::Lane(cell) = &self.wait else { return Err(Unsound) };
        track.block::<S>(below, some, cell.rooms_behind(self.came.len(), some), bounds)?;
        self.came.extend(track.left().iter().take(some));
        self.births.extend(track.births().iter().take(some));
        self.begun.extend(track.begun().iter().take(some));
        Ok(())
    }

    fn hold<S: Side<L>>(
        &mut self,
        track: &mut Track<L>,
        below: &mut [Track<L>],
        product: usize,
        bounds: &Bounds<L>,
    ) -> Result<(), Unsound> {
        let held = track.hold::<S>(below, product, bounds)?;
        self.there[product] = held.ready;
        self.came.push(held.ready);
        self.births.push(held.birth);
        self.begun.push(held.begun);
        Ok(())
    }

    /// What a product may wait for.
    fn lacks(&self, product: usize) -> Lack<L> {
        // Of those made when they are taken, all but the first are made then.
        let late = matches!(self.wait, Wait::Supplied) && self.parts > 1;
        Lack { giver: self.giver, there: self.there[product], late }
    }

    fn bytes(&self) -> usize {
        let lane = if let Wait::Lane(cell) = &self.wait { cell.bytes() } else { 0 };
        lane + 3 * size_of::<[i64; L]>() * self.came.capacity()
    }

    fn forget(&mut self) {
        self.came.clear();
        self.births.clear();
        self.begun.clear();
    }

    /// All parts come that still can. When those of the next product are there is told.
    fn flush<S: Side<L>>(
        &mut self,
        track: &mut Track<L>,
        below: &mut [Track<L>],
        bounds: &Bounds<L>,
        pace: &mut Pace<'_>,
    ) -> Result<(), Halt> {
        let mut come = 0;
        self.there[0] = [NEVER; L];
        while !track.is_over(bounds) {
            self.forget();
            let most = match &self.wait {
                Wait::Lane(cell) => track.block.min(usize::try_from(cell.places()).unwrap_or(usize::MAX)),
                Wait::Held => 1,
                Wait::Supplied => self.parts,
            };
            let some = track.up_to(below, most);
            if let (Wait::Supplied, Start::Source { origin, .. }) = (&self.wait, &track.start) {
                if some == self.parts {
                    self.there[0] = origin.due();
                }
                break;
            }
            if some == 0 {
                break;
            }
            if matches!(self.wait, Wait::Held) {
                if track.has_way_to_tail() {
                    track.block::<S>(below, 1, &[], bounds)?;
                }
                let (there, first) = (self.there[0], come == 0);
                self.hold::<S>(track, below, 0, bounds)?;
                track.gives(&[NEVER; L], bounds)?;
                if !first {
                    self.there[0] = there;
                }
            } else {
                self.fetch::<S>(track, below, some, bounds)?;
            }
            pace.see(some as u64, || (track.behind(), (track.bytes() + self.bytes()) / L))?;
            let latest = self.came.iter().flatten().copied().max().unwrap_or(0);
            if pace.fills(latest, some as u64) {
                below.iter_mut().for_each(Track::carry);
                track.carry();
            }
            for (came, begun) in self.came.iter().zip(&self.begun) {
                if came.iter().any(|came| *came > NEVER + (NEVER >> 1)) {
                    return Err(Halt::Beyond);
                }
                if let Wait::Lane(cell) = &mut self.wait {
                    cell.wait(came, &[NEVER; L], bounds);
                }
                if let Some(presence) = track.presence.first_mut() {
                    presence.ends(begun, &[NEVER; L], bounds);
                }
                come += 1;
                if come == self.parts {
                    self.there[0] = *came;
                }
            }
        }
        Ok(())
    }
}

/// A track, and those that come before it.
fn split<const L: usize>(tracks: &mut [Track<L>], at: usize) -> Option<(&mut [Track<L>], &mut Track<L>)> {
    let (below, rest) = tracks.split_at_mut_checked(at)?;
    Some((below, rest.first_mut()?))
}

fn min<const L: usize>(a: &[i64; L], b: &[i64; L]) -> [i64; L] {
    std::array::from_fn(|lane| a[lane].min(b[lane]))
}
