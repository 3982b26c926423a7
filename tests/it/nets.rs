//! The engine for place/transition nets, on nets whose answers are known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::net::{Answer, Counts, Effort, Net, Place, Question, Transition, count, decide, read_pnml, write_pnml};

/// A net from text: places with their tokens, and transitions `a + 2 b -> c`.
fn net(places: &[(&str, u64)], transitions: &[&str]) -> Net {
    let at = |name: &str| places.iter().position(|(n, _)| *n == name).unwrap_or_else(|| panic!("{name}"));
    let side = |text: &str| {
        let terms = text.split('+').map(str::trim).filter(|t| !t.is_empty());
        let term = |t: &str| match t.split_once(' ') {
            Some((n, p)) => (at(p.trim()), n.parse().unwrap()),
            None => (at(t), 1),
        };
        terms.map(term).collect::<Vec<(usize, u64)>>()
    };
    let one = |text: &&str| {
        let (takes, gives) = text.split_once("->").unwrap();
        Transition { name: (*text).to_string(), takes: side(takes), gives: side(gives) }
    };
    Net {
        places: places
            .iter()
            .map(|(n, tokens)| Place { name: (*n).to_string(), tokens: *tokens, moves: n.starts_with("at_") })
            .collect(),
        transitions: transitions.iter().map(one).collect(),
    }
}

/// Two jobs that take two machines in opposite order.
fn crossing(capacity: u64) -> Net {
    net(
        &[("x", capacity), ("y", capacity), ("at_ax", 0), ("at_ay", 0), ("at_bx", 0), ("at_by", 0)],
        &["x -> at_ax", "at_ax + y -> at_ay + x", "at_ay -> y", "y -> at_by", "at_by + x -> at_bx + y", "at_bx -> x"],
    )
}

#[test]
fn jobs_that_cross_lock_up_whatever_the_number_of_machines() {
    for capacity in [1, 2, 3] {
        let net = crossing(capacity);
        for question in [Question::Dead, Question::Stuck] {
            let Answer::Reached(found) = decide(&net, question, Effort::default()) else { panic!("{capacity}") };
            assert_eq!(found.trace.len() as u64, 2 * capacity);
            assert!(found.shortest);
        }
        let all = count(&net, 10_000).unwrap();
        assert_eq!((all.dead, all.stuck), (1, 1), "{all:?}");
    }
}

#[test]
fn a_monitor_makes_them_free_and_the_proof_is_checked() {
    // At most one job of the two kinds is in its first operation.
    let mut net = crossing(1);
    net.places.push(Place { name: "monitor".into(), tokens: 1, moves: false });
    for (t, takes) in [(0, true), (1, false), (3, true), (4, false)] {
        let list = &mut net.transitions[t];
        if takes { list.takes.push((6, 1)) } else { list.gives.push((6, 1)) }
    }
    for question in [Question::Dead, Question::Stuck] {
        assert!(matches!(decide(&net, question, Effort::default()), Answer::Proved(_)));
    }
    assert_eq!(count(&net, 1000).map(|c| (c.dead, c.stuck)), Some((0, 0)));
    // A certificate of another net, or with a weight changed, is refused.
    let Answer::Proved(certificate) = decide(&net, Question::Dead, Effort::default()) else { panic!() };
    assert!(flowline::net::verify(&net, Question::Dead, &certificate));
    let mut more = net.clone();
    more.places[6].tokens = 2;
    assert!(!flowline::net::verify(&more, Question::Dead, &certificate));
    assert!(!flowline::net::verify(&net, Question::Stuck, &certificate));
}

#[test]
fn part_of_a_net_can_be_stuck_while_the_rest_goes_on() {
    // Nothing ever comes to `c`, so that what is in `at_b` waits for ever; `go` never stops.
    let net = net(
        &[("at_b", 0), ("at_c", 0), ("idle", 1), ("room", 1), ("go", 1)],
        &["room -> at_b", "at_b + at_c + idle -> idle + room", "go -> go"],
    );
    assert!(matches!(decide(&net, Question::Dead, Effort::default()), Answer::Proved(_)));
    let Answer::Reached(found) = decide(&net, Question::Stuck, Effort::default()) else { panic!() };
    assert_eq!(found.trace, [0]);
}

/// Ezpeleta, Colom and Martínez (1995): three products, seven resources, 26,750 markings.
#[test]
fn the_cell_of_ezpeleta_colom_and_martinez_has_120_dead_markings() {
    let products: &[&[(&str, &str, &[&str])]] = &[
        &[
            ("a", "r1", &["b", "e"]),
            ("b", "m1", &["c"]),
            ("c", "r2", &["d"]),
            ("d", "m2", &["h"]),
            ("e", "m3", &["f"]),
            ("f", "r2", &["g"]),
            ("g", "m4", &["h"]),
            ("h", "r3", &[""]),
        ],
        &[("a", "r2", &["b"]), ("b", "m2", &["c"]), ("c", "r2", &[""])],
        &[("a", "r3", &["b"]), ("b", "m4", &["c"]), ("c", "r2", &["d"]), ("d", "m3", &["e"]), ("e", "r1", &[""])],
    ];
    let resources = [("m1", 2), ("m2", 2), ("m3", 2), ("m4", 2), ("r1", 1), ("r2", 1), ("r3", 1)];
    let mut places: Vec<(String, u64)> = resources.iter().map(|(r, n)| ((*r).to_string(), *n)).collect();
    let mut transitions = Vec::new();
    for (i, product) in products.iter().enumerate() {
        let resource = |op: &str| product.iter().find(|(o, _, _)| *o == op).unwrap().1;
        for (op, own, next) in *product {
            places.push((format!("at_{i}{op}"), 0));
            for to in *next {
                transitions.push(if to.is_empty() {
                    format!("at_{i}{op} -> {own}")
                } else {
                    format!("at_{i}{op} + {} -> at_{i}{to} + {own}", resource(to))
                });
            }
        }
        transitions.push(format!("{} -> at_{i}a", resource("a")));
    }
    let places: Vec<(&str, u64)> = places.iter().map(|(n, t)| (n.as_str(), *t)).collect();
    let transitions: Vec<&str> = transitions.iter().map(String::as_str).collect();
    let net = net(&places, &transitions);
    let Counts { states, dead, safe, .. } = count(&net, 100_000).unwrap();
    assert_eq!((states, dead, safe), (26_750, 120, 21_581));
    assert!(matches!(decide(&net, Question::Dead, Effort::default()), Answer::Reached(_)));
}

#[test]
fn pnml_is_read_as_it_is_written() {
    let mut net = crossing(2);
    net.transitions[0].takes.push((5, 3));
    let text = write_pnml("jobs <&> \"crossing\"", &net);
    let (_, read) = read_pnml(&text).unwrap();
    let shape =
        |n: &Net| (n.initial(), n.transitions.iter().map(|t| (t.takes.clone(), t.gives.clone())).collect::<Vec<_>>());
    assert_eq!(shape(&read), shape(&net));
}

#[test]
fn broken_pnml_is_told_as_such() {
    let whole = write_pnml("net", &crossing(1));
    let cases: &[(&str, &str, &str)] = &[
        ("</pnml>", "", "ends inside"),
        ("source=\"p0\"", "source=\"p99\"", "does not join"),
        ("source=\"p0\"", "", "without `source`"),
        ("<text>1</text></initialMarking>", "<text>many</text></initialMarking>", "no number of tokens"),
        ("<text>1</text></initialMarking>", "<text>-1</text></initialMarking>", "no number of tokens"),
        ("id=\"p1\"", "id=\"p0\"", "two elements"),
        ("grammar/ptnet", "grammar/highlevelnet", "not place/transition nets"),
        ("</page>", "</paige>", "no XML"),
    ];
    for (from, to, expected) in cases {
        let text = whole.replacen(from, to, 1);
        assert_ne!(&text, &whole, "{from}");
        let why = read_pnml(&text).unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
    assert!(read_pnml("").is_err());
    assert!(read_pnml("<pnml/>").is_err());
}

/// A generator by Steele, Lea and Flood (2014).
fn below(seed: &mut u64, n: u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % n
}

/// Any net, not only those of lines: what is proved or found holds against all markings.
#[test]
fn answers_about_random_nets_agree_with_all_their_markings() {
    let mut told = std::collections::BTreeMap::<&str, usize>::new();
    for first in 1..=6000u64 {
        let mut seed = first;
        let r = &mut seed;
        let places = 3 + below(r, 5);
        let weights = if below(r, 3) == 0 { 2 } else { 1 };
        let mut net = Net::default();
        for p in 0..places {
            let moves = below(r, 2) == 0;
            net.places.push(Place { name: format!("p{p}"), tokens: below(r, 3), moves });
        }
        for t in 0..2 + below(r, 6) {
            let side = |r: &mut u64, least: u64| {
                let mut list: Vec<(usize, u64)> = Vec::new();
                for _ in 0..least + below(r, 3) {
                    let p = usize::try_from(below(r, places)).unwrap();
                    if list.iter().all(|(q, _)| *q != p) {
                        list.push((p, 1 + below(r, weights)));
                    }
                }
                list
            };
            let takes = side(r, 1);
            let gives = side(r, 0);
            net.transitions.push(Transition { name: format!("t{t}"), takes, gives });
        }
        let Some(all) = count(&net, 3000) else {
            *told.entry("too many markings").or_default() += 1;
            continue;
        };
        for (question, reached) in [(Question::Dead, all.dead > 0), (Question::Stuck, all.stuck > 0)] {
            let answer = decide(&net, question, Effort::default());
            let (word, can) = match &answer {
                Answer::Proved(_) => ("proved", false),
                Answer::Exhausted(_) => ("all looked at", false),
                Answer::Reached(_) => ("reached", true),
                Answer::Open(_) => panic!("{first}: open, with {all:?}"),
            };
            *told.entry(word).or_default() += 1;
            assert_eq!(can, reached, "{first}: {question:?} {answer:?} against {all:?}\n{net}");
            // The way told leads there.
            if let Answer::Reached(found) = &answer {
                let end = found.trace.iter().fold(net.initial(), |marking, t| {
                    assert!(net.enabled(&marking, *t), "{first}");
                    net.fire(&marking, *t).unwrap()
                });
                assert_eq!(end, found.marking, "{first}");
            }
        }
    }
    println!("{told:?}");
    for word in ["proved", "all looked at", "reached"] {
        assert!(told.get(word).copied().unwrap_or(0) > 100, "{told:?}");
    }
}

/// Philosophers who each take the fork on the left first, and one who does not.
#[test]
fn philosophers_starve_unless_one_is_left_handed() {
    let table = |n: usize, odd: bool| {
        let mut places: Vec<(String, u64)> = (0..n).map(|i| (format!("fork{i}"), 1)).collect();
        let mut steps = Vec::new();
        for i in 0..n {
            places.push((format!("at_has{i}"), 0));
            places.push((format!("at_eats{i}"), 0));
            let (mut first, mut second) = (i, (i + 1) % n);
            if odd && i == 0 {
                std::mem::swap(&mut first, &mut second);
            }
            steps.push(format!("fork{first} -> at_has{i}"));
            steps.push(format!("at_has{i} + fork{second} -> at_eats{i}"));
            steps.push(format!("at_eats{i} -> fork{first} + fork{second}"));
        }
        let places: Vec<(&str, u64)> = places.iter().map(|(n, t)| (n.as_str(), *t)).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        net(&places, &steps)
    };
    for n in [3, 5, 8] {
        let Answer::Reached(found) = decide(&table(n, false), Question::Dead, Effort::default()) else { panic!("{n}") };
        assert_eq!(found.trace.len(), n);
    }
    // Proved without looking at the markings, of which there are more than 10^15 with forty.
    for n in [3, 5, 8, 20, 40] {
        // Each token is a question of its own: of very many the effort allowed is not enough.
        for question in [Question::Dead, Question::Stuck].into_iter().take(if n > 20 { 1 } else { 2 }) {
            let answer = decide(&table(n, true), question, Effort::default());
            assert!(matches!(answer, Answer::Proved(_)), "{n} {question:?}: {answer:?}");
        }
    }
}
