//! Every run is held against what must be true of it. Here the state of a run is damaged on purpose, as a
//! bug of the compiler would do: the run has to fail with an internal error that names what does not fit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::base::Ticks;
use flowline::diag::codes;
use flowline::ir::Plant;
use flowline::kernel::layout::{buffer, counters, header, item, machine, pool};
use flowline::kernel::read::{items_in, machines_of};
use flowline::kernel::{Engine, Kernel, Run, Stop};
use flowline::sim::checks;

use crate::engines::plant_of;

const LINE: &str = "line l {
    item P {}
    crew op { size: 1 }
    source p { makes: P, every: 10 s, when_full: queue }
    station m { cycle: 9 s, needs: 1 op }
    station n { cycle: 12 s }
    sink out
    flow p -> m -[unlimited]-> n -> out
    run { for: 1 h }
}";

/// The line after 500 s: items wait before `n`, both machines and the operator are busy.
fn at_work(plant: &Plant) -> (Kernel, Run) {
    let kernel = Kernel::new(plant, Engine::Event).unwrap();
    let mut run = kernel.begin(1, 0);
    assert_eq!(kernel.advance(&mut run, Ticks(500 * 1_000_000_000)), Stop::Horizon);
    (kernel, run)
}

/// What is told when a word of the run is damaged.
fn told(damage: impl FnOnce(&Kernel, &Plant, &mut Run)) -> String {
    let plant = plant_of("damaged", LINE);
    let (kernel, mut run) = at_work(&plant);
    checks::verified(&kernel.model, &plant, &run).unwrap();
    damage(&kernel, &plant, &mut run);
    let Err(found) = checks::verified(&kernel.model, &plant, &run) else { panic!("the damage is not noticed") };
    assert_eq!(found.code, codes::INTERNAL);
    assert!(found.message.starts_with("internal error in the simulation of `l`: "), "{}", found.message);
    found.message.clone()
}

/// Adds to a field of a record.
fn add(run: &mut Run, record: i64, field: flowline::kernel::builder::Field, more: i64) {
    let value = run.arena().get(record, field);
    run.arena_mut().set(record, field, value + more);
}

fn record(kernel: &Kernel, plant: &Plant, name: &str) -> i64 {
    let (id, _) = plant.nodes.iter().find(|(_, n)| n.name == name).unwrap();
    kernel.model.places.nodes[id.0 as usize]
}

fn machine_of(kernel: &Kernel, plant: &Plant, name: &str) -> i64 {
    let (id, _) = plant.nodes.iter().find(|(_, n)| n.name == name).unwrap();
    machines_of(&kernel.model, id).next().unwrap()
}

#[test]
fn a_level_that_is_not_what_is_there() {
    let message = told(|kernel, plant, run| add(run, record(kernel, plant, "m->n"), buffer::LEVEL, 1));
    assert!(message.contains("`m->n` counts "), "{message}");
}

#[test]
fn entries_that_do_not_add_up() {
    let message = told(|kernel, plant, run| add(run, record(kernel, plant, "m->n"), buffer::ENTRIES, 1));
    assert!(message.contains("`m->n` began with 0 items"), "{message}");
}

#[test]
fn states_that_do_not_fill_the_time() {
    let message = told(|kernel, plant, run| add(run, machine_of(kernel, plant, "n"), machine::IN_STATE, 7));
    assert!(message.contains("the states of `n` add up to "), "{message}");
}

#[test]
fn an_item_that_was_never_made() {
    let message = told(|kernel, _, run| add(run, kernel.model.places.counters, counters::MADE, 1));
    assert!(message.contains("of `P` should be inside"), "{message}");
}

#[test]
fn an_item_of_another_birth() {
    let message = told(|kernel, plant, run| {
        let at = items_in(run.arena(), record(kernel, plant, "m->n"))[0];
        add(run, at, item::BIRTH, -5);
    });
    assert!(message.contains("all items together spent "), "{message}");
}

#[test]
fn an_item_that_is_lost() {
    // The machine forgets what it holds.
    let message = told(|kernel, plant, run| {
        let at = machine_of(kernel, plant, "n");
        run.arena_mut().set(at, machine::ITEM, 0);
    });
    assert!(message.contains("are on the floor"), "{message}");
}

#[test]
fn a_record_that_nobody_holds() {
    let message = told(|kernel, _, run| add(run, 0, header::ITEM_TOP, kernel.model.item_bytes));
    assert!(message.contains("records of items are in use"), "{message}");
}

#[test]
fn more_people_at_work_than_there_are() {
    let message = told(|kernel, _, run| add(run, kernel.model.places.pools[0], pool::BUSY, 1));
    assert!(message.contains("2 of 1 of `op` are busy"), "{message}");
}

#[test]
fn work_in_process_that_is_not_the_sum_of_stays() {
    let message = told(|kernel, _, run| add(run, kernel.model.places.counters, counters::WIP, 1));
    assert!(message.contains("all items together spent "), "{message}");
}
