//! Random programs do the same in every mode.
//!
//! The program of a seed ([`generator::program`]) runs interpreted and in other
//! modes; what it prints, how it ends, and its error with place and call stack
//! must agree. A failure is made smaller and shown with its seed and mode:
//!
//! ```text
//! RUFF_FUZZ_SEED=4711 RUFF_FUZZ_PROGRAMS=1 cargo test --release --test fuzz
//! ```
//!
//! repeats it. `RUFF_FUZZ_PROGRAMS` is the number of programs (2 000 unless told),
//! `RUFF_FUZZ_SEED` the first seed, `RUFF_FUZZ_MODES=all` runs every mode on every
//! program instead of three.
//!
//! What must hold: a program that crashes or hangs its process is found as well.
//! So programs run in worker processes, many in each: the worker says before each
//! run what it is about to do, and whoever started it sees where it stopped.

mod bounds;
mod constructs;
mod expressions;
mod faults;
mod generator;
mod neighbours;
mod passed_on;
mod random;
mod receivers;
mod remainders;
mod statements;
mod tree;

use ruff::base::options::Options;
use ruff::engine::{Outcome, Runner};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use tree::Body;

/// Options of each mode, besides [`ALWAYS`].
const MODES: [&[(&str, &str)]; 6] = [
    &[("jit", "on")],
    &[("jit", "on"), ("eager", "on"), ("fuel", "60")],
    &[("jit", "eval")],
    &[("jit", "on"), ("chaos", "SEED"), ("fuel", "40")],
    &[
        ("jit", "on"),
        ("loop_threshold", "5"),
        ("exit_threshold", "2"),
        ("draft_operations", "DRAFT"),
        ("fuel", "60"),
    ],
    &[("jit", "eval"), ("chaos", "SEED"), ("fuel", "40")],
];

/// Options of all modes. Small programs have small functions: some inline none of them.
const ALWAYS: [(&str, &str); 3] =
    [("sync", "on"), ("inline_size", "SIZE"), ("memory_limit", MEMORY_LIMIT)];

/// A text that doubles each round comes to its end before the time does.
const MEMORY_LIMIT: &str = "1000000000";

/// The options of a mode; what stands for a number is drawn from the program's seed: drafts are
/// evaluated for none, few or many operations.
fn settings(mode: usize, seed: u64) -> impl Iterator<Item = (&'static str, String)> {
    let value = move |text: &str| match text {
        "SEED" => (seed % 1000).to_string(),
        "DRAFT" => [0, 40, 400, 4000][(seed / 3 % 4) as usize].to_string(),
        "SIZE" => [0, 12, 30][(seed % 3) as usize].to_string(),
        _ => text.to_string(),
    };
    MODES[mode].iter().chain(&ALWAYS).map(move |(name, text)| (*name, value(text)))
}

/// Programs that one worker process runs.
const BATCH: u64 = 50;

const WORKERS: usize = 2;

/// How long one run may take before it counts as hanging.
const LIMIT: Duration = Duration::from_secs(20);

/// Failures that are made smaller; further ones are only named.
const SHRUNK: usize = 6;

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable}: `{text}` is no number")),
        Err(_) => default,
    }
}

/// The modes that the program of this seed runs in.
fn modes_of(seed: u64) -> Vec<usize> {
    if std::env::var("RUFF_FUZZ_MODES").is_ok_and(|text| text == "all") {
        return (0..MODES.len()).collect();
    }
    vec![0, 1 + (seed % 5) as usize]
}

fn options(mode: usize, seed: u64) -> Options {
    let mut options = Options::default();
    for (name, value) in settings(mode, seed) {
        options.set(name, &value).expect("an option");
    }
    options
}

fn flags(mode: usize, seed: u64) -> Vec<String> {
    let setting = |(name, value)| ["--set".to_string(), format!("{name}={value}")];
    settings(mode, seed).flat_map(setting).collect()
}

/// What a run of `text` prints and how it ends.
fn outcome(text: &str, options: Options) -> String {
    let mut runner = Runner::new(options);
    let program = match runner.compile("program.ruff", text) {
        Ok(program) => program,
        Err(errors) => return format!("does not compile: {errors:?}"),
    };
    let captured = runner.run_captured(&program);
    let end = match captured.outcome {
        Outcome::Finished => "finished".into(),
        Outcome::Exited(code) => format!("exited {code}"),
        // Which statement finds the memory used up may depend on the mode.
        Outcome::Stopped(stop, _) => format!("stopped: {stop:?}"),
        Outcome::Failed(error) => {
            format!("failed: {} at {:?}, {:?}", error.message, error.at, error.stack)
        }
    };
    format!("{}{end}", captured.output)
}

/// In a worker process: runs programs and tells how that goes, line by line.
#[test]
fn worker() {
    let Ok(first) = std::env::var("RUFF_FUZZ_WORKER") else { return };
    let first: u64 = first.parse().expect("a seed");
    let count = number("RUFF_FUZZ_BATCH", BATCH);
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush()).expect("the parent listens");
    };
    for seed in first..first + count {
        let text = tree::text(&generator::program(seed));
        let mut off = Options::default();
        off.set("jit", "off").expect("an option");
        off.set("memory_limit", MEMORY_LIMIT).expect("an option");
        say(format!("@run {seed} off"));
        let reference = outcome(&text, off);
        if reference.starts_with("does not compile") {
            say(format!("@differs {seed} off"));
            continue;
        }
        for mode in modes_of(seed) {
            say(format!("@run {seed} {mode}"));
            if outcome(&text, options(mode, seed)) != reference {
                say(format!("@differs {seed} {mode}"));
            }
        }
    }
    say("@done".into());
}

/// A failing run: seed, mode (`None` for the interpreter), what happened.
type Failure = (u64, Option<usize>, String);

/// Runs the programs of `first..first + count`; their failures.
fn batch(first: u64, count: u64, failures: &Mutex<Vec<Failure>>) {
    let mut next = first;
    let end = first + count;
    while next < end {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "worker", "--nocapture", "--test-threads=1"])
            .env("RUFF_FUZZ_WORKER", next.to_string())
            .env("RUFF_FUZZ_BATCH", (end - next).to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the worker starts");
        let (last, finished) = listen(&mut child, failures);
        if finished {
            return;
        }
        let (seed, mode, how) = last.unwrap_or((next, None, "no run began".into()));
        failures.lock().expect("not poisoned").push((seed, mode, how));
        next = seed + 1;
    }
}

/// Follows a worker to its end: its last run with what became of it, and whether it came to the
/// end of its programs.
fn listen(child: &mut Child, failures: &Mutex<Vec<Failure>>) -> (Option<Failure>, bool) {
    let stdout = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    let errors = thread::spawn(move || {
        let mut bytes = Vec::new();
        // What arrived before the worker died still counts.
        let _ = stderr.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut last: Option<Failure> = None;
    let mut done = false;
    let ending = loop {
        let line = match lines.recv_timeout(LIMIT) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().expect("the worker can be ended");
                break "hangs";
            }
            Err(RecvTimeoutError::Disconnected) => break "ends the process",
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        // The test harness writes its own text before the first line.
        let at = words.iter().position(|word| word.starts_with('@'));
        match at.map_or(&[][..], |at| &words[at..]) {
            ["@run", seed, mode] => {
                last = Some((seed.parse().expect("a seed"), mode.parse().ok(), String::new()));
            }
            ["@differs", seed, mode] => {
                let failure = (seed.parse().expect("a seed"), mode.parse().ok(), "differs".into());
                failures.lock().expect("not poisoned").push(failure);
            }
            ["@done"] => done = true,
            _ => {}
        }
    };
    let status = child.wait().expect("the worker ends");
    let errors = errors.join().expect("a reader");
    if let Some(failure) = &mut last {
        let tail: Vec<&str> = errors.lines().filter(|line| !line.is_empty()).collect();
        let tail = tail[tail.len().saturating_sub(6)..].join("\n");
        failure.2 = format!("{ending} ({status})\n{tail}");
    }
    (last, done)
}

/// Exit code and output of `ruff run` for a program; `None` if it hangs.
fn run(text: &str, flags: &[String]) -> Option<(String, String, String)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ruff"))
        .arg("run")
        .args(flags)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the ruff binary starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A program that does not read its text to the end has ended already.
    let _ = stdin.write_all(text.as_bytes());
    drop(stdin);
    let mut out = child.stdout.take().expect("piped");
    let mut err = child.stderr.take().expect("piped");
    let out = thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = out.read_to_end(&mut bytes);
        bytes
    });
    let err = thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = err.read_to_end(&mut bytes);
        bytes
    });
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            break Some(status);
        }
        if began.elapsed() > Duration::from_secs(4) {
            child.kill().expect("the child can be ended");
            child.wait().expect("the child ends");
            break None;
        }
        thread::sleep(Duration::from_millis(1));
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (out, err) = (text(out.join().ok()?), text(err.join().ok()?));
    Some((status?.to_string(), out, err))
}

/// The failing program, made as small as `attempts` runs allow.
fn shrunk(seed: u64, mode: Option<usize>, attempts: usize) -> Body {
    let program = generator::program(seed);
    let off = ["--jit=off".to_string()];
    let mut fails = |body: &Body| {
        let text = tree::text(body);
        let reference = run(&text, &off);
        match mode {
            None => reference.is_none_or(|run| run.0.contains("signal") || run.0.ends_with(": 6")),
            Some(mode) => reference.is_some_and(|reference| {
                run(&text, &flags(mode, seed)).is_none_or(|run| run != reference)
            }),
        }
    };
    if fails(&program) { tree::shrink(program, attempts, &mut fails) } else { program }
}

#[test]
fn random_programs_agree_in_all_modes() {
    let count = number("RUFF_FUZZ_PROGRAMS", if cfg!(debug_assertions) { 100 } else { 2_000 });
    let first = number("RUFF_FUZZ_SEED", 1);
    let failures = Mutex::new(Vec::new());
    let next = AtomicU64::new(first);
    thread::scope(|scope| {
        for _ in 0..WORKERS.min(number("RUFF_FUZZ_WORKERS", WORKERS as u64) as usize) {
            scope.spawn(|| {
                loop {
                    let start = next.fetch_add(BATCH, Ordering::Relaxed);
                    if start >= first + count {
                        return;
                    }
                    batch(start, BATCH.min(first + count - start), &failures);
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("not poisoned");
    failures.sort();
    let mut report = String::new();
    for (at, (seed, mode, how)) in failures.iter().enumerate() {
        let mode_text = mode.map_or("--jit=off".into(), |mode| flags(mode, *seed).join(" "));
        report.push_str(&format!("seed {seed}, {mode_text}: {how}\n"));
        if at < SHRUNK {
            let body = shrunk(*seed, *mode, 1500);
            report.push_str(&format!("{} statements\n{}\n", tree::size(&body), tree::text(&body)));
        }
    }
    assert!(failures.is_empty(), "{} of {count} programs failed\n{report}", failures.len());
}

/// The program of `RUFF_FUZZ_SHOW`, for reading.
#[test]
fn show() {
    if let Ok(seed) = std::env::var("RUFF_FUZZ_SHOW") {
        println!("{}", tree::text(&generator::program(seed.parse().expect("a seed"))));
    }
}
