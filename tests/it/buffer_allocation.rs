//! Where to put the places between stations: lines with exponential work and the exact throughput of the
//! best three allocations of each number of places, from their Markov chains (full enumeration of 41
//! problems, blocking after service, clocks of breakdowns that run while the machine works).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::runtime::statistics::Summary;

use crate::engines::plant_of;
use crate::published::{around, rate, simulate};

/// Rates of work, of failures and of repairs per second, and places between the stations with the throughput.
pub struct Line {
    pub name: &'static str,
    work: &'static [f64],
    breakdowns: &'static [(f64, f64)],
    pub best: &'static [(&'static [u32], f64)],
}

pub const LINES: &[Line] = &[
    Line {
        name: "K3 balanced exp",
        work: &[1.0, 1.0, 1.0],
        breakdowns: &[],
        best: &[
            (&[1, 0], 0.61333333),
            (&[0, 1], 0.61333333),
            (&[1, 1], 0.67046616),
            (&[2, 0], 0.63736264),
            (&[0, 2], 0.63736264),
            (&[2, 1], 0.70031666),
            (&[1, 2], 0.70031666),
            (&[3, 0], 0.65010352),
            (&[2, 2], 0.73401667),
            (&[3, 1], 0.71776779),
            (&[1, 3], 0.71776779),
            (&[2, 3], 0.75434482),
            (&[3, 2], 0.75434482),
            (&[4, 1], 0.72862457),
            (&[3, 3], 0.77671153),
            (&[4, 2], 0.76755295),
            (&[2, 4], 0.76755295),
            (&[4, 3], 0.79150616),
            (&[3, 4], 0.79150616),
            (&[5, 2], 0.7765414),
            (&[4, 4], 0.80748591),
            (&[3, 5], 0.80181768),
            (&[5, 3], 0.80181768),
            (&[4, 5], 0.81875132),
            (&[5, 4], 0.81875132),
            (&[6, 3], 0.80926273),
            (&[5, 5], 0.83075907),
            (&[6, 4], 0.82700718),
            (&[4, 6], 0.82700718),
            (&[6, 5], 0.8396284),
            (&[5, 6], 0.8396284),
            (&[4, 7], 0.83322723),
            (&[6, 6], 0.84899066),
            (&[5, 7], 0.84637837),
            (&[7, 5], 0.84637837),
        ],
    },
    Line {
        name: "K4 balanced exp",
        work: &[1.0, 1.0, 1.0, 1.0],
        breakdowns: &[],
        best: &[
            (&[0, 1, 0], 0.55885976),
            (&[1, 0, 0], 0.5445886),
            (&[0, 0, 1], 0.5445886),
            (&[0, 1, 1], 0.58970275),
            (&[1, 1, 0], 0.58970275),
            (&[0, 2, 0], 0.58315718),
            (&[1, 1, 1], 0.63115269),
            (&[0, 2, 1], 0.61359971),
            (&[1, 2, 0], 0.61359971),
            (&[1, 2, 1], 0.65717532),
            (&[1, 1, 2], 0.64980927),
            (&[2, 1, 1], 0.64980927),
            (&[1, 2, 2], 0.67667203),
            (&[2, 2, 1], 0.67667203),
            (&[1, 3, 1], 0.67361692),
            (&[2, 2, 2], 0.7007129),
            (&[2, 3, 1], 0.69329597),
            (&[1, 3, 2], 0.69329597),
            (&[2, 3, 2], 0.71834043),
            (&[3, 2, 2], 0.71372997),
            (&[2, 2, 3], 0.71372997),
            (&[2, 3, 3], 0.7318586),
            (&[3, 3, 2], 0.7318586),
            (&[2, 4, 2], 0.73044859),
            (&[3, 3, 3], 0.74770951),
            (&[2, 4, 3], 0.74415789),
            (&[3, 4, 2], 0.74415789),
            (&[3, 4, 3], 0.76054037),
            (&[4, 3, 3], 0.75734724),
            (&[3, 3, 4], 0.75734724),
            (&[4, 4, 3], 0.77048265),
            (&[3, 4, 4], 0.77048265),
            (&[3, 5, 3], 0.76987381),
            (&[4, 4, 4], 0.78177602),
            (&[4, 5, 3], 0.7799602),
            (&[3, 5, 4], 0.7799602),
        ],
    },
    Line {
        name: "K5 balanced exp",
        work: &[1.0, 1.0, 1.0, 1.0, 1.0],
        breakdowns: &[],
        best: &[
            (&[0, 0, 1, 0], 0.51912531),
            (&[0, 1, 0, 0], 0.51912531),
            (&[0, 0, 0, 1], 0.50538046),
            (&[0, 1, 1, 0], 0.55309072),
            (&[0, 1, 0, 1], 0.5443253),
            (&[1, 0, 1, 0], 0.5443253),
            (&[1, 1, 1, 0], 0.57579331),
            (&[0, 1, 1, 1], 0.57579331),
            (&[0, 1, 2, 0], 0.57060723),
            (&[1, 1, 1, 1], 0.60758329),
            (&[1, 1, 2, 0], 0.59664362),
            (&[0, 2, 1, 1], 0.59664362),
            (&[1, 2, 1, 1], 0.62750336),
            (&[1, 1, 2, 1], 0.62750336),
            (&[2, 1, 1, 1], 0.62019487),
            (&[1, 2, 2, 1], 0.64795748),
            (&[2, 1, 2, 1], 0.64262911),
            (&[1, 2, 1, 2], 0.64262911),
            (&[1, 2, 2, 2], 0.6623509),
            (&[2, 2, 2, 1], 0.6623509),
            (&[1, 3, 2, 1], 0.66027678),
            (&[2, 2, 2, 2], 0.68048948),
            (&[2, 2, 3, 1], 0.67642432),
            (&[1, 3, 2, 2], 0.67642432),
            (&[2, 3, 2, 2], 0.6941403),
            (&[2, 2, 3, 2], 0.6941403),
            (&[3, 2, 2, 2], 0.68945359),
        ],
    },
    Line {
        name: "K3 slow last",
        work: &[1.0, 1.0, 0.8],
        breakdowns: &[],
        best: &[(&[2, 4], 0.70844499), (&[3, 3], 0.70605947), (&[1, 5], 0.6949741)],
    },
    Line {
        name: "K3 slow middle",
        work: &[1.0, 0.8, 1.0],
        breakdowns: &[],
        best: &[(&[3, 3], 0.69591057), (&[2, 4], 0.6866232), (&[4, 2], 0.6866232)],
    },
    Line {
        name: "K4 bottleneck 2",
        work: &[1.0, 0.75, 1.0, 1.0],
        breakdowns: &[],
        best: &[(&[3, 3, 2], 0.65195286), (&[3, 4, 1], 0.64918833), (&[2, 4, 2], 0.64830686)],
    },
    Line {
        name: "K4 mono",
        work: &[1.2, 1.1, 1.0, 0.9],
        breakdowns: &[],
        best: &[(&[2, 3, 3], 0.74932796), (&[1, 3, 4], 0.7487507), (&[2, 2, 4], 0.74797288)],
    },
    Line {
        name: "K5 mixed",
        work: &[1.0, 1.3, 0.9, 1.2, 1.1],
        breakdowns: &[],
        best: &[(&[2, 2, 2, 1], 0.70614632), (&[1, 3, 2, 1], 0.7049524), (&[1, 2, 3, 1], 0.70465447)],
    },
    Line {
        name: "K3 unreliable M2",
        work: &[1.0, 1.0, 1.0],
        breakdowns: &[(0.0, 1.0), (0.05, 0.2), (0.0, 1.0)],
        best: &[(&[4, 4], 0.68962642), (&[5, 3], 0.68446592), (&[3, 5], 0.68446592)],
    },
    Line {
        name: "K4 unreliable all",
        work: &[1.0, 1.0, 1.0, 1.0],
        breakdowns: &[(0.02, 0.2), (0.05, 0.25), (0.02, 0.1), (0.1, 0.5)],
        best: &[(&[2, 2, 2], 0.52147711), (&[1, 3, 2], 0.52006621), (&[1, 2, 3], 0.51689518)],
    },
    Line {
        name: "K5 unreliable (all)",
        work: &[1.0, 1.0, 1.2, 1.0, 1.1],
        breakdowns: &[(0.05, 0.5), (0.05, 0.5), (0.05, 0.5), (0.05, 0.5), (0.05, 0.5)],
        best: &[(&[1, 2, 1, 1], 0.56226901), (&[1, 1, 2, 1], 0.5613144), (&[2, 1, 1, 1], 0.55861474)],
    },
];

const RUNS: u64 = 20;

/// The text of a line with so many places between its stations.
pub fn text(line: &Line, places: &[u32]) -> String {
    let mut text = String::from("line allocation {\n item P {}\n source f { makes: P }\n sink out\n flow f");
    for i in 0..line.work.len() {
        let arrow = match i.checked_sub(1).map(|i| places[i]) {
            None | Some(0) => "->".to_string(),
            Some(n) => format!("-[{n}]->"),
        };
        text += &format!(" {arrow} m{i}");
    }
    text += " -> out\n";
    for (i, rate) in line.work.iter().enumerate() {
        let breakdown = match line.breakdowns.get(i) {
            Some((fails, repaired)) if *fails > 0.0 => format!(
                "\n breakdown b {{ after: exponential(1 s / {fails}), clock: working, repair: exponential(1 s / {repaired}) }}"
            ),
            _ => String::new(),
        };
        text += &format!(" station m{i} {{ cycle: exponential(1 s / {rate}){breakdown}\n }}\n");
    }
    text + &format!(" run {{ for: 8000 s, warmup: 400 s, runs: {RUNS} }}\n}}\n")
}

#[test]
fn throughput_of_the_best_allocations() {
    let mut problems = 0;
    let mut outside = Vec::new();
    for line in LINES {
        let mut totals: Vec<u32> = Vec::new();
        for (places, exact) in line.best {
            let total = places.iter().sum();
            if !totals.contains(&total) {
                totals.push(total);
            }
            let name = format!("{} with {places:?} places", line.name);
            let study = simulate(&plant_of(&name, &text(line, places)), |_| {});
            let per_second = rate(&study, "out").map(|s| Summary { mean: s.mean / 3600.0, sd: s.sd / 3600.0, ..s });
            let told = std::panic::catch_unwind(|| around(&name, per_second, *exact, RUNS));
            if told.is_err() {
                outside.push(format!("{name}: {per_second:?}, exact {exact}"));
            }
        }
        problems += totals.len();
    }
    assert_eq!(problems, 41);
    assert!(outside.is_empty(), "{outside:#?}");
}
