//! Ruff programs as test cases: finding them, running them, comparing what they print.
//!
//! For example, `check_all(&below("examples"), check)` runs `check` on every example, where
//! `check` may call `run(path, &["--jit=off"], limit)` and look at the outcome.
//!
//! What must hold: a program that hangs is ended and reported, and one failure never hides the
//! others, so a change that breaks many programs shows all of them at once.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const WORKERS: usize = 2;

/// What one run of a program produced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    /// The exit code, or a description of what ended the process instead.
    pub exit: String,
}

/// The first line in which two outputs differ, as a report.
pub fn first_difference(expected: &str, got: &str) -> String {
    let (mut left, mut right) = (expected.lines(), got.lines());
    let mut number = 1;
    loop {
        match (left.next(), right.next()) {
            (None, None) => return "    outputs differ in line ends only\n".into(),
            (a, b) if a == b => number += 1,
            (a, b) => {
                let show = |line: Option<&str>| line.map_or("(end)".into(), |l| format!("{l:?}"));
                return format!(
                    "    line {number} of the output: {}, expected {}\n",
                    show(b),
                    show(a)
                );
            }
        }
    }
}

/// All `.ruff` files below `folder` of the repository, in order of their paths.
pub fn below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(directory) = open.pop() {
        let entries = fs::read_dir(&directory)
            .unwrap_or_else(|error| panic!("cannot list {}: {error}", directory.display()));
        for entry in entries {
            let path = entry.expect("directory entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension() == Some(OsStr::new("ruff")) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Runs `ruff run OPTIONS PATH` from the repository's root, for at most `limit`.
pub fn run(path: &Path, options: &[&str], limit: Duration) -> Outcome {
    let relative = path.strip_prefix(root()).unwrap_or(path);
    let mut child = Command::new(env!("CARGO_BIN_EXE_ruff"))
        .current_dir(root())
        .arg("run")
        .args(options)
        .arg(relative)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the ruff binary starts");
    let stdout = collect(child.stdout.take().expect("piped"));
    let stderr = collect(child.stderr.take().expect("piped"));
    let start = Instant::now();
    let exit = loop {
        match child.try_wait().expect("the child can be waited for") {
            Some(status) => {
                break status.code().map_or_else(|| status.to_string(), |code| code.to_string());
            }
            None if start.elapsed() > limit => {
                child.kill().expect("the child can be ended");
                child.wait().expect("the child can be waited for");
                break format!("none: ended after {limit:?}");
            }
            None => thread::sleep(Duration::from_millis(1)),
        }
    };
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().expect("reader")).into_owned()
    };
    Outcome { stdout: text(stdout), stderr: text(stderr), exit }
}

/// Applies `check` to every program on two threads; panics with all failure reports, if any.
pub fn check_all(programs: &[PathBuf], check: impl Fn(&Path) -> Result<(), String> + Sync) {
    assert!(!programs.is_empty(), "no programs found");
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(path) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(report) = check(path) {
                        failures.lock().expect("not poisoned").push((path.clone(), report));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("not poisoned");
    failures.sort();
    if !failures.is_empty() {
        let mut message = format!("{} of {} programs failed\n", failures.len(), programs.len());
        for (path, report) in failures {
            let shown = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            message.push_str(&format!("{shown}\n{report}"));
        }
        panic!("{message}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A program that is ended mid-write leaves a truncated pipe; what arrived still counts.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}
