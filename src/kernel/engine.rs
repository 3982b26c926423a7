//! A compiled plant and its runs.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::{Ticks, limits};
use crate::ir::Plant;

use super::emit;
use super::host::{Arena, Host};
use super::interpret::Interpreter;
use super::layout::header;
use super::model::Model;
use super::native::{Listing, Native, listing};
use super::program::Program;
use super::shape::Shapes;
use super::status::Status;
use super::supply::Delivery;

/// Which engine runs a line. All give the same results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Recursion where the line allows it, else native code.
    Auto,
    /// Item by item, without events; see [`super::recursion`].
    Recursion,
    /// Native code.
    Event,
    /// The reference.
    Interpreter,
}

impl Engine {
    /// The name on the command line and in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Engine::Auto => "auto",
            Engine::Recursion => "recursion",
            Engine::Event => "event",
            Engine::Interpreter => "interpreter",
        }
    }
}

enum Code {
    Native(Box<Native>),
    Interpreter(Interpreter),
}

/// What shapes are compiled to. No number of a plant is in it.
pub(super) struct Compiled {
    pub(super) shapes: Shapes,
    program: Program,
    code: Code,
}

impl Compiled {
    /// Compiles shapes.
    pub(super) fn new(shapes: &Shapes, engine: Engine) -> Result<Compiled, String> {
        let program = emit::program(shapes)?;
        let code = match engine {
            Engine::Interpreter => Code::Interpreter(Interpreter::new(&program)),
            _ => Code::Native(Box::new(Native::compile(&program)?)),
        };
        Ok(Compiled { shapes: shapes.clone(), program, code })
    }
}

/// A plant ready to run. Shared by all replications; all their state lies in their own arenas.
pub struct Kernel {
    /// Where everything lies.
    pub model: Model,
    compiled: Arc<Compiled>,
}

/// Why a run stopped where it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The time given is reached.
    Horizon,
    /// The events given are done.
    Fuel,
    /// Enough items have arrived.
    Until,
    /// Items for more than the memory cap are inside.
    Memory,
    /// A draw of the named record is no duration.
    BadDuration(String),
    /// Too many events at one instant.
    Endless,
    /// A bug of the compiler.
    Internal(String),
}

/// One replication in progress.
pub struct Run {
    host: Host,
}

impl Kernel {
    /// Lays out and compiles a plant: to native code, unless the interpreter is to run it.
    ///
    /// # Errors
    /// What the kernel cannot do, or an internal error, in words.
    pub fn new(plant: &Plant, engine: Engine) -> Result<Kernel, String> {
        Kernel::by(plant, &mut |shapes| Ok(Arc::new(Compiled::new(shapes, engine)?)))
    }

    /// Lays out a plant, and takes what its shapes are compiled to from elsewhere.
    pub(super) fn by(
        plant: &Plant,
        compiled: &mut dyn FnMut(&Shapes) -> Result<Arc<Compiled>, String>,
    ) -> Result<Kernel, String> {
        let model = Model::new(plant)?;
        if let Some((a, b)) = model.collisions.first() {
            return Err(format!("the random streams of `{a}` and `{b}` have the same id; rename one of them"));
        }
        let compiled = compiled(&model.shapes)?;
        Ok(Kernel { model, compiled })
    }

    /// Whether another kernel runs the same code, on other numbers.
    #[must_use]
    pub fn shares_code_with(&self, other: &Kernel) -> bool {
        Arc::ptr_eq(&self.compiled, &other.compiled)
    }

    /// Lays out a plant for code that was compiled ahead of time from a program of this fingerprint.
    ///
    /// # Errors
    /// As [`Kernel::new`]; `None` when the plant needs other code.
    pub fn ahead(plant: &Plant, code: Native, fingerprint: u64) -> Result<Kernel, Option<String>> {
        let mut code = Some(code);
        let mut fits = true;
        let kernel = Kernel::by(plant, &mut |shapes| {
            let program = emit::program(shapes)?;
            fits = program.fingerprint() == fingerprint;
            let code = code.take().ok_or("asked for the code twice")?;
            Ok(Arc::new(Compiled { shapes: shapes.clone(), program, code: Code::Native(Box::new(code)) }))
        });
        if fits { kernel.map_err(Some) } else { Err(None) }
    }

    /// The kernel program.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.compiled.program
    }

    /// The compiled text of the program.
    ///
    /// # Errors
    /// As compiling.
    pub fn listing(&self) -> Result<Listing, String> {
        listing(&self.compiled.program)
    }

    /// A replication at t = 0. Equal seeds and numbers give equal runs.
    #[must_use]
    pub fn begin(&self, seed: u64, replication: u64) -> Run {
        Run { host: self.model.begin(seed, replication) }
    }

    /// The same, with the first of what comes from outside: a list for each source of it, in order of the nodes.
    #[must_use]
    pub fn begin_with(&self, seed: u64, replication: u64, deliveries: Vec<VecDeque<Delivery>>) -> Run {
        Run { host: self.model.begin_with(seed, replication, deliveries) }
    }

    /// Runs to a time (included), but at most about [`limits::FUEL`] events. At the time everything has
    /// settled.
    pub fn advance(&self, run: &mut Run, to: Ticks) -> Stop {
        let arena = &mut run.host.arena;
        let events = arena.get(0, header::EVENTS);
        arena.set(0, header::HORIZON, to.0);
        if arena.get(0, header::STATUS) == 0 {
            let fuel = i64::try_from(limits::FUEL).unwrap_or(i64::MAX);
            arena.set(0, header::FUEL_AT, events.saturating_add(fuel));
        }
        let code = match &self.compiled.code {
            Code::Native(native) => native.run(&mut run.host),
            Code::Interpreter(interpreter) => match interpreter.run(&mut run.host) {
                Ok(code) => code,
                Err(broken) => return Stop::Internal(broken.0),
            },
        };
        match Status::from_code(code) {
            Some(Status::Horizon) => Stop::Horizon,
            Some(Status::Fuel) => Stop::Fuel,
            Some(Status::Until) => Stop::Until,
            Some(Status::Memory) => Stop::Memory,
            Some(Status::Endless) => Stop::Endless,
            Some(Status::BadDuration) => {
                let at = run.host.arena.get(0, header::STATUS_AT);
                Stop::BadDuration(self.model.places.names.get(at).unwrap_or_default().to_string())
            }
            None => Stop::Internal(format!("unknown status {code}")),
        }
    }
}

impl Run {
    /// The state.
    #[must_use]
    pub fn arena(&self) -> &Arena {
        &self.host.arena
    }

    /// The state, to set what a run may be told from outside.
    pub fn arena_mut(&mut self) -> &mut Arena {
        &mut self.host.arena
    }

    /// What still comes from outside, to be added to in order of time. A source looks at the first of its list when it
    /// waits for the next item, so that none may be empty while the run goes on, unless nothing comes any more.
    pub fn deliveries(&mut self) -> &mut [VecDeque<Delivery>] {
        &mut self.host.deliveries
    }

    /// What has gone where the line is run elsewhere: the index of the node, and the item. To be taken away.
    pub fn departures(&mut self) -> &mut Vec<(i64, Delivery)> {
        &mut self.host.departures
    }

    /// Present time.
    #[must_use]
    pub fn now(&self) -> Ticks {
        Ticks(self.host.arena.get(0, header::NOW))
    }

    /// Events so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.host.arena.get(0, header::EVENTS).unsigned_abs()
    }

    /// Ends the run when this many more items have arrived at the sink of `until`.
    pub fn until(&mut self, count: u64) {
        self.host.arena.set(0, header::UNTIL, i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Most bytes the arena may take.
    pub fn cap_memory(&mut self, bytes: usize) {
        self.host.cap_bytes = bytes;
    }
}
