//! Whether a line can lock up.
//!
//! First the shape of the flow is looked at ([`circles`]): most lines are free for a reason that it shows,
//! and open rework loops lock up for certain. What it leaves open is lowered, part by part ([`waits`],
//! [`kinds`], [`lower`], [`gathering`]), to a place/transition net, on which `crate::net` proves or finds a way into a
//! deadlock. Start reading at [`check`].

pub(super) mod circles;
mod gathering;
mod kinds;
mod lower;
mod mend;
mod people;
mod story;
mod waits;

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, codes};
use crate::ir::{NodeKind, Plant};
use crate::net::{Answer, Effort, Net, Question, decide_for};

use super::network::Network;

/// Whether a line can lock up, and how that was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub verdict: VerdictKind,
    /// What decided it; absent when unknown.
    pub decided_by: Option<DecidedBy>,
    /// Markings looked at, when a search decided or gave up.
    pub states: Option<u64>,
    /// The way into the deadlock, a sentence a step.
    pub trace: Option<Vec<String>>,
    /// Where unknown: what could not be followed, or where the search ended.
    pub open: Vec<String>,
}

/// Answers to "can it lock up?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictKind {
    /// It cannot.
    Free,
    /// It can, or does.
    Deadlock,
    /// Not decided.
    Unknown,
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// The shape of the flow.
    Structure,
    /// A proof over the state equation.
    Proof,
    /// A search through the states.
    Search,
}

impl VerdictKind {
    /// The word of the output formats.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            VerdictKind::Free => "free",
            VerdictKind::Deadlock => "deadlock",
            VerdictKind::Unknown => "unknown",
        }
    }
}

impl DecidedBy {
    /// The word of the output formats.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            DecidedBy::Structure => "structure",
            DecidedBy::Proof => "proof",
            DecidedBy::Search => "search",
        }
    }
}

impl Verdict {
    fn of(verdict: VerdictKind, decided_by: Option<DecidedBy>) -> Verdict {
        Verdict { verdict, decided_by, states: None, trace: None, open: Vec::new() }
    }
}

/// What no net says.
const WAITING_VEHICLES: &str = "vehicles wait loaded where they go (`reserve: no`)";

/// Checks a plant; `found` holds what the stages before said, and gets E0601 to E0603.
pub(super) fn check(plant: &Plant, found: &mut Vec<Diagnostic>) -> Verdict {
    let never = found.iter().any(|d| d.code == codes::REQUEST_EXCEEDS_POOL || d.code == codes::TAKES_EXCEEDS_BUFFER);
    let network = Network::of(plant);
    let mut seen = circles::look(plant, &network);
    if never || seen.iter().any(|c| c.verdict == VerdictKind::Deadlock) {
        found.extend(seen.into_iter().filter_map(|c| c.finding));
        return Verdict::of(VerdictKind::Deadlock, Some(DecidedBy::Structure));
    }
    // Vehicles that wait loaded are in no net.
    let free = super::held::free(plant, &network, found);
    if free
        && seen.iter().all(|c| c.verdict == VerdictKind::Free)
        && circles::plain(plant, &network)
        && !some_end(plant)
    {
        return Verdict::of(VerdictKind::Free, Some(DecidedBy::Structure));
    }
    let verdict = if plant.fleets.iter().all(|f| f.keeps_place) {
        by_nets(plant, &mut seen)
    } else {
        let open = vec![WAITING_VEHICLES.to_string()];
        Verdict { verdict: VerdictKind::Unknown, decided_by: None, states: None, trace: None, open }
    };
    found.extend(seen.into_iter().filter_map(|c| c.finding));
    verdict
}

/// The whole line as a place/transition net: places for room, machines, people who are kept, cards and items; times,
/// shares and conditions left out, sources always ready. O(kinds of items at each node × arrows).
///
/// # Errors
/// What about the line a net cannot say, or cannot yet.
pub fn net_of(plant: &Plant) -> Result<Net, String> {
    let kinds = kinds::Kinds::of(plant);
    if kinds.too_many() {
        return Err("the line has too many kinds of items in too many places".to_string());
    }
    if !plant.fleets.iter().all(|f| f.keeps_place) {
        return Err(WAITING_VEHICLES.to_string());
    }
    lower::whole(plant, &kinds).map(|lowered| lowered.net)
}

/// Decides the parts of a plant whose nodes can wait for each other, one by one.
fn by_nets(plant: &Plant, seen: &mut Vec<circles::Circle>) -> Verdict {
    let mut verdict = Verdict::of(VerdictKind::Free, Some(DecidedBy::Proof));
    let kinds = kinds::Kinds::of(plant);
    if kinds.too_many() {
        verdict.open.push("the line has too many kinds of items in too many places".to_string());
    }
    if !circles::everyone_comes_back(plant) {
        verdict.open.push("some shifts or crews may never come, or work may never fit into a shift".to_string());
    }
    if people::asked_elsewhere(plant, &kinds.kept) {
        verdict.open.push(
            "people who stay until an item has left also repair belts or vehicles, or clear the line".to_string(),
        );
    }
    let followed = verdict.open.is_empty();
    verdict.open.extend(parts_that_end(plant, &kinds));
    let mut states = 0u64;
    let parts = if followed { waits::parts(plant, &kinds) } else { Vec::new() };
    for part in parts {
        // A loop that the shape of the flow decided, with nothing else in it.
        let gathers = part.iter().any(|n| kinds.gathers.contains_key(n));
        if !gathers && plant.limits.is_empty() && seen.iter().any(|c| c.verdict == VerdictKind::Free && c.nodes == part)
        {
            continue;
        }
        let lowered = match lower::lower(plant, &kinds, &part) {
            Ok(lowered) => lowered,
            Err((node, why)) => {
                let name = plant.nodes.get(node).map_or("", |n| n.name.as_str());
                verdict.open.push(format!("at `{name}`: {why}"));
                continue;
            }
        };
        // What would have to happen for a way to be one that the line can take.
        let unless = |way: &[usize]| {
            if lowered.loose {
                Some("conditions or turns come out so")
            } else if !lower::can_be_made(plant, &kinds, &lowered, way) {
                Some("items come in this order")
            } else if !lower::served_in_order(&lowered, way) {
                Some("people go to others than those who asked first")
            } else {
                None
            }
        };
        // Of conditions no way is more real than another.
        let is_real = |way: &[usize]| lowered.loose || unless(way).is_none();
        match decide_for(&lowered.net, Question::Stuck, Effort::default(), &is_real) {
            Answer::Proved(_) => circles::settle(seen, &part),
            Answer::Exhausted(n) => {
                states += n as u64;
                if verdict.decided_by == Some(DecidedBy::Proof) {
                    verdict.decided_by = Some(DecidedBy::Search);
                }
                circles::settle(seen, &part);
            }
            Answer::Reached(way) => {
                states += way.states as u64;
                let told = story::Story::of(plant, &lowered, &way);
                if let Some(unless) = unless(&way.trace) {
                    verdict.open.push(format!("it locks up if {unless}: {}", told.line()));
                    continue;
                }
                verdict.verdict = VerdictKind::Deadlock;
                verdict.decided_by = Some(DecidedBy::Search);
                verdict.trace.get_or_insert_with(|| told.steps.clone());
                let mend = mend::find(plant, &kinds, &part, lowered.net.transitions.len());
                circles::tell(plant, seen, &part, &told, mend.as_ref());
            }
            Answer::Open(n) => {
                states += n as u64;
                let first = part.first().and_then(|n| plant.nodes.get(*n)).map_or("", |n| n.name.as_str());
                verdict.open.push(format!("around `{first}` the search ended after {n} states"));
            }
        }
    }
    if verdict.verdict == VerdictKind::Free && !verdict.open.is_empty() {
        verdict.verdict = VerdictKind::Unknown;
        verdict.decided_by = None;
    }
    verdict.states = (states > 0).then_some(states);
    verdict
}

/// Whether some sources end and others do not, so that assemblies have to be looked at.
fn some_end(plant: &Plant) -> bool {
    let ends = |wanted: bool| {
        plant.nodes.values().any(|n| matches!(&n.kind, NodeKind::Source(s) if s.total.is_some() == wanted))
    };
    ends(true) && ends(false)
}

/// Assemblies of which one part ends (`total` of its sources) and another goes on for ever: what is left of the
/// other stands then. O(kinds × arrows) an assembly.
fn parts_that_end(plant: &Plant, kinds: &kinds::Kinds) -> Vec<String> {
    let ends = |part: &kinds::GatheredPart| -> Option<bool> {
        let mut work: Vec<usize> = part.kinds.iter().copied().collect();
        let mut seen: BTreeSet<usize> = part.kinds.clone();
        let mut ends = None;
        while let Some(at) = work.pop() {
            let Some(kind) = kinds.get(at) else { continue };
            if let Some(NodeKind::Source(source)) = plant.nodes.get(kind.node).map(|n| &n.kind) {
                if source.total.is_none() {
                    return Some(false);
                }
                ends = Some(true);
            }
            let before = kinds.before.get(at).into_iter().flatten().map(|(from, ..)| *from);
            let gathered = kinds
                .at(kind.node)
                .iter()
                .copied()
                .filter(|k| kind.departs && kinds.get(*k).is_some_and(|other| !other.departs));
            work.extend(before.chain(gathered).filter(|k| seen.insert(*k)).collect::<Vec<usize>>());
        }
        ends
    };
    let mut found = Vec::new();
    for (node, recipes) in &kinds.gathers {
        let half = recipes.iter().any(|recipe| {
            let all: Vec<Option<bool>> = recipe.parts.iter().map(ends).collect();
            all.contains(&Some(true)) && all.contains(&Some(false))
        });
        if half {
            let name = plant.nodes.get(*node).map_or("", |n| n.name.as_str());
            found.push(format!("at `{name}`: one part ends (`total`), and what is left of another then stands"));
        }
    }
    found
}
