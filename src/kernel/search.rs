//! What a station works on next, where it has to be searched: among several recipes, or items with equal
//! keys (semantics S15, S19). Both engines call it; it reads the offers and writes the plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::builder::Field;
use super::host::Host;
use super::layout::{buffer, header, holder, item, list, routing, source, station};
use super::program::Ty;

/// What a station looks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// Its recipes in written order.
    pub recipes: Vec<Wanted>,
}

/// What a recipe looks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Its parts in written order.
    pub parts: Vec<WantedPart>,
    /// The law of the key that is equal in all of them.
    pub same: Option<i64>,
    /// Ticks that it waits for the largest number.
    pub wait: i64,
    /// Its recipe record.
    pub record: i64,
}

/// A part that a recipe looks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WantedPart {
    /// By item type: whether it goes for the part.
    pub types: Vec<bool>,
    /// How many at least.
    pub least: usize,
    /// How many at most.
    pub most: usize,
}

/// What holds items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderKind {
    /// A buffer.
    Buffer,
    /// A source that makes items as they are needed.
    Always,
    /// Anything else: one item at a time.
    Single,
}

const WORD: Field = Field { offset: 0, ty: Ty::Count };

/// An item that may be taken, or the source that makes it (with its lowest bit set).
#[derive(Clone, Copy)]
struct Candidate {
    entry: i64,
    item: i64,
    kind: usize,
    ready: i64,
    /// The one before it in its buffer, which has to be taken first.
    behind: Option<usize>,
    /// How many there are of it.
    number: usize,
}

/// What a recipe found.
struct Found {
    recipe: usize,
    plan: Vec<i64>,
    full: bool,
    /// Whether it may begin now, as far as its wait is concerned.
    due: bool,
    oldest: i64,
}

impl Host {
    /// Plans what a station works on next; see [`super::program::HostFn::Search`].
    pub(super) fn search(&mut self, node: i64) -> i64 {
        let searches = Arc::clone(&self.searches);
        let index = usize::try_from(self.arena.get(node, station::SEARCH)).unwrap_or(usize::MAX);
        let Some(search) = searches.get(index) else { return 0 };
        let now = self.arena.get(0, header::NOW);
        let mut best: Option<Found> = None;
        for (n, wanted) in search.recipes.iter().enumerate() {
            let candidates = self.candidates(node, wanted);
            for group in self.groups(wanted, &candidates) {
                let Some((plan, full)) = gather(wanted, &candidates, &group) else { continue };
                let oldest = plan.iter().map(|c| c.ready).min().unwrap_or(now);
                let due = full || oldest.saturating_add(wanted.wait) <= now;
                let found = Found { recipe: n, plan: plan.iter().map(|c| c.entry).collect(), full, due, oldest };
                // Among those that may begin, and else among those that wait, the oldest part decides.
                let better = best.as_ref().is_none_or(|b| (b.due, -b.oldest) < (found.due, -found.oldest));
                if better {
                    best = Some(found);
                }
            }
        }
        let Some(found) = best else { return 0 };
        let plan = self.arena.get(node, station::PLAN);
        for (i, entry) in (0i64..).zip(&found.plan) {
            self.arena.set(plan + 8 * i, WORD, *entry);
        }
        let record = search.recipes.get(found.recipe).map_or(0, |w| w.record);
        self.arena.set(node, station::FOUND, record);
        2 * i64::try_from(found.plan.len()).unwrap_or(0) + i64::from(found.full)
    }

    /// All items that a recipe may take, those ready longest first; of a buffer in its order.
    fn candidates(&self, node: i64, wanted: &Wanted) -> Vec<Candidate> {
        let lists = self.arena.get(node, station::LISTS);
        let types = wanted.parts.iter().map(|p| p.types.len()).max().unwrap_or(0);
        let mut offers = Vec::new();
        let mut seen = Vec::new();
        for kind in 0..types {
            let its = self.arena.get(lists + 8 * i64::try_from(kind).unwrap_or(0), WORD);
            if its == 0 || seen.contains(&its) {
                continue;
            }
            seen.push(its);
            let mut at = self.arena.get(its, list::HEAD);
            while at != 0 {
                let holder = self.arena.get(at, item::HOLDER);
                offers.push((self.arena.get(at, item::READY), self.arena.get(holder, holder::KEY), at, holder));
                at = self.arena.get(at, item::OFFER_NEXT);
            }
        }
        offers.sort_unstable();
        let mut found = Vec::new();
        for (_, _, at, from) in offers {
            let shape = usize::try_from(self.arena.get(from, holder::RELEASE)).unwrap_or(usize::MAX);
            match self.holders.get(shape) {
                Some(HolderKind::Buffer) => self.in_buffer(wanted, lists, at, from, &mut found),
                Some(HolderKind::Always) => {
                    let left = self.arena.get(from, source::TOTAL) - self.arena.get(from, source::MADE) + 1;
                    let number = usize::try_from(left).unwrap_or(1);
                    let number = if wanted.same.is_some() { 1 } else { number };
                    found.push(Candidate { entry: from + 1, behind: None, number, ..self.candidate(at) });
                }
                _ => found.push(self.candidate(at)),
            }
        }
        found
    }

    fn candidate(&self, at: i64) -> Candidate {
        Candidate {
            entry: at,
            item: at,
            kind: usize::try_from(self.arena.get(at, item::TYPE)).unwrap_or(usize::MAX),
            ready: self.arena.get(at, item::READY),
            behind: None,
            number: 1,
        }
    }

    /// The items of a buffer from its first on, as far as the station may reach.
    fn in_buffer(&self, wanted: &Wanted, lists: i64, first: i64, from: i64, found: &mut Vec<Candidate>) {
        let now = self.arena.get(0, header::NOW);
        let branch = self.arena.get(self.arena.get(from, buffer::ROUTING), routing::KIND) != 0;
        let mut behind = None;
        let mut at = first;
        while at != 0 {
            let this = self.candidate(at);
            let taken = self.arena.get(lists + 8 * i64::try_from(this.kind).unwrap_or(0), WORD) != 0;
            let reached = taken && this.ready <= now;
            if !reached && wanted.same.is_none() {
                return;
            }
            if reached {
                found.push(Candidate { behind, ..this });
                // Items with equal keys are taken from behind others.
                behind = wanted.same.is_none().then_some(found.len() - 1);
            }
            // Behind a branch only the first item has decided.
            if branch {
                return;
            }
            at = self.arena.get(at, item::NEXT);
        }
    }

    /// The candidates with equal keys, that of the oldest first; all in one group without a key.
    fn groups(&mut self, wanted: &Wanted, candidates: &[Candidate]) -> Vec<Vec<usize>> {
        let Some(law) = wanted.same else { return vec![(0..candidates.len()).collect()] };
        let mut order: Vec<Vec<usize>> = Vec::new();
        let mut by_key: BTreeMap<u64, usize> = BTreeMap::new();
        let mut sorted: Vec<usize> = (0..candidates.len()).collect();
        sorted.sort_by_key(|i| candidates.get(*i).map_or(0, |c| c.ready));
        for i in sorted {
            let item = candidates.get(i).map_or(0, |c| c.item);
            let value = self.value(law, item);
            let key = (if value == 0.0 { 0.0 } else { value }).to_bits();
            let group = *by_key.entry(key).or_insert_with(|| {
                order.push(Vec::new());
                order.len() - 1
            });
            if let Some(list) = order.get_mut(group) {
                list.push(i);
            }
        }
        order
    }
}

/// The items taken from a group: parts in written order, of each those ready longest, and of a buffer those
/// that are still needed until one is not. Whether they are as many as can be taken. `None` when too few.
fn gather(wanted: &Wanted, candidates: &[Candidate], group: &[usize]) -> Option<(Vec<Candidate>, bool)> {
    let mut rest: Vec<usize> = wanted.parts.iter().map(|p| p.most).collect();
    let part_of = |kind: usize| wanted.parts.iter().position(|p| p.types.get(kind).copied().unwrap_or(false));
    let mut taken = vec![false; candidates.len()];
    let mut plan = Vec::new();
    for part in 0..wanted.parts.len() {
        let mut of_buffer = Vec::new();
        for i in group {
            let Some(this) = candidates.get(*i).filter(|_| !taken.get(*i).copied().unwrap_or(true)) else { continue };
            let follows = this.behind.is_some_and(|b| of_buffer.contains(&b));
            let free = this.behind.is_none_or(|b| taken.get(b).copied().unwrap_or(false));
            let Some(its) = part_of(this.kind).filter(|its| free && (*its == part || follows)) else { continue };
            let Some(left) = rest.get_mut(its).filter(|n| **n > 0) else { continue };
            let number = this.number.min(*left);
            *left -= number;
            plan.extend(std::iter::repeat_n(*this, number));
            if let Some(place) = taken.get_mut(*i) {
                *place = true;
            }
            of_buffer.push(*i);
        }
    }
    let full = rest.iter().all(|n| *n == 0);
    let enough = wanted.parts.iter().zip(&rest).all(|(p, left)| p.most - left >= p.least);
    (enough && !plan.is_empty()).then_some((plan, full))
}
