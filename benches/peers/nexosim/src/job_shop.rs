//! W4: twenty stations, five products, eight shared operators.

use std::collections::VecDeque;
use std::error::Error;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::Mailbox;
use serde::{Deserialize, Serialize};

use crate::draw::Draw;
use crate::{Bench, Counts};

/// Stations, types, operators and arrivals an hour; by station its machines and whether it needs an operator; by type
/// its share, its number of steps, and by step the station and its mean time in hours.
const SHOP: &str = include_str!("../../w4_job_shop.txt");

const HOUR: f64 = 3600.0;

/// One visit of a route: the station and the mean time there in seconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Step {
    station: usize,
    mean: f64,
}

/// An item on its way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Job {
    /// Its type.
    kind: usize,
    /// The visit that it makes or waits for.
    step: usize,
}

/// The models of the shop.
pub fn bench() -> Result<Bench, Box<dyn Error>> {
    let mut words = SHOP.split_ascii_whitespace();
    let mut number = || -> Result<f64, Box<dyn Error>> { Ok(words.next().ok_or("the shop ends early")?.parse()?) };
    let (count, types, operators, rate) = (number()? as usize, number()? as usize, number()? as usize, number()?);
    let mut stations = Vec::new();
    for at in 0..count {
        stations.push(Station::new(number()? as usize, number()? > 0.0, Draw::new(at)));
    }
    let (mut shares, mut routes) = (Vec::new(), Vec::new());
    for _ in 0..types {
        shares.push(number()?);
        let mut route = Vec::new();
        for _ in 0..number()? as usize {
            route.push(Step { station: number()? as usize, mean: number()? * HOUR });
        }
        routes.push(route);
    }

    let mailboxes: Vec<Mailbox<Station>> = stations.iter().map(|_| Mailbox::new()).collect();
    let (crew_mailbox, arrivals_mailbox) = (Mailbox::new(), Mailbox::new());
    let to_stations = || -> Vec<Output<Job>> {
        let to = |mailbox| {
            let mut output = Output::default();
            output.connect(Station::input, mailbox);
            output
        };
        mailboxes.iter().map(to).collect()
    };
    let mut crew = Crew::new(operators);
    let firsts = routes.iter().map(|route: &Vec<Step>| route[0].station).collect();
    let arrivals =
        Arrivals { outputs: to_stations(), shares, firsts, every: HOUR / rate, draw: Draw::new(count), events: 0 };
    for (at, station) in stations.iter_mut().enumerate() {
        station.outputs = to_stations();
        station.routes = routes.clone();
        station.request.map_connect(move |_| at, Crew::request, &crew_mailbox);
        station.release.connect(Crew::release, &crew_mailbox);
        let mut grant = Output::default();
        grant.connect(Station::operator, &mailboxes[at]);
        crew.grants.push(grant);
    }

    let mut bench = Bench::new();
    bench.tally.counts.connect(Arrivals::counts, &arrivals_mailbox);
    bench.init =
        bench.init.add_model(arrivals, arrivals_mailbox, "arrivals").add_model(crew, crew_mailbox, "operators");
    for (at, (station, mailbox)) in stations.into_iter().zip(mailboxes).enumerate() {
        bench.tally.counts.connect(Station::counts, &mailbox);
        bench.init = bench.init.add_model(station, mailbox, &format!("station {at}"));
    }
    Ok(bench)
}

/// Jobs that come from outside.
#[derive(Serialize, Deserialize)]
struct Arrivals {
    /// Jobs, by station -- output ports.
    outputs: Vec<Output<Job>>,
    /// By type.
    shares: Vec<f64>,
    /// First station of each type.
    firsts: Vec<usize>,
    every: f64,
    draw: Draw,
    events: u64,
}

#[Model]
impl Arrivals {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.arrive((), cx).await;
    }

    /// A job comes, of a type by chance.
    #[nexosim(schedulable)]
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        self.events += 1;
        let (mut kind, mut rest) = (0, self.draw.uniform());
        while kind + 1 < self.shares.len() && rest >= self.shares[kind] {
            rest -= self.shares[kind];
            kind += 1;
        }
        self.outputs[self.firsts[kind]].send(Job { kind, step: 0 }).await;
        let after = self.draw.exponential(self.every);
        cx.schedule_event(after, schedulable!(Self::arrive), ()).expect("later");
    }

    /// What was counted -- replier port.
    async fn counts(&mut self) -> Counts {
        Counts { events: self.events, left: 0 }
    }
}

/// Operators that all stations share.
#[derive(Serialize, Deserialize)]
struct Crew {
    /// An operator comes, by station -- output ports.
    grants: Vec<Output<()>>,
    free: usize,
    /// Stations that wait for one.
    waiting: VecDeque<usize>,
}

#[Model]
impl Crew {
    fn new(operators: usize) -> Crew {
        Crew { grants: Vec::new(), free: operators, waiting: VecDeque::new() }
    }

    /// A station wants an operator -- input port.
    async fn request(&mut self, station: usize) {
        if self.free > 0 {
            self.free -= 1;
            self.grants[station].send(()).await;
        } else {
            self.waiting.push_back(station);
        }
    }

    /// An operator is free again -- input port.
    async fn release(&mut self) {
        match self.waiting.pop_front() {
            Some(station) => self.grants[station].send(()).await,
            None => self.free += 1,
        }
    }
}

/// Equal machines with a queue before them; a job takes a machine first and an operator then.
#[derive(Serialize, Deserialize)]
struct Station {
    /// Jobs, by the station that they go to -- output ports.
    outputs: Vec<Output<Job>>,
    /// An operator is wanted -- output port.
    request: Output<()>,
    /// An operator is free again -- output port.
    release: Output<()>,
    /// By type.
    routes: Vec<Vec<Step>>,
    idle: usize,
    needs_operator: bool,
    queue: VecDeque<Job>,
    /// Jobs on a machine that wait for an operator.
    waiting: VecDeque<Job>,
    draw: Draw,
    counts: Counts,
}

#[Model]
impl Station {
    fn new(machines: usize, needs_operator: bool, draw: Draw) -> Station {
        Station {
            outputs: Vec::new(),
            request: Output::default(),
            release: Output::default(),
            routes: Vec::new(),
            idle: machines,
            needs_operator,
            queue: VecDeque::new(),
            waiting: VecDeque::new(),
            draw,
            counts: Counts::default(),
        }
    }

    /// A job comes -- input port.
    async fn input(&mut self, job: Job, cx: &Context<Self>) {
        if self.idle > 0 {
            self.idle -= 1;
            self.take(job, cx).await;
        } else {
            self.queue.push_back(job);
        }
    }

    /// An operator comes -- input port.
    async fn operator(&mut self, _: (), cx: &Context<Self>) {
        if let Some(job) = self.waiting.pop_front() {
            self.work(job, cx);
        }
    }

    /// The work on a job ends.
    #[nexosim(schedulable)]
    async fn complete(&mut self, job: Job, cx: &Context<Self>) {
        self.counts.events += 1;
        if self.needs_operator {
            self.release.send(()).await;
        }
        match self.queue.pop_front() {
            Some(next) => self.take(next, cx).await,
            None => self.idle += 1,
        }
        match self.routes[job.kind].get(job.step + 1) {
            Some(next) => self.outputs[next.station].send(Job { step: job.step + 1, ..job }).await,
            None => self.counts.left += 1,
        }
    }

    /// What was counted -- replier port.
    async fn counts(&mut self) -> Counts {
        self.counts
    }

    /// A machine takes a job.
    async fn take(&mut self, job: Job, cx: &Context<Self>) {
        if self.needs_operator {
            self.waiting.push_back(job);
            self.request.send(()).await;
        } else {
            self.work(job, cx);
        }
    }

    fn work(&mut self, job: Job, cx: &Context<Self>) {
        let cycle = self.draw.exponential(self.routes[job.kind][job.step].mean);
        cx.schedule_event(cycle, schedulable!(Self::complete), job).expect("later");
    }
}
