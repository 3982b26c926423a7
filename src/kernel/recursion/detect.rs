//! Finds the tracks of a line: from each source on, and from each station that joins parts, until the next of these or
//! the sink. Start at [`of`].

use std::collections::BTreeMap;

use crate::ir::ids::Id;
use crate::ir::{Blocking, Expression, ItemId, NodeId, NodeKind, Plant, Recipe, Station};
use crate::kernel::causes::Causes;

use super::line::{
    Begin, Input, Join, Lane, Line, Stage, Track, always_there, belt, bench, feed, inflow, lane, next, quoted,
};

/// Most parts of one type of a product.
const MOST_PARTS: u64 = 1024;

/// A part of a plant.
pub(super) struct Part {
    /// Which nodes belong to it.
    pub within: Vec<bool>,
    /// The node that its items come to, which does not belong to it.
    pub end: NodeId,
}

/// A track up to where it ends.
struct Walked {
    stages: Vec<Stage>,
    end: NodeId,
}

/// What brings parts to a station, until all that do are known.
struct Brought {
    track: usize,
    lane: Option<Lane>,
    giver: NodeId,
}

/// The tracks of a line, or of a part of it.
///
/// # Errors
/// Why its times do not follow from each other item by item, in words.
pub(super) fn of(plant: &Plant, part: Option<&Part>) -> Result<Line, String> {
    let within = |id: NodeId| part.is_none_or(|p| p.within.get(id.index()) == Some(&true));
    let nodes = || plant.nodes.iter().filter(|(id, _)| within(*id));
    let sources: Vec<NodeId> =
        nodes().filter(|(_, n)| matches!(n.kind, NodeKind::Source(_))).map(|(id, _)| id).collect();
    let joins = nodes().any(|(_, n)| matches!(&n.kind, NodeKind::Station(s) if gathers(s)));
    if sources.len() != 1 && !joins {
        return Err(if sources.is_empty() { "it has no source" } else { "it has several sources" }.to_string());
    }
    let mut finder = Finder {
        plant,
        causes: if joins { Causes::of(plant) } else { Causes::default() },
        joins,
        end: part.map(|p| p.end),
        walked: plant.nodes.ids().map(|id| !within(id)).collect(),
        tracks: Vec::new(),
        brought: BTreeMap::new(),
        sink: None,
    };
    for source in sources {
        finder.go_from_source(source)?;
    }
    let Some(sink) = finder.sink else { return Err("parts of a product do not come".to_string()) };
    if finder.walked.contains(&false) {
        return Err("it has several flows".to_string());
    }
    Ok(Line { tracks: finder.tracks, sink })
}

/// The only track of the end of a line, from a buffer on to which items come from outside.
///
/// # Errors
/// As [`of`].
pub(super) fn tail(plant: &Plant, within: &[bool], begin: NodeId) -> Result<Line, String> {
    let mut finder = Finder {
        plant,
        causes: Causes::default(),
        joins: false,
        end: None,
        walked: within.iter().map(|within| !within).collect(),
        tracks: Vec::new(),
        brought: BTreeMap::new(),
        sink: None,
    };
    let feed = inflow(plant, begin)?;
    let mix = feed.mix.clone();
    let walked = finder.walk_on(begin, Vec::new(), &mix)?;
    if walked.stages.iter().all(|stage| stage.station.is_none()) {
        return Err("it has no station".to_string());
    }
    finder.ends(Begin::Source(feed), begin, walked)?;
    let Some(sink) = finder.sink else { return Err("it does not end at a sink".to_string()) };
    Ok(Line { tracks: finder.tracks, sink })
}

fn gathers(s: &Station) -> bool {
    s.recipes.iter().any(Recipe::gathers)
}

struct Finder<'p> {
    plant: &'p Plant,
    causes: Causes,
    /// Some stations join parts.
    joins: bool,
    /// Where items leave a part of a plant.
    end: Option<NodeId>,
    /// Nodes that have been gone over, and those that do not belong to the part.
    walked: Vec<bool>,
    tracks: Vec<Track>,
    brought: BTreeMap<NodeId, Vec<Brought>>,
    sink: Option<NodeId>,
}

impl Finder<'_> {
    fn go_from_source(&mut self, source: NodeId) -> Result<(), String> {
        let feed = feed(self.plant, source)?;
        if self.joins && feed.mix.len() > 1 {
            return Err("items of several types come to be joined".to_string());
        }
        self.walk_over(source)?;
        let mix = feed.mix.clone();
        let walked = self.walk(source, Vec::new(), &mix)?;
        if !self.joins && walked.stages.is_empty() {
            return Err("it has no station".to_string());
        }
        self.ends(Begin::Source(feed), source, walked)
    }

    fn walk_over(&mut self, id: NodeId) -> Result<(), String> {
        match self.walked.get_mut(id.index()) {
            Some(walked) if !*walked => {
                *walked = true;
                Ok(())
            }
            Some(_) => Err("items come back to where they were, or flows run together".to_string()),
            None => Err("an arrow leads nowhere".to_string()),
        }
    }

    /// Stages from behind a node on, until parts are joined or items leave.
    fn walk(&mut self, from: NodeId, stages: Vec<Stage>, mix: &[(f64, ItemId)]) -> Result<Walked, String> {
        self.walk_on(next(self.plant, from)?, stages, mix)
    }

    /// Stages from a node on.
    fn walk_on(&mut self, mut at: NodeId, mut stages: Vec<Stage>, mix: &[(f64, ItemId)]) -> Result<Walked, String> {
        loop {
            if self.end == Some(at) {
                break;
            }
            let Some(node) = self.plant.nodes.get(at) else { return Err("an arrow leads nowhere".to_string()) };
            always_there(self.plant, at, node)?;
            match &node.kind {
                NodeKind::Station(s) if gathers(s) => break,
                NodeKind::Sink => {
                    self.walk_over(at)?;
                    break;
                }
                _ => self.walk_over(at)?,
            }
            match &node.kind {
                NodeKind::Buffer(b) => {
                    stages.push(Stage { lane: Some(lane(self.plant, at, node, b)?), station: None });
                }
                NodeKind::Station(s) => {
                    let station = Some(bench(self.plant, at, node, s, mix, false)?);
                    match stages.last_mut().filter(|s| s.station.is_none()) {
                        Some(stage) => stage.station = station,
                        None => stages.push(Stage { lane: None, station }),
                    }
                }
                NodeKind::Conveyor(c) => stages.push(Stage { lane: Some(belt(at, node, c)?), station: None }),
                NodeKind::Source(_) | NodeKind::Sink => return Err("a source follows a source".to_string()),
            }
            at = next(self.plant, at)?;
        }
        Ok(Walked { stages, end: at })
    }

    /// A track ends where it has been walked to; where that is a station that has all its parts now, the next begins.
    fn ends(&mut self, begin: Begin, first: NodeId, walked: Walked) -> Result<(), String> {
        let Walked { mut stages, end } = walked;
        let joins = self.plant.nodes.get(end).is_some_and(|n| matches!(n.kind, NodeKind::Station(_)));
        // Where parts only wait, a block of them can; on their way they are looked at one by one.
        let waits = |s: &mut Stage| {
            let lane = s.lane.as_ref().filter(|_| s.station.is_none());
            lane.is_some_and(|l| l.transit.is_none() && l.belt.is_none())
        };
        let inlet = if joins { stages.pop_if(waits).and_then(|s| s.lane) } else { None };
        let entrance = stages.first().map_or(inlet.as_ref(), |s| s.lane.as_ref());
        let supplied = matches!(&begin, Begin::Source(feed) if feed.every.is_none());
        if supplied && entrance.is_some_and(|l| l.places.is_none()) {
            return Err("a source always has an item and there is always room, so that no time would pass".to_string());
        }
        let last = stages.last().and_then(|s| s.station.as_ref());
        let on_the_way = stages.last().and_then(|s| s.lane.as_ref()).map(|l| l.node);
        let giver = inlet.as_ref().map(|l| l.node).or(last.map(|b| b.node)).or(on_the_way).unwrap_or(first);
        if joins && inlet.is_none() && last.is_some_and(|b| b.before) {
            return Err("a place where parts are joined is reserved before the work".to_string());
        }
        self.tracks.push(Track { begin, stages });
        let track = self.tracks.len() - 1;
        if !joins {
            self.sink = match self.sink {
                None => Some(end),
                Some(_) => return Err("it has several flows".to_string()),
            };
            return Ok(());
        }
        let brought = self.brought.entry(end).or_default();
        brought.push(Brought { track, lane: inlet, giver });
        if brought.len() < self.causes.givers(end).len() {
            return Ok(());
        }
        let brought = self.brought.remove(&end).unwrap_or_default();
        self.go_from_join(end, &brought)
    }

    /// A station that joins what some tracks bring.
    fn go_from_join(&mut self, id: NodeId, brought: &[Brought]) -> Result<(), String> {
        self.walk_over(id)?;
        let Some(node) = self.plant.nodes.get(id) else { return Err("an arrow leads nowhere".to_string()) };
        let NodeKind::Station(s) = &node.kind else { return Err("an arrow leads nowhere".to_string()) };
        let name = quoted(&node.name);
        let [recipe] = &s.recipes[..] else { return Err(format!("{name} has recipes")) };
        let simple = recipe.batch.is_none()
            && !recipe.is_ranged()
            && recipe.wait_at_most.is_none()
            && recipe.same.is_none()
            && recipe.setup.is_none();
        let by_item = recipe.phases.iter().any(|p| matches!(p.duration, Expression::ByItem(..)));
        let alone = s.machines == 1 && s.blocking == Blocking::AfterWork;
        let [product] = &recipe.makes[..] else {
            return Err(format!("{name} makes several products, or lets its parts go again"));
        };
        if !simple || by_item || product.minimum != 1 || product.maximum != 1 {
            return Err(format!("{name} does not always join the same parts to one product"));
        }
        if !alone {
            return Err(format!("{name} joins parts on several machines, or has to find a place first"));
        }
        let givers = self.causes.givers(id);
        let mut inputs = Vec::new();
        for part in &recipe.takes {
            let fits = |b: &&Brought| {
                let items = self.tracks.get(b.track).map_or_else(Vec::new, Track::items);
                items.iter().any(|item| self.plant.is_a(*item, part.item))
            };
            let mut those = brought.iter().filter(fits);
            let (Some(one), None) = (those.next(), those.next()) else {
                return Err(format!("parts of one type come to {name} from several sides, or from none"));
            };
            let held = one.lane.is_none() && part.minimum > 1;
            let track = self.tracks.get(one.track);
            let supplied = track.is_some_and(|t| t.stages.is_empty() && t.source().is_some_and(|f| f.every.is_none()));
            let few = one.lane.as_ref().is_some_and(|l| l.places.is_some_and(|places| places < part.minimum));
            if part.minimum == 0 || part.minimum > MOST_PARTS || few {
                return Err(format!("there is no room before {name} for all parts of a product"));
            }
            if held && !supplied {
                return Err(format!("several parts of a type come to {name} one by one, or are under way for a time"));
            }
            inputs.push(Input {
                track: one.track,
                lane: one.lane.clone(),
                parts: usize::try_from(part.minimum).unwrap_or(1),
                giver: givers.iter().position(|g| *g == one.giver).unwrap_or(0),
            });
        }
        let mut tracks: Vec<usize> = inputs.iter().map(|i| i.track).collect();
        tracks.sort_unstable();
        tracks.dedup();
        if tracks.len() != brought.len() || inputs.len() != brought.len() {
            return Err(format!("what comes to {name} is not what it joins"));
        }
        let station = bench(self.plant, id, node, s, &[(1.0, product.item)], true)?;
        let join = Join { inputs, birth: recipe.birth, product: product.item, givers: givers.len() };
        let first = vec![Stage { lane: None, station: Some(station) }];
        let walked = self.walk(id, first, &[(1.0, product.item)])?;
        self.ends(Begin::Join(join), id, walked)
    }
}
