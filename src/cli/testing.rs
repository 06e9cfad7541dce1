//! `ruff test-run FILE` and `ruff test [PATHS]`: running the tests of programs.
//!
//! A file that was named is run whatever it holds; of a folder, the programs
//! that contain tests are run in order of their paths.
//!
//! Example: `ruff test examples` prints for each program with tests its path,
//! its results and a summary, and exits with 1 if a test failed.

use super::programs::programs;
use super::session::{Source, finish};
use super::{FAILED, SUCCESS};
use crate::base::options::Options;
use crate::engine::Engine;
use std::path::Path;

/// Runs the tests of the programs that `paths` lead to.
pub fn run(paths: &[String], filter: Option<&str>, options: &Options) -> Result<u8, u8> {
    let files = programs(paths, has_tests);
    let mut worst = SUCCESS;
    for file in &files {
        if files.len() > 1 {
            println!("{file}");
        }
        match run_file(file, filter, options) {
            // Of several files, one that cannot be run must not hide the others.
            Err(code) if files.len() == 1 => return Err(code),
            Ok(SUCCESS) => {}
            Ok(code) if files.len() == 1 => return Ok(code),
            Ok(_) | Err(_) => worst = FAILED,
        }
    }
    Ok(worst)
}

fn run_file(file: &str, filter: Option<&str>, options: &Options) -> Result<u8, u8> {
    let mut engine = Engine::new(options.clone());
    let program = Source::read(file)?.compile_tests(&mut engine, filter)?;
    Ok(finish(engine.run(&program, Vec::new())))
}

fn has_tests(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.contains("test \""))
}
