//! Native code and the interpreter give the same state, word for word, on every example.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use flowline::base::{SourceMap, Ticks};
use flowline::diag::Severity;
use flowline::ir::Plant;
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
    let mut files = SourceMap::default();
    let id = files.add(name, text);
    let parsed = syntax::parse(id, text);
    let options = sema::Options { set: Vec::new(), read: &|_| Err("no files in tests".into()) };
    let analysed = sema::analyse(&files, &parsed.tree, &options);
    let errors: Vec<String> = parsed
        .diagnostics
        .iter()
        .chain(&analysed.diagnostics)
        .filter(|d| d.severity == Severity::Error)
        .map(|d| format!("{:?} {} at {:?}", d.code, d.message, files.slice(d.primary.span)))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    assert_eq!(analysed.plants.len(), 1, "{name}");
    analysed.plants.into_iter().next().unwrap()
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
