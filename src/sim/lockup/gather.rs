//! Who waits for whom: read from the offers, requests and cards in the state.
//!
//! It draws no conclusions. Start at [`Waits::gather`].

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::ids::Id;
use crate::ir::{ItemId, LimitId, NodeId, NodeKind, Release, Source, Station, Stopped};
use crate::kernel::builder::Field;
use crate::kernel::kept::kept_from;
use crate::kernel::layout::{
    breakdown, buffer, clearance, component, drive, header, item, lane, limit, list, machine, movement, needs, node,
    part, pool, request, source, station, vehicle,
};
use crate::kernel::program::Ty;
use crate::kernel::read::{breakdowns_of, items_in, items_on, lanes_of, machines_of};
use crate::kernel::status::{NEVER, phase};

use super::{Waits, Who};

/// What a vehicle does that waits to hand over.
const ARRIVED: i64 = crate::kernel::vehicles::ARRIVED;

/// A word of any record.
pub(super) const WORD: Field = Field { offset: 0, ty: Ty::Count };

impl Waits<'_> {
    /// Fills the groups and facts of all vertices.
    pub(super) fn gather(&mut self) {
        for (id, n) in self.plant.nodes.iter() {
            let at = id.index();
            let Some(record) = self.vertices.get(at).map(|v| v.record) else { continue };
            match &n.kind {
                NodeKind::Source(s) => self.source(at, id, record, s),
                NodeKind::Buffer(b) => {
                    if self.get(record, buffer::RESERVED) > 0
                        || b.transit.is_some() && self.pending(self.get(record, buffer::SLOT))
                    {
                        self.revive(at);
                    }
                    if b.max_stay.is_some() && self.pending(self.get(record, buffer::EXPIRY)) {
                        self.revive(at);
                    }
                    if let Some(v) = self.vertices.get_mut(at) {
                        v.since = self.arena.get(record, buffer::FULL_SINCE);
                    }
                }
                NodeKind::Conveyor(_) => self.belt(at, id, record),
                NodeKind::Station(s) => self.station(at, id, record, s),
                NodeKind::Sink => {}
            }
        }
        for (id, n) in self.plant.nodes.iter() {
            match &n.kind {
                NodeKind::Station(s) => {
                    let parts = parts_of(s);
                    let Some(record) = self.vertices.get(id.index()).map(|v| v.record) else { continue };
                    if parts == 0 {
                        self.offers(id, record.saturating_add(i64::from(node::RANK.offset)));
                    }
                    let lists = match s.searches() {
                        true => self.lists_of(record),
                        false => self.part_lists(record, parts).into_iter().collect(),
                    };
                    for list in lists {
                        self.offers(id, list);
                    }
                }
                NodeKind::Buffer(_) | NodeKind::Conveyor(_) | NodeKind::Sink => {
                    let Some(record) = self.vertices.get(id.index()).map(|v| v.record) else { continue };
                    self.offers(id, record.saturating_add(i64::from(node::RANK.offset)));
                }
                NodeKind::Source(_) => {}
            }
        }
        self.open_rules();
        self.held_back();
        self.vehicles();
        self.pools();
        self.limits();
    }

    /// Machines that hold a finished item and offer it nowhere as long as they are down, will.
    fn held_back(&mut self) {
        for at in 0..self.vertices.len() {
            let Some(v) = self.vertices.get_mut(at) else { continue };
            if !matches!(v.who, Who::Machine(_)) || self.arena.get(v.record, machine::PHASE) != phase::FINISHED {
                continue;
            }
            v.live |= v.groups.is_empty() && self.arena.get(v.record, machine::DOWN) > 0;
            if v.since == 0 {
                v.since = self.arena.get(v.record, machine::SINCE);
            }
        }
    }

    /// What a vehicle has been sent for will leave where it is, and arrive.
    fn vehicles(&mut self) {
        let bytes = 8 * i64::try_from(vehicle::WORDS).unwrap_or(0);
        for (number, (record, first, size)) in self.model.places.fleets.clone().into_iter().enumerate() {
            if self.plant.fleets.get(number).is_some_and(|f| !f.keeps_place) {
                self.waiting_vehicles(number, record, first, size);
                continue;
            }
            for (v, _) in (0i64..).zip(0..size) {
                let at = first.saturating_add(v.saturating_mul(bytes));
                let its_item = self.get(at, vehicle::ITEM);
                if its_item == 0 {
                    continue;
                }
                let way = self.get(at, vehicle::MOVE);
                let touched = [self.get(its_item, item::HOLDER), way, self.get(way, movement::TARGET)];
                for vertex in touched.map(|r| self.by_record.get(&r).copied()).into_iter().flatten() {
                    self.revive(vertex);
                }
            }
        }
    }

    /// Vehicles of a fleet that keeps no places: those under way go on; those that stand loaded wait for room, and
    /// what is to be fetched for one of them.
    fn waiting_vehicles(&mut self, number: usize, record: i64, first: i64, size: u64) {
        let bytes = 8 * i64::try_from(vehicle::WORDS).unwrap_or(0);
        let Some(fleet) = self.by_record.get(&record).copied() else { return };
        let mut standing = Vec::new();
        for (v, _) in (0i64..).zip(0..size) {
            let at = first.saturating_add(v.saturating_mul(bytes));
            let Some(own) = self.by_record.get(&at).copied() else { continue };
            let way = self.by_record.get(&self.get(at, vehicle::MOVE)).copied();
            if self.get(at, vehicle::DOES) == ARRIVED {
                standing.push(own);
                if let Some(v) = way.and_then(|w| self.vertices.get_mut(w)) {
                    // Any of them that goes on lets an item of the arrow go on.
                    let mut all: Vec<usize> = v.groups.drain(..).flatten().collect();
                    all.push(own);
                    v.groups = vec![all];
                }
                continue;
            }
            let its_item = self.get(at, vehicle::ITEM);
            let holder = Some(its_item).filter(|i| *i != 0);
            let holder = holder.and_then(|i| self.by_record.get(&self.get(i, item::HOLDER)).copied());
            let touched = if its_item == 0 { None } else { way };
            for vertex in [Some(own), Some(fleet), holder, touched].into_iter().flatten() {
                self.revive(vertex);
            }
        }
        let name = self.plant.fleets.get(number).map_or("", |f| f.name.as_str());
        let fact = match size {
            1 => format!("the vehicle of `{name}` stands loaded"),
            _ => format!("all {size} vehicles of `{name}` stand loaded"),
        };
        if let Some(v) = self.vertices.get_mut(fleet) {
            v.groups = vec![standing];
            v.fact = Some(fact);
        }
    }

    /// What waits for one of several ways may go on when one of them may.
    fn open_rules(&mut self) {
        let most = self.arena.words().len();
        for (offers, targets) in self.model.places.opens.clone() {
            let mut at = self.get(offers, list::HEAD);
            for _ in 0..most {
                if at == 0 {
                    break;
                }
                if let Some(from) = self.by_record.get(&self.get(at, item::HOLDER)).copied() {
                    self.waits_for_any(from, &targets, at);
                }
                at = self.get(at, item::OFFER_NEXT);
            }
        }
    }

    fn waits_for_any(&mut self, from: usize, targets: &[NodeId], at: i64) {
        let refusals: Vec<Vec<Vec<usize>>> = targets.iter().map(|t| self.refusal(*t, at).0).collect();
        let free = refusals.iter().any(Vec::is_empty);
        let all: Vec<usize> = refusals.into_iter().flatten().flatten().collect();
        let names: Vec<String> = targets.iter().map(|t| format!("`{}`", self.node_name(*t))).collect();
        let (kind, ready) = (self.type_name(at), self.get(at, item::READY));
        let record = self.vertices.get(from).map_or(0, |v| v.record);
        let name = self.model.places.names.get(record).unwrap_or_default().to_string();
        let fact = format!("`{name}` has a `{kind}` for {}, of which none takes it", names.join(" or "));
        let Some(v) = self.vertices.get_mut(from) else { return };
        v.holds = true;
        v.since = v.since.max(ready);
        if free {
            v.live = true;
            return;
        }
        // One of several products: any of them that leaves is progress.
        let before: Vec<usize> = v.groups.drain(..).flatten().collect();
        v.groups = vec![before.into_iter().chain(all).collect()];
        v.fact = v.fact.take().or(Some(fact));
    }

    /// A belt goes on while an item is under way, and while it stands for a time: off shift, under repair,
    /// or for work on it.
    fn belt(&mut self, at: usize, id: NodeId, record: i64) {
        let mut live = self.pending(self.get(record, buffer::SLOT));
        for its_lane in lanes_of(self.model, id) {
            live |= self.pending(self.get(its_lane, lane::SLOT));
            let drive = self.get(its_lane, lane::DRIVE);
            let held = i64::from(self.get(its_lane, lane::OFFERED) != 0);
            live |= self.get(drive, drive::STOPS) > held;
        }
        if live {
            self.revive(at);
        }
        if let Some(v) = self.vertices.get_mut(at) {
            v.since = self.arena.get(record, buffer::FULL_SINCE);
        }
    }

    pub(super) fn part_lists(&self, record: i64, parts: usize) -> Vec<i64> {
        let first = self.get(record, station::PARTS);
        let bytes = 8 * part::WORDS as i64;
        (0..i64::try_from(parts).unwrap_or(0)).map(|i| first.saturating_add(i.saturating_mul(bytes))).collect()
    }

    /// The offer lists by item type of a station, each once.
    fn lists_of(&self, record: i64) -> BTreeSet<i64> {
        let by_type = self.get(record, station::LISTS);
        let list = |t: usize| self.get(by_type.saturating_add(i64::try_from(8 * t).unwrap_or(0)), WORD);
        (0..self.plant.items.len()).map(list).filter(|l| *l != 0).collect()
    }

    fn source(&mut self, at: usize, id: NodeId, record: i64, s: &Source) {
        if self.pending(self.get(record, source::SLOT)) || self.get(record, source::OFF) != 0 {
            self.revive(at);
        }
        let waiting = self.get(record, source::ITEM);
        if (waiting == 0 || !s.makes_single_items()) && self.get(record, source::PENDING) > 0 {
            let short = self.short_limits(id, None);
            let fact = format!(
                "`{}` waits for a card of {} to make the next item",
                self.node_name(id),
                self.limit_names(&short)
            );
            if let Some(v) = self.vertices.get_mut(at) {
                v.holds = true;
                v.fact = Some(fact);
                v.groups = short.iter().map(|l| vec![*l]).collect();
            }
        }
    }

    /// Vertices of the limits that begin at a node and have no card left for an item without one.
    fn short_limits(&self, id: NodeId, entering: Option<i64>) -> Vec<usize> {
        let field =
            if self.model.shapes.visits { item::CARDS } else { Field { offset: item::VISIT.offset, ty: Ty::Count } };
        let held = entering.filter(|_| !self.plant.limits.is_empty()).map_or(0, |i| self.get(i, field));
        let mut short = Vec::new();
        for (n, ((_, l), record)) in self.plant.limits.iter().zip(&self.model.places.limits).enumerate() {
            let bit = 1i64 << n.min(62);
            let takes = entering.and_then(|i| self.type_of(i)).zip(l.item).is_none_or(|(kind, of)| self.is_a(kind, of));
            let closed = self.get(*record, limit::CARDS) <= 0 || self.keeps_apart(*record);
            if l.from == id && takes && held & bit == 0 && closed {
                short.extend(self.by_record.get(record).copied());
            }
        }
        short
    }

    fn limit_names(&self, short: &[usize]) -> String {
        let name = |v: &usize| match self.vertices.get(*v).map(|v| v.who) {
            Some(Who::Limit(l)) => self.plant.limits.get(l).map_or("", |l| l.name.as_str()),
            _ => "",
        };
        short.iter().map(|v| format!("`{}`", name(v))).collect::<Vec<_>>().join(" and ")
    }

    fn station(&mut self, at: usize, id: NodeId, record: i64, s: &Station) {
        let machines: Vec<i64> = machines_of(self.model, id).collect();
        for m in &machines {
            self.machine(*m, id, s);
        }
        let idle = machines.iter().any(|m| self.is_idle(*m, id, s));
        let parts = parts_of(s);
        if self.get(record, station::RESERVED) > 0 {
            self.revive(at);
        }
        if self.pending(self.get(record, station::WAIT_SLOT)) && s.recipes.iter().any(|r| r.wait_at_most.is_some()) {
            self.revive(at);
        }
        if !idle {
            let group = machines.iter().filter_map(|m| self.by_record.get(m).copied()).collect();
            if let Some(v) = self.vertices.get_mut(at) {
                v.groups = vec![group];
            }
        } else if parts > 0 {
            self.assembly(at, id, record, s);
        }
    }

    /// Whether a machine is empty, and up now or some day without anybody's help.
    fn is_idle(&self, m: i64, id: NodeId, s: &Station) -> bool {
        self.get(m, machine::PHASE) == phase::IDLE && (self.get(m, machine::DOWN) == 0 || self.up_some_day(m, id, s))
    }

    /// Whether a machine that is down will be up by itself: its shift begins, its repair ends.
    fn up_some_day(&self, m: i64, id: NodeId, s: &Station) -> bool {
        !self.plant.stops.iter().any(|stop| stop.stops_node(id))
            && breakdowns_of(self.arena, m, s.stops()).all(|b| self.get(b, breakdown::ACTIVE) != 1)
    }

    fn machine(&mut self, m: i64, id: NodeId, s: &Station) {
        let Some(at) = self.by_record.get(&m).copied() else { return };
        let now_in = self.get(m, machine::PHASE);
        let since = self.get(m, machine::SINCE);
        let name = self.model.places.names.get(m).unwrap_or_default().to_string();
        let breakdowns: Vec<i64> = breakdowns_of(self.arena, m, s.stops()).collect();
        let mut live = false;
        let mut groups = Vec::new();
        let mut fact = None;
        let down = self.get(m, machine::DOWN) > 0;
        if down && !self.up_some_day(m, id, s) {
            // A repair that waits for people may wait for ever. One that stops together with others goes on
            // with them.
            live = self.plant.stops.iter().any(|s| s.stops_node(id));
            for b in breakdowns.iter().filter(|b| self.get(**b, breakdown::ACTIVE) == 1) {
                groups.extend(self.people(at, self.get(*b, breakdown::REQUEST)));
            }
            fact = Some(format!("`{name}` is down and waits for people to repair it"));
        } else {
            match now_in {
                phase::WORKING | phase::INTERRUPTED => live = true,
                phase::WAIT_TO_BEGIN | phase::WAIT_TO_RESUME => {
                    let its = self.get(m, machine::REQUEST);
                    groups = self.people(at, its);
                    // A breakdown withdraws the request, which may let a younger one pass.
                    let comp = self.get(its, request::COMPONENT);
                    let others = self.get(comp, component::HEAD) != self.get(comp, component::TAIL);
                    live = others && breakdowns.iter().any(|b| self.pending(self.get(*b, breakdown::SLOT)));
                    fact = Some(format!("`{name}` is loaded and waits for {}", self.short_people(its)));
                }
                phase::WAIT_FOR_PLACE if self.get(m, machine::PLACES) != 0 => {
                    (groups, fact) = self.places(&name, m);
                }
                phase::FINISHED
                    if s.recipes.first().is_some_and(|r| r.release == Release::Together)
                        && self.get(m, machine::PLACES) == 0 =>
                {
                    (groups, fact) = self.together(&name, m);
                }
                _ => {}
            }
            live |= down && groups.is_empty() && !matches!(now_in, phase::IDLE | phase::FINISHED);
        }
        // People who have shifts come back.
        let absent = |its: i64| self.comes_back(its);
        if !live && !groups.is_empty() {
            let repairs = breakdowns.iter().map(|b| self.get(*b, breakdown::REQUEST));
            live = repairs.chain([self.get(m, machine::REQUEST)]).any(|its| its != 0 && absent(its));
        }
        let holds = live || !groups.is_empty() || now_in == phase::FINISHED;
        if let Some(v) = self.vertices.get_mut(at) {
            v.live |= live;
            v.holds = holds;
            // What is finished waits since it was offered, whatever stopped the machine afterwards.
            v.since = if now_in == phase::FINISHED { v.since } else { since };
            v.groups = groups;
            v.fact = fact;
        }
    }

    /// A loaded machine waits for the places of all that it makes.
    fn places(&mut self, name: &str, m: i64) -> (Vec<Vec<usize>>, Option<String>) {
        let (mut groups, mut fact) = (Vec::new(), None);
        let (places, n) = (self.get(m, machine::PLACES), self.get(m, machine::PLACE_COUNT));
        let loaded = self.get(m, machine::ITEM);
        for i in 0..n {
            let at = places.saturating_add(i.saturating_mul(8));
            let its_list = self.get(at, Field { offset: 0, ty: Ty::Handle });
            let Some(target) = self.owner_of(its_list) else { continue };
            let (its, why) = self.refusal(target, loaded);
            // One that has room waits only for the others; the last place may be needed twice.
            if !its.is_empty() {
                let to = self.node_name(target);
                fact = fact.or_else(|| {
                    Some(format!(
                        "`{name}` is loaded and waits for places for all that it makes, one of them in `{to}`, {why}"
                    ))
                });
                groups.extend(its);
            }
        }
        (groups, fact)
    }

    /// Products that leave together are offered nowhere: each names the list it would be offered in.
    fn together(&self, name: &str, m: i64) -> (Vec<Vec<usize>>, Option<String>) {
        let mut groups = Vec::new();
        let mut fact = None;
        let mut at = self.get(m, machine::PRODUCTS);
        let most = self.arena.words().len();
        for _ in 0..most {
            if at == 0 {
                break;
            }
            if let Some(target) = self.owner_of(self.get(at, item::LIST)) {
                let (its, why) = self.refusal(target, at);
                // One that has room waits only for the others.
                if !its.is_empty() {
                    fact = fact.or_else(|| {
                        let kind = self.type_name(at);
                        let to = self.node_name(target);
                        Some(format!(
                            "`{name}` holds finished items that leave together, among them a `{kind}` for `{to}`, {why}"
                        ))
                    });
                    groups.extend(its);
                }
            }
            at = self.get(at, item::NEXT);
        }
        (groups, fact)
    }

    /// The node that has an offer list.
    fn owner_of(&self, offers: i64) -> Option<NodeId> {
        let rank = self.get(offers, list::RANK);
        let ranks = self.get(0, header::RANKS);
        let record = self.get(ranks.checked_add(rank.checked_mul(8)?)?, WORD);
        match self.vertices.get(*self.by_record.get(&record)?)?.who {
            Who::Node(id) => Some(id),
            _ => None,
        }
    }

    /// Needs of a request: pool record and number.
    fn needs_of(&self, its: i64) -> Vec<(i64, i64)> {
        let list = self.get(its, request::NEEDS);
        let n = if list == 0 { 0 } else { self.get(list, needs::COUNT) };
        (0..n)
            .map(|i| {
                let at = list.saturating_add(i.saturating_mul(16));
                (self.get(at, needs::POOL), self.get(at, needs::NUMBER))
            })
            .collect()
    }

    fn has_shift(&self, members: i64) -> bool {
        match self.by_record.get(&members).and_then(|v| self.vertices.get(*v)).map(|v| v.who) {
            Some(Who::Pool(p)) => {
                let shift = |p: &crate::ir::Pool| p.calendar.is_some();
                let crews = self.plant.pools.get(p).map(|p| p.crews.clone()).unwrap_or_default();
                self.plant.pools.get(p).is_some_and(shift)
                    || crews.iter().any(|c| self.plant.pools.get(*c).is_some_and(shift))
                    || self.plant.stops.iter().any(|s| s.stops.contains(&Stopped::Member(p)))
            }
            _ => false,
        }
    }

    /// Whether people who are away can serve a request once they are back; those who are held stay held.
    fn comes_back(&self, its: i64) -> bool {
        let needs = self.needs_of(its);
        let short: Vec<&(i64, i64)> = needs.iter().filter(|(members, n)| *n > self.free(*members)).collect();
        match short.as_slice() {
            [] => needs.iter().any(|(members, _)| self.has_shift(*members)),
            _ => short.iter().all(|(members, n)| self.has_shift(*members) && *n <= self.roster(*members)),
        }
    }

    /// How many members can be there and free at most, as long as those who are busy stay so.
    fn roster(&self, members: i64) -> i64 {
        let all = |at: i64| match self.by_record.get(&at).and_then(|v| self.vertices.get(*v)).map(|v| v.who) {
            Some(Who::Pool(p)) => {
                self.plant.pools.get(p).map_or(0, |p| p.size + p.sizes.iter().map(|s| s.1).sum::<u64>())
            }
            _ => 0,
        };
        let most = |at: i64| i64::try_from(all(at)).unwrap_or(i64::MAX).saturating_sub(self.get(at, pool::BUSY));
        self.crews_of(members).into_iter().map(most).fold(0, i64::saturating_add)
    }

    fn free(&self, members: i64) -> i64 {
        let free = |at: i64| self.get(at, pool::SIZE).saturating_sub(self.get(at, pool::BUSY));
        self.crews_of(members).into_iter().map(free).fold(0, i64::saturating_add)
    }

    /// The crews that have a skill; any other pool is its own.
    fn crews_of(&self, members: i64) -> Vec<i64> {
        match self.get(members, pool::CREWS) {
            0 => vec![members],
            list => (1..=self.get(list, WORD)).map(|i| self.get(list.saturating_add(8 * i), WORD)).collect(),
        }
    }

    /// What a request waits for: pools with too few free, or the oldest request before it.
    fn people(&self, own: usize, its: i64) -> Vec<Vec<usize>> {
        let mut groups = Vec::new();
        for (members, number) in self.needs_of(its) {
            if number > self.free(members) {
                let crews = self.crews_of(members);
                groups.push(crews.iter().filter_map(|c| self.by_record.get(c).copied()).collect());
            }
        }
        if groups.is_empty() {
            let comp = self.get(its, request::COMPONENT);
            let head = self.get(comp, component::HEAD);
            let owner = self.get(head, request::OWNER);
            // A repair's owner is its breakdown record, which begins with the machine.
            let owner = if self.by_record.contains_key(&owner) { owner } else { self.get(owner, breakdown::MACHINE) };
            match self.by_record.get(&owner) {
                Some(other) if *other != own => groups.push(vec![*other]),
                _ => {}
            }
        }
        groups
    }

    fn short_people(&self, its: i64) -> String {
        let mut words = Vec::new();
        for (members, number) in self.needs_of(its) {
            let free = self.free(members);
            if let Some(Who::Pool(p)) = self.by_record.get(&members).and_then(|v| self.vertices.get(*v)).map(|v| v.who)
            {
                let name = self.plant.pools.get(p).map_or("", |p| p.name.as_str());
                words.push(format!(
                    "{number} of `{name}`, of which {free} of {} are free",
                    self.get(members, pool::SIZE)
                ));
            }
        }
        words.join(" and ")
    }

    /// Why a node does not take an item that is offered to it: what that waits for (nothing: it takes
    /// it), and the words that go behind its name.
    fn refusal(&self, target: NodeId, at: i64) -> (Vec<Vec<usize>>, String) {
        let Some((n, v)) = self.plant.nodes.get(target).zip(self.vertices.get(target.index())) else {
            return (Vec::new(), String::new());
        };
        let itself = vec![vec![target.index()]];
        match &n.kind {
            NodeKind::Sink | NodeKind::Source(_) => return (Vec::new(), String::new()),
            // A vehicle comes as soon as one is free.
            NodeKind::Buffer(crate::ir::Buffer { by: Some(m), .. })
                if self.plant.fleets.get(m.fleet).is_some_and(|f| !f.keeps_place) =>
            {
                let name = self.plant.fleets.get(m.fleet).map_or("", |f| f.name.as_str());
                let record = self.model.places.fleets.get(m.fleet).map_or(0, |(record, ..)| *record);
                let fleet = self.by_record.get(&record).copied();
                let words = format!("for which no vehicle of `{name}` is free");
                return (fleet.map(|f| vec![f]).into_iter().collect(), words);
            }
            // A vehicle comes when a place behind can be kept.
            NodeKind::Buffer(crate::ir::Buffer { by: Some(_), .. }) => {
                return match n.routing.iter().flat_map(crate::ir::Routing::targets).next() {
                    Some(behind) => self.refusal(behind.node, at),
                    None => (Vec::new(), String::new()),
                };
            }
            NodeKind::Buffer(_) | NodeKind::Conveyor(_) => {
                let (level, capacity) = (self.get(v.record, buffer::LEVEL), self.get(v.record, buffer::CAPACITY));
                let used = level.saturating_add(self.get(v.record, buffer::RESERVED));
                if used >= capacity {
                    return (itself, format!("which is full ({level} of {capacity})"));
                }
                let some = self.get(v.record, buffer::KEPT) != 0;
                let kept = if some { kept_from(self.arena, v.record, at) } else { 0 };
                if used.saturating_add(kept) >= capacity {
                    let words = match capacity.saturating_sub(used) {
                        1 => format!("where the last place ({level} of {capacity} are taken) is kept for others"),
                        free => format!(
                            "where the last {free} places ({level} of {capacity} are taken) are kept for others"
                        ),
                    };
                    return (itself, words);
                }
            }
            NodeKind::Station(s) => {
                let idle = machines_of(self.model, target).filter(|m| self.is_idle(*m, target, s)).count();
                if i64::try_from(idle).unwrap_or(0) <= self.get(v.record, station::RESERVED) {
                    let words = if s.machines > 1 { "which has no empty machine" } else { "which is not empty" };
                    return (itself, words.to_string());
                }
                if s.searches() {
                    return (itself, "which lacks what would go with it".to_string());
                }
                if parts_of(s) > 0 {
                    let (lacking, _) = self.lacking(v.record, s);
                    if !lacking.is_empty() {
                        return (itself, format!("which lacks {}", self.in_words(&lacking)));
                    }
                }
            }
        }
        let short = self.short_limits(target, Some(at));
        let words = format!("where no card of {} is left", self.limit_names(&short));
        (short.iter().map(|l| vec![*l]).collect(), words)
    }

    pub(super) fn in_words(&self, lacking: &[(Option<ItemId>, i64)]) -> String {
        let word = |(item, n): &(Option<ItemId>, i64)| match item.and_then(|i| self.plant.items.get(i)) {
            Some(known) => format!("{n} `{}`", known.name),
            None if *n == 1 => "1 more item".to_string(),
            None => format!("{n} more items"),
        };
        lacking.iter().map(word).collect::<Vec<_>>().join(" and ")
    }

    /// Follows a list of offers: each holder waits for the node of the list.
    fn offers(&mut self, target: NodeId, offers: i64) {
        let mut at = self.get(offers, list::HEAD);
        let most = self.arena.words().len();
        for _ in 0..most {
            if at == 0 {
                return;
            }
            if let Some(from) = self.by_record.get(&self.get(at, item::HOLDER)).copied() {
                self.offered(from, target, at);
            }
            at = self.get(at, item::OFFER_NEXT);
        }
    }

    fn offered(&mut self, from: usize, target: NodeId, at: i64) {
        let (groups, why) = self.refusal(target, at);
        let kind = self.type_name(at);
        let to = self.node_name(target);
        let ready = self.get(at, item::READY);
        let Some(v) = self.vertices.get(from) else { return };
        let (who, record, several) = (v.who, v.record, v.fact.is_some() && !v.groups.is_empty());
        let name = self.model.places.names.get(record).unwrap_or_default().to_string();
        let fact = match who {
            Who::Machine(_) if self.get(record, machine::PHASE) == phase::WAIT_FOR_PLACE => {
                format!("`{name}` is loaded with a `{kind}` and waits for a place in `{to}`, {why}")
            }
            Who::Machine(_) => format!("`{name}` holds a finished `{kind}` for `{to}`, {why}"),
            _ => match self.plant.nodes.get(target).zip(self.vertices.get(from)).map(|(_, v)| v.who) {
                Some(Who::Node(id))
                    if matches!(
                        self.plant.nodes.get(id).map(|n| &n.kind),
                        Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_))
                    ) =>
                {
                    let (level, capacity) = (self.get(record, buffer::LEVEL), self.get(record, buffer::CAPACITY));
                    let of =
                        if capacity < NEVER { format!("{level} of {capacity}") } else { format!("{level} inside") };
                    format!("the first item in `{name}` ({of}) is a `{kind}` for `{to}`, {why}")
                }
                _ => format!("`{name}` has a `{kind}` for `{to}`, {why}"),
            },
        };
        let Some(v) = self.vertices.get_mut(from) else { return };
        v.holds = true;
        v.since = v.since.max(ready);
        if groups.is_empty() {
            v.live = true;
            return;
        }
        if several {
            // One of several products: any of them that leaves is progress.
            let all: Vec<usize> = v.groups.drain(..).chain(groups).flatten().collect();
            v.groups = vec![all];
        } else {
            v.groups = groups;
            v.fact = Some(fact);
        }
    }

    // ---- people and cards ----

    fn pools(&mut self) {
        let mut holders: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (at, v) in self.vertices.iter().enumerate() {
            let Who::Machine(id) = v.who else { continue };
            let mut lists = vec![self.get(v.record, machine::HELD)];
            if let Some(NodeKind::Station(s)) = self.plant.nodes.get(id).map(|n| &n.kind) {
                for b in breakdowns_of(self.arena, v.record, s.stops()) {
                    // A repair that needs nobody makes no request.
                    let request = self.get(b, breakdown::REQUEST);
                    if request != 0 && self.get(b, breakdown::ACTIVE) == 2 {
                        let kept = self.model.shapes.grants_kept();
                        lists.push(self.get(request, if kept { request::HOLDS } else { request::NEEDS }));
                    }
                }
            }
            for held in lists.into_iter().filter(|l| *l != 0) {
                for i in 0..self.get(held, needs::COUNT) {
                    let members = self.get(held.saturating_add(i.saturating_mul(16)), needs::POOL);
                    holders.entry(members).or_default().push(at);
                }
            }
        }
        for (record, list) in holders {
            let Some(at) = self.by_record.get(&record).copied() else { continue };
            let (busy, size) = (self.get(record, pool::BUSY), self.get(record, pool::SIZE));
            let fact = self.vertices.get(at).map(|v| v.who).and_then(|who| match who {
                Who::Pool(p) => self.plant.pools.get(p),
                _ => None,
            });
            let names: Vec<String> = list.iter().take(4).filter_map(|v| self.place_name(*v)).collect();
            let fact = fact.map(|p| format!("{busy} of {size} of `{}` are held by {}", p.name, names.join(", ")));
            if let Some(v) = self.vertices.get_mut(at) {
                v.groups = vec![list];
                v.fact = fact;
            }
        }
    }

    pub(super) fn place_name(&self, at: usize) -> Option<String> {
        let v = self.vertices.get(at)?;
        self.model.places.names.get(v.record).map(|n| format!("`{n}`"))
    }

    fn limits(&mut self) {
        let short: Vec<(usize, i64)> = self
            .model
            .places
            .limits
            .iter()
            .enumerate()
            .filter(|(_, r)| self.get(**r, limit::CARDS) <= 0 || self.keeps_apart(**r))
            .map(|(n, r)| (n, *r))
            .collect();
        // Cards on their way back, and pallets under repair, are there again some day.
        for (_, record) in &short {
            let Some(at) = self.by_record.get(record).copied() else { continue };
            let Some(Who::Limit(id)) = self.vertices.get(at).map(|v| v.who) else { continue };
            let repaired = self.plant.stops.iter().any(|s| s.stops.contains(&Stopped::Card(id)));
            if repaired || self.get(*record, limit::RETURNING) > 0 {
                self.revive(at);
            }
        }
        if short.is_empty() {
            return;
        }
        let field =
            if self.model.shapes.visits { item::CARDS } else { Field { offset: item::VISIT.offset, ty: Ty::Count } };
        let mut groups: BTreeMap<usize, BTreeMap<usize, u64>> = BTreeMap::new();
        for at in 0..self.vertices.len() {
            for i in self.items_at(at) {
                let cards = self.get(i, field);
                for (n, _) in &short {
                    if cards & (1i64 << (*n).min(62)) != 0 {
                        *groups.entry(*n).or_default().entry(at).or_default() += 1;
                    }
                }
            }
        }
        for (n, record) in short {
            let Some(at) = self.by_record.get(&record).copied() else { continue };
            let held = groups.remove(&n).unwrap_or_default();
            let Some(l) = self.plant.limits.get(LimitId::new(n)) else { continue };
            let where_ = |v: &usize| match self.vertices.get(*v).map(|v| v.who) {
                Some(Who::Node(id)) => format!("`{}`", self.node_name(id)),
                _ => self.place_name(*v).unwrap_or_default(),
            };
            let places: Vec<String> = held.iter().take(6).map(|(v, n)| format!("{n} in {}", where_(v))).collect();
            if self.keeps_apart(record) && self.clearing(at, record, &l.name) {
                continue;
            }
            let fact = match self.get(record, limit::CARDS) {
                1.. => format!("`{}` lets no other items in until these have left: {}", l.name, places.join(", ")),
                _ => format!("all {} cards of `{}` are out: {}", l.count, l.name, places.join(", ")),
            };
            if let Some(v) = self.vertices.get_mut(at) {
                v.groups = vec![held.into_keys().collect()];
                v.fact = Some(fact);
            }
        }
    }

    /// Whether a limit keeps unequal items out: others are inside, or the line is being cleared.
    fn keeps_apart(&self, record: i64) -> bool {
        let clearance = self.get(record, limit::CLEARANCE);
        clearance != 0
            && (self.get(clearance, clearance::INSIDE) > 0
                || self.get(self.get(clearance, clearance::STOP), breakdown::ACTIVE) != 0)
    }

    /// Notes who clears the line of a limit, or why nobody does; false when it is not to be cleared now.
    fn clearing(&mut self, at: usize, record: i64, name: &str) -> bool {
        let stop = self.get(self.get(record, limit::CLEARANCE), clearance::STOP);
        let its = self.get(stop, breakdown::REQUEST);
        match self.get(stop, breakdown::ACTIVE) {
            0 => return false,
            1 => {
                let groups = self.people(at, its);
                let fact = format!("the line of `{name}` is to be cleared and waits for {}", self.short_people(its));
                let back = self.needs_of(its).iter().any(|(members, _)| self.has_shift(*members));
                if let Some(v) = self.vertices.get_mut(at) {
                    v.live |= back;
                    v.groups = groups;
                    v.fact = Some(fact);
                }
            }
            _ => {
                self.revive(at);
                // Its people go free some day.
                for (members, _) in if its == 0 { Vec::new() } else { self.needs_of(its) } {
                    if let Some(pool) = self.by_record.get(&members).copied() {
                        self.revive(pool);
                    }
                }
            }
        }
        true
    }

    /// The items that a vertex holds.
    pub(super) fn items_at(&self, at: usize) -> Vec<i64> {
        let Some(v) = self.vertices.get(at) else { return Vec::new() };
        match v.who {
            Who::Node(id) => match self.plant.nodes.get(id).map(|n| &n.kind) {
                Some(NodeKind::Buffer(_)) => items_in(self.arena, v.record),
                Some(NodeKind::Conveyor(_)) => items_on(self.model, self.arena, id),
                Some(NodeKind::Source(s)) => {
                    let first = self.get(v.record, source::ITEM);
                    let mut items: Vec<i64> = Some(first).filter(|i| *i != 0).into_iter().collect();
                    while let Some(last) = items.last().filter(|_| !s.makes_single_items()).copied() {
                        match self.get(last, item::NEXT) {
                            0 => break,
                            next => items.push(next),
                        }
                    }
                    items
                }
                _ => Vec::new(),
            },
            Who::Machine(_) => {
                let mut items = Vec::new();
                let finished = self.get(v.record, machine::PHASE) == phase::FINISHED;
                let mut i = self.get(v.record, if finished { machine::PRODUCTS } else { machine::ITEM });
                let most = self.arena.words().len();
                while i != 0 && items.len() < most {
                    items.push(i);
                    i = self.get(i, item::NEXT);
                }
                items
            }
            // What is on vehicles counts at their arrow.
            Who::Pool(_) | Who::Limit(_) | Who::Fleet(_) | Who::Vehicle(_) => Vec::new(),
        }
    }
}

/// How many kinds of parts a station gathers before it loads any.
pub(super) fn parts_of(s: &Station) -> usize {
    s.recipes.iter().map(|r| r.gathered().len()).max().unwrap_or(0)
}
