//! The workloads of the benchmarks: their texts are in order, both engines agree on them, and the hand-written
//! peers give the counts and times of the kernel, so that the benchmark compares like with like.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::kernel::{Engine, Kernel};

use crate::peers::Figures;
use crate::workload_list::{Peer, SIDE_BY_SIDE, WORKLOADS, Workload, advance, figures};

/// Figures of a run of the kernel.
fn run(workload: &Workload, engine: Engine, replication: u64, to: i64) -> (Figures, Vec<u64>) {
    let plant = workload.plant();
    let kernel = Kernel::new(&plant, engine).unwrap();
    let mut run = kernel.begin(1, replication);
    advance(&kernel, &mut run, to);
    (figures(&kernel, &plant, &run), run.arena().words().to_vec())
}

#[test]
fn both_engines_agree_on_the_workloads() {
    for workload in &WORKLOADS {
        let to = workload.horizon(50_000);
        let (native, a) = run(workload, Engine::Event, 0, to);
        let (_, b) = run(workload, Engine::Interpreter, 0, to);
        assert!(a == b, "{}", workload.name);
        // W5 begins empty: its last stations have nothing to do yet.
        let least = if workload.name == "w5" { 4_000 } else { 40_000 };
        assert!((least..60_000).contains(&native.events), "{}: {} events", workload.name, native.events);
    }
}

#[test]
fn peers_with_all_statistics_equal_the_kernel() {
    for workload in &WORKLOADS {
        let to = workload.horizon(200_000);
        let (kernel, _) = run(workload, Engine::Event, 0, to);
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
        let to = workload.horizon(50_000);
        let kernels: Vec<Figures> = (0..SIDE_BY_SIDE as u64).map(|r| run(workload, Engine::Event, r, to).0).collect();
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
