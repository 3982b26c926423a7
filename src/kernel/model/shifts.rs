//! Lays out shifts: a record and a slot for each, and whom it tells of its changes.

use super::*;
use crate::base::Ticks;
use crate::ir::{Calendar, CalendarId};

/// A calendar record and those it tells.
pub(super) struct Told {
    calendar: CalendarId,
    sizes: Option<(u64, Vec<(usize, u64)>)>,
    record: i64,
    index: usize,
    list: Vec<i64>,
}

impl Layout<'_> {
    /// The record of a shift; with sizes, that of a crew's number over time. And its value at t = 0.
    pub(super) fn calendar(&mut self, id: CalendarId, sizes: Option<(u64, Vec<(usize, u64)>)>) -> (i64, u64) {
        let zero = Ticks(0);
        if let Some(known) = self.calendars.iter().find(|c| c.calendar == id && c.sizes == sizes) {
            return (known.record, self.schedules.get(known.index).map_or(0, |s| s.value(zero)));
        }
        let (size, by_name) = sizes.clone().unwrap_or((1, Vec::new()));
        let index = self.schedule(id, size, by_name);
        let Some(schedule) = self.schedules.get(index) else { return (0, 0) };
        let (value, next) = (schedule.value(zero), schedule.next_change(zero).map_or(NEVER, |t| t.0.min(NEVER)));
        let name = format!("{}#{index}", schedule.calendar.name);
        let record = self.image.alloc(calendar::WORDS);
        self.image.put(record, calendar::INDEX, super::index(index));
        self.image.put(record, calendar::ON, count(value));
        self.image.put(record, calendar::NEXT, next);
        self.places.names.insert(record, &[&name]);
        let handler = intern(&mut self.shapes.events, EventShape::Calendar);
        self.slot(SlotPlan { band: 2, rank: 0, machine: 0, name, handler, record, first: Some(First::At(next)) });
        self.calendars.push(Told { calendar: id, sizes, record, index, list: Vec::new() });
        (record, value)
    }

    pub(super) fn schedule(&mut self, id: CalendarId, size: u64, sizes: Vec<(usize, u64)>) -> usize {
        let calendar = self.plant.calendars.get(id).cloned().unwrap_or_else(|| Calendar {
            name: String::new(),
            span: crate::base::Span::default(),
            windows: Vec::new(),
            names: Vec::new(),
            period: Ticks(1),
            offset: Ticks(0),
            closed: Vec::new(),
        });
        self.schedules.push(Schedule { calendar, sizes, size });
        self.schedules.len() - 1
    }

    /// A draw record that gives the time to the next instant of a timetable.
    pub(super) fn timetable(&mut self, id: CalendarId) -> i64 {
        let index = self.schedule(id, 1, Vec::new());
        let at = self.alloc_draw(false);
        self.image.put(at, draw::FAMILY, super::super::shape::Family::Timetable.tag());
        self.image.put(at, draw::LAW, super::index(index));
        at
    }

    /// A calendar tells a record of its changes.
    pub(super) fn tell(&mut self, calendar: i64, who: i64, shape: SubscriberShape) {
        let kind = intern(&mut self.shapes.subscribers, shape);
        if let Some(told) = self.calendars.iter_mut().find(|c| c.record == calendar) {
            told.list.extend([who, super::index(kind)]);
        }
    }

    /// Writes down whom calendars tell.
    pub(super) fn subscribers(&mut self) {
        for told in std::mem::take(&mut self.calendars) {
            let at = self.image.array(&told.list);
            self.image.put(told.record, calendar::SUBSCRIBERS, at);
            self.image.put(told.record, calendar::COUNT, super::index(told.list.len() / 2));
        }
    }
}
