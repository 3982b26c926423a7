//! Writes the kernel program of a model: functions shared by all, handlers per shape, and the run
//! loop that calls them.
//!
//! The order of files is the order of an instant (semantics T1–T4): events end what is due
//! ([`station`], [`source`], [`buffer`]), then the run loop settles ([`run`]): deliver, grant
//! ([`pools`]), begin.

mod basics;
mod belt;
mod beside;
mod buffer;
mod cards;
mod causes;
mod direct;
mod draw;
mod failure;
mod fleet;
mod formula;
mod gather;
mod join;
mod kept;
mod loose;
mod observe;
mod open;
mod places;
pub(super) mod plan;
mod pools;
mod reserve;
pub(super) mod route;
mod run;
mod setup;
mod shared;
mod sink;
mod source;
mod station;
mod stay;
mod stop;
mod tidy;
mod vehicle;

use super::builder::{Builder, Field, V};
use super::layout::item;
use super::program::{FuncId, Program, Ty};
use super::shape::{NodeShape, Shapes, StationShape};

/// Functions that handlers call. They are written in an order in which each calls only earlier ones.
#[derive(Clone, Debug, Default)]
struct Functions {
    update: Option<FuncId>,
    earliest: Option<FuncId>,
    pass: Option<FuncId>,
    arrive: Option<FuncId>,
    settle: Option<FuncId>,
    pull: Option<FuncId>,
    value: Option<FuncId>,
    offer: Option<FuncId>,
    withdraw: Option<FuncId>,
    new_item: Option<FuncId>,
    decide: Option<FuncId>,
    decide_now: Option<FuncId>,
    pick: Option<FuncId>,
    consider: Option<FuncId>,
    settle_ways: Option<FuncId>,
    foremost: Option<FuncId>,
    request: Option<FuncId>,
    drop_request: Option<FuncId>,
    free_people: Option<FuncId>,
    grant: Option<FuncId>,
    room: Option<FuncId>,
    fitting: Option<FuncId>,
    enter_any: Option<FuncId>,
    leave_together: Option<FuncId>,
    trip: Option<FuncId>,
    dispatch_vehicle: Option<FuncId>,
    vehicle_clocks: [Option<FuncId>; 2],
    vehicle_halts: Option<FuncId>,
    vehicle_idle: Option<FuncId>,
    vehicle_goes: Option<FuncId>,
    serve_fleets: Option<FuncId>,
    charge_cause: Option<FuncId>,
    stop_drive: Option<FuncId>,
    run_drive: Option<FuncId>,
    begin: Vec<Option<FuncId>>,
    placed: Vec<Option<FuncId>>,
    stretch: Vec<Option<FuncId>>,
    repair: Vec<Vec<Option<FuncId>>>,
    stop_repair: Vec<Option<FuncId>>,
    stop_begins: Option<FuncId>,
    release: Vec<Option<FuncId>>,
    enter: Vec<Option<FuncId>>,
}

/// The writer of one program.
pub struct Emit<'m> {
    shapes: &'m Shapes,
    functions: Functions,
}

/// The program of a model with these shapes.
///
/// # Errors
/// An internal inconsistency, in words.
pub fn program(shapes: &Shapes) -> Result<Program, String> {
    let mut emit = Emit { shapes, functions: Functions::default() };
    let mut program = Program::default();
    emit.basics(&mut program)?;
    emit.value_function(&mut program)?;
    emit.decide_function(&mut program)?;
    emit.loose_functions(&mut program)?;
    emit.pool_functions(&mut program)?;
    emit.cause_function(&mut program)?;
    emit.drive_functions(&mut program)?;
    emit.shared_functions(&mut program)?;
    emit.vehicle_functions(&mut program)?;
    emit.kept_functions(&mut program)?;
    emit.open_functions(&mut program)?;
    for (k, shape) in shapes.nodes.iter().enumerate() {
        if let NodeShape::Station(s) = shape {
            emit.station_functions(&mut program, k, s)?;
        } else {
            emit.functions.begin.push(None);
            emit.functions.placed.push(None);
            emit.functions.stretch.push(None);
            match shape {
                NodeShape::Conveyor(s) => emit.belt_repairs(&mut program, k, s)?,
                _ => emit.functions.repair.push(Vec::new()),
            }
        }
    }
    emit.grant_function(&mut program)?;
    for (k, shape) in shapes.nodes.iter().enumerate() {
        emit.release_function(&mut program, k, shape)?;
    }
    for (k, shape) in shapes.nodes.iter().enumerate() {
        emit.enter_function(&mut program, k, shape)?;
    }
    emit.together_functions(&mut program)?;
    emit.fleet_functions(&mut program)?;
    emit.direct_functions(&mut program)?;
    emit.run_function(&mut program)?;
    tidy::tidy(&mut program);
    program.verify()?;
    Ok(program)
}

impl Emit<'_> {
    fn function(id: Option<FuncId>) -> FuncId {
        // A missing function shows as an unknown id in the verifier, which names it.
        id.unwrap_or(FuncId(u32::MAX))
    }

    fn visit_field(&self) -> Field {
        item::VISIT
    }

    fn cards_field(&self) -> Field {
        if self.shapes.visits { item::CARDS } else { Field { offset: item::VISIT.offset, ty: Ty::Count } }
    }

    fn station_shape(&self, k: usize) -> Option<&StationShape> {
        match self.shapes.nodes.get(k) {
            Some(NodeShape::Station(s)) => Some(s),
            _ => None,
        }
    }

    fn release_function(&mut self, program: &mut Program, k: usize, shape: &NodeShape) -> Result<(), String> {
        if matches!(shape, NodeShape::Sink(_)) {
            self.functions.release.push(None);
            return Ok(());
        }
        let (mut b, args) = Builder::new(program, &format!("release_{k}"), &[Ty::Handle, Ty::Handle], None);
        let [holder, item] = args[..] else { return Err("release".to_string()) };
        self.release_inline(&mut b, k, holder, item);
        let id = b.finish()?;
        self.functions.release.push(Some(id));
        Ok(())
    }

    /// The item leaves its holder, of shape `k`.
    fn release_inline(&self, b: &mut Builder, k: usize, holder: V, item: V) {
        match self.shapes.nodes.get(k) {
            Some(NodeShape::Station(s)) => self.release_machine(b, s, holder, item),
            Some(NodeShape::Buffer(s)) => self.release_buffer(b, s, holder, item),
            Some(NodeShape::Conveyor(s)) => self.release_lane(b, s, holder, item),
            Some(NodeShape::Source(s)) => self.release_source(b, s, holder, item),
            Some(NodeShape::Move) => self.release_vehicle(b, holder, item),
            Some(NodeShape::Sink(_)) | None => {}
        }
    }

    /// The item leaves its holder, which has one of the shapes.
    fn release(&self, b: &mut Builder, holders: &[usize], item: V) {
        let holder = b.load(item, super::layout::item::HOLDER);
        if let [only] = holders {
            match self.functions.release.get(*only).copied().flatten() {
                Some(release) => b.call(release, &[holder, item]),
                None => self.release_inline(b, *only, holder, item),
            }
            return;
        }
        let kind = b.load(holder, super::layout::holder::RELEASE);
        b.switch(kind, self.shapes.nodes.len(), |b, k| {
            if holders.contains(&k) {
                b.call(Self::function(self.functions.release.get(k).copied().flatten()), &[holder, item]);
            }
        });
    }

    fn enter_function(&mut self, program: &mut Program, k: usize, shape: &NodeShape) -> Result<(), String> {
        if matches!(shape, NodeShape::Source(_)) || !self.any_together() {
            self.functions.enter.push(None);
            return Ok(());
        }
        let (mut b, args) = Builder::new(program, &format!("enter_{k}"), &[Ty::Handle, Ty::Handle], None);
        let [node, item] = args[..] else { return Err("enter".to_string()) };
        self.enter_inline(&mut b, k, node, item);
        let id = b.finish()?;
        self.functions.enter.push(Some(id));
        Ok(())
    }

    /// An item that has left its holder enters a node that has room for it.
    fn enter_inline(&self, b: &mut Builder, k: usize, node: V, item: V) {
        match self.shapes.nodes.get(k) {
            Some(NodeShape::Station(s)) if s.recipe.parts == 0 => self.enter_station(b, k, s, node, item),
            Some(NodeShape::Buffer(s)) => self.enter_buffer(b, s, node, item),
            Some(NodeShape::Sink(s)) => self.enter_sink(b, s, node, item),
            _ => {}
        }
    }

    fn any_ranged(&self) -> bool {
        self.shapes.nodes.iter().any(|s| matches!(s, NodeShape::Station(s) if s.recipe.ranged))
    }

    fn any_together(&self) -> bool {
        self.shapes.nodes.iter().any(|s| matches!(s, NodeShape::Station(s) if s.recipe.together || s.reserves_all()))
    }
}
