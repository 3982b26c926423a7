//! Lays out fleets: vehicles, tables from stop to stop, and the arrows they serve.

use super::*;
use crate::base::{Rational, Ticks};
use crate::ir::{Fleet, Move, ShiftEnd};
use crate::kernel::layout::{fleet, vehicle};

/// Micrometres of a metre.
const MICRO: i64 = 1_000_000;

fn micrometres(metres: &Rational) -> i64 {
    let whole = crate::base::ticks::round_half_even(&(metres * Rational::from(MICRO)));
    i64::try_from(&whole).unwrap_or(i64::MAX)
}

/// Ticks of a trip at a fixed pace; 0 where each trip draws its own.
fn ticks(metres: &Rational, pace: &Expression) -> Result<i64, String> {
    let Some(q) = pace.constant() else { return Ok(0) };
    Ticks::from_seconds(&(metres * &q.value)).map(|t| t.0).ok_or_else(|| "a trip takes too long".to_string())
}

impl Layout<'_> {
    /// Fleets with their vehicles, all idle at their start.
    pub(super) fn fleets(&mut self) -> Result<(), String> {
        let plant = self.plant;
        if plant.fleets.is_empty() {
            return Ok(());
        }
        let mut records = Vec::new();
        let shape = intern(&mut self.shapes.nodes, NodeShape::Move);
        for (number, f) in plant.fleets.iter().enumerate() {
            let record = self.image.alloc(fleet::WORDS);
            let size = f.size;
            let first = self.image.alloc(vehicle::WORDS * usize::try_from(size).unwrap_or(0));
            self.places.names.insert(record, &[&f.name]);
            self.places.fleets.push((record, first, size));
            records.push(record);
            self.fleet(record, first, f)?;
            if let Some(order) = &f.order {
                // No rule of a fleet asks for the work of a node.
                let at = self.order_record(NodeId::new(usize::MAX), &f.name, order)?;
                self.image.put(record, fleet::ORDER, at);
                self.shapes.fleet_orders = true;
            }
            let mut ways: Vec<NodeId> = Vec::new();
            for (id, n) in plant.nodes.iter() {
                if matches!(&n.kind, NodeKind::Buffer(b) if b.by.as_ref().is_some_and(|m| m.fleet == number)) {
                    ways.push(id);
                    let record_of = self.node_record(id);
                    self.image.put(record_of, movement::FLEET, record);
                }
            }
            ways.sort_by_key(|id| self.order.name_order(*id));
            let list: Vec<i64> = ways.iter().map(|id| self.node_record(*id)).collect();
            let at = self.image.array(&list);
            self.image.put(record, fleet::MOVES, at);
            self.image.put(record, fleet::MOVE_COUNT, index(list.len()));
            for v in 0..count(size) {
                let at = first + v * index(vehicle::WORDS * 8);
                let name = format!("{}#{}", f.name, v + 1);
                self.places.names.insert(at, &[&name]);
                self.image.put(at, holder::RELEASE, index(shape));
                self.image.put(at, vehicle::FLEET, record);
                self.image.put(at, vehicle::AT, index(f.start));
                if let Some(id) = f.calendar {
                    let (calendar, on) = self.calendar(id, None);
                    self.tell(calendar, at, SubscriberShape::Vehicle(f.shift_end != ShiftEnd::Pause));
                    if on == 0 {
                        self.image.put(at, vehicle::OFF, 1);
                        self.image.put(at, vehicle::DOWN, 1);
                        self.image.put(record, fleet::IDLE, 0);
                    }
                }
                let handler = intern(&mut self.shapes.events, EventShape::Vehicle);
                self.slot(SlotPlan {
                    band: 1,
                    rank: plant.nodes.len(),
                    machine: (v + 1).unsigned_abs(),
                    name: f.name.clone(),
                    handler,
                    record: at,
                    first: None,
                });
            }
        }
        records.push(0);
        let at = self.image.array(&records);
        self.image.put(0, header::FLEETS, at);
        Ok(())
    }

    /// Tells vehicles of their breakdowns and maintenance.
    pub(super) fn vehicle_clocks(&mut self) {
        for (which, list) in std::mem::take(&mut self.clocks) {
            let at = self.image.array(&list);
            self.image.put(which, vehicle::CLOCKS, at);
            self.image.put(which, vehicle::CLOCK_COUNT, index(list.len()));
        }
    }

    fn fleet(&mut self, record: i64, first: i64, f: &Fleet) -> Result<(), String> {
        self.image.put(record, fleet::VEHICLES, first);
        self.image.put(record, fleet::SIZE, count(f.size));
        self.image.put(record, fleet::IDLE, count(f.size));
        self.image.put(record, fleet::CAPACITY, count(f.capacity));
        self.image.put(record, fleet::WAITS, i64::from(!f.keeps_place));
        self.shapes.fleet_loads |= f.capacity > 1;
        self.shapes.fleet_waits |= !f.keeps_place;
        if let Some(home) = f.home {
            self.image.put(record, fleet::HOME, index(home + 1));
            self.shapes.homes = true;
        }
        self.image.put(record, fleet::STOPS, index(f.stops.len()));
        let empty = f.empty_pace.as_ref().unwrap_or(&f.pace);
        let mut times = Vec::new();
        for metres in &f.metres {
            times.push(match metres {
                Some(metres) => ticks(metres, empty)?,
                None => 0,
            });
        }
        let lengths: Vec<i64> = f.metres.iter().map(|m| m.as_ref().map_or(-1, micrometres)).collect();
        let at = self.image.array(&times);
        self.image.put(record, fleet::TICKS, at);
        let at = self.image.array(&lengths);
        self.image.put(record, fleet::LENGTHS, at);
        let purpose = if f.empty_pace.is_some() { "speed.loaded" } else { "speed" };
        let pace = self.pace(&f.pace, &f.name, purpose)?;
        let empty = match &f.empty_pace {
            Some(pace) => self.pace(pace, &f.name, "speed.empty")?,
            None => pace,
        };
        self.image.put(record, fleet::PACE, pace);
        self.image.put(record, fleet::EMPTY_PACE, empty);
        for (time, word, field) in [(&f.load, "load_time", fleet::LOAD), (&f.unload, "unload_time", fleet::UNLOAD)] {
            let (at, family) = self.draw(time, &f.name, word)?;
            self.shapes.vehicles.insert(family);
            self.image.put(record, field, at);
        }
        Ok(())
    }

    /// The draw record of a speed that differs from trip to trip; 0 for a fixed one.
    fn pace(&mut self, pace: &Expression, name: &str, purpose: &str) -> Result<i64, String> {
        if pace.constant().is_some() {
            return Ok(0);
        }
        let (at, family) = self.draw(pace, name, purpose)?;
        self.shapes.vehicles.insert(family);
        Ok(at)
    }

    pub(super) fn movement(&mut self, id: NodeId, name: &str, m: &Move, way: Option<&Routing>) -> Result<(), String> {
        let record = self.node_record(id);
        let plant = self.plant;
        let fleet = plant.fleets.get(m.fleet).ok_or_else(|| format!("`{name}` has no fleet"))?;
        self.image.put(record, buffer::CAPACITY, NEVER);
        self.image.put(record, movement::FROM, index(m.from));
        self.image.put(record, movement::TO, index(m.to));
        let time = ticks(&m.metres, &fleet.pace)?;
        self.image.put(record, movement::TICKS, time);
        self.image.put(record, movement::LENGTH, micrometres(&m.metres));
        let Some(Routing::To(target)) = way else { return Err(format!("`{name}` leads nowhere")) };
        let to = self.node_record(target.node);
        self.image.put(record, movement::TARGET, to);
        let (at, _) = self.routing(&Routing::To(*target), name, "branch")?;
        self.image.put(record, buffer::ROUTING, at);
        Ok(())
    }
}
