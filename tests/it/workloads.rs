//! The workloads of the benchmarks: their texts are in order, both engines agree on them, and the hand-written
//! peers give the counts and times of the kernel, so that the benchmark compares like with like.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::ir::Plant;
use flowline::kernel::{Engine, Kernel};

use crate::peers::Figures;
use crate::workload_list::{Peer, SIDE_BY_SIDE, WORKLOADS, Workload, advance, figures};

/// A kernel of a workload, and its runs.
struct Compiled {
    plant: Plant,
    kernel: Kernel,
}

impl Compiled {
    fn new(workload: &Workload, engine: Engine) -> Compiled {
        let plant = workload.plant();
        let kernel = Kernel::new(&plant, engine).unwrap();
        Compiled { plant, kernel }
    }

    /// Figures at the end of a run, and all of its state.
    fn run(&self, replication: u64, to: i64) -> (Figures, Vec<u64>) {
        let mut run = self.kernel.begin(1, replication);
        advance(&self.kernel, &mut run, to);
        (figures(&self.kernel, &self.plant, &run), run.arena().words().to_vec())
    }
}

#[test]
fn both_engines_agree_on_the_workloads() {
    for workload in &WORKLOADS {
        let to = workload.horizon(20_000);
        let (native, a) = Compiled::new(workload, Engine::Event).run(0, to);
        let (_, b) = Compiled::new(workload, Engine::Interpreter).run(0, to);
        assert!(a == b, "{}", workload.name);
        // W5 begins empty: its last stations have nothing to do yet.
        let least = if workload.name == "w5" { 500 } else { 15_000 };
        assert!((least..25_000).contains(&native.events), "{}: {} events", workload.name, native.events);
    }
}

#[test]
fn peers_with_all_statistics_equal_the_kernel() {
    for workload in &WORKLOADS {
        let to = workload.horizon(100_000);
        let (kernel, _) = Compiled::new(workload, Engine::Event).run(0, to);
        let peer = workload.run_peer(Peer::Event(true), 1, to).unwrap().remove(0);
        for (i, (a, b)) in kernel.stations.iter().zip(&peer.stations).enumerate() {
            assert_eq!(a, b, "{} station {i}", workload.name);
        }
        for (i, (a, b)) in kernel.buffers.iter().zip(&peer.buffers).enumerate() {
            assert_eq!(a, b, "{} buffer {i}", workload.name);
        }
        assert!(kernel == peer, "{}", workload.name);
        let bare = workload.run_peer(Peer::Event(false), 1, to).unwrap().remove(0);
        assert_eq!((bare.events, bare.left), (kernel.events, kernel.left), "{}", workload.name);
    }
}

#[test]
fn recursions_equal_the_kernel() {
    for workload in WORKLOADS.iter().filter(|w| w.name != "w4") {
        let to = workload.horizon(20_000);
        let compiled = Compiled::new(workload, Engine::Event);
        let kernels: Vec<Figures> = (0..SIDE_BY_SIDE as u64).map(|r| compiled.run(r, to).0).collect();
        for (peer, replications) in [(Peer::Recursion as fn(bool) -> Peer, 1), (Peer::Lanes, SIDE_BY_SIDE)] {
            let all = workload.run_peer(peer(true), 1, to).unwrap();
            assert_eq!(all.len(), replications);
            for (r, (figures, kernel)) in all.iter().zip(&kernels).enumerate() {
                let name = format!("{} {:?} replication {r}", workload.name, peer(true));
                assert_eq!((figures.events, figures.left), (kernel.events, kernel.left), "{name}");
                assert_eq!(figures.stations, kernel.stations, "{name}");
            }
            let bare = workload.run_peer(peer(false), 1, to).unwrap();
            for (figures, kernel) in bare.iter().zip(&kernels) {
                assert_eq!(figures.left, kernel.left, "{} {:?}", workload.name, peer(false));
            }
        }
    }
}

#[test]
fn the_texts_are_in_order() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "line"));
    // Ten kinds of stations, and a line in parts.
    assert_eq!(files.len(), WORKLOADS.len() + 2, "{files:?}");
    for file in files {
        for arguments in [&["check", "--deny", "warnings"][..], &["fmt", "--check"][..]] {
            let out = std::process::Command::new(env!("CARGO_BIN_EXE_flowline")).args(arguments).arg(&file).output();
            let out = out.unwrap();
            assert!(out.status.success(), "{arguments:?} {}: {}", file.display(), String::from_utf8_lossy(&out.stdout));
        }
    }
}
