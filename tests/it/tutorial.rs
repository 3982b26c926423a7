//! The table of the tutorial's last part: every row is a sound piece of a line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

use flowline::cli::pipeline::compile_text;
use flowline::diag::Severity;

/// A line with everything that rows name. `LINE`, `STATION`, `SOURCE` and `ARROW` take the row.
const FRAME: &str = "use std.shifts

cell Robot(cycle: time) {
    in a
    out b
    station r { cycle: cycle }
    flow a -> r -> b
}

line frame {
    item Part { colour: red | blue, due: time }
    item Large { is: Part }
    item Screw {}
    crew fitters { size: 2 }
    fleet agv { size: 2, speed: 1 m/s }
    source feed { makes: Part }
    source parts { SOURCE }
    source screws { makes: Screw }
    station first { cycle: 10 s }
    station press { STATION }
    station mill { cycle: 30 s }
    station lathe { cycle: 30 s }
    sink out
    sink waste
    flow feed -[5]-> first ARROW mill
    flow parts -[60]-> press
    WAYS
    LINE
    run { start: 2026-11-23, for: 2 week }
}
";

struct Row {
    code: String,
    of: String,
    page: String,
}

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial.md");
    let text = std::fs::read_to_string(path).unwrap();
    let part = text.split("## 9. ").nth(1).expect("the ninth part");
    let lines = part.lines().filter(|l| l.starts_with("| ") && l.contains('`'));
    lines
        .map(|l| {
            // A bar may stand in code.
            let code = l.split(" | `").nth(1).unwrap().split("` |").next().unwrap();
            let mut cells = l.trim_end_matches(" |").rsplit(" | ");
            let page = cells.next().unwrap().split('(').nth(1).unwrap().trim_end_matches(')').to_string();
            Row { code: code.to_string(), of: cells.next().unwrap().to_string(), page }
        })
        .collect()
}

fn framed(row: &Row) -> String {
    let own_work = ["cycle:", "steps:"].iter().any(|w| row.code.contains(w));
    let gathers = row.code.contains("takes:");
    let (mut station, mut source, mut arrow, mut line) =
        ("cycle: 30 s".to_string(), "makes: Part", "-[5]->", String::new());
    match row.of.as_str() {
        "station" if own_work => station = row.code.clone(),
        "station" => station = format!("cycle: 30 s, {}", row.code),
        "source" => source = &row.code,
        "arrow" => arrow = &row.code,
        _ => line = row.code.replace(", for i", "\n    for i"),
    }
    if line.starts_with("route") {
        line.push_str("\n    source larges { makes: Large }");
    }
    let source = if source.contains("makes") { source.to_string() } else { format!("makes: Part, {source}") };
    // A row that gives the press its way out, or that cuts the ways, brings what it needs.
    let mut ways = vec!["flow mill -> out", "flow lathe -> out"];
    if !line.contains("flow press") {
        ways.push("flow press -[5]-> mill");
    }
    if gathers {
        ways.push("flow screws -[60]-> press");
    } else if line.contains("place robots") {
        ways.push("flow screws -> round_robin { robots[1], robots[2] }");
        ways.push("for i in 1..2: robots[i] -> waste");
    } else {
        ways.push("flow screws -> waste");
    }
    FRAME
        .replace("WAYS", &ways.join("\n    "))
        .replace("SOURCE", &source)
        .replace("STATION", &station.replace(", breakdown", "\n breakdown").replace(", maintenance", "\n maintenance"))
        .replace("ARROW", arrow)
        .replace("LINE", &line)
}

#[test]
fn every_row_of_the_table_is_sound() {
    let rows = rows();
    assert!(rows.len() > 30, "only {} rows", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(&row.page);
        assert!(page.exists(), "{} is no page", row.page);
        if row.of == "console" {
            let mut words = row.code.split(' ').skip(1);
            let told = Command::new(env!("CARGO_BIN_EXE_flowline")).args(&mut words).output().unwrap();
            assert!(told.status.success(), "{}", row.code);
            continue;
        }
        let text = framed(row);
        let found = compile_text("row.line", text.clone(), None, &[], &|_| Err("no files".to_string())).diagnostics;
        let errors: Vec<_> = found.iter().filter(|d| d.severity == Severity::Error).map(|d| &d.message).collect();
        if !errors.is_empty() {
            wrong.push(format!("{}: {errors:#?}", row.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
