//! `ruff fmt`: what programs look like afterwards, and that they are the same programs.
//!
//! `tests/format/NAME.ruff` becomes `NAME.formatted`; `RUFF_BLESS=1 cargo test --test format`
//! rewrites the latter. All programs of the project are formatted in a copy, and run from there.

mod programs;

use programs::{below, check_all, first_difference, run};
use ruff::format::format;
use ruff::syntax::{token::TokenKind, tokens};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn formatted(path: &Path) -> Result<String, String> {
    let text = read(path);
    format("program", &text).map_err(|errors| format!("    {}\n", errors[0].message))
}

/// Every program of the project that has no syntax errors.
fn corpus() -> Vec<PathBuf> {
    let folders = ["tests/golden", "examples", "benches/programs", "tests/format"];
    let all = folders.into_iter().flat_map(below);
    all.filter(|path| ruff::syntax::parse(&read(path)).errors.is_empty()).collect()
}

#[test]
fn formatted_programs_look_as_expected() {
    check_all(&below("tests/format"), |path| {
        let text = formatted(path)?;
        let expected = path.with_extension("formatted");
        if std::env::var_os("RUFF_BLESS").is_some_and(|value| !value.is_empty()) {
            fs::write(&expected, &text).expect("the expectation can be written");
        }
        match read(&expected) {
            same if same == text => Ok(()),
            other => Err(first_difference(&other, &text)),
        }
    });
}

#[test]
fn formatting_twice_changes_nothing() {
    check_all(&corpus(), |path| {
        let once = formatted(path)?;
        let twice = format("program", &once).map_err(|errors| errors[0].message.clone())?;
        if once == twice { Ok(()) } else { Err(first_difference(&once, &twice)) }
    });
}

/// The tokens but separators, and the text of the comments without blank space.
fn essence(text: &str) -> (Vec<String>, String) {
    let (mut kept, mut comments, mut end) = (Vec::new(), String::new(), 0);
    for token in tokens(text) {
        let (start, stop) = (token.span.start as usize, token.span.end as usize);
        comments.extend(text[end..start].chars().filter(|c| !c.is_whitespace()));
        end = stop;
        let separates =
            matches!(token.kind, TokenKind::Comma | TokenKind::Semicolon | TokenKind::Colon);
        // `>=` behind the arguments of a type becomes `> =`.
        let spelling = text[start..stop].replace(">=", ">");
        if !separates && token.kind != TokenKind::Equal {
            kept.push(spelling);
        }
    }
    (kept, comments)
}

#[test]
fn every_token_and_comment_is_kept() {
    check_all(&corpus(), |path| {
        let (tokens, comments) = essence(&read(path));
        let (tokens_after, comments_after) = essence(&formatted(path)?);
        if tokens != tokens_after {
            return Err(first_difference(&tokens.join("\n"), &tokens_after.join("\n")));
        }
        if comments != comments_after {
            return Err(format!("    comments {comments_after:?}, expected {comments:?}\n"));
        }
        Ok(())
    });
}

#[test]
fn comments_may_stand_anywhere() {
    check_all(&below("tests/format"), |path| {
        let text = read(path);
        for token in tokens(&text) {
            for comment in ["/* c */", "# c\n", "\n# c\n", "\n\n/* c */\n\n", "/* c\n */"] {
                let (before, after) = text.split_at(token.span.start as usize);
                let commented = format!("{before} {comment} {after}");
                if !ruff::syntax::parse(&commented).errors.is_empty() {
                    continue;
                }
                let line = before.lines().count();
                let report = |what: &str| Err(format!("    {what}: {comment:?} in line {line}\n"));
                let Ok(once) = format("program", &commented) else { return report("refused") };
                // One that waits for the end of its line may come after another on it.
                let sorted = |text: &str| {
                    let mut comments: Vec<char> = essence(text).1.chars().collect();
                    comments.sort_unstable();
                    comments
                };
                if sorted(&once) != sorted(&commented) {
                    return report("the comment is lost");
                }
                if format("program", &once).ok().as_ref() != Some(&once) {
                    return report("changes again");
                }
            }
        }
        Ok(())
    });
}

#[test]
fn no_line_is_needlessly_long() {
    let calls = "f(aaaaaaaaaaaaaaaaaaaaaaaa, g(bbbbbbbbbbbbbbbbbbbbbbbb, [cccccccccccccccccccccccc, \
                 dddddddddddddddddddddd]), {\"e\": eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee + fffffffffff})";
    for depth in 0..8 {
        let text = format!("{}{calls}\n{}", "if x {\n".repeat(depth), "}\n".repeat(depth));
        let text = format("program", &text).expect("a program");
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(ruff::format::WIDTH), "{text}");
    }
}

/// Copies the programs below `folder` and formats the copies.
fn format_copy(folder: &str, to: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in below(folder) {
        let copy = to.join(path.strip_prefix(root).expect("below the root"));
        fs::create_dir_all(copy.parent().expect("a folder")).expect("folders can be made");
        fs::write(&copy, formatted(&path).unwrap_or_else(|_| read(&path))).expect("writable");
    }
}

#[test]
fn formatted_programs_do_the_same() {
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formatted");
    for folder in ["tests/golden", "examples"] {
        format_copy(folder, &copies);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = format!("{}/", copies.strip_prefix(root).unwrap_or(&copies).display());
    let mut programs = below("tests/golden");
    programs.extend(below("examples"));
    check_all(&programs, |path| {
        let text = read(path);
        // The lines of errors, which some print, are other ones.
        let prints_lines = text.contains(".line") || text.contains("e.stack");
        let copy = copies.join(path.strip_prefix(root).expect("below the root"));
        let limit = Duration::from_secs(20);
        let (before, after) = (run(path, &["--jit=off"], limit), run(&copy, &["--jit=off"], limit));
        // Messages name the files.
        let after_stdout = after.stdout.replace(&folder, "");
        if before.exit != after.exit || (before.stdout != after_stdout && !prints_lines) {
            return Err(first_difference(&before.stdout, &after_stdout));
        }
        Ok(())
    });
}

/// Runs `ruff fmt` in a folder of its own that holds `files`.
fn fmt(test: &str, files: &[(&str, &str)], arguments: &[&str], input: &str) -> (Output, PathBuf) {
    use std::io::Write;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders can be made");
        fs::write(path, text).expect("writable");
    }
    fs::create_dir_all(&folder).expect("folders can be made");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ruff"))
        .current_dir(&folder)
        .arg("fmt")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ruff starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).expect("ruff reads");
    drop(stdin);
    (child.wait_with_output().expect("ruff ends"), folder)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn files_and_folders_are_rewritten_in_place() {
    let files = [("a.ruff", "x=1"), ("sub/b.ruff", "print( 1 )\n"), ("sub/c.txt", "x=1")];
    let (output, folder) = fmt("fmt_in_place", &files, &["a.ruff", "sub"], "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(read(&folder.join("a.ruff")), "x = 1\n");
    assert_eq!(read(&folder.join("sub/b.ruff")), "print(1)\n");
    assert_eq!(read(&folder.join("sub/c.txt")), "x=1");
    let left = fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(left, 2, "no drafts are left behind");
}

#[test]
fn check_names_what_would_change_and_changes_nothing() {
    let files = [("bad.ruff", "x=1"), ("good.ruff", "x = 1\n")];
    let (output, folder) = fmt("fmt_check", &files, &["--check", "bad.ruff", "good.ruff"], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "bad.ruff\n");
    assert_eq!(read(&folder.join("bad.ruff")), "x=1");
    let (output, _) = fmt("fmt_check", &files, &["--check", "good.ruff"], "");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), ""));
}

#[test]
fn a_file_with_errors_is_reported_and_left_alone() {
    let files = [("bad.ruff", "let = 1"), ("good.ruff", "x=1")];
    let (output, folder) = fmt("fmt_errors", &files, &["bad.ruff", "good.ruff"], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("bad.ruff:1:5"), "{output:?}");
    assert_eq!(read(&folder.join("bad.ruff")), "let = 1");
    assert_eq!(read(&folder.join("good.ruff")), "x = 1\n");
    let (output, _) = fmt("fmt_errors", &files, &["none.ruff"], "");
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn standard_input_goes_to_standard_output() {
    let (output, _) = fmt("fmt_stdin", &[], &["-"], "f( 1,2 )  # c");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "f(1, 2) # c\n"));
    let (output, _) = fmt("fmt_stdin", &[], &["-"], "");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn links_and_permissions_survive() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (_, folder) = fmt("fmt_links", &[("real.ruff", "x=1")], &["-"], "");
    let real = folder.join("real.ruff");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o751)).expect("permissions can be set");
    symlink("real.ruff", folder.join("link.ruff")).expect("links can be made");
    let status = Command::new(env!("CARGO_BIN_EXE_ruff"))
        .args(["fmt", "link.ruff"])
        .current_dir(&folder)
        .status()
        .expect("ruff starts");
    assert!(status.success());
    assert_eq!(read(&real), "x = 1\n");
    assert_eq!(fs::metadata(&real).expect("a file").permissions().mode() & 0o777, 0o751);
    assert!(folder.join("link.ruff").is_symlink());
}
