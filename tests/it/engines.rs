//! Native code and the interpreter give the same state, word for word, on every example.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use flowline::base::{SourceMap, Ticks};
use flowline::diag::Severity;
use flowline::ir::Plant;
use flowline::ir::ids::Id;
use flowline::kernel::read::BufferTotals;
use flowline::kernel::{Engine, Kernel, Stop};
use flowline::{sema, syntax};

/// The longest time of a model.
const LONGEST: Ticks = Ticks(flowline::base::limits::HORIZON_DAYS * 86_400 * 1_000_000_000);

/// All examples.
pub fn examples() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut list: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "line"))
        .collect();
    list.sort();
    list
}

/// The only plant of a text that has no errors.
pub fn plant_of(name: &str, text: &str) -> Plant {
    plant_or_later(name, text).unwrap_or_else(|later| panic!("{name}: {later:#?}"))
}

/// The only plant of a text, or what of it is told to be not supported yet. Other errors are none of a test.
pub fn plant_or_later(name: &str, text: &str) -> Result<Plant, Vec<String>> {
    let mut files = SourceMap::default();
    let id = files.add(name, text);
    let parsed = syntax::parse(id, text);
    let options = sema::Options { set: Vec::new(), read: &|_| Err("no files in tests".into()) };
    let analysed = sema::analyse(&mut files, &parsed.tree, &options);
    let errors: Vec<String> = parsed
        .diagnostics
        .iter()
        .chain(&analysed.diagnostics)
        .filter(|d| d.severity == Severity::Error)
        .map(|d| format!("{:?} {} at {:?}", d.code, d.message, files.slice(d.primary.span)))
        .collect();
    if !errors.is_empty() {
        assert!(errors.iter().all(|e| e.starts_with("E0290 ")), "{name}: {errors:#?}");
        return Err(errors);
    }
    assert_eq!(analysed.plants.len(), 1, "{name}");
    Ok(analysed.plants.into_iter().next().unwrap())
}

/// Runs until at least so many events are done, and returns the state.
fn state_after(kernel: &Kernel, events: u64, horizon: Ticks) -> (Vec<u64>, u64, f64) {
    let mut run = kernel.begin(7, 3);
    let start = std::time::Instant::now();
    let mut to = horizon;
    loop {
        match kernel.advance(&mut run, to) {
            Stop::Fuel if run.events() < events => {}
            Stop::Horizon if run.events() < events && to < LONGEST => to = Ticks((to.0 * 2).min(LONGEST.0)),
            Stop::Fuel | Stop::Horizon | Stop::Until => break,
            other => panic!("{other:?}"),
        }
    }
    (run.arena().words().to_vec(), run.events(), start.elapsed().as_secs_f64())
}

#[test]
fn native_code_and_interpreter_agree_on_every_example() {
    for path in examples() {
        let text = std::fs::read_to_string(&path).unwrap();
        let plant = plant_of(&path.display().to_string(), &text);
        let horizon = plant.run.horizon.unwrap();
        let native = Kernel::new(&plant, Engine::Event).unwrap();
        let reference = Kernel::new(&plant, Engine::Interpreter).unwrap();
        let (a, events, t) = state_after(&native, 1_000_000, horizon);
        let (b, _, u) = state_after(&reference, 1_000_000, horizon);
        assert!(events >= 1_000_000, "{}: only {events} events", path.display());
        let ns = |t: f64| t / events as f64 * 1e9;
        eprintln!("{}: {events} events, native {:.0} ns, interpreter {:.0} ns", path.display(), ns(t), ns(u));
        assert!(a == b, "{}: the engines differ", path.display());
    }
}

/// Lines where items are handed over directly when an event is alone at its instant.
const DIRECT: [&str; 8] = [
    "source feed { makes: Part }
     station s[4] { cycle: exponential(1 s)
         breakdown jam { after: exponential(30 s), repair: exponential(4 s) } }
     sink out
     flow feed -> s[1] -[3]-> ... -[3]-> s[4] -> out",
    "source feed { makes: { 40 %: Part, 60 %: Other }, every: exponential(2 s) }
     station s[3] { cycle: { Part: uniform(1 s, 2 s), Other: 1.5 s }
         breakdown jam { after: 40 s, repair: 3 s, clock: working } }
     sink out
     flow feed -[unlimited]-> s[1] -[2]-> ... -[2]-> s[3] -> out",
    // Everything ties.
    "source feed { makes: Part, every: 2 s }
     station s[3] { cycle: 2 s }
     station slow { cycle: 3 s }
     sink out
     flow feed -[2]-> s[1] -[1]-> ... -[1]-> s[3] -[1]-> slow -> out",
    "source feed { makes: Part, total: 500 }
     station a { cycle: exponential(1 s) }
     station b { machines: 2, cycle: exponential(2 s) }
     station c { cycle: normal(1 s, 0.2 s) }
     sink out
     flow feed -> a -[2]-> b -[2]-> c -[unlimited]-> a_last -> out
     station a_last { cycle: exponential(0.9 s), hold_when_down: yes
         breakdown jam { after: exponential(20 s), repair: exponential(4 s) } }",
    "source x { makes: Part, every: exponential(3 s) }
     source y { makes: Other, every: exponential(3 s) }
     station a { cycle: exponential(1 s) }
     station b { cycle: exponential(1 s) }
     station join { cycle: exponential(1 s) }
     sink out
     flow x -[5]-> a -> q
     flow y -[5]-> b -> q
     buffer q { capacity: 3 }
     flow q -> join -> out",
    // Blocked machines before full lanes of one place go on together; some take no time at all.
    "source feed { makes: Part }
     station s[5] { cycle: exponential(1 s) }
     station instant { cycle: 0 s }
     station late { cycle: exponential(1.5 s) }
     sink out
     flow feed -> s[1] -[1]-> s[2] -[2]-> s[3] -[1]-> instant -[1]-> s[4] -[1]-> s[5] -[2]-> late -> out",
    // What waits before a full lane is a source, a station with a yield, one that fails on its own time.
    "source feed { makes: { 40 %: Part, 60 %: Other }, every: uniform(1 s, 2 s) }
     station a { cycle: exponential(1 s), yield: 90 % }
     station b { cycle: exponential(1 s)
         breakdown jam { after: exponential(30 s), repair: exponential(4 s), effect: restart } }
     station c { cycle: { Part: uniform(1 s, 2 s), Other: 1.5 s }
         breakdown wear { after: exponential(30 s), repair: 5 s, clock: working } }
     station d { cycle: exponential(1 s), hold_when_down: yes
         breakdown jam { after: exponential(20 s), repair: exponential(4 s) } }
     sink out
     flow feed -[2]-> a -[1]-> b -[2]-> c -[1]-> d -> out",
    // Arrivals find an idle machine, or one that is down.
    "source feed { makes: Part, every: exponential(2 s) }
     station a { cycle: exponential(1 s) }
     station b { cycle: 1 s
         breakdown jam { after: exponential(20 s), repair: 5 s } }
     sink out
     flow feed -[unlimited]-> a -[4]-> b -> out",
];

/// The figures of the nodes of the plain line, which come first in both plants.
fn figures(text: &str, seed: u64) -> (flowline::kernel::read::Snapshot, Plant) {
    let plant = plant_of("direct", text);
    let kernel = Kernel::new(&plant, Engine::Event).unwrap();
    let mut run = kernel.begin(seed, 0);
    while kernel.advance(&mut run, Ticks(20_000 * 1_000_000_000)) == Stop::Fuel {}
    (flowline::kernel::read::Snapshot::of(&kernel.model, &plant, &run), plant)
}

#[test]
fn handing_over_directly_changes_no_number() {
    // A route anywhere makes every hand-over go through settling.
    changes_nothing(&DIRECT, "station zz {}\n sink zzz\n route Zz: zz(1 s) -> zzz");
}

/// Lines have the same figures alone and beside another, which a source `z` feeds.
fn changes_nothing(bodies: &[&str], beside: &str) {
    for (seed, body) in (0..).zip(bodies) {
        let line = format!("line l {{\nitem Part {{}}\nitem Other {{}}\nrun {{ for: 20000 s }}\n{body}\n");
        let (alone, plant) = figures(&format!("{line}}}"), seed);
        let (settled, other) =
            figures(&format!("{line}item Zz {{}}\nsource z {{ makes: Zz, every: 7 s }}\n{beside}\n}}"), seed);
        same((&alone, &plant), (&settled, &other), body);
    }
}

/// Shops where items follow their routes directly when an event is alone at its instant.
const ROUTES: [&str; 2] = [
    "crew operators { size: 2 }
     source orders { makes: { 60 %: Part, 40 %: Other }, every: exponential(4 s) }
     station a { needs: 1 operators }
     station b { machines: 2 }
     station c { machines: 3, needs: 1 operators }
     station d {}
     sink out
     route Part: a(exponential(1 s)) -> b(exponential(5 s)) -> c(exponential(3 s)) -> a(exponential(0.5 s)) -> out
     route Other: c(exponential(2 s)) -> c(exponential(3 s)) -> d(uniform(1 s, 3 s)) -> a(exponential(1 s)) -> out",
    // Much ties, and one station asks for two.
    "crew operators { size: 3 }
     source orders { makes: { 60 %: Part, 40 %: Other }, every: 4 s }
     station a { needs: 1 operators }
     station b { machines: 2, needs: 2 operators }
     station d {}
     sink out
     route Part: a(1 s) -> b(exponential(4 s)) -> d(1 s) -> d(0 s) -> a(1 s) -> out
     route Other: d(exponential(1 s)) -> b(3 s) -> a(0.5 s) -> out",
];

#[test]
fn following_a_route_directly_changes_no_number() {
    // An open rule anywhere makes every item on a route go through settling.
    let beside = "station zy { cycle: 9 s }
        station zz { cycle: 9 s }
        sink zzz
        flow z -> shortest_queue { -[unlimited]-> zy, -[unlimited]-> zz }
        flow zy -> zzz
        flow zz -> zzz";
    changes_nothing(&ROUTES, beside);
}

/// Holds the figures of a line against those of the same line beside another.
fn same(
    (direct, plant): (&flowline::kernel::read::Snapshot, &Plant),
    (settled, other): (&flowline::kernel::read::Snapshot, &Plant),
    body: &str,
) {
    assert!(direct.stations.iter().all(|s| s.cycles > 100), "{body}");
    let n = direct.stations.len();
    assert_eq!(direct.stations, settled.stations[..n], "{body}");
    assert_eq!(direct.balances, settled.balances[..2], "{body}");
    // Node ids differ where nodes of the route stand between; names are the same.
    let buffers = |s: &flowline::kernel::read::Snapshot, plant: &Plant| {
        let name = |id| plant.nodes.get(id).unwrap().name.clone();
        let list = s.buffers.iter().map(|b| (name(b.node), format!("{:?}", BufferTotals { node: Id::new(0), ..*b })));
        list.filter(|(name, _)| !name.starts_with('z')).collect::<Vec<_>>()
    };
    assert_eq!(buffers(direct, plant), buffers(settled, other), "{body}");
    for (a, b) in direct.arrivals.iter().zip(&settled.arrivals) {
        assert_eq!((a.item, a.count, a.sum, a.minimum, a.maximum), (b.item, b.count, b.sum, b.minimum, b.maximum));
        assert_eq!(a.histogram, b.histogram, "{body}");
    }
    for (a, b) in direct.sources.iter().zip(&settled.sources) {
        assert_eq!((a.made, a.lost, a.waits), (b.made, b.lost, b.waits), "{body}");
    }
}

/// Whatever number of nodes fills the words of the set of those that have to be settled.
#[test]
fn lines_of_any_number_of_nodes_run() {
    for stations in [1, 29, 30, 31, 60, 61, 62, 63, 125, 126, 127] {
        let text = format!(
            "line l {{\nitem Part {{}}\nrun {{ for: 100 s }}\nsource feed {{ makes: Part }}
             station s[{stations}] {{ cycle: 1 s }}\nsink out\n
             flow feed -> s[1] {} -> out\n}}",
            if stations > 1 { format!("-[1]-> ... -[1]-> s[{stations}]") } else { String::new() },
        );
        let (seen, _) = figures(&text, 1);
        assert_eq!(seen.stations.len(), stations, "{text}");
    }
}
