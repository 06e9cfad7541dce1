//! How fast programs run, against an interpreter and against other languages.
//!
//! Every program of `benches/programs/` runs under `ruff --jit=off`, `ruff`, and the engines of
//! its peers in `benches/peers/`: the same algorithm over the same data structures in Lua,
//! JavaScript, Python and, for the numeric ones, Rust. Engines take turns (A B C A B C ...), so a
//! change in the machine's load meets all of them. Times are wall-clock times of the whole
//! process, start-up included; ratios compare the fastest round of each.
//!
//! What must hold: all engines print exactly the expected output of the program. A measurement of
//! a wrong result is worth nothing, so a difference fails the whole run.
//!
//! ```text
//! cargo bench                                          everything
//! cargo bench -- --only fib_recursive --rounds 9       one program
//! cargo bench -- --engines off,ruff --json times.json  two engines, numbers to a file
//! ```

use clap::Parser;
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use wait4::Wait4;

/// What a program mostly exercises; geometric means are taken per class.
const CLASSES: [(&str, &[&str]); 4] = [
    (
        "numeric and array loops",
        &[
            "branchy",
            "collatz",
            "count_loops",
            "fannkuch",
            "fib_iterative",
            "float_sums",
            "game_of_life",
            "gcd",
            "grid_search",
            "heap_sort",
            "levenshtein",
            "mandelbrot",
            "matrix_multiply",
            "prefix_sums",
            "quicksort",
            "sieve",
            "spectral_norm",
            "sum_modulo",
            "type_change",
        ],
    ),
    (
        "calls",
        &[
            "ackermann",
            "caught_errors",
            "closures",
            "fib_recursive",
            "map_filter_reduce",
            "n_queens",
            "random_walk",
            "tak",
        ],
    ),
    (
        "strings and dictionaries",
        &["dict_counting", "string_building", "string_reversal", "word_frequency"],
    ),
    ("structs", &["bank_account", "binary_trees", "bytecode_machine", "n_body"]),
];

/// Everything that can run a program. The first is what the others are compared with.
const ENGINES: [Engine; 7] = [
    Engine { name: "off", title: "ruff --jit=off", language: Language::Ruff(&["--jit=off"]) },
    Engine { name: "ruff", title: "ruff", language: Language::Ruff(&[]) },
    Engine { name: "lua", title: "Lua 5.4", language: Language::Script("lua5.4", &["lua"]) },
    Engine {
        name: "luajit",
        title: "LuaJIT",
        language: Language::Script("luajit", &["luajit.lua", "lua"]),
    },
    Engine { name: "node", title: "Node.js", language: Language::Script("node", &["js"]) },
    Engine { name: "pypy", title: "PyPy", language: Language::Script("pypy3", &["py"]) },
    Engine { name: "rust", title: "rustc -O", language: Language::Rust },
];

/// The engines that "best peer" chooses from: those that also execute a dynamic language.
const DYNAMIC_PEERS: [&str; 4] = ["lua", "luajit", "node", "pypy"];

#[derive(Clone, Copy)]
struct Engine {
    /// The name in options and in JSON.
    name: &'static str,
    /// The name in tables.
    title: &'static str,
    language: Language,
}

#[derive(Clone, Copy)]
enum Language {
    /// The `ruff` binary of this build, with these options.
    Ruff(&'static [&'static str]),
    /// An interpreter found on the path, and the suffixes of its programs, best first.
    Script(&'static str, &'static [&'static str]),
    /// Compiled to a temporary executable before the measurement.
    Rust,
}

#[derive(Parser)]
#[command(about = "Compare Ruff with its interpreter and with other languages")]
struct Options {
    /// Programs to run, by name; all when absent
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Engines to run: off, ruff, lua, luajit, node, pypy, rust
    #[arg(long, value_delimiter = ',')]
    engines: Vec<String>,
    /// How often each engine runs each program
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Also write all times to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// What cargo adds; without it the target was started by `cargo test` and measures nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// One finished process.
struct Sample {
    milliseconds: f64,
    peak_kilobytes: u64,
    stdout: String,
    /// Why the process failed, with its standard error.
    failure: Option<String>,
}

/// All rounds of one program under one engine.
struct Times {
    engine: Engine,
    milliseconds: Vec<f64>,
    peak_kilobytes: u64,
}

impl Times {
    fn fastest(&self) -> f64 {
        self.milliseconds.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn median(&self) -> f64 {
        let mut sorted = self.milliseconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }
}

/// One program under all engines.
struct Row {
    program: String,
    class: &'static str,
    times: Vec<Times>,
}

impl Row {
    fn fastest(&self, engine: &str) -> Option<f64> {
        self.times.iter().find(|times| times.engine.name == engine).map(Times::fastest)
    }

    /// How many times faster `engine` is than `reference`.
    fn speedup(&self, engine: &str, reference: &str) -> Option<f64> {
        Some(self.fastest(reference)? / self.fastest(engine)?)
    }

    /// The fastest engine of another dynamic language.
    fn best_peer(&self) -> Option<(&'static str, f64)> {
        let peers = self.times.iter().filter(|times| DYNAMIC_PEERS.contains(&times.engine.name));
        peers
            .map(|times| (times.engine.title, times.fastest()))
            .min_by(|left, right| left.1.total_cmp(&right.1))
    }
}

fn main() {
    let options = Options::parse();
    if !options.bench {
        println!("run `cargo bench` to measure");
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let scratch = std::env::temp_dir().join(format!("ruff-compare-{}", std::process::id()));
    fs::create_dir_all(&scratch).expect("the temporary folder can be made");
    let engines = available_engines(&options.engines);
    let mut failures = Vec::new();
    let mut rows = Vec::new();
    for program in programs(&folder, &options.only) {
        let commands = commands(&folder, &scratch, &engines, &program);
        let expected = fs::read_to_string(folder.join(format!("programs/{program}.out")))
            .unwrap_or_else(|error| panic!("{program}.out: {error}"));
        eprint!("\r{program:40}");
        rows.push(measure(&program, &commands, &expected, options.rounds.max(1), &mut failures));
    }
    eprint!("\r{:40}\r", "");
    print_table(&rows, &engines);
    print_means(&rows, &engines);
    let start_up = if options.only.is_empty() {
        let times = measure_start_up(&scratch, &engines, &mut failures);
        print_start_up(&times);
        times
    } else {
        Vec::new()
    };
    fs::remove_dir_all(&scratch).expect("the temporary folder can be removed");
    if let Some(file) = &options.json {
        let document = json!({
            "rounds": options.rounds,
            "programs": rows.iter().map(row_json).collect::<Vec<Value>>(),
            "start_up": start_up.iter().map(times_json).collect::<Vec<Value>>(),
        });
        let text = serde_json::to_string_pretty(&document).expect("numbers are serialisable");
        fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    if !failures.is_empty() {
        eprintln!("\n{} WRONG RESULTS; the times above do not count", failures.len());
        for failure in &failures {
            eprintln!("{failure}");
        }
        std::process::exit(1);
    }
}

/// The engines that were asked for (all when `wanted` is empty) and that exist on this machine.
fn available_engines(wanted: &[String]) -> Vec<Engine> {
    for name in wanted {
        assert!(ENGINES.iter().any(|engine| engine.name == name), "unknown engine: {name}");
    }
    let exists = |engine: &Engine| {
        let program = match engine.language {
            Language::Ruff(_) => return true,
            Language::Script(program, _) => program,
            Language::Rust => "rustc",
        };
        let flag = if program.starts_with("lua") { "-v" } else { "--version" };
        let found = Command::new(program)
            .arg(flag)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !found {
            eprintln!("{} is not installed: left out", engine.title);
        }
        found
    };
    ENGINES
        .into_iter()
        .filter(|engine| wanted.is_empty() || wanted.iter().any(|name| name == engine.name))
        .filter(exists)
        .collect()
}

/// The names of the programs to run, in the order of [`CLASSES`].
fn programs(folder: &Path, only: &[String]) -> Vec<String> {
    let listed: Vec<&str> = CLASSES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let mut present: Vec<String> = fs::read_dir(folder.join("programs"))
        .expect("benches/programs exists")
        .map(|entry| entry.expect("directory entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ruff"))
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    for name in &present {
        assert!(listed.contains(&name.as_str()), "{name} has no class in benches/compare.rs");
    }
    for name in only {
        assert!(present.contains(name), "unknown program: {name}");
    }
    present.retain(|name| only.is_empty() || only.contains(name));
    present.sort_by_key(|name| listed.iter().position(|listed| listed == name));
    present
}

/// How each engine runs `program`; engines without a version of it are left out.
fn commands(
    folder: &Path,
    scratch: &Path,
    engines: &[Engine],
    program: &str,
) -> Vec<(Engine, Vec<String>)> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let peer = |suffix: &str| {
        let path = folder.join(format!("peers/{program}.{suffix}"));
        path.exists().then_some(path)
    };
    let mut commands = Vec::new();
    for engine in engines {
        let command = match engine.language {
            Language::Ruff(options) => {
                let path = folder.join(format!("programs/{program}.ruff"));
                Some(ruff_command(options, &text(&path)))
            }
            Language::Script(interpreter, suffixes) => suffixes
                .iter()
                .find_map(|suffix| peer(suffix))
                .map(|path| vec![interpreter.to_string(), text(&path)]),
            Language::Rust => peer("rs").map(|path| vec![text(&compile(&path, scratch, program))]),
        };
        commands.extend(command.map(|command| (*engine, command)));
    }
    commands
}

fn ruff_command(options: &[&str], path: &str) -> Vec<String> {
    let mut command = vec![env!("CARGO_BIN_EXE_ruff").to_string(), "run".to_string()];
    command.extend(options.iter().map(|option| option.to_string()));
    command.push(path.to_string());
    command
}

/// Compiles a Rust peer with optimisation; the result is its executable.
fn compile(source: &Path, scratch: &Path, program: &str) -> PathBuf {
    let executable = scratch.join(program);
    let status = Command::new("rustc")
        .args(["-O", "--edition", "2024", "-o"])
        .arg(&executable)
        .arg(source)
        .status()
        .expect("rustc starts");
    assert!(status.success(), "{} does not compile", source.display());
    executable
}

/// Runs one program `rounds` times under each engine, the engines taking turns.
fn measure(
    program: &str,
    commands: &[(Engine, Vec<String>)],
    expected: &str,
    rounds: usize,
    failures: &mut Vec<String>,
) -> Row {
    let class = CLASSES
        .iter()
        .find(|(_, names)| names.contains(&program))
        .map(|(class, _)| *class)
        .expect("checked when the programs were listed");
    let times = take_turns(program, commands, expected, rounds, failures);
    Row { program: program.to_string(), class, times }
}

/// Start-up: the smallest program that does something visible.
fn measure_start_up(scratch: &Path, engines: &[Engine], failures: &mut Vec<String>) -> Vec<Times> {
    let write = |name: &str, text: &str| {
        let path = scratch.join(name);
        fs::write(&path, text).expect("the temporary folder is writable");
        path.to_string_lossy().into_owned()
    };
    let commands: Vec<(Engine, Vec<String>)> = engines
        .iter()
        .map(|engine| {
            let command = match engine.language {
                Language::Ruff(options) => {
                    ruff_command(options, &write("hi.ruff", "print(\"hi\")\n"))
                }
                Language::Script("node", _) => {
                    vec!["node".into(), write("hi.js", "console.log(\"hi\")\n")]
                }
                Language::Script(interpreter, _) => {
                    vec![interpreter.into(), write("hi.script", "print(\"hi\")\n")]
                }
                Language::Rust => {
                    let source = write("hi.rs", "fn main() { println!(\"hi\"); }\n");
                    let executable = compile(Path::new(&source), scratch, "hi");
                    vec![executable.to_string_lossy().into_owned()]
                }
            };
            (*engine, command)
        })
        .collect();
    take_turns("start-up", &commands, "hi\n", 20, failures)
}

fn take_turns(
    program: &str,
    commands: &[(Engine, Vec<String>)],
    expected: &str,
    rounds: usize,
    failures: &mut Vec<String>,
) -> Vec<Times> {
    let mut all: Vec<Times> = commands
        .iter()
        .map(|(engine, _)| Times { engine: *engine, milliseconds: Vec::new(), peak_kilobytes: 0 })
        .collect();
    for round in 0..rounds {
        for ((engine, command), times) in commands.iter().zip(&mut all) {
            let sample = run(command);
            times.milliseconds.push(sample.milliseconds);
            times.peak_kilobytes = times.peak_kilobytes.max(sample.peak_kilobytes);
            if round > 0 {
                continue;
            }
            if let Some(reason) = sample.failure {
                failures.push(format!("{program}: {}: {reason}", engine.title));
            } else if sample.stdout != expected {
                let line = difference(expected, &sample.stdout);
                failures.push(format!("{program}: {}: {line}", engine.title));
            }
        }
    }
    all
}

fn run(command: &[String]) -> Sample {
    let start = Instant::now();
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", command[0]));
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut error_pipe = child.stderr.take().expect("piped");
    child.stdout.take().expect("piped").read_to_end(&mut stdout).expect("readable");
    error_pipe.read_to_end(&mut stderr).expect("readable");
    let usage = child.wait4().expect("the child can be waited for");
    let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
    let failure = (!usage.status.success()).then(|| {
        let text = String::from_utf8_lossy(&stderr);
        let shown: Vec<&str> = text.lines().take(3).collect();
        format!("{}: {}", usage.status, shown.join(" | "))
    });
    Sample {
        milliseconds,
        peak_kilobytes: usage.rusage.maxrss / 1024,
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        failure,
    }
}

/// The first line in which two outputs differ.
fn difference(expected: &str, got: &str) -> String {
    let mut lines = got.lines();
    for (number, line) in expected.lines().enumerate() {
        let other = lines.next();
        if other != Some(line) {
            return format!("line {} is {other:?}, expected {line:?}", number + 1);
        }
    }
    "has more output than expected".to_string()
}

/// Milliseconds of each engine, and what they mean for `ruff`.
fn print_table(rows: &[Row], engines: &[Engine]) {
    print!("{:20}", "milliseconds");
    for engine in engines {
        print!("{:>15}", engine.title);
    }
    println!("{:>11}{:>11}{:>24}", "ruff/off", "off/Lua", "ruff/best peer");
    let mut class = "";
    for row in rows {
        if row.class != class {
            class = row.class;
            println!("{class}");
        }
        print!("  {:18}", row.program);
        for engine in engines {
            match row.fastest(engine.name) {
                Some(milliseconds) => print!("{milliseconds:>15.1}"),
                None => print!("{:>15}", "-"),
            }
        }
        print!("{:>11}", ratio(row.speedup("ruff", "off")));
        print!("{:>11}", ratio(row.speedup("off", "lua")));
        match (row.fastest("ruff"), row.best_peer()) {
            (Some(ruff), Some((title, peer))) => {
                println!("{:>14} {title:>9}", ratio(Some(peer / ruff)));
            }
            _ => println!("{:>24}", "-"),
        }
    }
}

/// Geometric means of the speed of `ruff` relative to every other engine, per class.
fn print_means(rows: &[Row], engines: &[Engine]) {
    println!("\nHow many times faster ruff is (geometric means; below 1: slower)");
    print!("{:28}{:>10}", "", "programs");
    for engine in engines.iter().filter(|engine| engine.name != "ruff") {
        print!("{:>16}", engine.title);
    }
    println!("{:>12}{:>20}", "best peer", "(off against Lua)");
    let classes = CLASSES.iter().map(|(class, _)| *class).chain(["all"]);
    for class in classes {
        let members: Vec<&Row> =
            rows.iter().filter(|row| class == "all" || row.class == class).collect();
        if members.is_empty() {
            continue;
        }
        print!("{class:28}{:>10}", members.len());
        for engine in engines.iter().filter(|engine| engine.name != "ruff") {
            let mean =
                geometric_mean(members.iter().filter_map(|row| row.speedup("ruff", engine.name)));
            print!("{:>16}", ratio(mean));
        }
        let best = geometric_mean(
            members.iter().filter_map(|row| Some(row.best_peer()?.1 / row.fastest("ruff")?)),
        );
        let interpreter =
            geometric_mean(members.iter().filter_map(|row| row.speedup("off", "lua")));
        println!("{:>12}{:>20}", ratio(best), ratio(interpreter));
    }
}

fn print_start_up(times: &[Times]) {
    println!("\nprint(\"hi\")          fastest ms   median ms   peak MB");
    for engine in times {
        println!(
            "  {:18}{:>10.2}{:>12.2}{:>10.1}",
            engine.engine.title,
            engine.fastest(),
            engine.median(),
            engine.peak_kilobytes as f64 / 1024.0
        );
    }
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_string(), |value| format!("{value:.2}x"))
}

fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = values.map(f64::ln).collect();
    if logarithms.is_empty() {
        return None;
    }
    Some((logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
}

fn row_json(row: &Row) -> Value {
    json!({
        "program": row.program,
        "class": row.class,
        "engines": row.times.iter().map(times_json).collect::<Vec<Value>>(),
    })
}

fn times_json(times: &Times) -> Value {
    json!({
        "engine": times.engine.name,
        "fastest_ms": times.fastest(),
        "median_ms": times.median(),
        "rounds_ms": times.milliseconds,
        "peak_kb": times.peak_kilobytes,
    })
}
