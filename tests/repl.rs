//! `ruff repl`, with piped input and on a pseudo-terminal.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruff"));
    command.arg("repl").env_remove("RUST_LOG").env("RUFF_SYNC", "on");
    command
}

/// A conversation with this input piped in.
fn piped(input: &str) -> Output {
    let mut child = command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ruff starts");
    let mut stdin = child.stdin.take().expect("piped");
    // It may leave before it has read everything.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("ruff ends")
}

#[track_caller]
fn converses(input: &str, stdout: &str, stderr: &str, code: i32) {
    let output = piped(input);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&output.stdout), stdout, "{input}\n{}", text(&output.stderr));
    assert!(text(&output.stderr).contains(stderr), "{input}\n{}", text(&output.stderr));
    assert!(!stderr.is_empty() || output.stderr.is_empty(), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{input}");
}

#[test]
fn names_stay_and_values_are_shown() {
    converses(
        "let x := [1, \"a\"]\nx\nx[1]\n\nnull\nprint(x)\n",
        "[1, \"a\"]\n\"a\"\n[1, a]\n",
        "",
        0,
    );
    converses("func f(n) { return n + y }\ny := 2\nf(1)\ny := 5\nf(1)", "3\n6\n", "", 0);
    converses(
        "struct P { a }\nlet p := P { a: \"s\" }\np\np.a := 2\np.a",
        "P { a: \"s\" }\n2\n",
        "",
        0,
    );
    converses("", "", "", 0);
}

#[test]
fn an_input_goes_on_until_it_is_complete() {
    converses("func f() {\n\n  return [\n1,\n2]\n}\nf()\n", "[1, 2]\n", "", 0);
    converses("let s := \"two\nlines\"\nlen(s)\n", "9\n", "", 0);
    converses("try { throw \"x\" }\nexcept e { print(e.message) }\n", "x\n", "", 0);
    converses("1 +\n2\n", "3\n", "", 0);
    converses("print(1)\nfunc f() {", "1\n", "`{` is never closed", 3);
}

#[test]
fn errors_go_to_standard_error_and_do_not_end_it() {
    let error = "Runtime Error: Undefined variable: nope\n  --> <input 2>:1:1\n";
    converses("1\nnope\n2\n", "1\n2\n", error, 4);
    converses("let = 1\n2\n", "2\n", "Parse Error: ", 3);
    converses("break\n1 / 0\n", "", "Compile Error: break can only be used inside a loop", 4);
    converses("func f() { throw \"in f\" }\n\nf()\n", "", "f, called at <input 2>:1:1", 4);
    converses("exit(7)\nprint(1)\n", "", "", 7);
}

#[test]
fn commands() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("repl_load.ruff");
    fs::write(&file, "let loaded := 41\nprint(\"loading\")\n").expect("writable");
    let load = format!(":load {}\nloaded + 1\n", file.display());
    converses(&load, "loading\n42\n", "", 0);
    converses(":load /no/such/file\n1\n", "1\n", "/no/such/file", 5);
    converses("let x := 1\n:reset\nx\n", "", "Undefined variable: x", 4);
    converses(":quit\nprint(1)\n", "", "", 0);
    converses(":nothing\n", "", "no command `:nothing`; `:help` lists them", 2);
    converses(":load\n", "", ":load takes the name of a file", 2);
    let help = piped(":help\n");
    for name in [":help", ":load FILE", ":time CODE", ":trace", ":reset", ":quit"] {
        assert!(String::from_utf8_lossy(&help.stdout).contains(name), "{name}");
    }
    let time = String::from_utf8_lossy(&piped(":time 20 + 1\n").stdout).into_owned();
    assert!(time.starts_with("21\ntook "), "{time}");
    assert!(time.ends_with("s\n"), "{time}");
}

#[test]
fn the_trace_of_the_last_input_is_shown() {
    let loops = "let s := 0\nfor i in 5000 { s := s + i }\n:trace\n";
    let text = String::from_utf8_lossy(&piped(loops).stdout).into_owned();
    assert!(text.contains("recorded") && text.contains("int_add"), "{text}");
    let later = format!("{}s\n:trace\n", loops.trim_end_matches(":trace\n"));
    converses(&later, "12497500\nnothing was recorded: the last input had no hot loop\n", "", 0);
}

#[cfg(unix)]
mod terminal {
    use super::*;
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::fs::{File, OpenOptions};
    use std::process::Child;
    use std::sync::{Arc, Mutex};
    use std::thread;
    use std::time::{Duration, Instant};

    /// A conversation on a terminal.
    struct Terminal {
        keyboard: File,
        screen: Arc<Mutex<String>>,
        child: Child,
        /// Part of the screen that was looked at.
        seen: usize,
        state: PathBuf,
    }

    impl Terminal {
        fn open(name: &str) -> Terminal {
            let state = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
            let _ = fs::remove_dir_all(&state);
            let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
            grantpt(&master).expect("a terminal");
            unlockpt(&master).expect("a terminal");
            let path = ptsname(&master, Vec::new()).expect("a name").into_string().expect("text");
            let end = OpenOptions::new().read(true).write(true).open(path).expect("a terminal");
            let stdio = || Stdio::from(end.try_clone().expect("a terminal"));
            let child = command()
                .env("XDG_STATE_HOME", &state)
                .env("TERM", "xterm")
                .env("NO_COLOR", "1")
                .stdin(stdio())
                .stdout(stdio())
                .stderr(stdio())
                .spawn()
                .expect("ruff starts");
            drop(end);
            let keyboard = File::from(master);
            let mut reader = keyboard.try_clone().expect("a terminal");
            let screen = Arc::new(Mutex::new(String::new()));
            let shared = screen.clone();
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = reader.read(&mut bytes) {
                    let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                    shared.lock().expect("not poisoned").push_str(&text);
                }
            });
            Terminal { keyboard, screen, child, seen: 0, state }
        }

        fn types(&mut self, keys: &str) {
            self.keyboard.write_all(keys.as_bytes()).expect("ruff reads");
        }

        /// Waits for the prompt and enters an input: what is typed while none is
        /// read belongs to the program.
        #[track_caller]
        fn enters(&mut self, input: &str) {
            self.sees("\x1b[K> ");
            self.types(input);
            self.types("\r");
        }

        /// Waits until `text` appears behind what was seen before.
        #[track_caller]
        fn sees(&mut self, text: &str) {
            let began = Instant::now();
            loop {
                let screen = self.screen.lock().expect("not poisoned").clone();
                if let Some(at) = screen[self.seen..].find(text) {
                    self.seen += at + text.len();
                    return;
                }
                let late = began.elapsed() > Duration::from_secs(20);
                assert!(!late, "no {text:?} in {:?}", &screen[self.seen..]);
                thread::sleep(Duration::from_millis(5));
            }
        }

        fn leaves(mut self) -> (Option<i32>, PathBuf) {
            (self.child.wait().expect("ruff ends").code(), self.state.clone())
        }
    }

    impl Drop for Terminal {
        /// A test that fails leaves nothing running.
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    #[test]
    fn lines_are_edited_and_kept() {
        let mut terminal = Terminal::open("repl_editing");
        terminal.enters("6 * 8\x08\x08 7 * 1000 + 1");
        terminal.sees("42001\r\n");
        // A function over several lines, then Up for the last input.
        terminal.enters("func f() {\rreturn \"fresh\"\r}");
        // The input is drawn again while it grows, its prompt too: it must have ended.
        terminal.sees("\x1b[?2004l\r\n");
        terminal.enters("f() + \"ly\"");
        terminal.sees("\"freshly\"\r\n");
        terminal.enters("\x1b[A");
        terminal.sees("\"freshly\"\r\n");
        terminal.sees("\x1b[K> ");
        terminal.types("\x04");
        let (code, state) = terminal.leaves();
        assert_eq!(code, Some(0));
        let history = fs::read_to_string(state.join("ruff/history")).expect("a history");
        assert!(history.contains("f() + \"ly\""), "{history}");
    }

    #[test]
    fn ctrl_c_drops_an_input_and_stops_a_program() {
        let mut terminal = Terminal::open("repl_interrupts");
        terminal.sees("\x1b[K> ");
        terminal.types("func g( {\x03");
        terminal.enters("let n := 0");
        terminal.enters("eprint(\"spin\" + \"ning\") while true { n := n + 1 }");
        terminal.sees("spinning\r\n");
        thread::sleep(Duration::from_millis(50));
        let process = rustix::process::Pid::from_child(&terminal.child);
        rustix::process::kill_process(process, rustix::process::Signal::INT).expect("a signal");
        terminal.sees("Interrupted");
        terminal.enters("n > 0");
        terminal.sees("true\r\n");
        terminal.enters("exit(3)");
        assert_eq!(terminal.leaves().0, Some(3));
    }

    #[test]
    fn tab_completes_names() {
        let mut terminal = Terminal::open("repl_completion");
        terminal.enters("let remarkable := 12345");
        terminal.enters("remark\t + 1");
        terminal.sees("12346\r\n");
        terminal.enters(":qu\t");
        assert_eq!(terminal.leaves().0, Some(0));
    }
}
