//! What assemblies lack, and who may yet bring it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ir::ids::Id;
use crate::ir::{ItemId, NodeId, NodeKind, Source, Station, Supply};
use crate::kernel::layout::{buffer, item, list, machine, part, source, station};
use crate::kernel::read::{items_in, items_on, machines_of};
use crate::kernel::status::phase;

use super::gather::{WORD, parts_of};
use super::{Waits, Who};

impl Waits<'_> {
    /// What an assembly lacks, by part in written order, and the items that it has: the same count as
    /// the kernel makes.
    pub(super) fn lacking(&self, record: i64, s: &Station) -> (Vec<(Option<ItemId>, i64)>, BTreeSet<i64>) {
        let mut planned = BTreeSet::new();
        let Some(recipe) = s.recipes.first() else { return (Vec::new(), planned) };
        let lists = self.part_lists(record, parts_of(s));
        let by_type = self.get(record, station::LISTS);
        // Parts that are loaded one by one are needed no more.
        let from = if s.load_each { part::REST } else { part::MOST };
        let mut rest: BTreeMap<i64, i64> = lists.iter().map(|l| (*l, self.get(*l, from))).collect();
        let most = self.arena.words().len();
        for offers in &lists {
            let mut at = self.get(*offers, list::HEAD);
            for _ in 0..most {
                if at == 0 {
                    break;
                }
                let holder =
                    self.by_record.get(&self.get(at, item::HOLDER)).and_then(|v| self.vertices.get(*v)).map(|v| v.who);
                let kind = match holder {
                    Some(Who::Node(id)) => self.plant.nodes.get(id).map(|n| &n.kind),
                    _ => None,
                };
                match kind {
                    Some(NodeKind::Buffer(b)) if !b.is_loose() => {
                        let mut walk = at;
                        for _ in 0..most {
                            let kind = self.get(walk, item::TYPE);
                            let its = self.get(by_type.saturating_add(kind.saturating_mul(8)), WORD);
                            match rest.get_mut(&its) {
                                Some(left) if *left > 0 => {
                                    *left -= 1;
                                    planned.insert(walk);
                                }
                                _ => break,
                            }
                            walk = self.get(walk, item::NEXT);
                            if walk == 0 {
                                break;
                            }
                        }
                    }
                    Some(NodeKind::Source(Source { supply: Supply::Always, total, .. })) => {
                        // The one that stands ready, and those that are made as it leaves.
                        let record = self.get(at, item::HOLDER);
                        let total = total.and_then(|t| i64::try_from(t).ok()).unwrap_or(i64::MAX);
                        let there = total.saturating_sub(self.get(record, source::MADE)).saturating_add(1);
                        if let Some(left) = rest.get_mut(offers) {
                            *left = left.saturating_sub(there).max(0);
                        }
                    }
                    _ => {
                        if let Some(left) = rest.get_mut(offers).filter(|left| **left > 0) {
                            *left -= 1;
                            planned.insert(at);
                        }
                    }
                }
                at = self.get(at, item::OFFER_NEXT);
            }
        }
        // Beyond the least number a part is not lacked.
        let lacked = |l: &i64| {
            let spare = self.get(*l, part::MOST).saturating_sub(self.get(*l, part::NEED));
            rest.get(l).map(|n| n.saturating_sub(spare)).filter(|n| *n > 0)
        };
        let parts = recipe.gathered().into_iter().zip(&lists);
        (parts.filter_map(|((item, ..), l)| lacked(l).map(|n| (item, n))).collect(), planned)
    }

    /// An assembly with an empty machine waits for each part that it lacks.
    pub(super) fn assembly(&mut self, at: usize, id: NodeId, record: i64, s: &Station) {
        if s.searches() {
            self.searching(at, id, s);
            return;
        }
        let (lacking, planned) = self.lacking(record, s);
        if lacking.is_empty() {
            // All is there but perhaps a card, which whoever offers the parts waits for.
            return;
        }
        let groups: Vec<Vec<usize>> = lacking.iter().map(|(kind, _)| self.deliverers(id, *kind, &planned)).collect();
        let mut fact = format!("`{}` waits for {}", self.node_name(id), self.in_words(&lacking));
        if let Some(nearest) = groups.iter().find_map(|g| g.first()).and_then(|v| self.place_name(*v)) {
            fact.push_str(&format!("; the nearest is at {nearest}, behind what waits there"));
        }
        if let Some(v) = self.vertices.get_mut(at) {
            v.groups = groups;
            v.fact = Some(fact);
        }
    }

    /// A station that searches among recipes or keys may go on when any of what it takes may come.
    fn searching(&mut self, at: usize, id: NodeId, s: &Station) {
        let mut any: Vec<usize> = Vec::new();
        for (kind, ..) in s.recipes.iter().flat_map(crate::ir::Recipe::gathered) {
            any.extend(self.deliverers(id, kind, &BTreeSet::new()));
        }
        any.sort_unstable();
        any.dedup();
        let fact = format!("`{}` has the parts of none of its recipes together", self.node_name(id));
        if let Some(v) = self.vertices.get_mut(at) {
            v.groups = vec![any];
            v.fact = Some(fact);
        }
    }

    /// The nearest upstream that hold or may make an item that goes for `wanted`, beside those planned;
    /// in place of what stands behind a full buffer, that buffer.
    fn deliverers(&self, id: NodeId, wanted: Option<ItemId>, planned: &BTreeSet<i64>) -> Vec<usize> {
        let mut found = Vec::new();
        let mut seen: BTreeSet<(usize, bool, Option<usize>)> = BTreeSet::new();
        let mut queue: VecDeque<(NodeId, Option<ItemId>, Option<usize>)> = VecDeque::new();
        let before = |id: NodeId| self.upstream.get(id.index()).into_iter().flatten().copied();
        queue.extend(before(id).map(|n| (n, wanted, None)));
        while let Some((at, wanted, full)) = queue.pop_front() {
            if !seen.insert((at.index(), wanted.is_some(), full)) {
                continue;
            }
            let Some((n, v)) = self.plant.nodes.get(at).zip(self.vertices.get(at.index())) else { continue };
            let fits = |kind: Option<ItemId>| kind.is_some_and(|k| wanted.is_none_or(|w| self.is_a(k, w)));
            let (mut further, mut behind) = (wanted, full);
            match &n.kind {
                NodeKind::Sink => continue,
                NodeKind::Source(s) => {
                    let total = s.total.and_then(|t| i64::try_from(t).ok());
                    let left = total.is_none_or(|t| self.get(v.record, source::MADE) < t);
                    let waiting = self.items_at(at.index());
                    let stands = waiting.iter().any(|i| !planned.contains(i) && fits(self.type_of(*i)));
                    if stands || left && s.mix.iter().any(|(k, _)| fits(Some(*k))) {
                        found.push(full.unwrap_or(at.index()));
                    }
                    continue;
                }
                NodeKind::Buffer(_) | NodeKind::Conveyor(_) => {
                    let is_full = self.get(v.record, buffer::LEVEL) >= self.get(v.record, buffer::CAPACITY);
                    // Places for fewer than are needed: those planned are what stands in the way.
                    let more = |i: &i64| (is_full || !planned.contains(i)) && fits(self.type_of(*i));
                    let inside = match n.kind {
                        NodeKind::Conveyor(_) => items_on(self.model, self.arena, at),
                        _ => items_in(self.arena, v.record),
                    };
                    if inside.iter().any(more) {
                        found.push(full.unwrap_or(at.index()));
                    }
                    if is_full {
                        behind = full.or(Some(at.index()));
                    }
                }
                NodeKind::Station(s) => {
                    let makes = s.recipes.first().map_or(&[][..], |r| &r.makes);
                    let takes = s.recipes.first().is_some_and(crate::ir::Recipe::gathers);
                    let made = makes.iter().any(|p| fits(Some(p.item)));
                    if !makes.is_empty() && !made {
                        continue;
                    }
                    let busy = machines_of(self.model, at).filter(|m| {
                        let at = self.get(*m, machine::PHASE);
                        let first = if at == phase::FINISHED { machine::PRODUCTS } else { machine::ITEM };
                        let held = self.get(*m, first);
                        let more = made || takes || held != 0 && fits(self.type_of(held));
                        at != phase::IDLE && more && !planned.contains(&held)
                    });
                    found.extend(busy.filter_map(|m| full.or_else(|| self.by_record.get(&m).copied())));
                    if takes {
                        // Its own wait for parts speaks for what is further up.
                        found.push(full.unwrap_or(at.index()));
                        continue;
                    }
                    if made {
                        further = None;
                    }
                }
            }
            queue.extend(before(at).map(|n| (n, further, behind)));
        }
        found
    }
}
