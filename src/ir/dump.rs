//! A plant as text, for `flowline dump --stage ir`: one thing a line, in the order of ids, in base
//! units. Stable: equal plants give equal texts.

use std::fmt::Write as _;

use crate::base::Quantity;

use super::{
    Binary, Breakdown, CalendarId, Capacity, Clearance, Distribution, Expression, Function, Maintenance, Measure, Need,
    Node, NodeId, NodeKind, Order, Over, Part, Plant, Release, ReleaseCrew, Routing, Stop, Stopped, Supply, Unary,
    Visit, WhenFull,
};

/// The plant as text. O(size).
#[must_use]
pub fn dump(plant: &Plant) -> String {
    let show = Show { plant };
    let mut out = format!("line {}\n", plant.name);
    for (id, item) in plant.items.iter() {
        let is = item.is.map_or(String::new(), |i| format!(" is {}", show.item(i)));
        let mass = item.mass.as_ref().map_or(String::new(), |q| format!(" mass {}", quantity(q)));
        let length = item.length.as_ref().map_or(String::new(), |l| format!(" length {l} m"));
        let _ = writeln!(out, "item {}: {}{is}{mass}{length}", id.0, item.name);
    }
    for (id, pool) in plant.pools.iter() {
        let _ = writeln!(out, "pool {}: {} size {}", id.0, pool.name, pool.size);
    }
    for (id, node) in plant.nodes.iter() {
        show.node(id, node, &mut out);
    }
    for (id, visit) in plant.visits.iter() {
        let own = show.own_of(visit);
        let _ = writeln!(
            out,
            "visit {}: {} of {} at {}{own}\n    -> {}",
            id.0,
            visit.number,
            show.item(visit.item),
            show.name(visit.station),
            show.routing(&visit.next)
        );
    }
    for route in &plant.routes {
        let sources: Vec<String> = route.sources.iter().map(|s| show.name(*s)).collect();
        let _ = writeln!(
            out,
            "route {} from {}\n    -> {}",
            show.item(route.item),
            sources.join(", "),
            show.routing(&route.start)
        );
    }
    for limit in plant.limits.values() {
        let _ = writeln!(
            out,
            "limit {} count {} from {} to {}{}{}{}",
            limit.name,
            limit.count,
            show.name(limit.from),
            show.name(limit.to),
            limit.item.map_or(String::new(), |i| format!(" of {}", show.item(i))),
            limit.back.as_ref().map_or(String::new(), |e| format!(" return {}", show.expression(e))),
            limit.clearance.as_ref().map_or(String::new(), |c| show.clearance(c))
        );
    }
    for fleet in &plant.fleets {
        let stop = |i: usize| fleet.stops.get(i).map_or_else(String::new, |s| show.name(*s));
        let empty = fleet.empty_pace.as_ref().map_or(String::new(), |e| format!(" empty {}", show.expression(e)));
        let _ = writeln!(
            out,
            "fleet {} size {} of {} item(s){} pace {}{empty} load {} unload {} starts at {}",
            fleet.name,
            fleet.size,
            fleet.capacity,
            if fleet.keeps_place { "" } else { ", no place kept," },
            show.expression(&fleet.pace),
            show.expression(&fleet.load),
            show.expression(&fleet.unload),
            stop(fleet.start)
        );
        if let Some(home) = fleet.home {
            let _ = writeln!(out, "    home {}", stop(home));
        }
        if let Some(calendar) = fleet.calendar.and_then(|c| plant.calendars.get(c)) {
            let _ = writeln!(out, "    shift {} {:?}", calendar.name, fleet.shift_end);
        }
        for (i, metres) in fleet.metres.iter().enumerate() {
            let n = fleet.stops.len().max(1);
            if let (Some(metres), true) = (metres, i / n != i % n) {
                let _ = writeln!(out, "    {} -> {}: {metres} m", stop(i / n), stop(i % n));
            }
        }
    }
    for shared in &plant.stops {
        let stopped: Vec<String> = shared
            .stops
            .iter()
            .map(|s| match s {
                Stopped::Node(id) => show.name(*id),
                Stopped::Member(id) => plant.pools.get(*id).map_or_else(String::new, |p| p.name.clone()),
                Stopped::Vehicle(fleet, n) => {
                    let name = plant.fleets.get(*fleet).map_or("", |f| f.name.as_str());
                    format!("{name}#{}", n + 1)
                }
                Stopped::Card(id) => plant.limits.get(*id).map_or_else(String::new, |l| l.name.clone()),
            })
            .collect();
        let stop = match &shared.stop {
            Stop::Breakdown(b) => show.breakdown(b),
            Stop::Maintenance(m) => show.maintenance(m),
        };
        let owner = shared.owner.as_ref().map_or(String::new(), |o| format!(" of {o}"));
        let _ = writeln!(out, "{stop}{owner} stops {}", stopped.join(", "));
    }
    account(plant, &show, &mut out);
    for demand in &plant.demands {
        let at = demand.at.map_or(String::new(), |n| format!(" at {}", show.name(n)));
        let _ = writeln!(out, "demand {} {} /s{at}", show.item(demand.item), demand.rate);
    }
    for e in &plant.expectations {
        let _ = writeln!(out, "expect {}: {:?} {:?}", e.name, e.figure, e.bound);
    }
    for (i, m) in plant.measures.iter().enumerate() {
        let during =
            m.during.and_then(|c| plant.calendars.get(c)).map_or(String::new(), |c| format!(" during {}", c.name));
        let _ = writeln!(out, "measure {i}: {:?}{during}", m.kind);
    }
    let run = &plant.run;
    let horizon = run.horizon.map_or_else(|| "-".to_string(), |t| t.0.to_string());
    let until = run.until.map_or(String::new(), |u| {
        let from = if u.from_start { " from start" } else { "" };
        format!(" until {} at {}{from}", u.count, show.name(u.at))
    });
    let precision: Vec<String> = run
        .precision
        .iter()
        .map(|p| {
            let of = match p.of {
                Measure::Throughput(Some(n)) => format!("throughput {}", show.name(n)),
                Measure::Throughput(None) => "throughput".to_string(),
                Measure::TimeInSystem(Some(i)) => format!("time in system {}", show.item(i)),
                Measure::TimeInSystem(None) => "time in system".to_string(),
                Measure::Wip => "wip".to_string(),
            };
            format!(" precision {of} {}", p.within)
        })
        .collect();
    let precision = precision.concat();
    let _ = writeln!(
        out,
        "run for {horizon} ns warmup {} runs {} seed {}{until}{precision}",
        if run.find_warmup { "auto".to_string() } else { format!("{} ns", run.warmup.0) },
        run.runs,
        run.seed
    );
    out
}

/// Power and money, in watts and currency units per second or piece.
fn account(plant: &Plant, show: &Show<'_>, out: &mut String) {
    let accounts = &plant.accounts;
    let list = |rates: &super::account::ByState| rates.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    for (id, account) in &accounts.nodes {
        if let Some(watts) = &account.power {
            let _ = writeln!(out, "power of {}: {}", show.name(*id), list(watts));
        }
        if let Some(rates) = &account.cost {
            let _ = writeln!(out, "cost of {} per s: {}", show.name(*id), list(rates));
        }
        if let Some(money) = &account.each {
            let _ = writeln!(out, "cost of {} each: {money}", show.name(*id));
        }
    }
    for (id, money) in &accounts.items {
        let _ = writeln!(out, "cost of {} each: {money}", show.item(*id));
    }
    for (id, rate) in &accounts.pools {
        let name = plant.pools.get(*id).map_or("?", |p| p.name.as_str());
        let _ = writeln!(out, "cost of {name} per s: {rate}");
    }
    if let Some(currency) = &accounts.currency {
        let _ = writeln!(out, "currency {currency}");
    }
}

fn quantity(q: &Quantity) -> String {
    format!("{} {}", q.value, q.dim)
}

struct Show<'a> {
    plant: &'a Plant,
}

impl Show<'_> {
    fn item(&self, id: super::ItemId) -> String {
        self.plant.items.get(id).map_or_else(|| "?".to_string(), |i| i.name.clone())
    }

    fn name(&self, id: NodeId) -> String {
        self.plant.nodes.get(id).map_or_else(|| "?".to_string(), |n| n.name.clone())
    }

    fn parts(&self, parts: &[Part]) -> String {
        let number = |p: &Part| match p.minimum == p.maximum {
            true => p.minimum.to_string(),
            false => format!("{}..{}", p.minimum, p.maximum),
        };
        let list: Vec<String> = parts.iter().map(|p| format!("{} {}", number(p), self.item(p.item))).collect();
        list.join(" + ")
    }

    fn needs(&self, needs: &[Need]) -> String {
        let name = |n: &Need| self.plant.pools.get(n.pool).map_or("?", |p| p.name.as_str());
        let list: Vec<String> = needs.iter().map(|n| format!("{} {}", n.count, name(n))).collect();
        list.join(" + ")
    }

    fn kept(&self, kept: &super::Kept) -> String {
        match &kept.whom {
            super::KeptFor::Item(item) => format!(" keeps {} for {}", kept.places, self.item(*item)),
            super::KeptFor::From(from, _) => format!(" keeps {} from {}", kept.places, self.name(*from)),
        }
    }

    fn capacity(capacity: Capacity) -> String {
        match capacity {
            Capacity::Places(n) => n.to_string(),
            Capacity::Unlimited => "unlimited".to_string(),
        }
    }

    fn breakdown(&self, b: &Breakdown) -> String {
        let mut words = String::new();
        if !b.needs.is_empty() {
            let _ = write!(words, " needs {}", self.needs(&b.needs));
        }
        for (is, word) in [(b.from_start, "from start"), (b.exclusive, "exclusive"), (b.keep_crew, "keeps crew")] {
            if is {
                let _ = write!(words, " {word}");
            }
        }
        if let Some(shift) = b.repair_in.and_then(|c| self.plant.calendars.get(c)) {
            let _ = write!(words, " repair in {}", shift.name);
        }
        format!(
            "breakdown {} after {} clock {:?} repair {} effect {:?}{words}",
            b.name,
            self.expression(&b.after),
            b.clock,
            self.expression(&b.repair),
            b.effect
        )
    }

    fn maintenance(&self, m: &Maintenance) -> String {
        let needs = if m.needs.is_empty() { String::new() } else { format!(" needs {}", self.needs(&m.needs)) };
        let due = match m.timetable.and_then(|c| self.plant.calendars.get(c)) {
            Some(table) => format!("at {}", table.name),
            None => format!("every {} clock {:?}", self.expression(&m.every), m.clock),
        };
        let start = if m.from_start { " from start" } else { "" };
        format!("maintenance {} {due} lasts {} {:?}{start}{needs}", m.name, self.expression(&m.lasts), m.start)
    }

    /// What a visit has of its own.
    fn own_of(&self, visit: &Visit) -> String {
        let needs =
            |list: &[Need]| if list.is_empty() { String::new() } else { format!(" needs {}", self.needs(list)) };
        let mut out = String::new();
        for phase in visit.phases.iter().flatten() {
            let _ = write!(out, " {} {}{}", phase.name, self.expression(&phase.duration), needs(&phase.needs));
        }
        if let Some(setup) = &visit.setup {
            let time = setup.otherwise.as_ref().map_or(String::new(), |e| self.expression(e));
            let _ = write!(out, " setup {time}{}", needs(setup.needs.as_deref().unwrap_or_default()));
        }
        if let Some(list) = &visit.setup_needs {
            let _ = write!(out, " setups{}", needs(list));
        }
        if let Some(share) = &visit.yield_share {
            let _ = write!(out, " yield {share}");
        }
        out
    }

    fn clearance(&self, c: &Clearance) -> String {
        let needs = if c.needs.is_empty() { String::new() } else { format!(" needs {}", self.needs(&c.needs)) };
        format!(" same {} lasts {}{needs}", self.expression(&c.same), self.expression(&c.lasts))
    }

    fn node(&self, id: NodeId, node: &Node, out: &mut String) {
        let _ = match &node.kind {
            NodeKind::Source(s) => {
                let mix: Vec<String> = s.mix.iter().map(|(i, share)| format!("{share} {}", self.item(*i))).collect();
                let supply = match &s.supply {
                    Supply::Always => "always".to_string(),
                    Supply::Outside => "from outside".to_string(),
                    Supply::Every(e) => format!("every {}", self.expression(e)),
                    Supply::ByHours { hours, rest } => {
                        let name = |id: &CalendarId| self.plant.calendars.get(*id).map_or("?", |c| c.name.as_str());
                        let mut all: Vec<String> =
                            hours.iter().map(|(c, e)| format!("{}: {}", name(c), self.expression(e))).collect();
                        all.extend(rest.iter().map(|e| format!("rest: {}", self.expression(e))));
                        format!("every {{ {} }}", all.join(", "))
                    }
                    Supply::At(id) => {
                        format!("at {}", self.plant.calendars.get(*id).map_or("?", |c| c.name.as_str()))
                    }
                    Supply::Orders(orders) => {
                        let row = |o: &Order| {
                            let carried: Vec<String> =
                                o.attributes.iter().map(|(slot, v)| format!(" {slot}={v}")).collect();
                            format!("{} ns {} {}{}", o.at.0, o.count, self.item(o.item), carried.concat())
                        };
                        format!("orders [{}]", orders.iter().map(row).collect::<Vec<_>>().join(", "))
                    }
                };
                let campaign: Vec<String> = s
                    .campaign
                    .iter()
                    .map(|c| {
                        let mix: Vec<String> =
                            c.mix.iter().map(|(i, share)| format!("{share} {}", self.item(*i))).collect();
                        format!("{} of {}", c.count, mix.join(", "))
                    })
                    .collect();
                let campaign =
                    if campaign.is_empty() { String::new() } else { format!(" in turn [{}]", campaign.join("; ")) };
                let lot =
                    if s.makes_single_items() { String::new() } else { format!(" lot {}", self.expression(&s.lot)) };
                let full = match s.when_full {
                    WhenFull::Pause => "pause",
                    WhenFull::Queue => "queue",
                    WhenFull::Lose => "lose",
                };
                let total = s.total.map_or(String::new(), |n| format!(" total {n}"));
                let first = self.expression(&s.first);
                writeln!(
                    out,
                    "node {}: source {} makes {}{campaign} {supply}{lot} first {first}{total} {full}",
                    id.0,
                    node.name,
                    mix.join(", ")
                )
            }
            NodeKind::Station(s) => {
                let _ = writeln!(out, "node {}: station {} machines {}", id.0, node.name, s.machines);
                for recipe in &s.recipes {
                    if !recipe.takes.is_empty() || !recipe.makes.is_empty() {
                        let together = if recipe.release == Release::Together { " together" } else { "" };
                        let _ = writeln!(
                            out,
                            "    takes {} makes {}{together}",
                            self.parts(&recipe.takes),
                            self.parts(&recipe.makes)
                        );
                    }
                    if let Some(batch) = &recipe.batch {
                        let together = if recipe.release == Release::Together { " together" } else { "" };
                        let _ = writeln!(out, "    batch {}..{}{together}", batch.minimum, batch.maximum);
                    }
                    if let Some(wait) = &recipe.wait_at_most {
                        let _ = writeln!(out, "    waits at most {}", self.expression(wait));
                    }
                    if let Some(key) = &recipe.same {
                        let _ = writeln!(out, "    same {}", self.expression(key));
                    }
                    for phase in &recipe.phases {
                        let needs = if phase.needs.is_empty() {
                            String::new()
                        } else {
                            format!(" needs {}", self.needs(&phase.needs))
                        };
                        let _ = writeln!(out, "    {} {}{needs}", phase.name, self.expression(&phase.duration));
                    }
                }
                if let Some(share) = &s.yield_share {
                    let _ = writeln!(out, "    yield {share}");
                }
                for b in &s.breakdowns {
                    let _ = writeln!(out, "    {}", self.breakdown(b));
                }
                for m in &s.maintenance {
                    let _ = writeln!(out, "    {}", self.maintenance(m));
                }
                let hold = if s.hold_when_down { "    holds when down\n" } else { "" };
                let crew =
                    if s.release_crew == ReleaseCrew::AfterLeaving { "    releases crew after leaving\n" } else { "" };
                write!(out, "{hold}{crew}")
            }
            NodeKind::Buffer(b) => {
                let transit = b.transit.as_ref().map_or(String::new(), |t| format!(" transit {}", self.expression(t)));
                let order = if b.keeps_order { "" } else { " overtaking" };
                let initial: Vec<String> = b.initial.iter().map(|(i, n)| format!("{n} {}", self.item(*i))).collect();
                let initial =
                    if initial.is_empty() { String::new() } else { format!(" initial {}", initial.join(", ")) };
                let kept: String = b.kept.iter().map(|k| self.kept(k)).collect();
                let by = b.by.as_ref().map_or(String::new(), |m| {
                    let fleet = self.plant.fleets.get(m.fleet).map_or("", |f| f.name.as_str());
                    format!(" by {fleet} {} m", m.metres)
                });
                writeln!(
                    out,
                    "node {}: buffer {} places {}{transit}{order}{initial}{kept}{by}",
                    id.0,
                    node.name,
                    Self::capacity(b.capacity)
                )
            }
            NodeKind::Conveyor(c) => {
                let _ = writeln!(
                    out,
                    "node {}: conveyor {} length {} m speed {} m/s pitch {} m lanes {} places {} {:?}",
                    id.0,
                    node.name,
                    c.length,
                    c.speed,
                    c.pitch,
                    c.lanes,
                    c.places(),
                    c.mode
                );
                for b in &c.breakdowns {
                    let _ = writeln!(out, "    {}", self.breakdown(b));
                }
                write!(out, "{}", if c.stepped { "    carries items that are worked on\n" } else { "" })
            }
            NodeKind::Sink => writeln!(out, "node {}: sink {}", id.0, node.name),
        };
        let items: Vec<String> = node.items.iter().map(|i| self.item(*i)).collect();
        let _ = writeln!(out, "    items {}", items.join(", "));
        if let Some(way) = &node.routing {
            let _ = writeln!(out, "    -> {}", self.routing(way));
        }
    }

    fn routing(&self, way: &Routing) -> String {
        match way {
            Routing::To(target) => {
                let visit = target.visit.map_or(String::new(), |v| format!(" visit {}", v.0));
                format!("{}{visit}", self.name(target.node))
            }
            Routing::Shares(list, _) => {
                let list: Vec<String> = list.iter().map(|(share, w)| format!("{share}: {}", self.routing(w))).collect();
                format!("{{ {} }}", list.join(", "))
            }
            Routing::ByItem(list, rest, _) => {
                let mut all: Vec<String> =
                    list.iter().map(|(i, w)| format!("{}: {}", self.item(*i), self.routing(w))).collect();
                all.extend(rest.iter().map(|w| format!("else: {}", self.routing(w))));
                format!("{{ {} }}", all.join(", "))
            }
            Routing::If(list, rest, _) => {
                let mut all: Vec<String> =
                    list.iter().map(|(c, w)| format!("if {}: {}", self.expression(c), self.routing(w))).collect();
                all.push(format!("else: {}", self.routing(rest)));
                format!("{{ {} }}", all.join(", "))
            }
            Routing::Rule(rule, list, _) => {
                let list: Vec<String> = list.iter().map(|w| self.routing(w)).collect();
                format!("{rule:?} {{ {} }}", list.join(", "))
            }
        }
    }

    fn expression(&self, e: &Expression) -> String {
        match e {
            Expression::Constant(q) => quantity(q),
            Expression::Draw(d) => self.distribution(d),
            Expression::Mixture(list) => {
                let list: Vec<String> =
                    list.iter().map(|(share, e)| format!("{share}: {}", self.expression(e))).collect();
                format!("{{ {} }}", list.join(", "))
            }
            Expression::ByItem(list, rest) => {
                let mut all: Vec<String> =
                    list.iter().map(|(i, e)| format!("{}: {}", self.item(*i), self.expression(e))).collect();
                all.extend(rest.iter().map(|e| format!("else: {}", self.expression(e))));
                format!("{{ {} }}", all.join(", "))
            }
            Expression::Attribute { name, .. } => format!("item.{name}"),
            Expression::Over(over, e) => {
                let word = match over {
                    Over::Sum => "sum",
                    Over::Smallest => "smallest",
                    Over::Largest => "largest",
                    Over::Mean => "mean",
                };
                format!("{word}({})", self.expression(e))
            }
            Expression::Now => "now".to_string(),
            Expression::Wip => "wip".to_string(),
            Expression::Level(n) => format!("level({})", self.name(*n)),
            Expression::Room(n) => format!("room({})", self.name(*n)),
            Expression::Free(p) => format!("free({})", self.plant.pools.get(*p).map_or("?", |p| p.name.as_str())),
            Expression::State(n) => format!("state({})", self.name(*n)),
            Expression::Step => "item.step".to_string(),
            Expression::StepName => "name of item.step".to_string(),
            Expression::Unary(Unary::Negate, a) => format!("-({})", self.expression(a)),
            Expression::Unary(Unary::Not, a) => format!("not ({})", self.expression(a)),
            Expression::Binary(op, a, b) => format!("({} {} {})", self.expression(a), sign(*op), self.expression(b)),
            Expression::Call(f, list) => {
                let list: Vec<String> = list.iter().map(|e| self.expression(e)).collect();
                format!("{}({})", function(*f), list.join(", "))
            }
            Expression::If(list, rest) => {
                let mut all: Vec<String> =
                    list.iter().map(|(c, e)| format!("if {}: {}", self.expression(c), self.expression(e))).collect();
                all.push(format!("else: {}", self.expression(rest)));
                format!("{{ {} }}", all.join(", "))
            }
        }
    }

    fn distribution(&self, d: &Distribution) -> String {
        let e = |x: &Expression| self.expression(x);
        match d {
            Distribution::Exponential { mean } => format!("exponential({})", e(mean)),
            Distribution::Erlang { k, mean } => format!("erlang({k}, {})", e(mean)),
            Distribution::Gamma { shape, mean } => format!("gamma({}, {})", e(shape), e(mean)),
            Distribution::Normal { mean, sd } => format!("normal({}, {})", e(mean), e(sd)),
            Distribution::Lognormal { mean, sd } => format!("lognormal({}, {})", e(mean), e(sd)),
            Distribution::Weibull { shape, scale } => format!("weibull({}, {})", e(shape), e(scale)),
            Distribution::Triangular { minimum, mode, maximum } => {
                format!("triangular({}, {}, {})", e(minimum), e(mode), e(maximum))
            }
            Distribution::Uniform { minimum, maximum } => format!("uniform({}, {})", e(minimum), e(maximum)),
            Distribution::Beta { a, b, minimum, maximum } => {
                format!("beta({}, {}, {}, {})", e(a), e(b), e(minimum), e(maximum))
            }
            Distribution::Poisson { mean } => format!("poisson({})", e(mean)),
            Distribution::Geometric { mean } => format!("geometric({})", e(mean)),
            Distribution::Empirical { values } => format!("empirical({} values)", values.len()),
        }
    }
}

fn sign(op: Binary) -> &'static str {
    match op {
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterEqual => ">=",
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::And => "and",
        Binary::Or => "or",
    }
}

fn function(f: Function) -> &'static str {
    match f {
        Function::Minimum => "min",
        Function::Maximum => "max",
        Function::Absolute => "abs",
        Function::Floor => "floor",
        Function::Ceiling => "ceil",
        Function::Round => "round",
        Function::SquareRoot => "sqrt",
    }
}
