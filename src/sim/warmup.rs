//! Finds out how long a line takes to get into its stride: `warmup: auto`.
//!
//! The first runs are recorded: the clock stops at the ends of equal slices of time, and what has been counted up
//! to there is kept. MSER-5 on the means over these runs then says where to begin to measure, and the figures
//! from there to the end are differences of what was kept, so that no run is made twice. Runs that are added later
//! (for a precision) begin to measure there at once.
//!
//! Start at [`truncation`] for the rule and at [`figures`] for the differences.

use crate::base::Ticks;
use crate::diag::Diagnostic;
use crate::ir::{Calendar, NodeKind, Plant};
use crate::kernel::causes::Causes;
use crate::kernel::observe::ProbeTotals;
use crate::kernel::read::Snapshot;
use crate::runtime::statistics::{Summary, student_t};

use super::expect::{self, During};
use super::measure;
use super::outcome::Replication;
use super::trouble;

/// Slices of a run. MSER-5 looks at means of five observations: a slice is five fifths of itself.
pub const SLICES: usize = 100;

/// Fewest slices that say anything.
pub const FEWEST_SLICES: usize = 10;

/// Most runs that are recorded; their mean is what is looked at (Hoad, Robinson and Davies 2010 take five).
pub const RECORDED_RUNS: u64 = 20;

/// Most bytes that all recorded runs together may take.
const RECORDED_BYTES: usize = 256 << 20;

/// Confidence of the test that a figure still drifts behind the warm-up that was found.
const DRIFT_CONFIDENCE: f64 = 0.999;

/// How a run is cut into slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slices {
    /// Length of one.
    pub length: Ticks,
    /// How many are looked at. What remains of the run behind them is shorter than a slice.
    pub count: usize,
    /// Each so many slices, in the first half, all figures are kept: measuring can begin there.
    pub stride: usize,
    /// Runs that are recorded.
    pub runs: u64,
}

impl Slices {
    /// The slices of a run that ends at `end`. Where shifts or timetables repeat, slices are whole rounds of them.
    ///
    /// # Errors
    /// That the run is too short.
    pub fn of(plant: &Plant, end: Ticks) -> Result<Slices, Box<Diagnostic>> {
        let pattern = pattern(plant);
        let least = end.0 / SLICES as i64;
        let length = match pattern {
            None => least,
            Some(p) => (least.saturating_add(p.0 - 1) / p.0).max(1).saturating_mul(p.0),
        };
        let count = usize::try_from(end.0.checked_div(length).unwrap_or(0)).unwrap_or(0).min(SLICES);
        if count < FEWEST_SLICES {
            let needed = pattern.unwrap_or(Ticks(1)).0.saturating_mul(FEWEST_SLICES as i64);
            return Err(Box::new(trouble::too_short_to_find(plant, end, pattern, Ticks(needed))));
        }
        let mark = bytes_of_a_mark(plant);
        let fits = (RECORDED_BYTES / mark).max(1);
        let runs = RECORDED_RUNS.min((fits / FEWEST_SLICES).max(1) as u64);
        let marks = (fits / usize::try_from(runs).unwrap_or(1)).max(1);
        let stride = (count / 2).div_ceil(marks).max(1);
        Ok(Slices { length: Ticks(length), count, stride, runs })
    }

    /// The end of the n-th slice, from 1.
    #[must_use]
    pub fn end_of(&self, n: usize) -> Ticks {
        Ticks(self.length.0.saturating_mul(i64::try_from(n).unwrap_or(i64::MAX)))
    }

    /// Whether measuring can begin at the end of the n-th slice.
    #[must_use]
    pub fn is_kept(&self, n: usize) -> bool {
        n.is_multiple_of(self.stride) && n <= self.most()
    }

    /// The last slice behind which measuring can begin: the end of the first half.
    fn most(&self) -> usize {
        self.count / 2 / self.stride * self.stride
    }
}

/// About what the figures of a plant at one instant take.
fn bytes_of_a_mark(plant: &Plant) -> usize {
    let sinks = plant.nodes.values().filter(|n| n.kind == NodeKind::Sink).count();
    let times = sinks.saturating_mul(plant.items.len()).saturating_add(plant.measures.len());
    plant.nodes.len().saturating_mul(500).saturating_add(times.saturating_mul(8192)).saturating_add(1000)
}

/// The time after which all shifts and timetables repeat; `None` without any.
fn pattern(plant: &Plant) -> Option<Ticks> {
    let of = |c: &Calendar| {
        let day = 86_400 * crate::base::ticks::TICKS_PER_SECOND;
        if c.period.0 % day == 0 && daily(c, day) { Ticks(day) } else { c.period }
    };
    plant.calendars.values().map(of).filter(|p| p.0 > 0).reduce(|a, b| {
        let (mut x, mut y) = (a.0, b.0);
        while y != 0 {
            (x, y) = (y, x % y);
        }
        Ticks((a.0 / x.max(1)).saturating_mul(b.0))
    })
}

/// Whether all days of a calendar are alike.
fn daily(calendar: &Calendar, day: i64) -> bool {
    let period = calendar.period.0.max(1);
    let begins = |shift: i64| {
        let mut all: Vec<(i64, i64, Option<usize>)> = calendar
            .windows
            .iter()
            .map(|w| ((w.from.0.saturating_add(shift)).rem_euclid(period), w.to.0.saturating_sub(w.from.0), w.name))
            .collect();
        all.sort_unstable();
        all
    };
    begins(0) == begins(day)
}

/// What one run has counted, slice by slice.
pub struct Recorded {
    /// At the end of each slice: items that have left, and the work in process integrated over time, item-ticks.
    series: Vec<[i128; 2]>,
    /// At 0 and at the ends of slices at which measuring can begin, then at the end of the run.
    marks: Vec<Mark>,
    /// Slices of the marks.
    at: Vec<usize>,
    /// Whether anything was drawn.
    pub chance: bool,
}

/// Figures at one instant. Highest levels and extreme times are of the stretch since the mark before.
struct Mark {
    snapshot: Snapshot,
    /// Histograms of the arrivals, which the snapshot lacks.
    arrivals: Vec<Sparse>,
    probes: Vec<Option<(ProbeTotals, Sparse, Sparse)>>,
    during: Vec<During>,
}

/// Words of a histogram that are not 0.
struct Sparse {
    length: usize,
    words: Vec<(usize, u64)>,
}

impl Sparse {
    fn of(words: Vec<u64>) -> Sparse {
        let length = words.len();
        Sparse { length, words: words.into_iter().enumerate().filter(|(_, w)| *w != 0).collect() }
    }

    fn words(&self) -> Vec<u64> {
        let mut all = vec![0; self.length];
        for (i, word) in &self.words {
            if let Some(place) = all.get_mut(*i) {
                *place = *word;
            }
        }
        all
    }

    /// Adds the counters, two to a word, to those of a histogram; each stops at its maximum.
    fn add_to(&self, all: &mut Vec<u64>) {
        all.resize(all.len().max(self.length), 0);
        let most = u64::from(u32::MAX);
        for (i, word) in &self.words {
            if let Some(sum) = all.get_mut(*i) {
                let low = ((*sum & most) + (word & most)).min(most);
                let high = ((*sum >> 32) + (word >> 32)).min(most);
                *sum = high << 32 | low;
            }
        }
    }
}

impl Recorded {
    /// A run at t = 0.
    #[must_use]
    pub fn begin(slices: &Slices) -> Recorded {
        let marks = slices.count / 2 / slices.stride;
        Recorded {
            series: Vec::with_capacity(slices.count),
            marks: Vec::with_capacity(marks.saturating_add(2)),
            at: Vec::with_capacity(marks.saturating_add(2)),
            chance: false,
        }
    }

    /// Notes the end of a slice.
    pub fn slice(&mut self, snapshot: &Snapshot) {
        let left = snapshot.arrivals.iter().fold(0i128, |sum, a| sum.saturating_add(a.count.into()));
        self.series.push([left, snapshot.wip_area]);
    }

    /// Keeps all figures at the end of the n-th slice: what measures hold since the mark before, and the figures of
    /// shifts since then.
    pub fn mark(&mut self, n: usize, mut snapshot: Snapshot, probes: Vec<Option<ProbeTotals>>, during: Vec<During>) {
        let arrivals = snapshot.arrivals.iter_mut().map(|a| Sparse::of(std::mem::take(&mut a.histogram))).collect();
        let sparse = |mut p: ProbeTotals| {
            let (early, late) = (std::mem::take(&mut p.early), std::mem::take(&mut p.late));
            (p, Sparse::of(early), Sparse::of(late))
        };
        let probes = probes.into_iter().map(|p| p.map(sparse)).collect();
        self.marks.push(Mark { snapshot, arrivals, probes, during });
        self.at.push(n);
    }

    /// Keeps the figures at the end of the run, and whether anything was drawn.
    pub fn end(&mut self, snapshot: Snapshot, probes: Vec<Option<ProbeTotals>>, during: Vec<During>, chance: bool) {
        self.mark(usize::MAX, snapshot, probes, during);
        self.chance = chance;
    }
}

/// The figures of a recorded run from the end of the n-th slice to its end, what measures hold in that time, and
/// the figures of shifts: those of a run that was told to begin to measure there. Of time that waits without
/// interruption over the end of a slice, the part before counts for what was missing then.
/// `None` when nothing was kept there.
#[must_use]
pub fn figures(
    plant: &Plant,
    known: &Causes,
    recorded: &Recorded,
    n: usize,
) -> Option<(Replication, Vec<Option<ProbeTotals>>, Vec<During>)> {
    let first = recorded.at.iter().position(|at| *at == n)?;
    let (last, stretches) = (recorded.marks.last()?, recorded.marks.get(first.checked_add(1)?..)?);
    let before = whole(recorded.marks.get(first)?);
    let mut after = whole(last);
    let (mut probes, mut during): (Vec<Option<ProbeTotals>>, Vec<During>) = (Vec::new(), Vec::new());
    for (mark, more) in stretches.iter().zip((1..=stretches.len()).rev()) {
        join(&mut after, &mark.snapshot, more > 1);
        for (i, probe) in mark.probes.iter().enumerate() {
            if probes.len() <= i {
                probes.push(None);
            }
            if let (Some(probe), Some(sum)) = (probe, probes.get_mut(i)) {
                add(sum, probe);
            }
        }
        expect::join(&mut during, mark.during.clone());
    }
    Some((measure::window(plant, known, &before, &after), probes, during))
}

fn whole(mark: &Mark) -> Snapshot {
    let mut snapshot = mark.snapshot.clone();
    for (a, histogram) in snapshot.arrivals.iter_mut().zip(&mark.arrivals) {
        a.histogram = histogram.words();
    }
    snapshot
}

/// Takes a stretch into the figures at the end: extremes, and waiting that its end cut off.
fn join(after: &mut Snapshot, stretch: &Snapshot, is_cut: bool) {
    for (a, s) in after.buffers.iter_mut().zip(&stretch.buffers) {
        a.max = a.max.max(s.max);
    }
    for (a, s) in after.arrivals.iter_mut().zip(&stretch.arrivals) {
        a.minimum = [a.minimum, s.minimum].into_iter().flatten().min();
        a.maximum = a.maximum.max(s.maximum);
    }
    if is_cut {
        for (a, s) in after.stations.iter_mut().zip(&stretch.stations) {
            for (ended, open) in a.charged.ended.iter_mut().zip(&s.charged.open) {
                for (sum, ticks) in ended.iter_mut().zip(open) {
                    *sum = sum.saturating_add(*ticks);
                }
            }
        }
    }
}

fn add(sum: &mut Option<ProbeTotals>, (totals, early, late): &(ProbeTotals, Sparse, Sparse)) {
    let sum = sum.get_or_insert_with(|| ProbeTotals { minimum: i64::MAX, maximum: i64::MIN, ..ProbeTotals::default() });
    sum.count = sum.count.saturating_add(totals.count);
    sum.sum = sum.sum.saturating_add(totals.sum);
    sum.within = sum.within.saturating_add(totals.within);
    sum.minimum = sum.minimum.min(totals.minimum);
    sum.maximum = sum.maximum.max(totals.maximum);
    early.add_to(&mut sum.early);
    late.add_to(&mut sum.late);
}

/// The marginal standard error of what remains when the first d values are left out (White 1997):
/// Σ (Yᵢ - Ȳ)² / (n - d)² over the rest. Where it is least, among d up to `most`; the first of equal ones.
/// With `most` at half of the series (Spratt 1998). O(n).
#[must_use]
#[allow(clippy::cast_precision_loss)] // a hundred values
pub fn least_standard_error(series: &[f64], most: usize) -> usize {
    // From the end, mean and sum of squared deviations grow by one value at a time (Welford 1962).
    let (mut mean, mut squares, mut n) = (0.0f64, 0.0f64, 0.0f64);
    let mut best = (f64::INFINITY, 0);
    for (d, value) in series.iter().enumerate().rev() {
        n += 1.0;
        let from_mean = value - mean;
        mean += from_mean / n;
        squares += from_mean * (value - mean);
        let error = squares / (n * n);
        if d <= most && error <= best.0 {
            best = (error, d);
        }
    }
    best.1
}

/// What is looked at, in the words of messages.
const LOOKED_AT: [&str; 2] = ["throughput", "work in process"];

/// The slice behind which a line is in its stride: the later of those that MSER-5 finds for what leaves and for
/// what is inside, each the mean over the recorded runs.
///
/// # Errors
/// That it has none in this time: the least error is at the end of the first half, or the figures of the runs
/// still drift behind it.
pub fn truncation(plant: &Plant, slices: &Slices, runs: &[Recorded]) -> Result<usize, Box<Diagnostic>> {
    let most = slices.most();
    let mut begin = 0;
    let of_runs: Vec<Vec<Vec<f64>>> =
        (0..LOOKED_AT.len()).map(|which| runs.iter().map(|r| values(r, slices, which)).collect()).collect();
    let mut means: Vec<Vec<f64>> = Vec::new();
    for (all, what) in of_runs.iter().zip(LOOKED_AT) {
        let mean = mean_over(all);
        let found = least_standard_error(&mean, most);
        if found >= most {
            return Err(Box::new(drifts(plant, slices, what, &mean)));
        }
        begin = begin.max(found.div_ceil(slices.stride) * slices.stride);
        means.push(mean);
    }
    for ((all, what), mean) in of_runs.iter().zip(LOOKED_AT).zip(&means) {
        if drifting(all, begin) {
            return Err(Box::new(drifts(plant, slices, what, mean)));
        }
    }
    Ok(begin)
}

/// Items per hour, or items inside, in each slice.
#[allow(clippy::cast_precision_loss)] // 53 bits are enough to find a trend
fn values(run: &Recorded, slices: &Slices, which: usize) -> Vec<f64> {
    let length = Ticks(slices.length.0).seconds();
    let unit = [3600.0, 1.0 / crate::base::ticks::TICKS_PER_SECOND as f64].get(which).copied().unwrap_or(1.0);
    let mut last = 0i128;
    run.series
        .iter()
        .map(|totals| {
            let total = totals.get(which).copied().unwrap_or(0);
            let value = total.saturating_sub(last) as f64 / length * unit;
            last = total;
            value
        })
        .collect()
}

#[allow(clippy::cast_precision_loss)] // a few runs
fn mean_over(runs: &[Vec<f64>]) -> Vec<f64> {
    let slices = runs.iter().map(Vec::len).min().unwrap_or(0);
    let n = runs.len().max(1) as f64;
    (0..slices).map(|i| runs.iter().filter_map(|r| r.get(i)).sum::<f64>() / n).collect()
}

fn mean(values: &[f64]) -> f64 {
    #[allow(clippy::cast_precision_loss)] // a hundred values
    let n = values.len().max(1) as f64;
    values.iter().sum::<f64>() / n
}

/// Whether the later half of what remains is surely another than the half before it, in the mean of the runs:
/// an interval for paired differences. Fewer than five runs say too little.
#[allow(clippy::cast_precision_loss)] // a few runs
fn drifting(runs: &[Vec<f64>], begin: usize) -> bool {
    let differences: Vec<f64> = runs
        .iter()
        .filter_map(|r| {
            let rest = r.get(begin..)?;
            let (early, late) = rest.split_at(rest.len() / 2);
            Some(mean(late) - mean(early))
        })
        .collect();
    if differences.len() < 5 {
        return false;
    }
    let n = differences.len() as u64;
    Summary::of(&differences).is_some_and(|d| {
        let half_width = student_t(DRIFT_CONFIDENCE, n - 1) * d.sd / (n as f64).sqrt();
        d.sd > 0.0 && d.mean.abs() > half_width
    })
}

fn drifts(plant: &Plant, slices: &Slices, what: &str, mean_of_runs: &[f64]) -> Diagnostic {
    let quarters = mean_of_runs.len() / 4;
    let of = |n: usize| mean(mean_of_runs.get(n * quarters..(n + 1) * quarters).unwrap_or(&[]));
    let unit = if what == "throughput" { " /h" } else { " items" };
    trouble::no_steady_state(plant, slices.end_of(slices.count), what, unit, [of(0), of(1), of(2), of(3)])
}
