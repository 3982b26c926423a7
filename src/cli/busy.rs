//! A bar for checks that take long: on a terminal, and only after a while, so that a quick check shows
//! nothing. It knows only how many steps there are and what the present one is called.
//!
//! Start reading at [`Busy::start`].

use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A check that takes no longer than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often the bar is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A bar on standard error that shows itself when the work takes long.
pub(super) struct Busy {
    steps: Option<Sender<Step>>,
    drawer: Option<JoinHandle<()>>,
}

/// What is being done, and how much of how much is done.
struct Step {
    what: String,
    done: u64,
    of: u64,
}

impl Busy {
    /// Begins with a first step of unknown length. Without `wanted`, and where standard error is no terminal,
    /// nothing is ever shown.
    pub(super) fn start(what: &str, wanted: bool) -> Busy {
        if !wanted || !std::io::stderr().is_terminal() {
            return Busy { steps: None, drawer: None };
        }
        let (steps, received) = channel::<Step>();
        let mut step = Step { what: what.to_string(), done: 0, of: 0 };
        let drawer = std::thread::spawn(move || {
            let mut bar: Option<ProgressBar> = None;
            let mut pause = PATIENCE;
            let begun = std::time::Instant::now();
            loop {
                match received.recv_timeout(pause) {
                    Ok(next) => step = next,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                let waited = begun.elapsed();
                if waited < PATIENCE {
                    pause = PATIENCE.saturating_sub(waited);
                    continue;
                }
                pause = TICK;
                show(bar.get_or_insert_with(ProgressBar::new_spinner), &step);
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        Busy { steps: Some(steps), drawer: Some(drawer) }
    }

    /// The next step: so many of so many are done.
    pub(super) fn step(&self, what: String, done: usize, of: usize) {
        if let Some(steps) = &self.steps {
            // Whoever draws is gone only when the work is done.
            let _ = steps.send(Step { what, done: done as u64, of: of as u64 });
        }
    }

    /// Takes the bar away, before results are printed.
    pub(super) fn clear(mut self) {
        self.steps = None;
        if let Some(drawer) = self.drawer.take() {
            let _ = drawer.join();
        }
    }
}

fn show(bar: &ProgressBar, step: &Step) {
    let several = step.of > 1;
    let form = if several { "{bar:30} {pos}/{len} {msg}, {elapsed}" } else { "{spinner} {msg}, {elapsed}" };
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    if several {
        bar.set_length(step.of);
        bar.set_position(step.done);
    }
    bar.set_message(step.what.clone());
    bar.tick();
}
