//! `ruff test-run FILE` and `ruff test [PATHS]`: running the tests of programs.
//!
//! A file that was named is run whatever it holds; of a folder, the programs
//! that contain tests are run in order of their paths.
//!
//! Example: `ruff test examples` prints for each program with tests its path,
//! its results and a summary, and exits with 1 if a test failed.

use super::interrupt;
use super::session::{Source, finish};
use super::{FAILED, SUCCESS};
use crate::base::options::Options;
use crate::engine::Runner;
use std::path::Path;

/// Runs the tests of the programs that `paths` lead to.
pub fn run(paths: &[String], filter: Option<&str>, options: &Options) -> Result<u8, u8> {
    let mut files = Vec::new();
    for path in paths {
        if Path::new(path).is_dir() {
            files.extend(programs_below(Path::new(path)));
        } else {
            files.push(path.clone());
        }
    }
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
    let mut runner = Runner::new(options.clone());
    let program = Source::read(file)?.compile_tests(&mut runner, filter)?;
    interrupt::on_ctrl_c(runner.interrupt());
    Ok(finish(runner.run(&program, Vec::new())))
}

/// The programs below a folder that contain tests.
fn programs_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&path) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if path.is_dir() && !hidden && !path.is_symlink() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "ruff")
                && std::fs::read_to_string(&path).is_ok_and(|text| text.contains("test \""))
            {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}
