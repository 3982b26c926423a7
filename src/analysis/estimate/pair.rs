//! Two machines with places between them, as a small Markov chain: the building block of [`super::finite`].
//! Times are matched by mean and spread with few exponential stages.

/// Stages of one time at most, so that a pair stays small: spreads below one over this are taken as that.
pub(super) const STAGES: usize = 6;

/// A time as stages that follow each other: of each its rate, and the probability to go on to the next.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Staged {
    rates: Vec<f64>,
    on: Vec<f64>,
}

impl Staged {
    /// Stages of a mean, a spread and, where that is possible, a third moment: two of Cox for a spread of at least
    /// 1/2 (Altiok 1985 with three moments, Marie 1980 with two), else Erlang's of k − 1 or k (Tijms 1986).
    pub fn of(time: Moments) -> Staged {
        let mean = time.mean.max(1e-12);
        let scv = ((time.square - mean * mean) / (mean * mean)).max(1.0 / STAGES as f64);
        if (scv - 1.0).abs() < 1e-9 {
            return Staged { rates: vec![1.0 / mean], on: vec![0.0] };
        }
        if scv > 1.0
            && let Some(staged) = three_moments(time)
        {
            return staged;
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

    /// Moments of what is left of it from a stage on.
    fn rest(&self, at: usize) -> Moments {
        let mut rest = Moments::default();
        for k in (at..self.stages()).rev() {
            let (mean, on) = (1.0 / self.rates[k], self.on[k]);
            let cube = rest.cube + 3.0 * rest.square * mean + 6.0 * rest.mean * mean * mean;
            let square = rest.square + 2.0 * mean * rest.mean;
            rest = Moments {
                mean: mean + on * rest.mean,
                square: 2.0 * mean * mean + on * square,
                cube: 6.0 * mean * mean * mean + on * cube,
            };
        }
        rest
    }
}

/// Two stages of Cox with three moments; `None` where no such time has these.
fn three_moments(time: Moments) -> Option<Staged> {
    let Moments { mean, square, cube } = time;
    let below = 1.5 * square * square / mean - cube;
    if below.abs() < 1e-9 * cube {
        return None;
    }
    let product = (6.0 * mean - 3.0 * square / mean) / below;
    let sum = 1.0 / mean + square * product / (2.0 * mean);
    let root = sum * sum - 4.0 * product;
    if root < 0.0 || product <= 0.0 {
        return None;
    }
    let first = (sum + root.sqrt()) / 2.0;
    let second = sum - first;
    let on = second * (mean * first - 1.0) / first;
    (second > 0.0 && (0.0..=1.0).contains(&on)).then(|| Staged { rates: vec![first, second], on: vec![on, 0.0] })
}

/// The first three moments of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moments {
    /// Seconds.
    pub mean: f64,
    /// Seconds².
    pub square: f64,
    /// Seconds³.
    pub cube: f64,
}

impl Moments {
    /// From the mean and the second and third central moments.
    pub fn central(mean: f64, variance: f64, third: f64) -> Moments {
        let cube = third + 3.0 * mean * variance + mean * mean * mean;
        Moments { mean, square: variance + mean * mean, cube }
    }

    /// Of an exponential time.
    pub fn exponential(mean: f64) -> Moments {
        Moments { mean, square: 2.0 * mean * mean, cube: 6.0 * mean * mean * mean }
    }

    /// Of the sum with another time that is independent of it.
    pub fn and(self, other: Moments) -> Moments {
        Moments {
            mean: self.mean + other.mean,
            square: self.square + 2.0 * self.mean * other.mean + other.square,
            cube: self.cube + 3.0 * (self.square * other.mean + self.mean * other.square) + other.cube,
        }
    }

    /// Of a time that is there with a probability, and else 0.
    pub fn with(self, share: f64) -> Moments {
        Moments { mean: self.mean * share, square: self.square * share, cube: self.cube * share }
    }

    /// Of so many such times that one of them succeeds, each with a probability.
    pub fn until(self, share: f64) -> Moments {
        let again = 1.0 - share;
        let mean = self.mean / share;
        let square = (self.square + 2.0 * again * self.mean * mean) / share;
        let cube = (self.cube + 3.0 * again * (self.square * mean + self.mean * square)) / share;
        Moments { mean, square, cube }
    }

    fn add(&mut self, rate: f64, other: Moments) {
        let more = other.with(rate);
        self.mean += more.mean;
        self.square += more.square;
        self.cube += more.cube;
    }
}

/// What two machines do with places between them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pair {
    /// Items per second.
    pub throughput: f64,
    /// Of the second machine for an item, per item.
    pub starved: Moments,
    /// Of the first machine for room, per item.
    pub blocked: Moments,
    /// Mean number in the places.
    pub level: f64,
    /// Probability that no place is free and what comes has to wait or is lost.
    pub full: f64,
    /// Probability that no place is free.
    pub packed: f64,
}

/// One machine each: states by the number of items between the end of the first work and the end of the second,
/// and the stages of both. Solved level by level from the fullest down (Neuts 1981, for finitely many levels): of
/// what comes into a level by an end of the first work in stage j of the second, the row `j` says how long it stays
/// in which stages before it leaves the level for the one below. O(levels × stages³).
pub(super) fn pair(first: &Staged, second: &Staged, places: u64, loses: bool) -> Pair {
    let levels = usize::try_from(places).unwrap_or(usize::MAX).min(100_000) + if loses { 1 } else { 2 };
    let (a, b) = (first.stages(), second.stages());
    let size = a * b;
    let at = |i: usize, j: usize| i * b + j;
    // What leaves the stages of a level, but for ends of the second work, whose stages are 0 on both sides where a
    // machine is blocked or has nothing; and what comes back from the level above.
    let leaving = |level: usize, back: &[f64], matrix: &mut [f64]| {
        matrix.fill(0.0);
        for i in 0..a {
            for j in 0..b {
                let row = at(i, j) * size;
                let unused = (level == levels && i > 0) || (level == 0 && j > 0);
                if unused {
                    matrix[row + at(i, j)] = 1.0;
                    continue;
                }
                if level < levels {
                    matrix[row + at(i, j)] += first.rates[i];
                    if i + 1 < a {
                        matrix[row + at(i + 1, j)] -= first.rates[i] * first.on[i];
                    }
                    for (k, share) in back[j * a..(j + 1) * a].iter().enumerate() {
                        matrix[row + at(k, 0)] -= first.ends(i) * share;
                    }
                }
                if level > 0 {
                    matrix[row + at(i, j)] += second.rates[j];
                    if j + 1 < b {
                        matrix[row + at(i, j + 1)] -= second.rates[j] * second.on[j];
                    }
                }
            }
        }
    };
    let (mut matrix, mut scratch) = (vec![0.0; size * size], vec![0.0; size * size]);
    let mut back = vec![0.0; b * a];
    let mut stays = vec![0.0; (levels + 1) * b * size];
    for level in (1..=levels).rev() {
        leaving(level, &back, &mut matrix);
        let rows = &mut stays[level * b * size..(level + 1) * b * size];
        (0..b).for_each(|j| rows[j * size + at(0, j)] = 1.0);
        solve_rows(&matrix, size, rows, &mut scratch);
        // By stage of the first machine, with which probability the level is left downwards.
        for j in 0..b {
            for i in 0..a {
                back[j * a + i] = (0..b).map(|k| rows[j * size + at(i, k)] * second.ends(k)).sum();
            }
        }
    }
    leaving(0, &back, &mut matrix);
    let mut shares = vec![0.0; (levels + 1) * size];
    left_null(&matrix, &mut shares[..size]);
    for level in 0..levels {
        let (known, next) = shares.split_at_mut((level + 1) * size);
        let last = &known[level * size..];
        for j in 0..b {
            let flow: f64 = (0..a).map(|i| last[at(i, j)] * first.ends(i)).sum();
            let stay = &stays[((level + 1) * b + j) * size..((level + 1) * b + j + 1) * size];
            next[..size].iter_mut().zip(stay).for_each(|(sum, stay)| *sum += flow * stay);
        }
    }
    let all: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|p| *p /= all);
    let mut found = Pair::default();
    let (mut starved, mut blocked) = (Moments::default(), Moments::default());
    for (level, row) in shares.chunks(size).enumerate() {
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
                    starved.add(p * second.ends(j), first.rest(if levels == 1 { 0 } else { i }));
                }
                if level + 1 == levels {
                    blocked.add(p * first.ends(i), second.rest(if level == 0 { 0 } else { j }));
                }
            }
        }
    }
    found.full = shares[levels * size..].iter().sum();
    let packed = |level: usize| u64::try_from(level.saturating_sub(1)).is_ok_and(|waiting| waiting >= places);
    found.packed = shares.chunks(size).enumerate().filter(|(level, _)| packed(*level)).flat_map(|(_, row)| row).sum();
    if found.throughput > 0.0 {
        (found.starved, found.blocked) = (starved.with(1.0 / found.throughput), blocked.with(1.0 / found.throughput));
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
            found.packed += p;
        }
    }
    if found.throughput > 0.0 {
        // Those who wait do so for an exponential time.
        let wait = |all: f64, meet: f64| {
            let (mean, share) = (all / found.throughput, meet / found.throughput);
            if share > 0.0 { Moments::exponential(mean / share).with(share) } else { Moments::default() }
        };
        found.starved = wait(idle, meet_idle);
        found.blocked = wait(held, meet_full);
    }
    found
}

/// Solves x A = r in place for each of the rows, for a matrix with a dominant diagonal: no pivots are needed.
fn solve_rows(matrix: &[f64], size: usize, rows: &mut [f64], left: &mut [f64]) {
    for i in 0..size {
        for j in 0..size {
            left[i * size + j] = matrix[j * size + i];
        }
    }
    for k in 0..size {
        for i in k + 1..size {
            let factor = left[i * size + k] / left[k * size + k];
            if factor == 0.0 {
                continue;
            }
            for j in k..size {
                left[i * size + j] -= factor * left[k * size + j];
            }
            rows.chunks_mut(size).for_each(|row| row[i] -= factor * row[k]);
        }
    }
    for row in rows.chunks_mut(size) {
        for k in (0..size).rev() {
            let rest: f64 = (k + 1..size).map(|j| left[k * size + j] * row[j]).sum();
            row[k] = (row[k] - rest) / left[k * size + k];
        }
    }
}

/// x with x A = 0 and the first number 1: the first equation follows from the others.
fn left_null(matrix: &[f64], x: &mut [f64]) {
    let size = x.len();
    let inner: Vec<f64> = (1..size).flat_map(|i| (1..size).map(move |j| matrix[i * size + j])).collect();
    x[0] = 1.0;
    (1..size).for_each(|j| x[j] = -matrix[j]);
    if size > 1 {
        let mut scratch = vec![0.0; inner.len()];
        solve_rows(&inner, size - 1, &mut x[1..], &mut scratch);
    }
}
