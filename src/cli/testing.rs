//! `ruff test-run FILE` and `ruff test [PATHS]`: running the tests of programs.
//!
//! A file that was named is run whatever it holds; of a folder, the programs
//! that contain tests are run in order of their paths.
//!
//! Example: `ruff test examples` prints for each program with tests its path,
//! its results and a summary, and exits with 1 if a test failed. Behind several
//! files stands how many of them passed; on a terminal each has its number.

use super::programs::programs;
use super::session::{Source, finish};
use super::{FAILED, SUCCESS, interrupt};
use crate::base::options::Options;
use crate::engine::Runner;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Runs the tests of the programs that `paths` lead to.
pub fn run(paths: &[String], filter: Option<&str>, options: &Options) -> Result<u8, u8> {
    let files = programs(paths, has_tests);
    if let [file] = files.as_slice() {
        return run_file(file, filter, options);
    }
    let (total, shows_progress) = (files.len(), std::io::stdout().is_terminal());
    let mut passed = 0;
    for (number, file) in (1..).zip(&files) {
        match shows_progress {
            true => print(&format!("{file} ({number} of {total})\n")),
            false => print(&format!("{file}\n")),
        }
        // One that cannot be run must not hide the others.
        if run_file(file, filter, options) == Ok(SUCCESS) {
            passed += 1;
        }
    }
    print(&format!("Files: {total} total, {passed} passed, {} failed\n", total - passed));
    Ok(if passed == total { SUCCESS } else { FAILED })
}

/// Prints to standard output; a reader that goes away early has seen what it wanted.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn run_file(file: &str, filter: Option<&str>, options: &Options) -> Result<u8, u8> {
    let mut runner = Runner::new(options.clone());
    let program = Source::read(file)?.compile_tests(&mut runner, filter)?;
    interrupt::on_ctrl_c(runner.interrupt());
    Ok(finish(runner.run(&program, Vec::new())))
}

fn has_tests(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.contains("test \""))
}
