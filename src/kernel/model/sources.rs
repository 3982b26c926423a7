//! Lays out sources: what they make, and when.

use super::*;
use crate::base::Ticks;
use crate::base::quantity::to_f64;
use crate::ir::{CalendarId, Order};
use crate::kernel::shape::{DirectOut, Family};
use crate::kernel::supply::{ByHours, Due, Lot, Part};

impl Layout<'_> {
    pub(super) fn source(
        &mut self,
        id: NodeId,
        name: &str,
        s: &Source,
        way: Option<&Routing>,
    ) -> Result<SourceShape, String> {
        let record = self.node_record(id);
        let rank = self.order.rank(id);
        let calendar = self.plant.nodes.get(id).and_then(|n| n.calendar);
        // A limit that counts by item begins only at sources of one type.
        let (plant, made) = (self.plant, s.mix.first().map(|(i, _)| *i));
        let takes = |l: &crate::ir::Limit| l.item.is_none_or(|i| made.is_some_and(|m| plant.is_a(m, i)));
        let (from, from_count) = self.limit_array(|l| l.from == id && takes(l));
        let (to, to_count) = self.limit_array(|l| l.to == id);
        self.image.put(record, source::FROM, from);
        self.image.put(record, source::TO, to);
        self.image.put(record, source::TOTAL, s.total.map_or(NEVER, count));
        let mut words = Vec::new();
        let mut sum = crate::base::Rational::from(0);
        for (item, share) in &s.mix {
            sum += share;
            words.push(to_f64(&sum).to_bits().cast_signed());
            words.push(index(item.index()));
        }
        let mix = self.image.array(&words);
        self.image.put(record, source::MIX, mix);
        self.stream(record + i64::from(source::MIX_STREAM.offset), name, "mix", 0);
        let way = self.source_routing(id, way)?;
        let (routing, simple_routing) = self.routing(&way, name, "branch")?;
        self.image.put(record, source::ROUTING, routing);
        let lots = !s.makes_single_items();
        let orders = matches!(s.supply, Supply::Orders(_));
        let outside = s.supply == Supply::Outside;
        let planned = orders || outside || !s.campaign.is_empty();
        if lots || planned {
            self.plan(record, name, s, calendar)?;
        }
        let (supply, first) = self.supply(id, record, name, s, calendar)?;
        let with = self.assignments(&s.with, name, "with")?;
        self.image.put(record, source::WITH, with);
        let handler = self.unplaced(EventShape::Arrival(UNPLACED));
        self.slot(SlotPlan { band: 3, rank, machine: 0, name: String::new(), handler, record, first: Some(first) });
        if matches!(supply, SupplyShape::Lose(_)) {
            let handler = self.unplaced(EventShape::Verdict(UNPLACED));
            self.slot(SlotPlan { band: 4, rank, machine: 0, name: String::new(), handler, record, first: None });
        }
        let decided = !way.reads_floor() && ways::route_shape(&way)?.decides_at_once();
        let gives = |out: DirectOut| if out == DirectOut::Routes { decided } else { simple_routing };
        let direct_out = self.direct.out(id).filter(|(_, out)| gives(*out)).map(|(to, out)| {
            self.image.put(record, source::DIRECT_OUT, self.node_record(to));
            out
        });
        Ok(SourceShape {
            supply,
            mix: s.mix.len(),
            simple_routing,
            from: from_count,
            to: to_count,
            direct_out,
            shift: calendar.is_some() && matches!(s.supply, Supply::Always | Supply::Every(_))
                || self.plant.shared_stops(id).next().is_some(),
            with: s.with.len(),
            observed: self.told(id, source::OBSERVERS),
            lots,
            planned,
            orders,
            outside,
        })
    }

    /// When it makes items, and the first of them.
    fn supply(
        &mut self,
        id: NodeId,
        record: i64,
        name: &str,
        s: &Source,
        calendar: Option<CalendarId>,
    ) -> Result<(SupplyShape, First), String> {
        let shift = calendar.and_then(|c| self.plant.calendars.get(c)).cloned();
        let (every, family, first) = match &s.supply {
            Supply::Always | Supply::Every(_) => {
                let (at, _) = self.draw(&s.first, name, "first")?;
                let first = match self.begins_off(id) {
                    true => First::Residual(record, source::REST, at),
                    false => First::Draw(at),
                };
                let Supply::Every(every) = &s.supply else { return Ok((SupplyShape::Always, first)) };
                let (at, family) = self.draw(every, name, "every")?;
                (at, family, first)
            }
            Supply::ByHours { hours, rest } => {
                let by = Arc::new(self.by_hours(name, hours, rest.as_deref(), shift)?);
                let (first, _) = self.draw(&s.first, name, "first")?;
                let first = self.rhythm(Rhythm::First(Arc::clone(&by), first), format!("{name}: first"));
                let at = self.rhythm(Rhythm::ByHours(by), format!("{name}: every"));
                (at, Family::Rhythm, First::Draw(first))
            }
            Supply::At(id) => {
                let at = self.timetable(*id);
                let index = self.schedules.len().saturating_sub(1);
                if let (Some(schedule), Some(shift)) = (self.schedules.get_mut(index), shift) {
                    // What falls off shift does not come.
                    let on =
                        |w: &crate::ir::Window| shift.windows.iter().any(|s| s.from.0 <= w.from.0 && w.from.0 < s.to.0);
                    schedule.calendar.windows.retain(on);
                    schedule.calendar.closed.extend(shift.closed.iter().copied());
                    schedule.calendar.closed.sort_unstable_by_key(|(from, to)| (*to, *from));
                }
                let first = match self.schedules.get(index) {
                    Some(s) if s.value(Ticks(0)) > 0 => 0,
                    Some(s) => s.next_begin(Ticks(0)).map_or(NEVER, |t| t.0.min(NEVER)),
                    None => NEVER,
                };
                (at, Family::Timetable, First::At(first))
            }
            Supply::Orders(_) => {
                let at = self.rhythm(Rhythm::Orders(record), format!("{name}: schedule"));
                (at, Family::Rhythm, First::Draw(at))
            }
            Supply::Outside => {
                let at = self.rhythm(Rhythm::Outside(self.outside), format!("{name}: from outside"));
                self.outside += 1;
                (at, Family::Rhythm, First::Draw(at))
            }
        };
        self.image.put(record, source::EVERY, every);
        let families = Families::from([family]);
        Ok(match s.when_full {
            WhenFull::Lose => (SupplyShape::Lose(families), first),
            WhenFull::Pause | WhenFull::Queue => (SupplyShape::Pause(families), first),
        })
    }

    fn rhythm(&mut self, rhythm: Rhythm, name: String) -> i64 {
        let at = self.alloc_draw(false);
        self.image.put(at, draw::FAMILY, Family::Rhythm.tag());
        self.image.put(at, draw::LAW, index(self.rhythms.len()));
        self.rhythms.push(rhythm);
        self.places.names.insert(at, &[&name]);
        at
    }

    fn by_hours(
        &mut self,
        name: &str,
        hours: &[(CalendarId, Expression)],
        rest: Option<&Expression>,
        shift: Option<crate::ir::Calendar>,
    ) -> Result<ByHours, String> {
        let mean = |e: &Expression| {
            let mean = laws::mean(e).filter(|m| *m > 0.0 && m.is_finite());
            mean.ok_or_else(|| format!("`{name}`: the mean of an interval that goes by hours is not known"))
        };
        let mut by = ByHours { hours: Vec::new(), rest: None, shift: shift.map(plain) };
        for (i, (calendar, every)) in (1..).zip(hours) {
            let when = self.plant.calendars.get(*calendar).cloned().ok_or("hours that do not exist")?;
            let law = self.value_law(every, name, &format!("every:{i}"))?;
            by.hours.push((plain(when), law, mean(every)?));
        }
        if let Some(every) = rest {
            by.rest = Some((self.value_law(every, name, "every:rest")?, mean(every)?));
        }
        Ok(by)
    }

    /// Lots, campaigns and orders.
    fn plan(&mut self, record: i64, name: &str, s: &Source, calendar: Option<CalendarId>) -> Result<(), String> {
        let mut plan = Plan::default();
        if !s.makes_single_items() {
            plan.lot = match &*s.lot {
                Expression::Constant(q) => Lot::Fixed(Ticks::from_seconds(&q.value).map_or(1, |t| t.0 / PER_ONE)),
                drawn => Lot::Drawn(self.value_law(drawn, name, "lot")?),
            };
            // Only its name is used: what a wrong lot is blamed on.
            let blamed = self.image.alloc(1);
            self.places.names.insert(blamed, &[name, ": lot"]);
            self.image.put(record, source::LOT, blamed);
        }
        plan.outside = (s.supply == Supply::Outside).then_some(self.outside);
        for c in &s.campaign {
            let mut sum = crate::base::Rational::from(0);
            let mix = c.mix.iter().map(|(item, share)| {
                sum += share;
                (to_f64(&sum), index(item.index()))
            });
            let mix = mix.collect();
            plan.campaign.push(Part { count: count(c.count), mix });
        }
        if let Supply::Orders(orders) = &s.supply {
            plan.lot = Lot::Ordered;
            let shift = calendar.and_then(|c| self.plant.calendars.get(c)).cloned().map(plain);
            plan.orders = orders.iter().map(|o| self.due(o, shift.as_ref())).collect();
        }
        self.image.put(record, source::PLAN, index(self.plans.len()));
        self.plans.push(plan);
        Ok(())
    }

    /// An order that falls off shift comes when the next shift begins.
    fn due(&self, o: &Order, shift: Option<&Schedule>) -> Due {
        let at = match shift {
            Some(s) if s.value(o.at) == 0 => s.next_begin(o.at).map_or(NEVER, |t| t.0.min(NEVER)),
            _ => o.at.0,
        };
        let attributes =
            o.attributes.iter().map(|(slot, v)| (i64::from(self.attributes_at()) + index(slot * 8), *v)).collect();
        Due { at, kind: index(o.item.index()), count: count(o.count), attributes }
    }

    /// Items with a route start it here; all others follow the source's own way.
    pub(super) fn source_routing(&self, id: NodeId, way: Option<&Routing>) -> Result<Routing, String> {
        let starts: Vec<(ItemId, Routing)> =
            self.plant.routes.iter().filter(|r| r.sources.contains(&id)).map(|r| (r.item, r.start.clone())).collect();
        let span = crate::base::Span::default();
        match (starts.as_slice(), way) {
            ([], Some(way)) => Ok(way.clone()),
            ([(_, only)], None) => Ok(only.clone()),
            ([], None) => Err("a source leads nowhere".to_string()),
            (_, way) => Ok(Routing::ByItem(starts, way.map(|w| Box::new(w.clone())), span)),
        }
    }
}

/// Ticks of the number 1 read as seconds.
const PER_ONE: i64 = crate::base::TICKS_PER_SECOND;

fn plain(calendar: crate::ir::Calendar) -> Schedule {
    Schedule { calendar, sizes: Vec::new(), size: 1 }
}
