//! To whom the time is charged for which a station lacks parts.

use super::bounds::{AtBound, Bounds, NO_TIME, cross};

/// Ticks without parts up to a bound, by who gives them.
#[derive(Clone, Debug, Default)]
pub struct Starved {
    closed: bool,
    /// What has ended.
    pub ended: Vec<i128>,
    /// What goes on.
    pub open: Vec<i128>,
}

impl AtBound for Starved {
    fn is_closed(&self) -> bool {
        self.closed
    }
}

/// Parts that a product may have to wait for.
#[derive(Clone, Copy)]
pub struct Lack<const L: usize> {
    /// Who gives them.
    pub giver: usize,
    /// When they can be taken.
    pub there: [i64; L],
    /// The last of them are ready not before they are taken.
    pub late: bool,
}

/// Charges the time for which a station lacks parts to who brings the last (semantics Z2), where several give.
pub struct Charges<const L: usize> {
    sums: Vec<[i128; L]>,
    limit: [i64; L],
    /// At the bounds, by replication.
    pub marks: Vec<[Starved; 2]>,
}

impl<const L: usize> Charges<L> {
    /// Nothing yet.
    #[must_use]
    pub fn new(givers: usize, bounds: &Bounds<L>) -> Self {
        Self { sums: vec![[0; L]; givers], limit: bounds[0], marks: vec![Default::default(); L] }
    }

    /// A product is loaded on a machine that is idle since `freed`, and was down for so long from then on; `its` tells of
    /// each type of parts.
    pub fn charge(
        &mut self,
        its: impl Iterator<Item = Lack<L>> + Clone,
        (freed, down): (&[i64; L], &[[i64; L]; 3]),
        loaded: &[i64; L],
        bounds: &Bounds<L>,
    ) {
        for lane in 0..L {
            let down = down.map(|down| down[lane]);
            if loaded[lane] > self.limit[lane] {
                self.cross(lane, its.clone(), (freed[lane], down), loaded[lane], bounds);
            }
            // What was charged at the end of the warm-up is charged no more.
            let warmup = bounds[0][lane];
            let before = if loaded[lane] > warmup { (warmup - freed[lane] - down[0]).max(0) } else { 0 };
            let time = loaded[lane] - freed[lane] - down[2] - before;
            if time <= 0 {
                continue;
            }
            let latest = its.clone().fold((0, NO_TIME), |latest: (usize, i64), lack| {
                let ready = if lack.late { loaded[lane] } else { lack.there[lane] };
                if latest.1 < ready { (lack.giver, ready) } else { latest }
            });
            if let Some(sum) = self.sums.get_mut(latest.0) {
                sum[lane] += i128::from(time);
            }
        }
    }

    #[cold]
    fn cross(
        &mut self,
        lane: usize,
        its: impl Iterator<Item = Lack<L>> + Clone,
        (freed, down): (i64, [i64; 3]),
        loaded: i64,
        bounds: &Bounds<L>,
    ) {
        let Some(marks) = self.marks.get_mut(lane) else { return };
        let warmup = (bounds[0][lane] - freed - down[0]).max(0);
        let sums = &self.sums;
        self.limit[lane] = cross(marks, bounds, lane, loaded, |mark, which, bound| {
            mark.closed = true;
            mark.ended = sums.iter().map(|sum| sum[lane]).collect();
            mark.open = vec![0; mark.ended.len()];
            let before = if which == 0 { 0 } else { warmup };
            let missing = its.clone().find(|lack| lack.there[lane] > bound).map_or(0, |lack| lack.giver);
            if let Some(open) = mark.open.get_mut(missing) {
                *open = i128::from((bound - freed - down[which] - before).max(0));
            }
            true
        });
    }

    /// A run ends earlier than it might have.
    pub fn tighten(&mut self, lane: usize, end: i64) {
        self.limit[lane] = self.limit[lane].min(end);
    }
}
