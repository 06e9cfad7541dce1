//! The programs that a command is given: files, and folders of them.
//!
//! Example: of `["src", "main.ruff"]` come all `.ruff` files below `src` in
//! order of their paths, and then `main.ruff`, whether it exists or not.

use std::path::Path;

/// The files that `paths` mean. A file that was named is meant whatever it
/// holds; of a folder, those that `wanted` accepts.
pub fn programs(paths: &[String], wanted: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut files = Vec::new();
    for path in paths {
        if Path::new(path).is_dir() {
            files.extend(below(Path::new(path), &wanted));
        } else {
            files.push(path.clone());
        }
    }
    files
}

/// The programs below a folder; hidden folders and links to folders are left out.
fn below(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&path) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if path.is_dir() && !hidden && !path.is_symlink() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "ruff") && wanted(&path)
            {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}
