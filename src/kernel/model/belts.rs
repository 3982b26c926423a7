//! Lays out conveyors: lanes, drives, breakdowns.

use dashu_int::IBig;
use num_traits::ToPrimitive;

use super::nodes::stops;
use super::stops::clock_shape;
use super::*;
use crate::base::{Rational, Ticks};
use crate::kernel::shape::Family;

impl Layout<'_> {
    /// The drives of belts that run and stand as one.
    pub(super) fn drives(&mut self) {
        let plant = self.plant;
        let mut lanes: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        for (id, n) in plant.nodes.iter() {
            if let NodeKind::Conveyor(c) = &n.kind
                && let Some(drive) = c.drive
            {
                lanes.entry(drive).or_default().extend(self.lanes_of(id));
            }
        }
        for (number, list) in lanes {
            let at = self.drive_of(&list);
            self.drives.insert(number, at);
        }
    }

    /// The lane records of a conveyor.
    pub(super) fn lanes_of(&self, id: NodeId) -> Vec<i64> {
        let (first, lanes) = self.places.lanes.get(&id.index()).copied().unwrap_or((0, 0));
        (0..count(lanes)).map(|i| first + i * index(lane::WORDS * 8)).collect()
    }

    /// A new drive of lanes.
    fn drive_of(&mut self, lanes: &[i64]) -> i64 {
        let list = self.image.array(lanes);
        let at = self.image.alloc(drive::WORDS);
        self.image.put(at, drive::LANES, list);
        self.image.put(at, drive::COUNT, index(lanes.len()));
        for its_lane in lanes {
            self.image.put(*its_lane, lane::DRIVE, at);
        }
        at
    }

    /// Whether a belt stands while a station works on it; tells the station its drive.
    pub(super) fn holds_belt(&mut self, id: NodeId, s: &Station, way: Option<&Routing>) -> bool {
        let Some(Routing::To(target)) = way.filter(|_| s.on_belt) else { return false };
        let before = self.edges.iter().find(|(_, to)| *to == id).map(|(from, _)| *from);
        let its_lane = before.and_then(|b| self.lanes_of(b).first().copied()).unwrap_or(0);
        let record = self.node_record(id);
        self.image.put(record, station::LANE, its_lane);
        let number = match self.plant.nodes.get(target.node).map(|n| &n.kind) {
            Some(NodeKind::Conveyor(c)) => c.drive,
            _ => None,
        };
        let Some(drive) = number.and_then(|n| self.drives.get(&n).copied()) else { return false };
        self.image.put(record, station::DRIVE, drive);
        true
    }

    pub(super) fn conveyor(
        &mut self,
        id: NodeId,
        name: &str,
        c: &Conveyor,
        way: Option<&Routing>,
    ) -> Result<ConveyorShape, String> {
        let record = self.node_record(id);
        let rank = self.order.rank(id);
        let (from, from_count) = self.limit_array(|l| l.from == id);
        let (to, to_count) = self.limit_array(|l| l.to == id);
        self.image.put(record, buffer::FROM, from);
        self.image.put(record, buffer::TO, to);
        self.image.put(record, buffer::CAPACITY, count(c.capacity()));
        let (headway, travel, rest) = (c.headway().0, c.travel().0, c.rest().0);
        self.image.put(record, conveyor::HEADWAY, headway);
        self.image.put(record, conveyor::TRAVEL, travel);
        self.image.put(record, conveyor::PLACES, count(c.places()));
        self.image.put(record, conveyor::REST, rest);
        self.extents(record, c);
        let way = way.ok_or_else(|| format!("`{name}` leads nowhere"))?;
        let (at, simple_routing) = self.routing(way, name, "branch")?;
        self.image.put(record, buffer::ROUTING, at);
        let lanes = self.lanes_of(id);
        self.image.put(record, conveyor::LANES, lanes.first().copied().unwrap_or(0));
        for (number, its_lane) in (1u64..).zip(&lanes) {
            self.places.names.insert(*its_lane, &[name]);
            self.image.put(*its_lane, holder::KEY, self.key(id, number));
            self.image.put(*its_lane, lane::CONVEYOR, record);
            // Every lane is open from the beginning.
            self.image.put(*its_lane, lane::ENTERED, -headway);
            if c.drive.is_none() {
                self.drive_of(&[*its_lane]);
            }
            let handler = self.unplaced(EventShape::EndOfBelt(UNPLACED));
            self.slot(SlotPlan {
                band: 1,
                rank,
                machine: number,
                name: String::new(),
                handler,
                record: *its_lane,
                first: None,
            });
        }
        let handler = self.unplaced(EventShape::BeltEntry);
        self.slot(SlotPlan { band: 1, rank, machine: 0, name: String::new(), handler, record, first: None });
        let breakdowns = self.belt_stops(id, name, c)?;
        Ok(ConveyorShape {
            lanes: lanes.len(),
            together: c.mode == BeltMode::StopTogether,
            stepped: c.stepped,
            mixed: !c.extents.is_empty(),
            simple_routing,
            from: from_count,
            to: to_count,
            breakdowns,
            shift: self.plant.nodes.get(id).is_some_and(|n| n.calendar.is_some()),
            observed: self.told(id, buffer::OBSERVERS),
        })
    }

    /// How much of a belt items of each type take, in whole numbers of a common unit, and as times.
    fn extents(&mut self, record: i64, c: &Conveyor) {
        if c.extents.is_empty() {
            return;
        }
        let all = c.extents.values().chain([&c.length]);
        let unit = all.fold(IBig::from(1), |unit, l| {
            let fits = (l * Rational::from(unit.clone())).is_int();
            if fits { unit } else { unit * l.denominator() }
        });
        // Lengths of very odd fractions are taken in nanometres.
        let unit = if unit > IBig::from(1_000_000_000) { IBig::from(1_000_000_000) } else { unit };
        let whole = |l: &Rational| (l * Rational::from(unit.clone())).ceil().to_i64().unwrap_or(NEVER);
        let mut words = Vec::new();
        for t in self.plant.items.ids() {
            let extent = c.extent(t);
            let time = Ticks::from_seconds(&(extent / &c.speed)).unwrap_or(Ticks::NEVER);
            words.extend([whole(extent), time.0]);
        }
        let table = self.image.array(&words);
        self.image.put(record, conveyor::EXTENTS, table);
        self.image.put(record, conveyor::LENGTH, whole(&c.length));
    }

    fn belt_stops(&mut self, id: NodeId, name: &str, c: &Conveyor) -> Result<Vec<BreakdownShape>, String> {
        let record = self.node_record(id);
        let list = stops(&c.breakdowns, &c.maintenance);
        let first_record = self.image.alloc(breakdown::WORDS * list.len());
        if !list.is_empty() {
            self.image.put(record, conveyor::BREAKDOWNS, first_record);
        }
        let off = self.begins_off(id);
        let mut shapes = Vec::new();
        for (i, b) in list.iter().enumerate() {
            let at = first_record + index(i * breakdown::WORDS * 8);
            self.places.names.insert(at, &[name, ": ", b.name]);
            self.image.put(at, breakdown::MACHINE, record);
            let (after, family) = match b.timetable {
                Some(id) => (self.timetable(id), Family::Timetable),
                None => self.draw(b.after, name, &format!("{}.{}", b.name, b.after_word))?,
            };
            let (repair, repair_family) = self.draw(b.lasts, name, &format!("{}.{}", b.name, b.lasts_word))?;
            self.image.put(at, breakdown::AFTER, after);
            self.image.put(at, breakdown::REPAIR, repair);
            let need_list = self.need_list(b.needs);
            if need_list != 0 {
                let request = self.request(at, self.key(id, 0), GrantShape::Repair(UNPLACED, i));
                self.image.put(request, request::PLACE, self.node_record(id));
                let component = self.component_of(need_list);
                self.image.put(request, request::NEEDS, need_list);
                self.image.put(request, request::COMPONENT, component);
                self.image.put(at, breakdown::REQUEST, request);
            }
            let clock = clock_shape(b.clock);
            let handler = self.unplaced(EventShape::BeltBreakdown(UNPLACED, i));
            self.slot(SlotPlan {
                band: 2,
                rank: self.order.rank(id),
                machine: 0,
                name: b.name.to_string(),
                handler,
                record: at,
                first: Some(match clock {
                    ClockShape::Scheduled if off => First::Residual(at, breakdown::RESIDUAL, after),
                    _ => First::Draw(after),
                }),
            });
            shapes.push(BreakdownShape {
                clock,
                effect: EffectShape::Resume,
                needs: need_list != 0,
                maintenance: i >= c.breakdowns.len(),
                from_start: false,
                exclusive: false,
                holds: false,
                keep_crew: false,
                repair_shift: false,
                after: Families::from([family]),
                repair: Families::from([repair_family]),
            });
        }
        Ok(shapes)
    }

    /// Requests of repairs know their handler only when the shape is known.
    pub(super) fn finish_belt(&mut self, id: NodeId, shape: usize) {
        let Some(NodeShape::Conveyor(s)) = self.shapes.nodes.get(shape) else { return };
        let breakdowns = s.breakdowns.len();
        let record = self.node_record(id);
        let first = self.word(record, conveyor::BREAKDOWNS);
        for i in 0..breakdowns {
            let at = first + index(i * breakdown::WORDS * 8);
            let request = self.word(at, breakdown::REQUEST);
            if request != 0 {
                let kind = intern(&mut self.shapes.grants, GrantShape::Repair(shape, i));
                self.image.put(request, request::KIND, index(kind));
            }
        }
    }

    pub(super) fn word(&self, record: i64, field: Field) -> i64 {
        let at = usize::try_from((record + i64::from(field.offset)) / 8).unwrap_or(usize::MAX);
        self.image.words.get(at).map_or(0, |w| w.cast_signed())
    }

    /// A belt whose shift has not begun at t = 0 stands.
    pub(super) fn belt_begins_off(&mut self, id: NodeId) {
        let record = self.node_record(id);
        self.image.put(record, conveyor::OFF, 1);
        for its_lane in self.lanes_of(id) {
            let drive = self.word(its_lane, lane::DRIVE);
            let stops = self.word(drive, drive::STOPS);
            self.image.put(drive, drive::STOPS, stops + 1);
            // Before the first instant, so that nothing comes on at it.
            self.image.put(drive, drive::SINCE, -1);
            self.image.put(drive, drive::BEHIND, -1);
        }
    }
}
