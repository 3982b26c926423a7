//! The kernel on plants built by hand: both engines equal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::base::{Dim, Quantity, Rational, Span, Ticks};
use flowline::ir::*;
use flowline::kernel::{Engine, Kernel, Stop};

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
