//! The contract of the `ruff` command, tested from outside: exit codes, what
//! goes to which stream, standard input, pipes, options and environment.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A file with this text that is removed when dropped.
struct Script(PathBuf);

impl Script {
    fn new(name: &str, text: impl AsRef<[u8]>) -> Script {
        let folder = std::env::temp_dir().join(format!("ruff-cli-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        Script(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruff"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RUFF_"))
    {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG").args(arguments).stdin(Stdio::null());
    command
}

fn ruff(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Runs with `input` as standard input.
fn ruff_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[track_caller]
fn exits_with(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stderr: {}", stderr(output));
}

/// A loop that is hot enough to be compiled.
const HOT: &str = "s := 0\nfor i in range(0, 2000) {\n  s := s + i\n}\nprint(s)\n";

#[test]
fn a_good_program_prints_and_exits_with_0() {
    let script = Script::new("good.ruff", "print(\"hi\", 1 + 2)\n");
    let output = ruff(&["run", script.path()]);
    exits_with(&output, 0);
    assert_eq!(stdout(&output), "hi 3\n");
    assert_eq!(stderr(&output), "");
}

#[test]
fn standard_input_is_a_program() {
    let output = ruff_with_input(&["run", "-"], b"print(6 * 7)\n");
    exits_with(&output, 0);
    assert_eq!(stdout(&output), "42\n");
}

#[test]
fn an_empty_program_is_fine() {
    exits_with(&ruff_with_input(&["run", "-"], b""), 0);
    exits_with(&ruff_with_input(&["check", "-"], b"\n"), 0);
}

#[test]
fn what_follows_the_file_belongs_to_the_program() {
    let script = Script::new("args.ruff", "print(args())\n");
    let cases: &[(&[&str], &str)] = &[
        (&[], "[]\n"),
        (&["a", "b c"], "[a, b c]\n"),
        (&["--jit=off", "-x", "--help"], "[--jit=off, -x, --help]\n"),
        (&["--", "--", "y"], "[--, y]\n"),
    ];
    for (arguments, expected) in cases {
        let mut all = vec!["run", script.path()];
        all.extend(*arguments);
        let output = ruff(&all);
        exits_with(&output, 0);
        assert_eq!(stdout(&output), *expected, "{arguments:?}");
    }
}

#[test]
fn runtime_errors_suggest_what_was_meant() {
    let cases = [
        ("struct P { x }\nprint(P(1))", "an instance is written `Name { field: value }`"),
        ("let d := {}\nd[\"n\"] += 1", "`get(dict, key, default)`"),
        ("let a := [1]\na.push(2)", "there is a function `push(a, v) -> array`"),
        ("print([1].lenght())", "Cannot call method 'lenght' on array value"),
        ("print([1].size())", "there is a function `len("),
        ("enum Color { Red }\nprint(Color.Red)", "`Color` is an enum: one of its values is"),
        ("print(max(1, 2, 3))", "it is called as `max(a, b)"),
        ("print([1].length)", "there is a function `len("),
        ("let d := { name: 1 }", "a text as key is written `\"name\": ..`"),
        ("struct P { x }\nlet p := P::new(3)", "`P` is a struct: an instance is written `P {"),
        ("let p := Q::new(3)", "Undefined enum: Q"),
        ("struct P { x }\nlet p := new P()", "an instance is written `Name { field: value }`"),
    ];
    for (source, hint) in cases {
        let script = Script::new("method.ruff", source);
        let output = ruff(&["run", script.path()]);
        exits_with(&output, 4);
        assert!(stderr(&output).contains(hint), "{source}: {}", stderr(&output));
    }
}

#[test]
fn usage_errors_exit_with_2_and_explain() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage"),
        (&["fly"], "fly"),
        (&["run"], "FILE"),
        (&["run", "--jti-sync", "x"], "--jit-sync"),
        (&["run", "--jit=fast", "x"], "off, eval, on"),
        (&["run", "--jit-stats=xml", "x"], "json"),
        (&["run", "--jit-fuel=many", "x"], "many"),
        (&["run", "--dump=q", "x"], "`q`"),
        (&["run", "--set", "loop_treshold=5", "x"], "loop_threshold"),
        (&["run", "--set", "loop_threshold", "x"], "NAME=VALUE"),
        (&["run", "--set", "loop_threshold=0", "x"], "from 1"),
        (&["check"], "PATHS"),
    ];
    for (arguments, hint) in cases {
        let output = ruff(arguments);
        exits_with(&output, 2);
        assert_eq!(stdout(&output), "", "{arguments:?}");
        assert!(
            stderr(&output).to_lowercase().contains(&hint.to_lowercase()),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let output = ruff(&["--version"]);
    exits_with(&output, 0);
    assert_eq!(stdout(&output), format!("ruff {}\n", env!("CARGO_PKG_VERSION")));
    let output = ruff(&["run", "--help"]);
    exits_with(&output, 0);
    for part in ["--jit-stats", "--jit-chaos", "loop_threshold", "RUFF_", "exit"] {
        assert!(stdout(&output).contains(part), "{part}");
    }
    exits_with(&ruff(&["--help"]), 0);
}

#[test]
fn parse_errors_exit_with_3_and_nothing_is_executed() {
    let script = Script::new("bad.ruff", "print(1)\nlet x = (1 +\n");
    for verb in ["run", "check", "disasm"] {
        let output = ruff(&[verb, script.path()]);
        exits_with(&output, 3);
        assert_eq!(stdout(&output), "");
        let text = stderr(&output);
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with("Parse Error: "), "{text}");
        assert!(lines.next().unwrap().starts_with(&format!("  --> {}:", script.path())), "{text}");
        assert!(text.contains('^'), "{text}");
    }
}

#[test]
fn hostile_sources_get_diagnostics() {
    let deep = "(".repeat(100_000);
    let cases: &[&[u8]] = &[
        b"x := \"a\xffb\"\n",
        b"x := 1 \0 2\n",
        b"\xef\xbb\xbfprint(",
        b"x := \"never ends",
        b"/* never ends",
        deep.as_bytes(),
    ];
    for source in cases {
        let output = ruff_with_input(&["run", "-"], source);
        exits_with(&output, 3);
        assert!(stderr(&output).starts_with("Parse Error: "), "{}", stderr(&output));
        assert!(stderr(&output).len() < 100_000);
    }
}

#[test]
fn unreadable_scripts_exit_with_5() {
    for file in ["/nowhere/at/all.ruff", "/"] {
        // A folder is something to check.
        let verbs = ["run", "disasm", "check"].into_iter().take(if file == "/" { 2 } else { 3 });
        for verb in verbs {
            let output = ruff(&[verb, file]);
            exits_with(&output, 5);
            assert!(stderr(&output).contains(file), "{}", stderr(&output));
        }
    }
}

#[test]
fn uncaught_errors_exit_with_4_after_the_output() {
    let text = "func inner(a) {\n  return a[7]\n}\nfunc outer() {\n  return inner([1])\n}\n\
                print(\"before\")\nouter()\n";
    let script = Script::new("error.ruff", text);
    let output = ruff(&["run", script.path()]);
    exits_with(&output, 4);
    assert_eq!(stdout(&output), "before\n");
    let text = stderr(&output);
    let path = script.path();
    assert!(
        text.starts_with(&format!("Runtime Error: Index out of bounds: 7\n  --> {path}:2:")),
        "{text}"
    );
    let stack = text.split("Call stack:\n").nth(1).unwrap_or_else(|| panic!("no stack: {text}"));
    let calls: Vec<&str> =
        stack.lines().map(|line| line.trim().split(',').next().unwrap()).collect();
    assert_eq!(calls, ["inner", "outer"], "{text}");
    assert!(
        stack.contains(&format!("{path}:5:")) && stack.contains(&format!("{path}:8:")),
        "{text}"
    );
}

#[test]
fn call_stacks_are_capped() {
    let text =
        "func down(n) {\n  if n == 0 { throw \"deep\" }\n  return down(n - 1)\n}\ndown(100)\n";
    let output = ruff_with_input(&["run", "-"], text.as_bytes());
    exits_with(&output, 4);
    let stack = stderr(&output).split("Call stack:\n").nth(1).unwrap().lines().count();
    assert!((20..=21).contains(&stack), "{stack} lines");
}

#[test]
fn endless_recursion_is_a_clean_error() {
    for jit in ["off", "on"] {
        let text = b"func f(n) {\n  return 1 + f(n + 1)\n}\nprint(f(0))\n";
        let output = ruff_with_input(&["run", &format!("--jit={jit}"), "-"], text);
        exits_with(&output, 4);
        assert!(stderr(&output).starts_with("Runtime Error: "), "{}", stderr(&output));
    }
}

#[test]
fn endless_growth_is_a_clean_error() {
    for growth in [
        "let s := \"abcdefgh\"\nloop { s := s + s }",
        "let a := [1, 2, 3]\nloop { a := a + a }",
        "let a := [1, 2]\nloop { a := [...a, ...a] }",
        "let a := [print]\nloop { a := concat(a, a) }",
        "let a := []\nloop { a := push(a, \"x\") }",
        "let d := {}\nlet i := 0\nloop { d[i] := \"abc\" + i  i += 1 }",
        "struct Node { next }\nlet list := null\nloop { list := Node { next: list } }",
    ] {
        let script = Script::new("growth", growth);
        for mode in ["--jit=off", "--jit=on"] {
            let limit = ["run", mode, "--set", "memory_limit=64000000", script.path()];
            let output = ruff(&limit);
            exits_with(&output, 4);
            assert!(stderr(&output).contains("Memory limit exceeded"), "{growth}");
        }
    }
}

/// Results that are far bigger than what they are made of.
#[test]
fn multiplied_results_are_a_clean_error() {
    let shared = "let a := [1]\nfor i in range(0, 45) { a := [a, a] }\n";
    let text = "let s := \"a\" * 1000000\n";
    let row =
        "let r := range(0, 10000)\nlet a := []\nfor i in range(0, 10000) { a := push(a, r) }\n";
    for multiplied in [
        format!("{shared}print(a)"),
        format!("{shared}print(len(to_string(a)))"),
        format!("{shared}print(len(\"${{a}}\"))"),
        format!("{shared}print(len(to_json(a)))"),
        format!("{shared}print(len(to_yaml([a])))"),
        format!("{shared}debug(a)"),
        format!("{text}print(len(replace(s, \"a\", s)))"),
        format!("{text}print(len(regex_replace(s, \"a\", s)))"),
        format!("{text}print(len(regex_replace(s, \"(a)\", \"${{1}}\" + s)))"),
        format!("{text}print(len(join(range(0, 1000), s)))"),
        "print(len(split(\"a\" * 30000000, \"\")))".to_string(),
        "print(len(windows(range(0, 100000), 50000)))".to_string(),
        format!("{row}print(len(flatten(a)))"),
    ] {
        let script = Script::new("multiplied", &multiplied);
        let output = ruff(&["run", "--set", "memory_limit=64000000", script.path()]);
        exits_with(&output, 4);
        assert!(stderr(&output).contains("Memory limit exceeded"), "{multiplied}");
        assert_eq!(stdout(&output), "", "{multiplied}");
    }
    // A message shows the beginning.
    let script = Script::new("thrown", format!("{shared}throw a"));
    let output = ruff(&["run", script.path()]);
    exits_with(&output, 4);
    assert!(stderr(&output).contains("[[[[") && stderr(&output).contains('\u{2026}'));
    assert!(output.stderr.len() < 1_000_000);
}

#[cfg(target_os = "linux")]
#[test]
fn growth_ends_before_the_system_refuses_memory() {
    let script = Script::new("system_limit", "let s := \"abcdefgh\"\nloop { s := s + s }");
    let limited =
        format!("ulimit -v 2000000; exec {} run {}", env!("CARGO_BIN_EXE_ruff"), script.path());
    let output = Command::new("sh").args(["-c", &limited]).output().unwrap();
    exits_with(&output, 4);
    assert!(stderr(&output).contains("Memory limit exceeded"), "{}", stderr(&output));
}

#[cfg(all(target_os = "linux", not(debug_assertions)))]
#[test]
fn a_program_of_a_line_takes_less_than_10_mb() {
    use wait4::Wait4;
    let script = Script::new("small", "print(\"hi\")");
    let child = command(&["run", script.path()]).stdout(Stdio::null()).spawn().unwrap();
    let peak = child.wait4().unwrap().rusage.maxrss;
    assert!(peak < 10_000_000, "{peak} bytes");
}

#[cfg(target_os = "linux")]
#[test]
fn big_programs_and_children_are_allowed_huge_pages() {
    let asks = "execute(\"grep THP_enabled /proc/self/status\")";
    let big = "let numbers := range(0, 1000000)";
    let own = "split(read_file(\"/proc/self/status\"), \"\\n\").filter(func(line) { \
               return starts_with(line, \"THP_enabled\") })[0]";
    let source = format!("print({own})\nprint({asks})\n");
    let script = Script::new("small_pages", &source);
    let before = ruff(&["run", script.path()]);
    let after = ruff_with_input(&["run", "-"], format!("{big}\nprint({own})").as_bytes());
    if stdout(&before).contains("THP_enabled") {
        assert_eq!(stdout(&before).split_whitespace().nth(1), Some("0"), "before it is big");
        assert_eq!(stdout(&before).split_whitespace().nth(3), Some("1"), "a child");
        assert_eq!(stdout(&after).split_whitespace().nth(1), Some("1"), "when it is big");
    }
}

#[test]
fn semantic_compile_errors_exit_with_4() {
    let output = ruff_with_input(&["run", "-"], b"print(1)\nbreak\n");
    exits_with(&output, 4);
    assert_eq!(stdout(&output), "");
    assert!(
        stderr(&output).contains("break can only be used inside a loop"),
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).contains("\n  --> <stdin>:2:1\n"), "{}", stderr(&output));
}

#[test]
fn exit_gives_its_code_and_flushes() {
    for code in [0, 1, 7, 255] {
        let text = format!("print(\"x\")\nexit({code})\nprint(\"never\")\n");
        let output = ruff_with_input(&["run", "-"], text.as_bytes());
        exits_with(&output, code);
        assert_eq!(stdout(&output), "x\n");
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn large_output_arrives_whole() {
    let text = b"for i in range(0, 100000) {\n  print(i)\n}\n";
    let output = ruff_with_input(&["run", "-"], text);
    exits_with(&output, 0);
    let expected: String = (0..100_000).map(|i| format!("{i}\n")).collect();
    assert!(stdout(&output) == expected, "{} bytes", output.stdout.len());
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let mut child = command(&["run", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let program = b"i := 0\nwhile true {\n  print(\"line\", i)\n  i := i + 1\n}\n";
    child.stdin.take().unwrap().write_all(program).unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let mut start = [0; 14];
    pipe.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"line 0\nline 1\n");
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    exits_with(&output, 0);
    assert_eq!(stderr(&output), "");
}

#[test]
fn errors_come_after_the_output_in_one_stream() {
    let script = Script::new("order.ruff", "print(\"first\")\nthrow \"second\"\n");
    let shell = format!("{} run {} 2>&1", env!("CARGO_BIN_EXE_ruff"), script.path());
    let output = Command::new("sh").args(["-c", &shell]).output().unwrap();
    assert!(stdout(&output).starts_with("first\nRuntime Error: second\n"), "{}", stdout(&output));
}

#[test]
fn disasm_shows_bytecode_on_standard_output() {
    let script = Script::new("disasm.ruff", HOT);
    let output = ruff(&["disasm", script.path()]);
    exits_with(&output, 0);
    assert!(stdout(&output).contains("<main>"), "{}", stdout(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn doc_shows_builtins_and_suggests() {
    let output = ruff(&["doc", "dirname"]);
    exits_with(&output, 0);
    assert!(stdout(&output).starts_with("dirname(path) -> string\n"));
    let output = ruff(&["doc"]);
    exits_with(&output, 0);
    assert!(stdout(&output).contains("  len(c) -> int\n"));
    let output = ruff(&["doc", "lenn"]);
    exits_with(&output, 2);
    assert!(stderr(&output).contains("did you mean `len`?"));
}

#[test]
fn unknown_names_come_with_a_hint() {
    for (name, hint) in [
        ("pusj", "did you mean `push`?"),
        ("length", "did you mean `len`?"),
        ("http_get", "http_get is not available"),
    ] {
        let output = ruff_with_input(&["run", "-"], format!("{name}(1)").as_bytes());
        exits_with(&output, 4);
        assert!(stderr(&output).contains(&format!("Undefined variable: {name}")));
        assert!(stderr(&output).contains(hint), "{}", stderr(&output));
    }
}

#[test]
fn script_arguments_are_parsed() {
    let text =
        "let p := arg_parser().add_argument(\"--count\", \"short\", \"-c\", \"type\", \"int\")
        p := p.add_argument(\"--fast\", \"type\", \"bool\")
        print(p.parse())";
    let script = Script::new("arguments.ruff", text);
    let run = |arguments: &[&str]| ruff(&[&["run", script.path()], arguments].concat());
    let output = run(&["-c", "3", "a", "--fast", "-5", "--", "--b"]);
    assert_eq!(stdout(&output), "{\"_positional\": [a, -5, --b], \"count\": 3, \"fast\": true}\n");
    assert_eq!(
        stdout(&run(&["--count=7"])),
        "{\"_positional\": [], \"count\": 7, \"fast\": false}\n"
    );
    for (arguments, message) in [
        (&["--none"][..], "Unknown argument: --none"),
        (&["--count"][..], "Argument --count requires a value"),
        (&["--count", "x"][..], "Cannot convert 'x' to int"),
    ] {
        let output = run(arguments);
        exits_with(&output, 4);
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}

#[test]
fn options_come_from_command_line_and_environment() {
    let script = Script::new("options.ruff", HOT);
    for arguments in [
        &["--jit=off"][..],
        &["--jit=eval"],
        &["--jit=on", "--jit-sync"],
        &["--jit-eager", "--jit-sync"],
        &["--jit-chaos=7"],
        &["--jit-fuel=0"],
        &["--set", "loop_threshold=3", "--set", "opt_peel=off"],
    ] {
        let mut all = vec!["run"];
        all.extend(arguments);
        all.push(script.path());
        let output = ruff(&all);
        exits_with(&output, 0);
        assert_eq!(stdout(&output), "1999000\n", "{arguments:?}");
        assert_eq!(stderr(&output), "", "{arguments:?}");
    }
    let mode = |environment: &str, arguments: &[&str]| {
        let mut all = vec!["run", "--jit-stats=json"];
        all.extend(arguments);
        all.push(script.path());
        let output = command(&all).env("RUFF_JIT", environment).output().unwrap();
        let report: serde_json::Value = serde_json::from_str(stderr(&output))
            .unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
        report["mode"].as_str().unwrap().to_string()
    };
    assert_eq!(mode("off", &[]), "off");
    assert_eq!(mode("off", &["--set", "jit=eval"]), "eval");
    assert_eq!(mode("off", &["--jit=on"]), "on");
    let output =
        command(&["run", script.path()]).env("RUFF_LOOP_THRESHOLD", "soon").output().unwrap();
    exits_with(&output, 2);
    assert!(stderr(&output).contains("RUFF_LOOP_THRESHOLD"), "{}", stderr(&output));
}

#[test]
fn reports_go_to_standard_error_or_to_a_file() {
    let script = Script::new("report.ruff", HOT);
    let output = ruff(&["run", "--jit-sync", "--jit-stats", script.path()]);
    exits_with(&output, 0);
    assert_eq!(stdout(&output), "1999000\n");
    assert!(stderr(&output).starts_with("JIT report: "), "{}", stderr(&output));
    assert!(stderr(&output).contains("totals reconcile"), "{}", stderr(&output));

    let file = Script::new("report.json", "");
    let form = format!("--jit-stats=json:{}", file.path());
    let output = ruff(&["run", "--jit-sync", &form, script.path()]);
    exits_with(&output, 0);
    assert_eq!(stderr(&output), "");
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&file.0).unwrap()).unwrap();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["reconciles"], true, "{}", report["differences"]);
    assert_eq!(report["totals"]["roots"], 1);
    assert_eq!(report["traces"][0]["at"]["line"], 2);
    assert_eq!(report["totals"]["entries"], report["totals"]["exits"]);
}

#[test]
fn a_report_follows_an_error_too() {
    let script = Script::new("report_error.ruff", "throw \"x\"\n");
    let output = ruff(&["run", "--jit-stats", script.path()]);
    exits_with(&output, 4);
    let text = stderr(&output);
    let error = text.find("Runtime Error: x").unwrap();
    assert!(error < text.find("JIT report").unwrap(), "{text}");
}

#[test]
fn dumps_hold_what_their_letters_ask_for() {
    let script = Script::new("dump.ruff", HOT);
    let dump = |letters: &str| {
        let output = ruff(&["run", "--jit-sync", "--dump", letters, script.path()]);
        exits_with(&output, 0);
        assert_eq!(stdout(&output), "1999000\n");
        stderr(&output).to_string()
    };
    assert!(dump("b").contains("---- function"));
    assert!(dump("r").contains("---- trace 0 recorded"));
    assert!(dump("o").contains("---- region 0 optimised"));
    assert!(dump("t").contains("---- region 0 compiled"));
    assert!(dump("c").contains("---- region 0 lowered"));
    assert!(dump("x").contains("---- region 0 left"));
    assert!(!dump("A").contains("----"));
    assert_eq!(dump("ro"), dump("ro"), "dumps are deterministic");
}

#[test]
fn the_trace_log_follows_its_targets() {
    let script = Script::new("log.ruff", HOT);
    let log = |filter: &str| {
        let output = command(&["run", "--jit-sync", script.path()])
            .env("RUST_LOG", filter)
            .output()
            .unwrap();
        exits_with(&output, 0);
        assert_eq!(stdout(&output), "1999000\n");
        stderr(&output).to_string()
    };
    assert_eq!(log("off"), "");
    let all = log("trace");
    for part in ["ruff::jit::record", "ruff::jit::opt", "ruff::jit::exit"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert_eq!(all, log("trace"), "the log is deterministic");
    let optimised = log("ruff::jit::opt=trace");
    assert!(optimised.contains("ruff::jit::opt") && !optimised.contains("ruff::jit::record"));
}

#[test]
fn test_run_runs_test_blocks() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ruff"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(arguments)
            .output()
            .expect("the ruff binary starts");
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    };
    let expected = "top level\nteardown 10\nPASS adds\nteardown 10\n\
        FAIL fails: Assertion failed: expected 3, got 2 (line 9)\nteardown 0\n\
        FAIL raises: Division by zero (line 12)\nteardown 10\nPASS fresh scope\n\
        Tests: 4 total, 2 passed, 2 failed\n";
    let file = "tests/testing/suite.ruff";
    assert_eq!(run(&["test-run", file]), (expected.to_string(), Some(1)));
    let (output, code) = run(&["test", "--filter", "adds", "tests/testing"]);
    assert_eq!(code, Some(0));
    assert!(output.ends_with("PASS adds\nTests: 1 total, 1 passed, 0 failed\n"), "{output}");
    assert_eq!(run(&["run", file]), ("top level\n".to_string(), Some(0)));
    assert_eq!(run(&["test-run", "no/such/file.ruff"]).1, Some(5));
}

#[test]
fn a_program_that_returns_runs_its_tests() {
    let program = "let x := 1\nfor i in 3 { if i == 1 { return x } }\nlet y := 2\n\
        test \"sees x\" { assert_equal(x, 1) }\ntest \"y\" { assert_equal(y, 2) }\n";
    let script = Script::new("returns.ruff", program);
    let output = ruff(&["test-run", script.path()]);
    exits_with(&output, 1);
    assert_eq!(
        stdout(&output),
        "PASS sees x\nFAIL y: Undefined variable: y (line 5)\n\
         Tests: 2 total, 1 passed, 1 failed\n"
    );
    exits_with(&ruff(&["run", script.path()]), 0);
}

#[test]
fn the_first_failure_of_a_test_is_told() {
    let program = "test_teardown { throw \"teardown broke\" }\n\
                   test \"both\" { throw \"body broke\" }\ntest \"one\" { }\n";
    let script = Script::new("failures.ruff", program);
    let output = ruff(&["test-run", script.path()]);
    exits_with(&output, 1);
    let expected = "FAIL both: body broke (line 2)\nFAIL one: teardown broke (line 1)\n\
                    Tests: 2 total, 0 passed, 2 failed\n";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn tests_of_several_files_are_summed_up() {
    let good = Script::new("good_test.ruff", "test \"a\" { assert(true) }\n");
    let bad = Script::new("bad_test.ruff", "let = 1\n");
    let output = ruff(&["test", good.path(), bad.path()]);
    exits_with(&output, 1);
    let expected = format!(
        "{}\nPASS a\nTests: 1 total, 1 passed, 0 failed\n{}\n\
         Files: 2 total, 1 passed, 1 failed\n",
        good.path(),
        bad.path()
    );
    assert_eq!(stdout(&output), expected);
}

#[test]
fn completions_know_the_commands_of_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = ruff(&["completions", shell]);
        exits_with(&output, 0);
        for word in ["test-run", "disasm", "fmt", "completions", "jit-stats", "deny"] {
            assert!(stdout(&output).contains(word), "{shell}: {word}");
        }
    }
    exits_with(&ruff(&["completions", "tcsh"]), 2);
    let script = Script::new("completions.bash", ruff(&["completions", "bash"]).stdout);
    let shell = Command::new("bash").args(["-n", script.path()]).status();
    assert!(shell.is_ok_and(|status| status.success()), "bash can read its script");
}

/// Starts `ruff run` of a program that prints a line when it is ready, sends
/// SIGINT after that, and waits for its end.
fn interrupted(name: &str, program: &str, options: &[&str], signals: usize) -> (Output, Duration) {
    let script = Script::new(name, program);
    let mut arguments = vec!["run"];
    arguments.extend(options);
    arguments.push(script.path());
    let mut child = command(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = child.stdin.take();
    let mut ready = [0; 6];
    // Standard error is not buffered, so the program is running when this arrives.
    child.stderr.as_mut().unwrap().read_exact(&mut ready).unwrap();
    assert_eq!(&ready, b"ready\n");
    std::thread::sleep(Duration::from_millis(50));
    let began = Instant::now();
    for _ in 0..signals {
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    drop(input);
    (output, began.elapsed())
}

#[test]
fn ctrl_c_stops_hot_loops_in_every_mode() {
    let program = "print(\"before\")\neprint(\"ready\")\nlet i := 0\nwhile true {\n    \
                   try { i := (i + 1) % 1000 } except e { print(\"caught\") }\n}\n";
    for mode in ["--jit=off", "--jit=eval", "--jit=on"] {
        let (output, took) = interrupted("hot_loop.ruff", program, &[mode], 1);
        exits_with(&output, 130);
        assert_eq!(stdout(&output), "before\n", "{mode}");
        let message = stderr(&output);
        assert!(message.starts_with("Runtime Error: Interrupted\n"), "{mode}: {message}");
        assert!(message.contains("hot_loop.ruff:5:"), "{mode}: {message}");
        assert!(took < Duration::from_secs(5), "{mode}: {took:?}");
    }
}

#[test]
fn ctrl_c_stops_calls_and_sleep() {
    let recursion = "func spin(n) { if n > 0 { spin(n - 1) spin(n - 1) } }\n\
                     eprint(\"ready\")\nspin(200)\n";
    let (output, _) = interrupted("calls.ruff", recursion, &[], 1);
    exits_with(&output, 130);
    assert!(stderr(&output).contains("Runtime Error: Interrupted\n"));
    assert!(stderr(&output).contains("spin, called at"));
    let endless = "let a := [1]\nlet b := [1]\nfor i in range(0, 60) { a := [a, a]  b := [b, b] }\n\
                   eprint(\"ready\")\nprint(a == b)\n";
    for text in [endless.to_string(), endless.replace("a == b", "len(to_json(a))")] {
        let (output, _) = interrupted("endless.ruff", &text, &[], 1);
        exits_with(&output, 130);
        assert_eq!(stdout(&output), "");
    }
    let sleeper = "eprint(\"ready\")\nsleep(600000)\n";
    let (output, took) = interrupted("sleeper.ruff", sleeper, &[], 1);
    exits_with(&output, 130);
    assert!(stderr(&output).contains("sleeper.ruff:2:1"));
    assert!(took < Duration::from_secs(5));
}

#[test]
fn ctrl_c_ends_a_process_that_does_not_react() {
    // It waits for a line that never comes.
    let reader = "eprint(\"ready\")\ninput()\n";
    for signals in [1, 2] {
        let (output, took) = interrupted("reader.ruff", reader, &[], signals);
        exits_with(&output, 130);
        assert!(stderr(&output).contains("ruff: interrupted"), "{}", stderr(&output));
        assert!(took < Duration::from_secs(5));
    }
}

#[test]
fn errors_are_reported_where_they_were_raised() {
    let again = "func f(x) {\n    return 1 / x\n}\n\
                 func g(x) {\n    try { return f(x) } except e { throw e }\n}\n";
    let rethrown = Script::new("rethrown.ruff", format!("{again}\ng(0)\n"));
    let awaited = format!("{again}async func h(x) {{ return g(x) }}\np := h(0)\nawait p\n");
    let awaited = Script::new("awaited.ruff", awaited);
    for script in [&rethrown, &awaited] {
        let output = ruff(&["run", script.path()]);
        let text = stderr(&output);
        assert!(text.starts_with("Runtime Error: Division by zero\n"), "{text}");
        assert!(text.contains(&format!("--> {}:2:14\n", script.path())), "{text}");
        assert!(text.contains(&format!("\n  f, called at {}:5:18\n", script.path())), "{text}");
    }
    let task = Script::new("task.ruff", format!("{again}spawn {{\n    g(0)\n}}\nsleep(0)\n"));
    for mode in ["--jit=off", "--jit-eager"] {
        let output = ruff(&["run", mode, task.path()]);
        let report =
            format!("Error in spawned task: Division by zero\n  --> {}:2:14\n", task.path());
        assert_eq!(stderr(&output), report);
    }
}

#[test]
fn what_has_too_many_operands_is_said() {
    let many = vec!["1"; 256].join(", ");
    for (source, message) in [
        (format!("enum E {{ A }}\nE::A({many})\n"), "an enum value has at most 255 payloads"),
        (format!("func f() {{}}\nf({many})\n"), "a call has at most 255 arguments"),
        (format!("s := {{}}\ns.m({many})\n"), "a call has at most 255 arguments"),
    ] {
        let script = Script::new("many.ruff", source);
        let output = ruff(&["run", script.path()]);
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert_eq!(output.status.code(), Some(4));
    }
}

#[test]
fn an_enum_behind_a_module_is_explained() {
    let script = Script::new("behind.ruff", "import m\nprint(m.E::A)\n");
    let output = ruff(&["run", script.path()]);
    assert!(stderr(&output).contains("write `E::Variant`"), "{}", stderr(&output));
}

/// Runs with a standard error that nobody reads.
fn without_reader(arguments: &[&str]) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command(arguments).stdout(Stdio::piped()).stderr(writer).output().unwrap()
}

#[test]
fn exit_codes_do_not_need_a_reader_of_standard_error() {
    let raising = Script::new("unread_raising.ruff", "eprint(1)\nprint(2)\nthrow \"x\"\n");
    let broken = Script::new("unread_broken.ruff", "let := 1\n");
    let failing = Script::new("unread_failing.ruff", "test \"t\" { throw 1 }\n");
    let task = Script::new("unread_task.ruff", "spawn { throw 1 }\nsleep(0)\nprint(2)\n");
    let unused = Script::new("unread_unused.ruff", "func f() {\n    let a := 1\n}\nf()\n");
    for (arguments, code, printed) in [
        (vec!["run", raising.path()], 4, "2\n"),
        (vec!["run", broken.path()], 3, ""),
        (vec!["run", "no_such_file.ruff"], 5, ""),
        (vec!["run", "--jit-stats", task.path()], 0, "2\n"),
        (vec!["run", "--dump=rs", "--jit-eager", task.path()], 0, "2\n"),
        (vec!["check", broken.path()], 3, ""),
        (vec!["check", "--deny", "warnings", unused.path()], 1, ""),
        (vec!["fmt", "--check", broken.path()], 3, ""),
        (vec!["test", broken.path()], 3, ""),
        (
            vec!["test", failing.path()],
            1,
            "FAIL t: 1 (line 1)\nTests: 1 total, 0 passed, 1 failed\n",
        ),
        (vec!["doc", "no_such_builtin"], 2, ""),
        (vec!["no_such_command"], 2, ""),
    ] {
        let output = without_reader(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert_eq!(stdout(&output), printed, "{arguments:?}");
    }
}

#[test]
fn a_test_that_returns_is_torn_down() {
    let program = "test_setup { let s := 1 }\n\
                   test_teardown { print(\"teardown\", s) if s == 2 { return } print(\"goes on\") }\n\
                   test \"returns\" { s := 2 if true { return 5 } print(\"never\") }\n\
                   test \"raises\" { throw \"no\" }\ntest \"unhandled\" { let x := Err(\"bad\")? }\n";
    let script = Script::new("returning_test.ruff", program);
    let output = ruff(&["test-run", script.path()]);
    exits_with(&output, 1);
    let expected = "teardown 2\nPASS returns\nteardown 1\ngoes on\nFAIL raises: no (line 4)\n\
                    teardown 1\ngoes on\nFAIL unhandled: Unhandled Err(bad) (line 5)\n\
                    Tests: 3 total, 1 passed, 2 failed\n";
    assert_eq!(stdout(&output), expected);
}
