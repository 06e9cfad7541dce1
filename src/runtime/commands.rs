//! Builtins that run other programs.
//!
//! A program that runs longer than `timeout_ms`, or until the caller has to
//! stop, is ended together with all that it started. What it prints beyond
//! `max_output_bytes` is read and dropped, so that it never waits for a reader.
//!
//! Example: `execute("echo hi")` is `hi` and a line break;
//! `spawn_process(["false"]).exitcode` is 1.

use super::Context;
use super::arguments::{array, option, text, wrong_kind};
use super::table::{Builtin, Effects};
use crate::base::huge_pages;
use crate::base::interrupt::Interrupt;
use crate::prim::{Fault, display, integral};
use crate::value::{RecordObject, Shape, Symbol, Value, shapes};
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const RUNS: Effects = Effects::PROCESSES.and(Effects::READS_HEAP).and(Effects::ALLOCATES);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "execute",
        (1, 2),
        "execute(command, [options]) -> string",
        "Runs a shell command; what it prints. Raises if it fails.",
        RUNS,
        execute,
    ),
    Builtin::native(
        "execute_status",
        (1, 2),
        "execute_status(command, [options]) -> ProcessResult",
        "Runs a shell command; its exit code and what it prints.",
        RUNS,
        |context, arguments| {
            let command = shell(text("execute_status", arguments, 0)?);
            let limits = Limits::of("execute_status", arguments)?;
            Ok(run("execute_status", context, command, limits)?.value())
        },
    ),
    Builtin::native(
        "spawn_process",
        (1, 2),
        "spawn_process(argv, [options]) -> ProcessResult",
        "Runs the program with these arguments; its exit code and what it prints.",
        RUNS,
        |context, arguments| {
            let command = program("spawn_process", &arguments[0])?;
            let limits = Limits::of("spawn_process", arguments)?;
            Ok(run("spawn_process", context, command, limits)?.value())
        },
    ),
    Builtin::native(
        "pipe_commands",
        (1, 1),
        "pipe_commands([argv, ..]) -> string",
        "Runs programs, each reading what the one before prints; what the last prints.",
        RUNS,
        pipe_commands,
    ),
];

/// How long and how much a program may run and print.
struct Limits {
    time: Option<Duration>,
    output: usize,
    environment: Vec<(String, String)>,
}

impl Limits {
    /// From the options that are the second argument.
    fn of(name: &str, arguments: &[Value]) -> Result<Limits, Fault> {
        let natural = |key: &str| match option(name, arguments, 1, key)? {
            None => Ok(None),
            Some(value) => match integral(value).and_then(|number| u64::try_from(number).ok()) {
                Some(number) => Ok(Some(number)),
                None => Err(Fault::Builtin(format!(
                    "{name}() option {key} must be an int of at least 0, got {}",
                    display(value)
                ))),
            },
        };
        let mut environment = Vec::new();
        if let Some(value) = option(name, arguments, 1, "env")? {
            let dict = value.as_dict().ok_or_else(|| wrong_kind(name, "a dict", value))?;
            for at in dict.dict().key_order() {
                let (key, value) = (dict.dict().key_value_at(at), dict.dict().value_at(at));
                environment.push((display(key), display(value)));
            }
        }
        Ok(Limits {
            time: natural("timeout_ms")?.map(Duration::from_millis),
            output: natural("max_output_bytes")?.map_or(usize::MAX, |most| most as usize),
            environment,
        })
    }
}

/// How a program ended and what it printed.
struct Finished {
    exit_code: i64,
    stdout: Printed,
    stderr: Printed,
    timed_out: bool,
}

#[derive(Default)]
struct Printed {
    bytes: Vec<u8>,
    truncated: bool,
}

impl Printed {
    fn text(&self) -> Value {
        Value::string(&String::from_utf8_lossy(&self.bytes))
    }
}

thread_local! {
    static RESULT: Rc<Shape> = shapes::declare(
        Symbol::new("ProcessResult"),
        ["exitcode", "stdout", "stderr", "success", "timed_out", "stdout_truncated", "stderr_truncated"]
            .map(Symbol::new)
            .to_vec(),
    );
}

impl Finished {
    fn value(&self) -> Value {
        let fields = [
            Value::int(self.exit_code),
            self.stdout.text(),
            self.stderr.text(),
            Value::bool(self.exit_code == 0 && !self.timed_out),
            Value::bool(self.timed_out),
            Value::bool(self.stdout.truncated),
            Value::bool(self.stderr.truncated),
        ];
        RecordObject::instance(RESULT.with(|shape| shape.id), fields.into_iter())
    }
}

/// A program to start; it is not to inherit what spares this process memory.
fn command(program: impl AsRef<OsStr>) -> Command {
    huge_pages::allow();
    Command::new(program)
}

fn shell(line: &str) -> Command {
    let mut command = command("sh");
    command.arg("-c").arg(line);
    command
}

/// The command that an array of a program and its arguments means.
fn program(name: &str, argv: &Value) -> Result<Command, Fault> {
    let argv = argv.as_array().ok_or_else(|| wrong_kind(name, "an array", argv))?;
    let mut words = argv.iter().map(|word| display(&word));
    let Some(program) = words.next() else {
        return Err(Fault::Builtin(format!("{name}() expects a program to run")));
    };
    let mut command = command(program);
    command.args(words);
    Ok(command)
}

#[cold]
fn not_started(command: &Command, error: &io::Error) -> Fault {
    Fault::Builtin(format!("Cannot run '{}': {error}", command.get_program().to_string_lossy()))
}

/// Reads all that a program prints and keeps the first `most` bytes.
fn collect(source: impl Read + Send + 'static, most: usize) -> JoinHandle<Printed> {
    std::thread::spawn(move || {
        let mut source = source;
        let mut printed = Printed::default();
        let mut piece = [0; 8192];
        loop {
            let read = match source.read(&mut piece) {
                Ok(0) => return printed,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return printed,
            };
            let kept = read.min(most - printed.bytes.len());
            printed.bytes.extend_from_slice(&piece[..kept]);
            printed.truncated |= kept < read;
        }
    })
}

fn exit_code(status: ExitStatus) -> i64 {
    use std::os::unix::process::ExitStatusExt;
    // As shells tell the signal that ended a program.
    let signal = || 128 + status.signal().unwrap_or(0);
    i64::from(status.code().unwrap_or_else(signal))
}

/// Waits for the program until `deadline`, or until this program has to stop; the
/// answer says whether it was ended by force.
fn wait(
    child: &mut Child,
    deadline: Option<Instant>,
    interrupt: &Interrupt,
) -> io::Result<(ExitStatus, bool)> {
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, false));
        }
        let now = Instant::now();
        let rest = deadline.map_or(pause, |deadline| deadline.saturating_duration_since(now));
        if rest.is_zero() || interrupt.requested().is_some() {
            let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
            if let Some(group) = group {
                // The group may be gone by now.
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            return Ok((child.wait()?, true));
        }
        std::thread::sleep(pause.min(rest));
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

fn run(
    name: &str,
    context: &mut Context,
    mut command: Command,
    limits: Limits,
) -> Result<Finished, Fault> {
    context.flush()?;
    command.envs(&context.environment).envs(limits.environment);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own can be ended with all that it has started.
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| not_started(&command, &error))?;
    let deadline = limits.time.and_then(|time| Instant::now().checked_add(time));
    let stdout = child.stdout.take().map(|source| collect(source, limits.output));
    let stderr = child.stderr.take().map(|source| collect(source, limits.output));
    let waited = wait(&mut child, deadline, &context.interrupt);
    let (status, timed_out) =
        waited.map_err(|error| Fault::Builtin(format!("{name}() failed: {error}")))?;
    let printed = |thread: Option<JoinHandle<Printed>>| {
        thread.and_then(|thread| thread.join().ok()).unwrap_or_default()
    };
    context.must_go_on()?;
    Ok(Finished {
        exit_code: exit_code(status),
        stdout: printed(stdout),
        stderr: printed(stderr),
        timed_out,
    })
}

fn execute(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let command = shell(text("execute", arguments, 0)?);
    let limits = Limits::of("execute", arguments)?;
    let time = limits.time;
    let finished = run("execute", context, command, limits)?;
    if let (true, Some(time)) = (finished.timed_out, time) {
        let limit = time.as_millis();
        return Err(Fault::Builtin(format!("execute() command timed out after {limit} ms")));
    }
    if finished.exit_code != 0 {
        let stderr = String::from_utf8_lossy(&finished.stderr.bytes);
        return Err(Fault::Builtin(format!(
            "execute() command failed with exit code {}: {}",
            finished.exit_code,
            stderr.trim_end()
        )));
    }
    Ok(finished.stdout.text())
}

fn pipe_commands(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let mut commands = Vec::new();
    for argv in array("pipe_commands", arguments, 0)?.iter() {
        commands.push(program("pipe_commands", &argv)?);
    }
    context.flush()?;
    let mut children: Vec<Child> = Vec::new();
    let mut last: Option<ChildStdout> = None;
    let mut outcome = Ok(());
    for command in &mut commands {
        let input = last.take().map_or_else(Stdio::null, Stdio::from);
        command.envs(&context.environment).stdin(input).stdout(Stdio::piped());
        match command.spawn() {
            Ok(mut child) => {
                last = child.stdout.take();
                children.push(child);
            }
            Err(error) => {
                outcome = Err(not_started(command, &error));
                break;
            }
        }
        // The command keeps its end of the pipe open until it is given another.
        command.stdin(Stdio::null());
    }
    let mut printed = Vec::new();
    if let (Some(mut source), Ok(())) = (last, &outcome) {
        let read = source.read_to_end(&mut printed);
        outcome = read.map(drop).map_err(|error| Fault::Builtin(format!("Cannot read: {error}")));
    }
    for mut child in children {
        // Only what the last one printed counts.
        let _ = child.wait();
    }
    outcome?;
    Ok(Value::string(&String::from_utf8_lossy(&printed)))
}
