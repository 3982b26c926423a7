//! `flowline build`: objects linked into programs in C give the bits of `flowline run`; states come back; mistakes
//! are told; nothing is written by halves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
#[cfg(unix)]
use std::path::PathBuf;
use std::process::{Command, Output};

#[cfg(unix)]
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A line with data from a file, a used file, and parameters: one that is a time, one that changes the code.
const MEASURED: &str = "use \"shared.line\"
line measured {
    param pace = 60 s in 30 s..120 s
    param benches: count = 1 in 1..4
    source s { makes: Part, every: exponential(pace) }
    station bench { machines: benches, cycle: empirical(\"times.csv\", took) }
    sink out
    flow s -[unlimited]-> bench -> out
    run { for: 20 d, warmup: 1 d }
}
";
const SHARED: &str = "item Part {}\n";
const TIMES: &str = "took [s]\n21.5\n30\n42.25\n18\n33.125\n29\n";
/// Two lines in a file, of which one ends with `until`.
const TWO: &str = "line first {
    item Part {}
    source s { makes: Part, every: 1 min }
    station m { cycle: 10 s }
    sink out
    flow s -[3]-> m -> out
    run { for: 1 h }
}
line twice {
    item Part {}
    source s { makes: Part, every: exponential(1 min) }
    station m { cycle: 30 s }
    sink out
    flow s -[unlimited]-> m -> out
    run { until: 500 at out from start }
}
";

/// A line that locks up: both stations hold what the other has no room for.
const STUCK: &str = "line stuck {
    item Part {}
    source s { makes: Part, every: 10 s }
    station a { cycle: 10 s }
    station b { cycle: 10 s }
    sink out
    flow s -[2]-> a -[1]-> b
    flow b -> { 30 %: -[1]-> a, rest: out }
    run { for: 10 d }
}
";

fn flowline(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowline")).args(args).current_dir(folder).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[cfg(unix)]
fn example(name: &str) -> String {
    format!("{ROOT}/examples/{name}.line")
}

/// A folder with the texts that are no examples.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("measured.line", MEASURED),
        ("shared.line", SHARED),
        ("times.csv", TIMES),
        ("two.line", TWO),
        ("stuck.line", STUCK),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The static library that was built with this test.
#[cfg(unix)]
fn library() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let mut found: Vec<(std::time::SystemTime, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(here.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("libflowline") && name.ends_with(".a") {
            found.push((path.metadata().unwrap().modified().unwrap(), path));
        }
    }
    // Builds of other profiles lie there too; this one is the last.
    found.sort();
    found.pop().expect("no static library beside the test").1
}

/// Compiles a program against what was built in its folder.
#[cfg(unix)]
fn compiled(folder: &Path, program: &str, objects: &[&str]) -> PathBuf {
    let out = folder.join("program");
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", program]).args(objects);
    cc.arg(library()).args(["-lpthread", "-lm", "-o"]).arg(&out);
    if cfg!(target_os = "linux") {
        // All but a tenth of the library is not needed.
        cc.args(["-ldl", "-s", "-Wl,--gc-sections"]);
    }
    let output = cc.current_dir(folder).output().expect("`cc`, which Rust links with too");
    assert!(output.status.success(), "{}", told(&output));
    out
}

/// The figures of `flowline run` as CSV, but for expectations: names, then the bits of mean, least and greatest.
#[cfg(unix)]
fn simulated(file: &str, folder: &Path, args: &[&str]) -> Vec<(String, [u64; 3])> {
    let mut all = vec!["run", file, "--format", "csv", "--engine", "event"];
    all.extend(args);
    let text = done(flowline(&all, folder));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(Result::unwrap).filter(|r| r[0] != *"expectations");
    let number = |cell: &str| if cell.is_empty() { f64::NAN } else { cell.parse::<f64>().unwrap() }.to_bits();
    rows.map(|r| {
        let names = [&r[0], &r[1], &r[2], &r[3]].join("\t");
        (names, [number(&r[4]), number(&r[7]), number(&r[8])])
    })
    .collect()
}

/// The figures that the program prints, but for those of the present.
#[cfg(unix)]
fn linked(program: &Path, args: &[&str]) -> Vec<(String, u64)> {
    let text = done(Command::new(program).arg("figures").args(args).output().unwrap());
    text.lines()
        .map(|line| {
            let (names, bits) = line.rsplit_once('\t').unwrap();
            (names.to_string(), u64::from_str_radix(bits, 16).unwrap())
        })
        .filter(|(names, _)| !names.starts_with("now\t"))
        .collect()
}

#[cfg(unix)]
fn same(a: u64, b: u64) -> bool {
    a == b || (f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan())
}

#[cfg(unix)]
#[test]
fn a_program_in_c_has_the_bits_of_run() {
    let folder = folder();
    let at = folder.path();
    for (name, file) in [
        ("mm1", example("mm1")),
        ("bottling", example("bottling")),
        ("bakery", example("bakery")),
        ("measured", "measured.line".into()),
    ] {
        let output = flowline(&["build", &file, "-o", &format!("{name}.o")], at);
        assert!(done(output).contains(&format!("{name}_line")));
    }
    done(flowline(&["build", "two.line", "--line", "twice"], at));
    done(flowline(&["build", "stuck.line"], at));
    std::fs::copy(Path::new(ROOT).join("tests/it/data/embedding/probe.c"), at.join("probe.c")).unwrap();
    let objects = ["mm1.o", "bottling.o", "bakery.o", "measured.o", "twice.o", "stuck.o"];
    let program = compiled(at, "probe.c", &objects);

    for (name, file, set) in [
        ("mm1", example("mm1"), &[][..]),
        ("bottling", example("bottling"), &[]),
        ("bottling", example("bottling"), &["space", "7"]),
        ("bakery", example("bakery"), &["rack", "60"]),
        ("measured", "measured.line".into(), &[]),
        ("measured", "measured.line".into(), &["pace", "1.25 min"]),
    ] {
        let setting: Vec<String> = set.chunks(2).map(|s| format!("{}={}", s[0], s[1])).collect();
        let mut args = vec!["--runs", "1", "--seed", "7"];
        setting.iter().for_each(|s| args.extend(["--set", s]));
        let expected = simulated(&file, at, &args);
        let mut args = vec![name, "7", "0"];
        args.extend(set);
        let found = linked(&program, &args);
        assert_eq!(found.len(), expected.len(), "{name}");
        let values = found.iter().filter(|(_, v)| f64::from_bits(*v).is_normal()).count();
        assert!(values > 10, "{name}: {values} figures have a value");
        for ((names, bits), (named, due)) in found.iter().zip(&expected) {
            assert_eq!(names, named);
            let (value, wanted) = (f64::from_bits(*bits), f64::from_bits(due[0]));
            assert!(same(*bits, due[0]), "{name} {set:?}: {names} is {value} instead of {wanted}");
        }
    }
    // Other replications: the least and the greatest of three.
    let expected = simulated(&example("mm1"), at, &["--runs", "3", "--seed", "11"]);
    let runs = ["0", "1", "2"].map(|n| linked(&program, &["mm1", "11", n]));
    for (i, (names, [_, least, greatest])) in expected.iter().enumerate() {
        let values = runs.iter().map(|r| f64::from_bits(r[i].1));
        assert_eq!(values.clone().fold(f64::NAN, f64::min).to_bits(), *least, "{names}");
        assert_eq!(values.fold(f64::NAN, f64::max).to_bits(), *greatest, "{names}");
    }
    // The whole document.
    let document = |text: String| {
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["wall_s"] = 0.into();
        json
    };
    let text = done(flowline(
        &["run", "measured.line", "--runs", "1", "--seed", "3", "--format", "json", "--engine", "event"],
        at,
    ));
    let found = done(Command::new(&program).args(["json", "measured", "3", "0"]).output().unwrap());
    assert_eq!(document(found), document(text));

    for args in [
        &["states", "bottling", "mm1"][..],
        &["states", "bakery", "bottling"],
        &["states", "measured", "bakery"],
        &["threads"],
        &["mistakes"],
    ] {
        let text = done(Command::new(&program).args(args).output().unwrap());
        assert!(text.contains("the same") || text.contains("all told"), "{args:?}: {text}");
    }
}

#[cfg(unix)]
#[test]
fn the_example_of_the_page_runs() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/embedding.md")).unwrap();
    let block = |fence: &str| {
        let (_, rest) = page.split_once(&format!("```{fence}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_string()
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("main.c"), block("c")).unwrap();
    let said = done(flowline(&["build", &example("bottling"), "-o", "bottling.o", "--header", "bottling.h"], at));
    assert!(page.contains(said.trim()), "{said}");
    let program = compiled(at, "main.c", &["bottling.o"]);
    let found = done(Command::new(program).output().unwrap());
    assert_eq!(found, block("text"), "docs/embedding.md shows another output");
    // Every function of the header is told of on the page.
    let header = std::fs::read_to_string(at.join("bottling.h")).unwrap();
    let functions = header.lines().filter(|l| !l.starts_with([' ', '/', '#'])).filter_map(|l| l.split_once('('));
    let names: Vec<&str> = functions.filter_map(|(before, _)| before.rsplit([' ', '*']).next()).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names.iter().filter(|n| n.starts_with("flowline_")) {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    // It is C++ too.
    if Command::new("c++").arg("--version").output().is_ok_and(|o| o.status.success()) {
        std::fs::write(at.join("main.cpp"), "#include \"bottling.h\"\nint main() { return bottling_line() == 0; }\n")
            .unwrap();
        let output = Command::new("c++")
            .args(["-std=c++11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "main.cpp"])
            .current_dir(at)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", told(&output));
    }
}

#[test]
fn equal_texts_give_equal_objects() {
    let (one, other) = (folder(), folder());
    for at in [one.path(), other.path()] {
        done(flowline(&["build", "measured.line", "-o", "a.o", "--header", "a.h"], at));
    }
    for name in ["a.o", "a.h"] {
        let [a, b] = [one.path(), other.path()].map(|f| std::fs::read(f.join(name)).unwrap());
        assert!(a == b, "{name} differs");
    }
    // Where the text lies is nobody's business.
    let object = std::fs::read(one.path().join("a.o")).unwrap();
    let place = one.path().to_string_lossy().into_owned();
    assert!(!object.windows(place.len()).any(|w| w == place.as_bytes()));
    assert!(object.windows(5).any(|w| w == b"42.25"), "the data file goes along");
}

#[test]
fn mistakes_are_told_and_nothing_is_half_written() {
    let folder = folder();
    let at = folder.path();
    std::fs::write(at.join("wrong.line"), "line a { station m { cycel: 3 s } }\n").unwrap();
    std::fs::write(at.join("none.line"), "item P {}\n").unwrap();
    std::fs::create_dir(at.join("folder.o")).unwrap();
    let names = || {
        let mut names: Vec<String> =
            std::fs::read_dir(at).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let before = names();
    for (args, code, words) in [
        (&["build", "wrong.line"][..], 1, "E0"),
        (&["build", "none.line"], 1, "there is no `line`"),
        (&["build", "missing.line"], 2, "there is no file"),
        (&["build", "two.line"], 2, "--line: first, twice"),
        (&["build", "two.line", "--line", "third"], 2, "there is no line `third`: first, twice"),
        (&["build", "measured.line", "--prefix", "3x"], 2, "begins with a letter"),
        (&["build", "measured.line", "--prefix", "a-b"], 2, "underscores"),
        (&["build", "measured.line", "--prefix", "flowline"], 2, "belong to the library"),
        (&["build", "measured.line", "--set", "benches=9"], 1, "benches"),
        (&["build", "measured.line", "--set", "benchs=2"], 1, "did you mean `benches`"),
        (&["build", "measured.line", "-o", "no/such/folder/a.o"], 2, "cannot write `no/such/folder/a.o`"),
        (&["build", "measured.line", "-o", "folder.o"], 2, "it is a folder"),
        (&["build", "measured.line", "-o", "a.o", "--header", "no/such/folder/a.h"], 2, "cannot write `no/such"),
        (&["build", "measured.line", "-o", "a.o", "--header", "./a.o"], 2, "written over"),
        (&["build", "measured.line", "-o", "a.o", "--header", "measured.line"], 2, "written over"),
        (&["build", "measured.line", "-o", "measured.line"], 2, "written over"),
    ] {
        let output = flowline(args, at);
        let said = told(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(words) && !said.contains("panicked"), "{args:?}: {said}");
        assert_eq!(names(), before, "{args:?}");
    }
    assert_eq!(std::fs::read_to_string(at.join("measured.line")).unwrap(), MEASURED);
    // What was there before is replaced.
    std::fs::write(at.join("b.o"), "old").unwrap();
    done(flowline(&["build", "measured.line", "-o", "b.o", "--set", "benches=2", "--prefix", "wide"], at));
    assert!(std::fs::read(at.join("b.o")).unwrap().len() > 1000);
    assert!(std::fs::read_to_string(at.join("b.h")).unwrap().contains("*wide_line(void)"));
}
