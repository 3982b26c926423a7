//! How long models take to compile, and where that time goes.
//!
//! Functions are compiled by several threads, so that time is taken on the wall; that of the processor is the sum over
//! all threads.

use std::time::Instant;

use flowline::ir::Plant;
use flowline::kernel::emit;
use flowline::kernel::model::Model;
use flowline::kernel::native::Native;
use flowline::kernel::{Engine, Kernel};

use crate::clock::Processor;
use crate::contest::median;
use crate::scale;
use crate::workloads::{WORKLOADS, plant};

/// Measures and prints.
pub fn run() {
    println!(
        "\n{:28} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>10}",
        "compiling, ms", "functions", "program", "laid out", "emitted", "native", "all", "processor"
    );
    for workload in &WORKLOADS {
        row(workload.name, &workload.plant(), 15);
    }
    row("ten kinds", &plant(scale::TEN_KINDS), 15);
    for stations in scale::SIZES {
        row(&format!("{stations} stations"), &plant(&scale::text(stations, scale::rows(stations))), 5);
    }
}

/// The median time of compiling a plant, in milliseconds on the wall.
pub fn compile_ms(plant: &Plant, times: usize) -> f64 {
    times_ms(times, || drop(Kernel::new(plant, Engine::Event).expect("compiles")))
}

fn times_ms(times: usize, mut what: impl FnMut()) -> f64 {
    median((0..times).map(|_| {
        let start = Instant::now();
        what();
        start.elapsed().as_secs_f64() * 1e3
    }))
}

fn row(title: &str, plant: &Plant, times: usize) {
    let model = Model::new(plant).expect("is laid out");
    let program = emit::program(&model.shapes).expect("is emitted");
    let laid_out = times_ms(times, || drop(Model::new(plant).expect("is laid out")));
    let emitted = times_ms(times, || drop(emit::program(&model.shapes).expect("is emitted")));
    let native = times_ms(times, || drop(Native::compile(&program).expect("compiles")));
    let all = compile_ms(plant, times);
    let processor = median((0..times).map(|_| {
        let start = Processor::start();
        drop(Kernel::new(plant, Engine::Event).expect("compiles"));
        start.seconds() * 1e3
    }));
    println!(
        "  {title:26} {:>9} {:>9} {laid_out:>8.2} {emitted:>8.2} {native:>8.2} {all:>8.2} {processor:>10.2}",
        program.functions.len(),
        program.size()
    );
}
