//! The kernel on plants built by hand: both engines equal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::base::{Dim, Quantity, Rational, Span, Ticks};
use flowline::ir::*;
use flowline::kernel::{Engine, Kernel, Stop, layout};

fn seconds(n: i64, d: i64) -> Expression {
    Expression::Constant(Quantity { value: Rational::from_parts_signed(n.into(), d.into()), dim: Dim::TIME })
}

fn exponential(n: i64, d: i64) -> Expression {
    Expression::Draw(Box::new(Distribution::Exponential { mean: seconds(n, d) }))
}

fn node(name: &str, kind: NodeKind, to: Option<NodeId>) -> Node {
    Node {
        name: name.into(),
        span: Span::default(),
        kind,
        routing: to.map(|node| Routing::To(Target { node, visit: None, span: Span::default() })),
        calendar: None,
        shift_end: ShiftEnd::Pause,
        items: vec![ItemId(0)],
    }
}

fn station(cycle: Expression) -> NodeKind {
    NodeKind::Station(Box::new(Station {
        recipes: vec![Recipe {
            phases: vec![Phase {
                name: "cycle".into(),
                kind: PhaseKind::Work,
                duration: cycle,
                needs: vec![],
                keeps: false,
                span: Span::default(),
            }],
            ..Recipe::default()
        }],
        ..Station::default()
    }))
}

fn line(stations: u32, source: Source, capacity: Capacity, mean: Expression) -> Plant {
    let mut plant = Plant { name: "line".into(), ..Plant::default() };
    plant.items.push(ItemType {
        name: "Part".into(),
        span: Span::default(),
        is: None,
        mass: None,
        length: None,
        attributes: vec![],
    });
    plant.nodes.push(node("in", NodeKind::Source(source), Some(NodeId(1))));
    for i in 0..stations {
        let buffer = Buffer { capacity, anonymous: true, ..Buffer::default() };
        plant.nodes.push(node(&format!("b{i}"), NodeKind::Buffer(buffer), Some(NodeId(2 + 2 * i))));
        plant.nodes.push(node(&format!("s{i}"), station(mean.clone()), Some(NodeId(3 + 2 * i))));
    }
    plant.nodes.push(node("out", NodeKind::Sink, None));
    plant
}

fn source(supply: Supply) -> Source {
    Source { mix: vec![(ItemId(0), Rational::from(1))], supply, ..Source::default() }
}

fn run(kernel: &Kernel, horizon: i64) -> (Vec<u64>, u64, f64) {
    let mut run = kernel.begin(1, 0);
    let start = std::time::Instant::now();
    loop {
        match kernel.advance(&mut run, Ticks(horizon * 1_000_000_000)) {
            Stop::Horizon => break,
            Stop::Fuel => {}
            other => panic!("{other:?}"),
        }
    }
    let spent = start.elapsed().as_secs_f64();
    (run.arena().words().to_vec(), run.events(), spent)
}

#[test]
fn engines_agree() {
    for plant in [
        line(1, source(Supply::Every(exponential(10, 9))), Capacity::Unlimited, exponential(1, 1)),
        line(10, source(Supply::Always), Capacity::Places(10), exponential(1, 1)),
    ] {
        let native = Kernel::new(&plant, Engine::Event).unwrap();
        let reference = Kernel::new(&plant, Engine::Interpreter).unwrap();
        let (a, events, t) = run(&native, 100_000);
        let (b, _, u) = run(&reference, 100_000);
        eprintln!(
            "{events} events, native {:.1} ns, interpreter {:.1} ns",
            t / events as f64 * 1e9,
            u / events as f64 * 1e9
        );
        assert!(a == b);
    }
}

/// The records of a long line are short, and who reads beyond one is told so.
#[test]
fn records_of_plain_nodes_are_short() {
    let mut plant = line(1000, source(Supply::Always), Capacity::Places(5), exponential(1, 1));
    let bytes = |plant: &Plant| {
        let kernel = Kernel::new(plant, Engine::Interpreter).unwrap();
        let bytes = kernel.begin(1, 0).arena().words().len() * 8;
        (kernel, bytes / 1000)
    };
    let (kernel, short) = bytes(&plant);
    assert!(short <= 1024, "{short} bytes a station with its buffer");
    let at = |id: usize| kernel.model.places.nodes[id];
    let (buffer, station) = (at(1), at(2));
    assert!(kernel.model.places.has(station, layout::station::WORK));
    assert!(!kernel.model.places.has(station, layout::station::ORDER));
    assert!(!kernel.model.places.has(buffer, layout::buffer::KEPT));
    let run = kernel.begin(1, 0);
    assert_ne!(run.arena().get(station, layout::station::WORK), 0);
    if cfg!(debug_assertions) {
        let beyond = |record, field| std::panic::catch_unwind(|| run.arena().get(record, field)).is_err();
        assert!(beyond(station, layout::station::ORDER) && beyond(buffer, layout::buffer::KEPT));
        assert!(!beyond(station, layout::station::WORK));
    }
    // Where places may be reserved, all of them are long.
    if let Some(NodeKind::Station(s)) = plant.nodes.get_mut(NodeId(2)).map(|n| &mut n.kind) {
        s.blocking = Blocking::BeforeWork;
    }
    let (kernel, long) = bytes(&plant);
    assert!(kernel.model.places.has(kernel.model.places.nodes[2], layout::station::ORDER));
    assert!(long > short + 500, "{long} bytes");
}

/// An arena begins with a line of the cache, keeps its words when it grows and moves, and records stand where code expects
/// them.
#[test]
fn an_arena_begins_with_a_line_also_when_it_has_grown() {
    let every = source(Supply::Every(seconds(1, 1)));
    let plant = line(1, every, Capacity::Unlimited, seconds(2, 1));
    let kernel = Kernel::new(&plant, Engine::Event).unwrap();
    let mut run = kernel.begin(1, 0);
    let aligned = |run: &flowline::kernel::Run| run.arena().words().as_ptr().addr().is_multiple_of(64);
    assert!(aligned(&run));
    let buffer = kernel.model.places.nodes[1];
    assert_eq!((buffer + i64::from(layout::buffer::LEVEL.offset)) % 64, 0);
    // One waits more every two seconds: more than four mebibytes of them.
    let items = 75_000;
    while kernel.advance(&mut run, Ticks(2 * items * 1_000_000_000)) == Stop::Fuel {}
    assert!(run.arena().words().len() * 8 > 4 << 20 && aligned(&run));
    assert_eq!(run.arena().get(buffer, layout::buffer::LEVEL), items);
    let copy = run.arena().clone();
    assert!(copy == *run.arena() && copy.words().as_ptr().addr().is_multiple_of(64));
    // All are still there, a second apart.
    let mut at = run.arena().get(buffer, layout::buffer::FIRST);
    for _ in 0..items {
        let next = run.arena().get(at, layout::item::NEXT);
        let came = |item| run.arena().get(item, layout::item::ENTRY);
        assert!(next == 0 || came(next) == came(at) + 1_000_000_000);
        at = next;
    }
    assert_eq!(at, 0);
}
