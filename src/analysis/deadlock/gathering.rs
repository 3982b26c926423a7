//! Stations that gather, as part of a net: what they load, in all ways in which parts can be put together,
//! and how their products leave.

use std::collections::BTreeSet;

use crate::base::Span;
use crate::ir::{Blocking, NodeId, Release, Station};
use crate::net::Transition;

use super::kinds::{GatheredPart, Gathering, Onward, may_scrap};
use super::lower::{Change, Key, Lowering, Standing};
use super::people;

/// Ways in which the parts of one run of a recipe may be put together, or its products go.
const COMBINATIONS: usize = 200;

/// A product that leaves: its kind and its way; none for one that is scrapped.
type Leaves = Option<(usize, usize)>;
/// A step of a kind that leaves.
type Step = (usize, Onward);

/// Where a part can be taken from: its place (none: always there), the kind that stands there, and whether
/// the assembly has counted on it before.
#[derive(Clone, Copy, Debug)]
struct Input {
    place: Option<usize>,
    kind: usize,
    arrives: usize,
    counted: bool,
}

impl Lowering<'_> {
    pub(super) fn leaves_together(&self, kind: usize) -> bool {
        let Some(k) = self.kind(kind) else { return false };
        self.owner(kind).is_some_and(|(recipe, _)| self.together(k.node, recipe))
    }

    fn together(&self, id: NodeId, recipe: usize) -> bool {
        let Some(station) = self.station(id) else { return false };
        let total = self.total(id, recipe);
        total.is_none_or(|n| n > 1)
            && (station.blocking == Blocking::BeforeWork
                || station.recipes.get(recipe).is_some_and(|r| r.release == Release::Together))
    }

    /// How many items leave after a run of a recipe, when that is always the same number.
    fn total(&self, id: NodeId, recipe: usize) -> Option<u64> {
        let own = self.kinds.gathers.get(&id)?.get(recipe)?;
        if self.again(id, recipe) {
            let fixed = own.parts.iter().all(|p| p.number.0 == p.number.1);
            return fixed.then(|| own.parts.iter().map(|p| p.number.0).sum());
        }
        Some(own.products.iter().map(|p| p.count).sum())
    }

    fn again(&self, id: NodeId, recipe: usize) -> bool {
        self.station(id).and_then(|s| s.recipes.get(recipe)).is_some_and(|r| r.makes.is_empty())
    }

    /// The recipe and product of a kind that leaves a station that gathers.
    fn owner(&self, kind: usize) -> Option<(usize, usize)> {
        let k = self.kind(kind)?;
        let recipes = self.kinds.gathers.get(&k.node)?;
        for (r, recipe) in recipes.iter().enumerate() {
            if self.again(k.node, r) {
                let own = recipe.parts.iter().flat_map(|p| &p.kinds);
                if own.filter_map(|a| self.kinds.again.get(a)).any(|leaves| *leaves == kind) {
                    return Some((r, 0));
                }
            }
            for (p, product) in recipe.products.iter().enumerate() {
                if product.kinds.contains(&kind) {
                    return Some((r, p));
                }
            }
        }
        None
    }

    pub(super) fn product_left(&mut self, change: &mut Change, kind: usize) {
        let Some(node) = self.kind(kind).map(|k| k.node) else { return };
        let Some((recipe, product)) = self.owner(kind) else { return };
        match self.total(node, recipe) {
            Some(1) => change.give(self.place(Key::Free(node)), 1),
            Some(n) => change.give(self.place(Key::Left(node, recipe, product, n)), 1),
            // Of a batch of no fixed number the products are counted together.
            None => change.give(self.place(Key::Left(node, recipe, product, 0)), 1),
        }
    }

    pub(super) fn gather(&mut self, id: NodeId) {
        let recipes = self.kinds.gathers.get(&id).cloned().unwrap_or_default();
        let Some(station) = self.station(id).cloned() else { return };
        // Kinds of several recipes are told apart by nothing.
        for (r, recipe) in recipes.iter().enumerate() {
            let several = self.total(id, r).is_none_or(|n| n > 1);
            let shared = recipes.iter().enumerate().filter(|(other, _)| *other != r).any(|(_, other)| {
                let own = |g: &Gathering| -> BTreeSet<usize> {
                    let again = g.parts.iter().flat_map(|p| &p.kinds).filter_map(|a| self.kinds.again.get(a));
                    g.products.iter().flat_map(|p| &p.kinds).chain(again).copied().collect()
                };
                own(recipe).intersection(&own(other)).next().is_some()
            });
            if several && shared {
                self.fail(id, "several recipes with products that are alike");
                return;
            }
            if several && station.machines > 1 && !self.together(id, r) {
                self.fail(id, "several machines whose products leave one by one");
                return;
            }
        }
        for (r, recipe) in recipes.iter().enumerate() {
            self.load(id, &station, r, recipe, recipes.len());
        }
    }

    /// Whether what stands behind the first of a lane counts too for a station that gathers: then it is counted
    /// on, one after the other. `None` where others stand between.
    fn counts_on(&self, id: NodeId, kind: usize, number: u64) -> Option<bool> {
        let k = self.kind(kind)?;
        if !matches!(self.standing(k.node), Standing::Lane(_)) {
            return Some(false);
        }
        let here = self.kinds.at(k.node);
        let comes = |other: &usize| {
            let steps = self.kinds.ways_of(*other).iter().flatten();
            steps.filter_map(|o| self.kind(o.kind)).any(|t| t.node == id)
        };
        let only = |other: &usize| {
            let mut steps = self.kinds.ways_of(*other).iter().flatten();
            steps.all(|o| self.kind(o.kind).is_some_and(|t| t.node == id))
        };
        if here.iter().all(only) {
            return Some(true);
        }
        // One item for one part: it leaves as the first of the lane.
        (number == 1 && here.iter().filter(|k| comes(k)).count() == 1).then_some(false)
    }

    fn inputs(&mut self, id: NodeId, p: usize, part: &GatheredPart, recipes: usize) -> Vec<Input> {
        let mut found = Vec::new();
        for arrives in &part.kinds {
            for (kind, w, step) in self.kinds.before.get(*arrives).cloned().unwrap_or_default() {
                if self.endless(kind) {
                    found.push(Input { place: None, kind, arrives: *arrives, counted: false });
                    continue;
                }
                let ready = self.place(Key::Ready(kind, w));
                let Some(counts) = self.counts_on(id, kind, part.number.1) else {
                    self.fail(id, "parts that stand in one lane with items for others");
                    return found;
                };
                if !counts {
                    found.push(Input { place: Some(ready), kind, arrives: *arrives, counted: false });
                    continue;
                }
                let open = self.kinds.ways_of(kind).get(w).is_some_and(|way| way.len() > 1);
                if recipes > 1 || open {
                    self.fail(id, "several recipes, or open ways, behind a lane of several kinds");
                    return found;
                }
                // The first of the lane is counted on, and the next one comes to the front.
                let counted = self.place(Key::Counted(kind, p));
                let mut change = Change::default();
                change.take(ready, 1);
                change.take(self.place(Key::Wanted(id, p)), 1);
                change.give(counted, 1);
                let Some(lane) = self.kind(kind).map(|k| k.node) else { continue };
                change.give(self.place(Key::Head(lane)), 1);
                let text = format!("`{}` counts on {} in `{}`", self.name(id), self.item(kind), self.name(lane));
                self.step(change, text, step.span);
                found.push(Input { place: Some(counted), kind, arrives: *arrives, counted: true });
            }
        }
        found
    }

    fn load(&mut self, id: NodeId, station: &Station, r: usize, recipe: &Gathering, recipes: usize) {
        let mut choices: Vec<Vec<Vec<(Input, u64)>>> = Vec::new();
        for (p, part) in recipe.parts.iter().enumerate() {
            let inputs = self.inputs(id, p, part, recipes);
            if self.failed.is_some() {
                return;
            }
            let counted = inputs.iter().any(|i| i.counted);
            if counted && part.number.0 != part.number.1 {
                self.fail(id, "a number of parts that is open, behind a lane of several kinds");
                return;
            }
            let mut own = Vec::new();
            for n in part.number.0..=part.number.1 {
                compositions(&inputs, n, &mut Vec::new(), &mut own);
                if own.len() > COMBINATIONS {
                    self.fail(id, "too many ways to put the parts together");
                    return;
                }
            }
            choices.push(own);
        }
        let Some(sets) = product(&choices) else {
            self.fail(id, "too many ways to put the parts together");
            return;
        };
        for set in sets {
            let mut change = Change::default();
            change.take(self.place(Key::Free(id)), 1);
            let mut loaded = 0;
            let mut arrived: Vec<(usize, u64)> = Vec::new();
            for (p, inputs) in set.iter().enumerate() {
                for (input, n) in inputs {
                    for _ in 0..*n {
                        self.leave(&mut change, input.kind, input.counted);
                    }
                    if let Some(place) = input.place {
                        change.take(place, *n);
                    }
                    if input.counted {
                        change.give(self.place(Key::Wanted(id, p)), *n);
                    }
                    self.needs_cards(&mut change, input.kind, input.arrives, *n);
                    arrived.push((input.arrives, *n));
                    loaded += n;
                }
            }
            let what: Vec<String> = arrived.iter().map(|(k, n)| format!("{n} {}", self.item(*k))).collect();
            let text = format!("`{}` loads {}", self.name(id), what.join(" and "));
            self.unload(id, station, r, recipe, (change, loaded, &arrived), &text);
        }
    }

    /// What leaves after a load, in all ways.
    fn unload(
        &mut self,
        id: NodeId,
        station: &Station,
        r: usize,
        recipe: &Gathering,
        (mut change, loaded, arrived): (Change, u64, &[(usize, u64)]),
        text: &str,
    ) {
        let scrap = may_scrap(self.plant, id);
        // Of each product: the places where one may be, with its kind; none for one that is scrapped.
        let mut choices: Vec<Vec<Vec<(Leaves, u64)>>> = Vec::new();
        let lists: Vec<(Vec<usize>, u64)> = if self.again(id, r) {
            arrived.iter().filter_map(|(a, n)| self.kinds.again.get(a).map(|k| (vec![*k], *n))).collect()
        } else {
            recipe.products.iter().map(|p| (p.kinds.clone(), p.count)).collect()
        };
        for (kinds, n) in &lists {
            let mut ways: Vec<Leaves> = Vec::new();
            for kind in kinds {
                ways.extend((0..self.kinds.ways_of(*kind).len()).map(|w| Some((*kind, w))));
            }
            if scrap {
                ways.push(None);
            }
            let mut own = Vec::new();
            compositions(&ways, *n, &mut Vec::new(), &mut own);
            choices.push(own);
        }
        let Some(sets) = product(&choices) else {
            self.fail(id, "too many ways for the products to go");
            return;
        };
        let total: u64 = lists.iter().map(|(_, n)| n).sum();
        let span = station.recipes.get(r).map_or(Span::default(), |r| r.span);
        let together = self.together(id, r) && total > 1;
        if self.again(id, r) && self.total(id, r).is_none() {
            // A batch of no fixed number: the machine knows how many have to leave.
            change.give(self.place(Key::Unloading(id, r, loaded)), 1);
            self.emptied(id, r, &[(0, loaded)], 0, Some(loaded));
        } else if total > 1 && !together {
            let counts: Vec<(usize, u64)> = if self.again(id, r) {
                vec![(0, total)]
            } else {
                lists.iter().enumerate().map(|(p, (_, n))| (p, *n)).collect()
            };
            self.emptied(id, r, &counts, total, None);
        }
        for set in sets {
            let mut own = change.clone();
            let mut left = Vec::new();
            for (p, ways) in set.iter().enumerate() {
                let product = if self.again(id, r) { 0 } else { p };
                for (way, n) in ways {
                    match way {
                        Some((kind, w)) => {
                            for _ in 0..*n {
                                self.held(&mut own, *kind, 1);
                            }
                            left.push((*kind, *w, *n));
                        }
                        None if together => {}
                        None => match self.total(id, r) {
                            Some(1) => own.give(self.place(Key::Free(id)), *n),
                            Some(all) => own.give(self.place(Key::Left(id, r, product, all)), *n),
                            None => own.give(self.place(Key::Left(id, r, product, 0)), *n),
                        },
                    }
                }
            }
            if together {
                self.together_leave(id, r, own, &left, text, span);
                continue;
            }
            for (kind, w, n) in &left {
                own.give(self.place(Key::Ready(*kind, *w)), *n);
            }
            self.step(own, text.to_string(), span);
        }
    }

    /// The machine is free when all products have left.
    fn emptied(&mut self, id: NodeId, r: usize, counts: &[(usize, u64)], total: u64, unloading: Option<u64>) {
        let mut change = Change::default();
        if let Some(n) = unloading {
            change.take(self.place(Key::Unloading(id, r, n)), 1);
        }
        for (product, n) in counts {
            change.take(self.place(Key::Left(id, r, *product, total)), *n);
        }
        change.give(self.place(Key::Free(id)), 1);
        let same = |t: &Transition| t.takes.iter().copied().eq(change.takes.iter().map(|(p, n)| (*p, *n)));
        if !self.out.net.transitions.iter().any(same) {
            let text = format!("`{}` is empty", self.name(id));
            self.step(change, text, Span::default());
        }
    }

    fn together_leave(
        &mut self,
        id: NodeId,
        r: usize,
        mut load: Change,
        left: &[(usize, usize, u64)],
        text: &str,
        span: Span,
    ) {
        if left.is_empty() {
            load.give(self.place(Key::Free(id)), 1);
            self.step(load, text.to_string(), span);
            return;
        }
        let number = self.keys.keys().filter(|k| matches!(k, Key::Together(n, _, _) if *n == id)).count();
        let pack = self.place(Key::Together(id, r, number));
        load.give(pack, 1);
        self.step(load, text.to_string(), span);
        // Where each of them goes.
        let mut choices: Vec<Vec<Vec<(Step, u64)>>> = Vec::new();
        for (kind, way, n) in left {
            let targets = self.kinds.ways_of(*kind).get(*way).cloned().unwrap_or_default();
            if targets.iter().any(|t| self.is_gathered(t.kind)) {
                self.fail(id, "products that leave together, straight into a station that gathers");
                return;
            }
            let staffed = |t: &Onward| {
                let node = self.kind(t.kind).map(|k| k.node);
                node.is_some_and(|n| people::kept_need(self.plant, n, &self.kinds.kept) != Ok(None))
            };
            if targets.iter().any(staffed) {
                self.fail(
                    id,
                    "products that leave together, to a station that waits for people who are kept elsewhere",
                );
                return;
            }
            let targets: Vec<Step> = targets.into_iter().map(|t| (*kind, t)).collect();
            let mut own = Vec::new();
            compositions(&targets, *n, &mut Vec::new(), &mut own);
            choices.push(own);
        }
        let Some(sets) = product(&choices) else {
            self.fail(id, "too many ways for the products to go");
            return;
        };
        let leaving = format!("what `{}` made leaves together", self.name(id));
        for set in sets {
            let mut changes = vec![Change::default()];
            if let Some(first) = changes.first_mut() {
                first.take(pack, 1);
                first.give(self.place(Key::Free(id)), 1);
                for (kind, _, n) in left {
                    for _ in 0..*n {
                        self.held(first, *kind, -1);
                    }
                }
            }
            for ((from, step), n) in set.iter().flatten() {
                for _ in 0..*n {
                    changes = changes.into_iter().flat_map(|c| self.entered(c, *from, *step)).collect();
                    if changes.len() > COMBINATIONS {
                        self.fail(id, "too many ways for the products to go");
                        return;
                    }
                }
            }
            for change in changes {
                self.step(change, leaving.clone(), span);
            }
        }
    }

    /// What a change becomes when one of its items also comes to a node, in all ways.
    fn entered(&mut self, change: Change, from: usize, step: Onward) -> Vec<Change> {
        let before = self.out.net.transitions.len();
        let steps = self.out.steps.len();
        self.enter(change, from, step, "");
        let mut found = Vec::new();
        for t in self.out.net.transitions.split_off(before) {
            // It was no step yet.
            self.known.remove(&(t.takes.clone(), t.gives.clone()));
            found.push(Change {
                takes: t.takes.into_iter().collect(),
                gives: t.gives.into_iter().collect(),
                ..Change::default()
            });
        }
        self.out.steps.truncate(steps);
        self.out.made.truncate(steps);
        self.out.people.truncate(steps);
        found
    }
}

/// All ways to take `n` of some things, added to `found`.
fn compositions<T: Copy>(from: &[T], n: u64, begun: &mut Vec<(T, u64)>, found: &mut Vec<Vec<(T, u64)>>) {
    if found.len() > COMBINATIONS {
        return;
    }
    match from {
        [] => {
            if n == 0 {
                found.push(begun.clone());
            }
        }
        [only] => {
            begun.push((*only, n));
            found.push(begun.iter().filter(|(_, n)| *n > 0).copied().collect());
            begun.pop();
        }
        [first, rest @ ..] => {
            for taken in (0..=n).rev() {
                begun.push((*first, taken));
                compositions(rest, n - taken, begun, found);
                begun.pop();
            }
        }
    }
}

/// One of each, in all ways; `None` when there are too many.
fn product<T: Clone>(choices: &[Vec<T>]) -> Option<Vec<Vec<T>>> {
    let mut found: Vec<Vec<T>> = vec![Vec::new()];
    for own in choices {
        let mut longer = Vec::new();
        for begun in &found {
            for one in own {
                let mut next = begun.clone();
                next.push(one.clone());
                longer.push(next);
            }
        }
        if longer.len() > COMBINATIONS {
            return None;
        }
        found = longer;
    }
    Some(found)
}
