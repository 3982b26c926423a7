//! Two machines with places between them, as a small Markov chain: the building block of [`super::finite`].
//! Times are matched by mean and spread with few exponential stages.

use super::floor::Spread;

/// Stages of one time at most, so that a pair stays small: spreads below one over this are taken as that.
pub(super) const STAGES: usize = 6;

/// A time as stages that follow each other: of each its rate, and the probability to go on to the next.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Staged {
    rates: Vec<f64>,
    on: Vec<f64>,
}

impl Staged {
    /// Stages of a mean and a spread: two of Cox for a spread of at least 1/2 (Marie 1980), else Erlang's of
    /// k − 1 or k (Tijms 1986).
    pub fn of(time: Spread) -> Staged {
        let mean = time.mean.max(1e-12);
        let scv = time.scv.max(1.0 / STAGES as f64);
        if (scv - 1.0).abs() < 1e-9 {
            return Staged { rates: vec![1.0 / mean], on: vec![0.0] };
        }
        if scv >= 0.5 {
            return Staged { rates: vec![2.0 / mean, 1.0 / (mean * scv)], on: vec![0.5 / scv, 0.0] };
        }
        let stages = (1..=STAGES).find(|k| 1.0 / *k as f64 <= scv + 1e-12).unwrap_or(STAGES);
        let k = stages as f64;
        let short = ((k * scv - (k * (1.0 + scv) - k * k * scv).max(0.0).sqrt()) / (1.0 + scv)).max(0.0);
        let mut on = vec![1.0; stages];
        if let Some(last) = on.last_mut() {
            *last = 0.0;
        }
        if stages >= 2 {
            on[stages - 2] = 1.0 - short;
        }
        Staged { rates: vec![(k - short) / mean; stages], on }
    }

    fn stages(&self) -> usize {
        self.rates.len()
    }

    /// Rate at which it ends in a stage.
    fn ends(&self, at: usize) -> f64 {
        self.rates[at] * (1.0 - self.on[at])
    }

    /// Mean and second moment of what is left of it from a stage on.
    fn rest(&self, at: usize) -> (f64, f64) {
        let (mut first, mut second) = (0.0, 0.0);
        for k in (at..self.stages()).rev() {
            let mean = 1.0 / self.rates[k];
            second = 2.0 * mean * mean + self.on[k] * (second + 2.0 * mean * first);
            first = mean + self.on[k] * first;
        }
        (first, second)
    }
}

/// A wait that each item meets: its mean and second moment, over all items.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Wait {
    pub mean: f64,
    pub square: f64,
}

/// What two machines do with places between them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pair {
    /// Items per second.
    pub throughput: f64,
    /// Of the second machine for an item, per item.
    pub starved: Wait,
    /// Of the first machine for room, per item.
    pub blocked: Wait,
    /// Mean number in the places.
    pub level: f64,
    /// Probability that no place is free.
    pub full: f64,
}

/// One machine each: states by the number of items between the end of the first work and the end of the second,
/// and the stages of both. Solved level by level from the fullest down (Neuts 1981, for finitely many levels).
/// O(levels × stages³).
pub(super) fn pair(first: &Staged, second: &Staged, places: u64, loses: bool) -> Pair {
    let levels = usize::try_from(places).unwrap_or(usize::MAX).min(100_000) + if loses { 1 } else { 2 };
    let (a, b) = (first.stages(), second.stages());
    let size = a * b;
    let at = |i: usize, j: usize| i * b + j;
    // Between: one up ends the first work, one down the second, and stages within a level.
    let within = |level: usize| {
        let mut q = vec![vec![0.0; size]; size];
        for i in 0..a {
            for j in 0..b {
                let from = at(i, j);
                if level < levels {
                    q[from][from] -= first.rates[i];
                    if i + 1 < a {
                        q[from][at(i + 1, j)] += first.rates[i] * first.on[i];
                    }
                } else if i > 0 {
                    // The first machine is blocked: it has no stage; the states beyond the first are not used.
                    q[from][from] -= 1.0;
                }
                if level > 0 {
                    q[from][from] -= second.rates[j];
                    if j + 1 < b {
                        q[from][at(i, j + 1)] += second.rates[j] * second.on[j];
                    }
                } else if j > 0 {
                    q[from][from] -= 1.0;
                }
            }
        }
        q
    };
    let up = |level: usize| {
        let mut q = vec![vec![0.0; size]; size];
        for i in 0..a {
            for j in 0..b {
                if level == 0 && j > 0 {
                    continue;
                }
                // A first work begins anew, unless it is blocked, which is stage 0 too.
                q[at(i, j)][at(0, j)] += first.ends(i);
            }
        }
        q
    };
    let down = |level: usize| {
        let mut q = vec![vec![0.0; size]; size];
        for i in 0..a {
            for j in 0..b {
                if level == levels && i > 0 {
                    continue;
                }
                q[at(i, j)][at(i, 0)] += second.ends(j);
            }
        }
        q
    };
    // π(n+1) = π(n) R(n), from the top down.
    let mut ratios: Vec<Vec<Vec<f64>>> = Vec::with_capacity(levels);
    let mut below = within(levels);
    for level in (0..levels).rev() {
        let ratio = times(&up(level), &inverse(&negative(&below)));
        below = sum(&within(level), &times(&ratio, &down(level + 1)));
        ratios.push(ratio);
    }
    ratios.reverse();
    let mut shares = vec![left_null(&below)];
    for ratio in &ratios {
        let last = shares.last().cloned().unwrap_or_default();
        shares.push(row_times(&last, ratio));
    }
    let all: f64 = shares.iter().flatten().sum();
    shares.iter_mut().flatten().for_each(|p| *p /= all);
    let mut found = Pair::default();
    let (mut starved, mut blocked) = (Wait::default(), Wait::default());
    for (level, row) in shares.iter().enumerate() {
        let waiting = level.saturating_sub(1).min(usize::try_from(places).unwrap_or(usize::MAX));
        found.level += waiting as f64 * row.iter().sum::<f64>();
        for i in 0..a {
            for j in 0..b {
                let p = row[at(i, j)];
                if level > 0 {
                    found.throughput += p * second.ends(j);
                }
                if level == 1 {
                    // The second machine ends and finds nothing: it waits for the rest of the first work. Where there
                    // is but one level the first was blocked, and hands its next item over after a whole work.
                    let (m, s) = first.rest(if levels == 1 { 0 } else { i });
                    starved.mean += p * second.ends(j) * m;
                    starved.square += p * second.ends(j) * s;
                }
                if level + 1 == levels {
                    let (m, s) = second.rest(if level == 0 { 0 } else { j });
                    blocked.mean += p * first.ends(i) * m;
                    blocked.square += p * first.ends(i) * s;
                }
            }
        }
    }
    found.full = shares.last().map_or(0.0, |row| row.iter().sum());
    if found.throughput > 0.0 {
        let per = |w: Wait| Wait { mean: w.mean / found.throughput, square: w.square / found.throughput };
        (found.starved, found.blocked) = (per(starved), per(blocked));
    }
    found
}

/// Several machines before, or behind, all exponential: a birth and death process over the items between.
pub(super) fn many(first: (f64, u64), second: (f64, u64), places: u64) -> Pair {
    let (time_up, up) = first;
    let (time_down, down) = second;
    let levels = places.min(100_000) + up + down;
    let birth = |n: u64| (levels - n).min(up) as f64 / time_up;
    let death = |n: u64| n.min(down) as f64 / time_down;
    let mut shares = vec![1.0f64];
    for n in 0..levels {
        let last = shares.last().copied().unwrap_or(1.0);
        let next = last * birth(n) / death(n + 1);
        if next > 1e200 {
            shares.iter_mut().for_each(|p| *p /= next);
            shares.push(1.0);
        } else {
            shares.push(next);
        }
    }
    let all: f64 = shares.iter().sum();
    let mut found = Pair::default();
    let (mut idle, mut held, mut meet_idle, mut meet_full) = (0.0, 0.0, 0.0, 0.0);
    for (n, p) in shares.iter().enumerate() {
        let (n, p) = (n as u64, p / all);
        found.throughput += p * death(n);
        found.level += p * n.saturating_sub(down).min(places) as f64;
        idle += p * down.saturating_sub(n) as f64;
        held += p * up.saturating_sub(levels - n) as f64;
        if n <= down {
            meet_idle += p * death(n);
        }
        if levels - n <= up && n < levels {
            meet_full += p * birth(n);
        }
        if n >= places + down {
            found.full += p;
        }
    }
    if found.throughput > 0.0 {
        // Those who wait do so for an exponential time.
        let wait = |all: f64, meet: f64| {
            let (mean, share) = (all / found.throughput, meet / found.throughput);
            Wait { mean, square: if share > 0.0 { 2.0 * mean * mean / share } else { 0.0 } }
        };
        found.starved = wait(idle, meet_idle);
        found.blocked = wait(held, meet_full);
    }
    found
}

type Matrix = Vec<Vec<f64>>;

fn times(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter().map(|row| row_times(row, b)).collect()
}

fn row_times(row: &[f64], b: &Matrix) -> Vec<f64> {
    let mut found = vec![0.0; row.len()];
    for (factor, line) in row.iter().zip(b).filter(|(f, _)| **f != 0.0) {
        found.iter_mut().zip(line).for_each(|(sum, value)| *sum += factor * value);
    }
    found
}

fn sum(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter().zip(b).map(|(x, y)| x.iter().zip(y).map(|(p, q)| p + q).collect()).collect()
}

fn negative(a: &Matrix) -> Matrix {
    a.iter().map(|row| row.iter().map(|v| -v).collect()).collect()
}

/// Gauss and Jordan with pivots.
fn inverse(a: &Matrix) -> Matrix {
    let n = a.len();
    let mut left = a.clone();
    let mut right: Matrix = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for k in 0..n {
        let pivot = (k..n).max_by(|x, y| left[*x][k].abs().total_cmp(&left[*y][k].abs())).unwrap_or(k);
        left.swap(k, pivot);
        right.swap(k, pivot);
        let scale = left[k][k];
        if scale == 0.0 {
            continue;
        }
        left[k].iter_mut().for_each(|v| *v /= scale);
        right[k].iter_mut().for_each(|v| *v /= scale);
        let (line, other) = (left[k].clone(), right[k].clone());
        for i in (0..n).filter(|i| *i != k) {
            let factor = left[i][k];
            if factor != 0.0 {
                left[i].iter_mut().zip(&line).for_each(|(v, w)| *v -= factor * w);
                right[i].iter_mut().zip(&other).for_each(|(v, w)| *v -= factor * w);
            }
        }
    }
    right
}

/// x with x A = 0 and the first number 1: the last equation follows from the others.
fn left_null(a: &Matrix) -> Vec<f64> {
    let n = a.len();
    if n == 1 {
        return vec![1.0];
    }
    // Σ over i ≥ 1 of x(i) a(i, j) = −a(0, j), for j ≥ 1.
    let inner: Matrix = (1..n).map(|i| a[i][1..].to_vec()).collect();
    let right: Vec<f64> = a[0][1..].iter().map(|v| -v).collect();
    let rest = row_times(&right, &inverse(&inner));
    [1.0].into_iter().chain(rest).collect()
}
