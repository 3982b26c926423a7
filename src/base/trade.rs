//! Words of the trade and of other tools for what has another name here. Findings offer them, and `flowline
//! explain` leads from them to the word of the language.

/// A word that is none of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The word, in lower case, without `_`, `-` and blanks.
    pub word: &'static str,
    /// In what it would stand: `field` or a declaration whose field it would be, `declaration`, `distribution`,
    /// `shift`, or `word` for a notion; several with commas.
    pub of: &'static str,
    /// The word of the language.
    pub instead: &'static str,
    /// What to write.
    pub write: &'static str,
}

const fn trade(word: &'static str, of: &'static str, instead: &'static str, write: &'static str) -> Trade {
    Trade { word, of, instead, write }
}

const MACHINES: &str =
    "write `machines: 2`: equal machines side by side; places to wait are on the arrow, `-[5]->`, or in a `buffer`";
const CYCLE: &str = "write `cycle: 40 s`";
const AFTER: &str = "write `after: exponential(45 min)`, the time from the end of a repair to the next breakdown, and say by which `clock` it runs";
const REPAIR: &str = "write `repair: lognormal(5 min, 3 min)`";
const EVERY: &str = "write `every: 30 s`, the time from one item to the next";
const STATION: &str = "write `station m { cycle: 40 s }`";
const CREW: &str = "write `crew people { size: 2 }`, and `needs: 1 people` where they work";
const SETUP: &str = "write `setup: { Sedan <-> Wagon: 10 min, else: 5 min }` in the station";
const SCRAP: &str = "write `yield: 98 %` in the station, or lead the rest away: `flow b -> { 98 %: out, rest: waste }`";
const FLEET: &str = "write `fleet agv { size: 2, speed: 1 m/s }`, and `-[agv(40 m)]->` on the arrow";
const CHARGE: &str = "charging is maintenance by the time on trips: write `maintenance charge { every: 6 h, clock: working, lasts: 40 min }` in the fleet";
const PALLETS: &str = "write `pallets skid { count: 12, from: load, to: unload }`";
const BUFFER: &str = "write `-[20]->` on an arrow, or `buffer q { capacity: 20 }`";

/// Every word of the trade that findings and `explain` know.
pub const TRADE: &[Trade] = &[
    // Fields.
    trade("capacity", "station", "machines", MACHINES),
    trade("parallel", "station", "machines", MACHINES),
    trade("servers", "station", "machines", MACHINES),
    trade("units", "station", "machines", MACHINES),
    trade("quantity", "station", "machines", MACHINES),
    trade("cycletime", "station, recipe, visit", "cycle", CYCLE),
    trade("processtime", "station, recipe, visit", "cycle", CYCLE),
    trade("processingtime", "station, recipe, visit", "cycle", CYCLE),
    trade("servicetime", "station, recipe, visit", "cycle", CYCLE),
    trade("delay", "station, recipe, visit", "cycle", CYCLE),
    trade(
        "duration",
        "station, recipe, visit, maintenance",
        "cycle",
        "write `cycle: 40 s` for work, `lasts: 30 min` for maintenance",
    ),
    trade("time", "station, recipe, visit", "cycle", CYCLE),
    trade(
        "takt",
        "station",
        "cycle",
        "the takt is what the source sets, `every: 60 s`; a station has its `cycle: 52 s`",
    ),
    trade(
        "takttime",
        "station",
        "cycle",
        "the takt is what the source sets, `every: 60 s`; a station has its `cycle: 52 s`",
    ),
    trade("mtbf", "breakdown, station", "after", AFTER),
    trade("mttf", "breakdown, station", "after", AFTER),
    trade("uptime", "breakdown, station", "after", AFTER),
    trade("mttr", "breakdown, station", "repair", REPAIR),
    trade("downtime", "breakdown, station", "repair", REPAIR),
    trade("repairtime", "breakdown", "repair", REPAIR),
    trade(
        "every",
        "breakdown",
        "after",
        "write `after: exponential(4 h)`; what comes at fixed times is `maintenance clean { every: 8 h, lasts: 20 min }`",
    ),
    trade("after", "maintenance", "every", "write `every: 8 h`, from the end of one to the next"),
    trade(
        "availability",
        "station",
        "breakdown",
        "write `breakdown jam { availability: 95 %, repair: 8 min }` in the station",
    ),
    trade("scrap", "station", "yield", SCRAP),
    trade("scraprate", "station", "yield", SCRAP),
    trade("reject", "station", "yield", SCRAP),
    trade("rejectrate", "station", "yield", SCRAP),
    trade("quality", "station", "yield", SCRAP),
    trade("changeover", "station", "setup", SETUP),
    trade("changeovertime", "station", "setup", SETUP),
    trade("setuptime", "station", "setup", SETUP),
    trade("operators", "station", "needs", CREW),
    trade("operator", "station", "needs", CREW),
    trade("workers", "station", "needs", CREW),
    trade("worker", "station", "needs", CREW),
    trade("resources", "station", "needs", CREW),
    trade("resource", "station", "needs", CREW),
    trade(
        "priority",
        "station, crew, tool",
        "order",
        "write `order: [highest(item.rush), fifo]`, or `order: first(press)`",
    ),
    trade("rule", "station, buffer", "order", "write `order: [due, fifo]`"),
    trade("sequence", "station, buffer", "order", "write `order: [same_setup, fifo]`"),
    trade("interval", "source", "every", EVERY),
    trade("interarrival", "source", "every", EVERY),
    trade("interarrivaltime", "source", "every", EVERY),
    trade("rate", "source", "every", "write `every: 30 s`, the time between two items, or `every: 1 / (120 /h)`"),
    trade("item", "source", "makes", "write `makes: Part`"),
    trade("product", "source, station", "makes", "write `makes: Part`"),
    trade("size", "source, buffer", "capacity", "write `lot: 20` for items at once, `capacity: 20` for places"),
    trade("inputs", "station, recipe", "takes", "write `takes: 1 Body + 4 Wheel`"),
    trade("outputs", "station, recipe", "makes", "write `makes: Car`"),
    trade("energy", "station", "power", "write `power: { working: 12 kW, idle: 3 kW }`"),
    trade("number", "crew, tool", "size", "write `size: 3`"),
    trade("capacity", "crew, tool", "size", "write `size: 3`"),
    trade("early", "crew, tool", "size", "write `size: { early: 2, late: 1 }`, by the windows of its shift"),
    trade("late", "crew, tool", "size", "write `size: { early: 2, late: 1 }`, by the windows of its shift"),
    trade("capacity", "conveyor", "pitch", "a belt holds its `length` ÷ its `pitch`: `length: 12 m, pitch: 0.6 m`"),
    trade("charge", "fleet, word", "maintenance", CHARGE),
    trade("charging", "fleet, word", "maintenance", CHARGE),
    trade("battery", "fleet, word", "maintenance", CHARGE),
    // Declarations.
    trade("machine", "declaration", "station", STATION),
    trade("workstation", "declaration", "station", STATION),
    trade("process", "declaration", "station", STATION),
    trade("server", "declaration", "station", STATION),
    trade("operation", "declaration", "station", STATION),
    trade("queue", "declaration", "buffer", BUFFER),
    trade("storage", "declaration", "buffer", BUFFER),
    trade("rack", "declaration", "buffer", BUFFER),
    trade("operator", "declaration", "crew", CREW),
    trade("operators", "declaration", "crew", CREW),
    trade("worker", "declaration", "crew", CREW),
    trade("workers", "declaration", "crew", CREW),
    trade("team", "declaration", "crew", CREW),
    trade("resource", "declaration", "crew", "write `crew` for people, `tool` for things"),
    trade("product", "declaration", "item", "write `item Part {}`"),
    trade("part", "declaration", "item", "write `item Part {}`"),
    trade("entity", "declaration", "item", "write `item Part {}`"),
    trade("agv", "declaration", "fleet", FLEET),
    trade("vehicle", "declaration", "fleet", FLEET),
    trade("vehicles", "declaration", "fleet", FLEET),
    trade("forklift", "declaration", "fleet", FLEET),
    trade("truck", "declaration", "fleet", FLEET),
    trade("amr", "declaration", "fleet", FLEET),
    trade("pallet", "declaration", "pallets", PALLETS),
    trade("carrier", "declaration", "pallets", PALLETS),
    trade("carriers", "declaration", "pallets", PALLETS),
    trade("skid", "declaration", "pallets", PALLETS),
    trade("skids", "declaration", "pallets", PALLETS),
    trade("fixture", "declaration", "pallets", PALLETS),
    trade(
        "kanban",
        "declaration",
        "limit",
        "write `limit cards { count: 12, from: press, to: paint }`: cards that an item takes and gives back",
    ),
    trade("conwip", "declaration", "limit", "write `limit wip { count: 30, from: release, to: pack }`"),
    trade("belt", "declaration", "conveyor", "write `conveyor belt { length: 12 m, speed: 0.4 m/s, pitch: 0.6 m }`"),
    trade("failure", "declaration", "breakdown", "write `breakdown jam { after: exponential(4 h), repair: 8 min }`"),
    trade("calendar", "declaration", "shift", "write `shift day { mon..fri 06:00..22:00 }`"),
    trade("exit", "declaration", "sink", "write `sink out`"),
    trade("drain", "declaration", "sink", "write `sink out`"),
    // Distributions.
    trade("exp", "distribution", "exponential", "write `exponential(45 min)`, by its mean"),
    trade("expo", "distribution", "exponential", "write `exponential(45 min)`, by its mean"),
    trade("negexp", "distribution", "exponential", "write `exponential(45 min)`, by its mean"),
    trade("triangle", "distribution", "triangular", "write `triangular(30 s, 40 s, 60 s)`"),
    trade("tria", "distribution", "triangular", "write `triangular(30 s, 40 s, 60 s)`"),
    trade("constant", "distribution", "cycle", "a fixed value is written as it is: `40 s`"),
    trade("const", "distribution", "cycle", "a fixed value is written as it is: `40 s`"),
    trade("deterministic", "distribution", "cycle", "a fixed value is written as it is: `40 s`"),
    trade("fixed", "distribution", "cycle", "a fixed value is written as it is: `40 s`"),
    trade("gauss", "distribution", "normal", "write `normal(40 s, 5 s)`: mean and standard deviation"),
    trade("gaussian", "distribution", "normal", "write `normal(40 s, 5 s)`: mean and standard deviation"),
    trade("norm", "distribution", "normal", "write `normal(40 s, 5 s)`: mean and standard deviation"),
    trade("unif", "distribution", "uniform", "write `uniform(30 s, 50 s)`"),
    trade("random", "distribution", "uniform", "write `uniform(30 s, 50 s)`"),
    trade("discrete", "distribution", "{", "write a table of shares: `{ 70 %: 2 s, rest: 5 s }`"),
    trade("mean", "measure", "time_in_system", "the mean is the measure itself: `time_in_system(Item)`"),
    trade("average", "measure", "time_in_system", "the mean is the measure itself: `time_in_system(Item)`"),
    trade("avg", "measure", "time_in_system", "the mean is the measure itself: `time_in_system(Item)`"),
    trade("state", "measure", "blocked", STATES),
    trade("status", "measure", "blocked", STATES),
    trade("count", "measure", "throughput", "what arrives is measured by rate: `throughput(waste) <= 2 /h`"),
    trade(
        "scrap",
        "measure",
        "scrapped",
        "write `scrapped(press) <= 3 /h`, or as a share: `scrapped(press) / throughput(press) <= 2 %`",
    ),
    trade("scraprate", "measure", "scrapped", "write `scrapped(press) / throughput(press) <= 2 %`"),
    trade("rejects", "measure", "scrapped", "write `scrapped(press) <= 3 /h`"),
    trade("downtime", "measure", "down", "write `down(press) <= 5 %`"),
    trade("uptime", "measure", "availability", "write `availability(press) >= 95 %`"),
    trade("blocking", "measure", "blocked", "write `blocked(press) <= 5 %`"),
    trade("starving", "measure", "starved", "write `starved(press) <= 5 %`"),
    trade("waitingtime", "measure", "wait", "write `wait(rack) <= 20 min`, the mean stay in a buffer"),
    trade("waittime", "measure", "wait", "write `wait(rack) <= 20 min`, the mean stay in a buffer"),
    trade("queuetime", "measure", "wait", "write `wait(rack) <= 20 min`, the mean stay in a buffer"),
    trade("maximum", "measure", "max", "write `max(level(rack)) <= 40`"),
    trade("minimum", "measure", "min", "write `min(time_in_system(Item)) >= 2 h`"),
    trade("leadtime", "measure", "time_in_system", "write `time_in_system(Item) <= 8 h`"),
    trade("flowtime", "measure", "time_in_system", "write `time_in_system(Item) <= 8 h`"),
    trade("utilization", "measure", "utilisation", "write `utilisation(station) <= 85 %`"),
    // Shifts.
    trade("pause", "shift", "break", "write `break 09:00..09:15`"),
    trade("lunch", "shift", "break", "write `break 12:00..12:30`"),
    trade("holiday", "shift", "closed", "write `closed: [2026-12-24..2027-01-02]`"),
    trade("holidays", "shift", "closed", "write `closed: [2026-12-24..2027-01-02]`"),
    trade("weekdays", "shift", "shift", "write `mon..fri 06:00..14:00`"),
    trade("monfri", "shift", "shift", "write `mon..fri 06:00..14:00`"),
    // Notions.
    trade(
        "rework",
        "word",
        "flow",
        "rework is a branch that leads back: `flow test -> { 95 %: out, rest: repair }`, `flow repair -> test`; `limit` keeps the loop from filling up",
    ),
    trade(
        "bottleneck",
        "word",
        "demand",
        "`flowline check --capacity` names what is loaded most, and what the line can give at most",
    ),
    trade(
        "array",
        "word",
        "station",
        "`station s[4] { cycle: 30 s }` is an array, its members are `s[1]` to `s[4]`; `for i in 1..4: s[i] -> out` is a flow for each",
    ),
    trade(
        "kit",
        "word",
        "takes",
        "a kit is an assembly: `station kitting { takes: 1 Body + 4 Wheel, makes: Kit, cycle: 20 s }`; `same: item.order` puts equals together",
    ),
    trade("kitting", "word", "takes", "write `station kitting { takes: 1 Body + 4 Wheel, makes: Kit, cycle: 20 s }`"),
    trade("assembly", "word", "takes", "write `station join { takes: 1 Body + 4 Wheel, makes: Car, cycle: 20 s }`"),
    trade(
        "cip",
        "word",
        "maintenance",
        "cleaning in place is maintenance: `maintenance cip { at: 22:00, lasts: 90 min }`, or `every: 8 h`; on a change of product it is a `setup`",
    ),
    trade(
        "cleaning",
        "word",
        "maintenance",
        "write `maintenance clean { every: 8 h, lasts: 50 min }`; on a change of product it is a `setup`",
    ),
    trade("lot", "word", "lot", "`lot: 20` makes 20 items at once; a station that works on several has `batch: 20`"),
    trade(
        "operatorratio",
        "word",
        "steps",
        "people who are needed for a part of the work: `steps: { load: 1 min, run: 9 min }, needs: { load: 1 men }`",
    ),
    trade(
        "serial",
        "value, word",
        "number",
        "`item.number` is the running number of an item among those of its source, from 1",
    ),
    trade("week", "word", "d", "`week` and `weeks` are units of time, 7 d"),
];

const STATES: &str = "each state is a measure: `blocked(b) <= 5 %`, `starved(b)`, `down(b)`, `setup(b)`, `waiting(b)`, `maintenance(b)`, `working(b)`, `off(b)`";

/// What a word of the trade is here. `of` says where it stands: `field` of a declaration, `declaration`,
/// `distribution`, `measure`, `value`, `shift`.
#[must_use]
pub fn find(word: &str, of: &str) -> Option<&'static Trade> {
    let plain = plain(word);
    TRADE.iter().find(|t| t.word == plain && t.of.split(", ").any(|o| o == of))
}

/// Every meaning of a word of the trade, wherever it stands.
#[must_use]
pub fn all(word: &str) -> Vec<&'static Trade> {
    let plain = plain(word);
    let mut found: Vec<&Trade> = TRADE.iter().filter(|t| t.word == plain).collect();
    found.dedup_by(|a, b| a.write == b.write);
    found
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}
