//! W1, W2, W3 and W5: stations in a row, blocking after work, with breakdowns on calendar time.
//!
//! A station has the places before it. It tells who gives to it whenever one of them becomes free, and keeps count of
//! the free places behind it: an item is sent only where there is room.

use std::collections::VecDeque;
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{EventKey, Mailbox};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

use crate::draw::Draw;
use crate::{Bench, Counts};

/// Mean of all cycles, in seconds.
const CYCLE: f64 = 1.0;

/// A line to build.
pub struct Row {
    pub stations: usize,
    /// Places between two stations.
    pub places: u64,
    /// Mean seconds between arrivals before an unlimited queue; the first station is always supplied where there is none.
    pub every: Option<f64>,
    pub failures: Option<Failures>,
}

/// Breakdowns: mean seconds, on calendar time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Failures {
    pub after: f64,
    pub repair: f64,
}

impl Row {
    /// The models of the line.
    pub fn bench(&self) -> Bench {
        let mut stations: Vec<Station> = (0..self.stations).map(|number| self.station(number)).collect();
        let mailboxes: Vec<Mailbox<Station>> = stations.iter().map(|_| Mailbox::new()).collect();
        for behind in 1..stations.len() {
            stations[behind - 1].output.connect(Station::input, &mailboxes[behind]);
            stations[behind].freed.connect(Station::room, &mailboxes[behind - 1]);
        }
        let mut bench = Bench::new();
        if let Some(every) = self.every {
            let mut arrivals = Arrivals::new(every, Draw::new(self.stations));
            arrivals.output.connect(Station::input, &mailboxes[0]);
            let mailbox = Mailbox::new();
            bench.tally.counts.connect(Arrivals::counts, &mailbox);
            bench.init = bench.init.add_model(arrivals, mailbox, "arrivals");
        }
        for (number, (station, mailbox)) in stations.into_iter().zip(mailboxes).enumerate() {
            bench.tally.counts.connect(Station::counts, &mailbox);
            bench.init = bench.init.add_model(station, mailbox, &format!("station {number}"));
        }
        bench
    }

    fn station(&self, number: usize) -> Station {
        Station {
            output: Output::default(),
            freed: Output::default(),
            supplied: number == 0 && self.every.is_none(),
            last: number + 1 == self.stations,
            room: self.places,
            queue: VecDeque::new(),
            machine: Machine::Idle,
            failures: self.failures,
            down: false,
            draw: Draw::new(number),
            counts: Counts::default(),
        }
    }
}

/// An item on the line.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Part {
    number: u64,
}

/// Parts that come from outside.
#[derive(Serialize, Deserialize)]
struct Arrivals {
    /// Parts -- output port.
    output: Output<Part>,
    every: f64,
    draw: Draw,
    counts: Counts,
}

#[Model]
impl Arrivals {
    fn new(every: f64, draw: Draw) -> Arrivals {
        Arrivals { output: Output::default(), every, draw, counts: Counts::default() }
    }

    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.arrive((), cx).await;
    }

    /// A part comes.
    #[nexosim(schedulable)]
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        self.counts.events += 1;
        self.output.send(Part { number: self.counts.events }).await;
        let after = self.draw.exponential(self.every);
        cx.schedule_event(after, schedulable!(Self::arrive), ()).expect("later");
    }

    /// What was counted -- replier port.
    async fn counts(&mut self) -> Counts {
        self.counts
    }
}

/// What a machine does; while it is down, nothing of it goes on but that a part that is ready leaves.
#[derive(Debug, Serialize, Deserialize)]
enum Machine {
    Idle,
    Works {
        part: Part,
        until: MonotonicTime,
        /// To take the end of work back, where machines break down.
        end: Option<EventKey>,
    },
    /// Down amid work.
    Halted {
        part: Part,
        rest: Duration,
    },
    /// Ready, without room behind.
    Blocked(Part),
}

/// A machine with the places before it.
#[derive(Serialize, Deserialize)]
struct Station {
    /// Parts for the next station -- output port.
    output: Output<Part>,
    /// A place before this station is free again -- output port.
    freed: Output<()>,
    /// Whether there is always a part before it.
    supplied: bool,
    /// Whether parts leave the line here.
    last: bool,
    /// Free places behind.
    room: u64,
    queue: VecDeque<Part>,
    machine: Machine,
    failures: Option<Failures>,
    down: bool,
    draw: Draw,
    counts: Counts,
}

#[Model]
impl Station {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        if let Some(failures) = self.failures {
            let after = self.draw.exponential(failures.after);
            cx.schedule_event(after, schedulable!(Self::fail), ()).expect("later");
        }
        self.begin(cx).await;
    }

    /// A part comes into one of the places -- input port.
    async fn input(&mut self, part: Part, cx: &Context<Self>) {
        self.queue.push_back(part);
        if matches!(self.machine, Machine::Idle) {
            self.begin(cx).await;
        }
    }

    /// A place behind is free again -- input port.
    async fn room(&mut self, _: (), cx: &Context<Self>) {
        self.room += 1;
        if let Machine::Blocked(part) = self.machine {
            self.hand_over(part, cx).await;
        }
    }

    /// The work on a part ends.
    #[nexosim(schedulable)]
    async fn complete(&mut self, _: (), cx: &Context<Self>) {
        self.counts.events += 1;
        if let Machine::Works { part, .. } = self.machine {
            self.hand_over(part, cx).await;
        }
    }

    #[nexosim(schedulable)]
    async fn fail(&mut self, _: (), cx: &Context<Self>) {
        self.counts.events += 1;
        self.down = true;
        if let Machine::Works { part, until, end } = &mut self.machine {
            let rest = until.duration_since(cx.time());
            if let Some(end) = end.take() {
                end.cancel();
            }
            self.machine = Machine::Halted { part: *part, rest };
        }
        if let Some(failures) = self.failures {
            let after = self.draw.exponential(failures.repair);
            cx.schedule_event(after, schedulable!(Self::repair), ()).expect("later");
        }
    }

    #[nexosim(schedulable)]
    async fn repair(&mut self, _: (), cx: &Context<Self>) {
        self.counts.events += 1;
        self.down = false;
        match self.machine {
            Machine::Idle => self.begin(cx).await,
            Machine::Halted { part, rest } => self.work(part, rest, cx),
            Machine::Works { .. } | Machine::Blocked(_) => {}
        }
        if let Some(failures) = self.failures {
            let after = self.draw.exponential(failures.after);
            cx.schedule_event(after, schedulable!(Self::fail), ()).expect("later");
        }
    }

    /// What was counted -- replier port.
    async fn counts(&mut self) -> Counts {
        self.counts
    }

    /// Gives a part that is ready away and begins with the next, or waits for room.
    async fn hand_over(&mut self, part: Part, cx: &Context<Self>) {
        if self.last {
            self.counts.left += 1;
        } else if self.room > 0 {
            self.room -= 1;
            self.output.send(part).await;
        } else {
            self.machine = Machine::Blocked(part);
            return;
        }
        self.machine = Machine::Idle;
        self.begin(cx).await;
    }

    /// An idle machine takes the next part, where there is one and it is up.
    async fn begin(&mut self, cx: &Context<Self>) {
        if self.down {
            return;
        }
        let part = if self.supplied {
            Part { number: self.counts.events }
        } else {
            let Some(part) = self.queue.pop_front() else { return };
            self.freed.send(()).await;
            part
        };
        let cycle = self.draw.exponential(CYCLE);
        self.work(part, cycle, cx);
    }

    fn work(&mut self, part: Part, cycle: Duration, cx: &Context<Self>) {
        let end = if self.failures.is_some() {
            Some(cx.schedule_keyed_event(cycle, schedulable!(Self::complete), ()).expect("later"))
        } else {
            cx.schedule_event(cycle, schedulable!(Self::complete), ()).expect("later");
            None
        };
        self.machine = Machine::Works { part, until: cx.time() + cycle, end };
    }
}
