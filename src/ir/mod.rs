//! Layer 2. The typed plant: what a `.line` text means, with spans but without tree nodes, names
//! resolved, units checked, arrays and parameters expanded. `sema` builds it, `analysis` proves
//! things about it, `kernel` turns it into a program. It knows neither the syntax nor simulation.
//!
//! Everything between two machines is a node: `a -[5]-> b` has an anonymous [`Buffer`] named
//! `a->b` between the stations `a` and `b`. The way out of every node is a [`Routing`], whose leaves
//! are nodes. Start reading at [`Plant`].

pub mod account;
pub mod availability;
pub mod conveyor;
pub mod dump;
pub mod expect;
pub mod expression;
pub mod fleet;
pub mod flow;
pub mod groups;
pub mod ids;
pub mod node;
pub mod plant;
pub mod precedence;
pub mod renamed;
pub mod resource;
pub mod verify;

pub use availability::{
    Breakdown, BreakdownClock, BreakdownEffect, Calendar, Maintenance, MaintenanceStart, SharedStop, ShiftEnd, Stop,
    Stopped, Window,
};
pub use conveyor::{BeltMode, Conveyor};
pub use expression::{Binary, Distribution, Expression, Function, Over, Unary};
pub use fleet::{Fleet, Move};
pub use flow::{ChoiceRule, Route, Routing, Target, Visit};
pub use groups::{group_order, pool_components};
pub use ids::{CalendarId, IdVec, ItemId, LimitId, NodeId, PoolId, VisitId};
pub use node::{
    Batch, Birth, Blocking, Buffer, Campaign, Capacity, Kept, KeptFor, Node, NodeKind, Order, Part, Phase, PhaseKind,
    Recipe, Release, ReleaseCrew, SetUpFor, Setup, Source, Station, Supply, WhenFull,
};
pub use plant::{Attribute, Demand, ItemType, Measure, Plant, Precision, RunSettings, Until};
pub use precedence::{Precedence, PrecedenceRule};
pub use renamed::Renamed;
pub use resource::{Clearance, Limit, Need, Pool, PoolKind, staff};
