//! The command line and the environment, read into a [`Command`].
//!
//! Options of `ruff run` stand before the file; everything after the file
//! belongs to the program. An option is set, in this order and the last wins,
//! by its default, by the environment variable `RUFF_<NAME>`, by the command line.
//!
//! Example: `RUFF_SYNC=1 ruff run --jit=eval --set loop_threshold=10 sum.ruff 5`
//! runs `sum.ruff` with the argument `5` by the evaluator, compiling in the
//! foreground, loops hot after 10 rounds.

use super::{SUCCESS, USAGE};
use crate::base::options::{Options, edit_distance};
use crate::observe::dump::Letters;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// What to do.
pub enum Command {
    /// Run a program.
    Run(Box<Run>),
    /// Report errors and likely mistakes in programs without running them.
    Check {
        /// Files, folders in which all programs are meant, `-` for standard input.
        paths: Vec<String>,
        /// Whether warnings count for the exit code.
        deny_warnings: bool,
        /// Whether the answer is JSON on standard output.
        json: bool,
    },
    /// Show what builtins do.
    Document {
        /// The builtin; all if none.
        name: Option<String>,
    },
    /// Run the tests of programs.
    Test {
        /// Files, and folders in which all programs are meant.
        paths: Vec<String>,
        /// Only tests whose title contains this.
        filter: Option<String>,
        /// Every tunable.
        options: Options,
    },
    /// Bring programs into the one style.
    Format {
        /// Files, folders in which all programs are meant, `-` for standard input.
        paths: Vec<String>,
        /// Change nothing; say what would change.
        check: bool,
    },
    /// Converse with the language.
    Converse(Options),
    /// Print the completions of a shell.
    Complete(Shell),
    /// Show a program's bytecode.
    Disassemble {
        /// The file, `-` for standard input.
        file: String,
        /// Every tunable.
        options: Options,
    },
}

/// What `ruff run` was asked for.
pub struct Run {
    /// The file, `-` for standard input.
    pub file: String,
    /// The program's arguments.
    pub arguments: Vec<String>,
    /// Every tunable.
    pub options: Options,
    /// The report wanted after the run.
    pub report: Option<Report>,
    /// The listings wanted.
    pub dump: Option<Letters>,
}

/// A report wanted.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whether as JSON.
    pub json: bool,
    /// The file to write; standard error if none.
    pub file: Option<String>,
}

fn parse_report(text: &str) -> Result<Report, String> {
    let (form, file) = match text.split_once(':') {
        Some((_, "")) => return Err("a file name is missing after `:`".into()),
        Some((form, file)) => (form, Some(file.to_string())),
        None => (text, None),
    };
    match form {
        "text" => Ok(Report { json: false, file }),
        "json" => Ok(Report { json: true, file }),
        _ => Err("expected text, json, text:FILE or json:FILE".into()),
    }
}

/// Runs Ruff programs; their hot loops become machine code.
#[derive(Parser)]
#[command(
    name = "ruff",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 ok, 1 a test failed, 2 usage, 3 parse error, 4 runtime or compile error, \
                  5 script cannot be read, 6 internal error; exit(n) gives n."
)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run a program
    Run(RunArguments),
    /// Report errors and likely mistakes in programs without running them
    Check {
        /// Exit with 1 if there are warnings
        #[arg(long, value_name = "WHAT")]
        deny: Option<Deny>,
        /// Print an array of objects to standard output instead
        #[arg(long)]
        json: bool,
        /// Programs, folders of programs, or `-` for standard input
        #[arg(required = true)]
        paths: Vec<String>,
    },
    /// Show what a builtin does, or list all builtins
    Doc {
        /// The builtin
        name: Option<String>,
    },
    /// Run the tests of a program
    TestRun(TestArguments),
    /// Run the tests of all programs below some paths
    Test(TestArguments),
    /// Format programs in the one style
    Fmt {
        /// Change nothing; print the files that would change and exit with 1 if there are any
        #[arg(long)]
        check: bool,
        /// Programs, folders of programs, or `-` from standard input to standard output
        #[arg(required = true)]
        paths: Vec<String>,
    },
    /// Run what is entered, line by line
    Repl,
    /// Print a script that completes `ruff` commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Show a program's bytecode
    Disasm(FileArgument),
}

#[derive(Args)]
struct TestArguments {
    /// Run only tests whose title contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Programs, or folders of programs
    #[arg(default_value = ".")]
    paths: Vec<String>,
}

#[derive(Args)]
struct FileArgument {
    /// The program, or `-` for standard input
    file: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Deny {
    /// Likely mistakes
    Warnings,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// Interpret everything
    Off,
    /// Run optimised traces by the evaluator
    Eval,
    /// Run machine code
    On,
}

#[derive(Args)]
#[command(after_long_help = tunables())]
struct RunArguments {
    /// What to do with hot loops [default: on]
    #[arg(long, value_name = "MODE")]
    jit: Option<Mode>,
    /// Compile only while the program waits: every run compiles the same
    #[arg(long)]
    jit_sync: bool,
    /// Treat every loop and exit as hot the first time
    #[arg(long)]
    jit_eager: bool,
    /// Hostile mode: fail guards and evict code at random
    #[arg(long, value_name = "SEED", require_equals = true)]
    jit_chaos: Option<u64>,
    /// Compile only the first N regions
    #[arg(long, value_name = "N", require_equals = true)]
    jit_fuel: Option<u64>,
    /// After the run, report what the JIT did: text, json, text:FILE or json:FILE
    #[arg(
        long,
        value_name = "FORM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "text",
        value_parser = parse_report
    )]
    jit_stats: Option<Report>,
    /// Print listings to standard error (see --help for the letters)
    #[arg(long, value_name = "LETTERS", long_help = letters(), value_parser = Letters::parse)]
    dump: Option<Letters>,
    /// Set a tunable (see --help for the table)
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The program, or `-` for standard input, and its arguments
    #[arg(
        required = true,
        num_args = 1..,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_names = ["FILE", "ARGS"]
    )]
    script: Vec<String>,
}

/// The table of tunables, for the long help.
fn tunables() -> String {
    let mut text =
        String::from("Tunables (--set NAME=VALUE, or the environment variable RUFF_<NAME>):\n");
    for row in Options::table() {
        text +=
            &format!("  {} [{}]\n      {} ({})\n", row.name, row.default, row.doc, row.expected);
    }
    text
}

/// The dump letters, for the long help.
fn letters() -> String {
    let mut text = "Print listings to standard error:".to_string();
    for (letter, meaning) in Letters::ALL {
        text += &format!("\n  {letter}  {meaning}");
    }
    text
}

/// The script that completes the commands and options of `ruff` in a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "ruff", &mut script);
    script
}

/// Reads the process's arguments and environment.
///
/// # Errors
/// The exit code, after printing why: usage errors, and requests for help.
pub fn parse() -> Result<Command, u8> {
    read().map_err(|error| {
        let _ = error.print();
        if error.use_stderr() { USAGE } else { SUCCESS }
    })
}

fn read() -> Result<Command, clap::Error> {
    match CommandLine::try_parse()?.verb {
        Verb::Check { deny, json, paths } => {
            Ok(Command::Check { paths, deny_warnings: deny.is_some(), json })
        }
        Verb::Doc { name } => Ok(Command::Document { name }),
        Verb::TestRun(TestArguments { filter, paths })
        | Verb::Test(TestArguments { filter, paths }) => {
            Ok(Command::Test { paths, filter, options: from_environment()? })
        }
        Verb::Fmt { check, paths } => Ok(Command::Format { paths, check }),
        Verb::Repl => Ok(Command::Converse(from_environment()?)),
        Verb::Completions { shell } => Ok(Command::Complete(shell)),
        Verb::Disasm(FileArgument { file }) => {
            Ok(Command::Disassemble { file, options: from_environment()? })
        }
        Verb::Run(run) => Ok(Command::Run(Box::new(read_run(run)?))),
    }
}

/// A usage error of `ruff run`.
fn usage(kind: ErrorKind, message: String) -> clap::Error {
    let mut command = CommandLine::command();
    command.build();
    match command.find_subcommand_mut("run") {
        Some(run) => run.error(kind, message),
        None => command.error(kind, message),
    }
}

fn from_environment() -> Result<Options, clap::Error> {
    let mut options = Options::default();
    for row in Options::table() {
        let variable = row.variable();
        let Some(value) = std::env::var_os(&variable) else { continue };
        options.set(row.name, &value.to_string_lossy()).map_err(|error| {
            usage(ErrorKind::InvalidValue, format!("environment variable {variable}: {error}"))
        })?;
    }
    Ok(options)
}

fn read_run(run: RunArguments) -> Result<Run, clap::Error> {
    let mut script = run.script.into_iter();
    let file = script.next().unwrap_or_default();
    if file.starts_with('-') && file != "-" {
        return Err(unknown_option(&file));
    }
    let mut arguments: Vec<String> = script.collect();
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    let mut options = from_environment()?;
    let mut set = |name: &str, value: &str| {
        options.set(name, value).map_err(|error| usage(ErrorKind::InvalidValue, error.to_string()))
    };
    for assignment in &run.set {
        let Some((name, value)) = assignment.split_once('=') else {
            let message = format!("--set takes NAME=VALUE, not `{assignment}`");
            return Err(usage(ErrorKind::InvalidValue, message));
        };
        set(name.trim(), value)?;
    }
    if let Some(mode) = run.jit {
        set("jit", mode.to_possible_value().as_ref().map_or("on", |value| value.get_name()))?;
    }
    for (name, given) in [("sync", run.jit_sync), ("eager", run.jit_eager)] {
        if given {
            set(name, "on")?;
        }
    }
    for (name, given) in [("chaos", run.jit_chaos), ("fuel", run.jit_fuel)] {
        if let Some(number) = given {
            set(name, &number.to_string())?;
        }
    }
    if run.jit_stats.is_some() {
        set("profile", "on")?;
    }
    Ok(Run { file, arguments, options, report: run.jit_stats, dump: run.dump })
}

/// The error for an option that `ruff run` does not have.
fn unknown_option(given: &str) -> clap::Error {
    let name = given.split('=').next().unwrap_or(given);
    let command = CommandLine::command();
    let known = command.find_subcommand("run").into_iter().flat_map(|run| run.get_arguments());
    let similar = known
        .filter_map(|argument| argument.get_long())
        .map(|long| (edit_distance(name.trim_start_matches('-'), long), long))
        .min()
        .filter(|(distance, long)| *distance <= (long.len() / 3).max(2));
    let hint = similar.map_or(String::new(), |(_, long)| format!("; did you mean `--{long}`?"));
    usage(ErrorKind::UnknownArgument, format!("no option `{name}`{hint}"))
}
