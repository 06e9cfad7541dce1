//! Golden tests of the trace IR and the optimiser: text in, text out.
//!
//! `traces/ir/*.txt` hold regions or traces that must print as they are read.
//! `traces/opt/<pass>/*.txt` hold traces, comments that say how to link them,
//! and after the line `=>` the region that they become:
//!
//! ```text
//! // attach t0 v7 body t1     the bridge t1 goes on at guard v7 of t0
//! // variables f0 3           registers of f0 from 3 on are temporaries
//! // dead f0 2..9 r1          register 1 is dead before instructions 2..9
//! // header f0 #1 4           loop 1 of f0 begins at instruction 4
//! // fields #523 2            struct instances with shape word 523 have two fields
//! // off fold                 a pass that does not run
//! ```
//!
//! The first trace is the root. `RUFF_BLESS=1` rewrites what follows `=>`.
//!
//! `traces/record/*.ruff` are programs with the traces that are recorded when they run,
//! `traces/full/*.ruff` programs with what becomes of them: traces and where they lead, regions,
//! bridges, aborts, and through which exits regions were left how often. Both in comments after
//! the line `# =>`, rewritten in the same way. A first line `# with NAME=VALUE` sets an option.

use ruff::base::event::{Event, Kind, Observer};
use ruff::base::options::Options as Settings;
use ruff::bytecode::CodeId;
use ruff::engine::Runner;
use ruff::jit::ir::{FunctionTable, Ref, Start, Trace, TraceId, Type, parse, print, verify};
use ruff::jit::opt::{Environment, Learned, Options, Plan, emit};
use ruff::observe::line::describe;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("the folder of golden traces") {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("traces")
}

#[derive(Default)]
struct Linking {
    variables: HashMap<u32, u32>,
    dead: Vec<(u32, std::ops::Range<u32>, u32)>,
    headers: HashMap<(u32, u16), u32>,
    bridges: Vec<(TraceId, Ref, bool, TraceId)>,
    functions: FunctionTable,
    captures: Vec<u32>,
    changes_self: Vec<u32>,
    fields: HashMap<u64, u64>,
    off: Vec<String>,
}

impl Environment for Linking {
    fn variables(&self, code: CodeId) -> u32 {
        self.variables.get(&code.0).copied().unwrap_or(100)
    }

    fn is_live(&self, code: CodeId, pc: u32, register: u32) -> bool {
        let dead = |(c, pcs, r): &(u32, std::ops::Range<u32>, u32)| {
            *c == code.0 && pcs.contains(&pc) && *r == register
        };
        !self.dead.iter().any(dead)
    }

    fn captures(&self, code: CodeId) -> bool {
        self.captures.contains(&code.0)
    }

    fn changes_self(&self, code: CodeId) -> bool {
        self.changes_self.contains(&code.0)
    }

    fn header(&self, code: CodeId, index: u16) -> u32 {
        self.headers[&(code.0, index)]
    }

    fn fields(&self, shape: u64) -> Option<u64> {
        self.fields.get(&shape).copied()
    }
}

fn cut<T: std::str::FromStr>(text: &str, prefix: &str) -> T {
    let rest = text.strip_prefix(prefix).unwrap_or_else(|| panic!("`{text}`: no `{prefix}`"));
    rest.parse().unwrap_or_else(|_| panic!("`{text}`: no number"))
}

fn linking(text: &str) -> Linking {
    let mut linking = Linking::default();
    for line in text.lines().filter_map(|line| line.strip_prefix("// ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["attach", trace, guard, copy, bridge] => linking.bridges.push((
                TraceId(cut(trace, "t")),
                Ref(cut(guard, "v")),
                copy == "peeled",
                TraceId(cut(bridge, "t")),
            )),
            ["variables", code, count] => {
                linking.variables.insert(cut(code, "f"), cut(count, ""));
            }
            ["dead", code, pcs, register] => {
                let (from, to) = pcs.split_once("..").expect("a range of instructions");
                let pcs = cut(from, "")..cut(to, "");
                linking.dead.push((cut(code, "f"), pcs, cut(register, "r")));
            }
            ["header", code, index, pc] => {
                linking.headers.insert((cut(code, "f"), cut(index, "#")), cut(pc, ""));
            }
            ["version", code, ref types @ ..] => {
                let types: Vec<Type> = types.iter().map(|word| parse::ty(word).unwrap()).collect();
                linking.functions.enter(CodeId(cut(code, "f")), &types);
            }
            ["captures", code] => linking.captures.push(cut(code, "f")),
            ["changes_self", code] => linking.changes_self.push(cut(code, "f")),
            ["fields", shape, count] => {
                linking.fields.insert(cut(shape, "#"), cut(count, ""));
            }
            ["off", pass] => linking.off.push(pass.to_string()),
            _ => {}
        }
    }
    linking
}

fn traces(text: &str) -> Vec<Arc<Trace>> {
    let mut texts: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("//")) {
        if line.starts_with("trace ") {
            texts.push(String::new());
        }
        if let Some(text) = texts.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    let parsed = texts.iter().map(|text| match parse::trace(text) {
        Ok(trace) => {
            verify::trace(&trace).unwrap_or_else(|error| panic!("{error}\n{text}"));
            Arc::new(trace)
        }
        Err(error) => panic!("{error}\n{text}"),
    });
    parsed.collect()
}

fn optimise(text: &str) -> String {
    let mut linking = linking(text);
    let traces = traces(text);
    let root = traces[0].clone();
    let mut loops = rustc_hash::FxHashMap::default();
    for trace in &traces {
        if let Start::Loop { code, index } = trace.start {
            loops.insert((code, index), trace.id);
            let pc = trace.frames[0].pc;
            linking.headers.entry((code.0, index)).or_insert(pc);
        }
    }
    let mut options = Options::ALL;
    for pass in &linking.off {
        match pass.as_str() {
            "fold" => options.fold = false,
            "guards" => options.guards = false,
            "cse" => options.cse = false,
            "heap" => options.heap = false,
            "peel" => options.peel = false,
            "dead" => options.dead = false,
            "sink" => options.sink = false,
            other => panic!("no pass `{other}`"),
        }
    }
    let plan = Plan {
        in_main: root.in_main,
        side: None,
        root,
        bridges: linking.bridges.iter().map(|(t, g, p, b)| ((*t, *g, *p), vec![*b])).collect(),
        traces: traces.iter().map(|trace| (trace.id, trace.clone())).collect(),
        loops,
        functions: linking.functions.clone(),
        options,
    };
    let region = match emit(&plan, &linking, &mut Learned::default()) {
        Ok(region) => region,
        Err(error) => return format!("error: {error}\n"),
    };
    verify::region(&region).unwrap_or_else(|error| panic!("{error}"));
    let printed = print::region(&region, &mut print::Ordinals::default());
    let again = parse::region(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert_eq!(print::region(&again, &mut print::Ordinals::default()), printed, "round trip");
    printed
}

#[test]
fn optimiser_goldens() {
    let bless = std::env::var_os("RUFF_BLESS").is_some();
    let mut failed = Vec::new();
    for path in files(&root().join("opt")) {
        let text = fs::read_to_string(&path).expect("a golden file");
        let (input, expected) = text.split_once("\n=>\n").unwrap_or((text.trim_end(), ""));
        let actual = optimise(input);
        if actual != expected {
            if bless {
                fs::write(&path, format!("{input}\n=>\n{actual}")).expect("to write");
            } else {
                failed.push(format!("{}:\n{actual}", path.display()));
            }
        }
    }
    assert!(failed.is_empty(), "RUFF_BLESS=1 rewrites:\n{}", failed.join("\n"));
}

#[test]
fn text_is_read_and_printed() {
    for path in files(&root().join("ir")) {
        let text = fs::read_to_string(&path).expect("a golden file");
        let body: String = text
            .lines()
            .filter(|line| !line.starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        let mut namer = print::Ordinals::default();
        let printed = if body.starts_with("trace ") {
            let trace = parse::trace(&body).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            print::trace(&trace, &mut namer)
        } else {
            let region = parse::region(&body).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            print::region(&region, &mut namer)
        };
        assert_eq!(printed, body, "{}", path.display());
    }
}

/// What an observer has heard.
#[derive(Default)]
struct Heard {
    text: String,
    /// Times that each exit was taken.
    exits: BTreeMap<String, u64>,
}

/// Writes down recorded IR, or everything but listings.
struct Listener {
    heard: Rc<RefCell<Heard>>,
    listings: bool,
}

impl Observer for Listener {
    fn wants(&self, kind: Kind) -> bool {
        match kind {
            Kind::Recorded => true,
            Kind::Started | Kind::Drafted | Kind::Compiled | Kind::Exit | Kind::Bridged => {
                !self.listings
            }
            Kind::Aborted | Kind::Blacklisted | Kind::Freed => !self.listings,
            Kind::Bytecode | Kind::Optimised | Kind::Lowered | Kind::Assembled => false,
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        let mut heard = self.heard.borrow_mut();
        match event {
            Event::Exit { region, trace, guard, at, .. } => {
                let guard = guard.map_or("its end".to_string(), |guard| format!("v{guard}"));
                let exit = format!("region {region} left through trace {trace} {guard} at {at}");
                *heard.exits.entry(exit).or_insert(0) += 1;
            }
            event if !self.wants(event.kind()) => {}
            event => {
                heard.text += &format!("{}\n", describe(event));
                if let Event::Recorded { text, .. } = event
                    && self.listings
                {
                    heard.text += &format!("{}\n", text().trim_end());
                }
            }
        }
    }
}

/// What is heard while `source` runs by the evaluator.
fn listen(name: &str, source: &str, listings: bool, settings: &[(&str, &str)]) -> String {
    let mut options = Settings::default();
    for (name, value) in [("jit", "eval"), ("sync", "on")].iter().chain(settings) {
        options.set(name, value).expect("an option");
    }
    let heard = Rc::new(RefCell::new(Heard::default()));
    let mut runner = Runner::new(options);
    runner.observe(Box::new(Listener { heard: heard.clone(), listings }));
    let program = runner.compile(name, source).unwrap_or_else(|errors| panic!("{errors:?}"));
    runner.run_captured(&program);
    let heard = heard.borrow();
    let exits = heard.exits.iter().map(|(exit, times)| format!("{exit}: {times}\n"));
    format!("{}{}", heard.text, exits.collect::<String>())
}

/// Holds the programs of `folder` to the comments at their ends.
fn program_goldens(folder: &str, listings: bool, settings: &[(&str, &str)]) {
    let bless = std::env::var_os("RUFF_BLESS").is_some();
    let mut failed = Vec::new();
    for path in files(&root().join(folder)) {
        let text = fs::read_to_string(&path).expect("a golden program");
        let (source, expected) = text.split_once("\n# =>\n").unwrap_or((text.trim_end(), ""));
        let name = path.file_name().expect("a name").to_string_lossy();
        let own = source.lines().next().and_then(|line| line.strip_prefix("# with "));
        let own = own.map(|own| own.split_once('=').expect("NAME=VALUE"));
        let settings: Vec<_> = settings.iter().copied().chain(own).collect();
        let heard = listen(&name, &format!("{source}\n"), listings, &settings);
        let actual: String =
            heard.lines().map(|line| format!("{}\n", format!("# {line}").trim_end())).collect();
        if actual != expected {
            if bless {
                fs::write(&path, format!("{source}\n# =>\n{actual}")).expect("to write");
            } else {
                failed.push(format!("{}:\n{actual}", path.display()));
            }
        }
    }
    assert!(failed.is_empty(), "RUFF_BLESS=1 rewrites:\n{}", failed.join("\n"));
}

#[test]
fn recorded_traces() {
    program_goldens("record", true, &[("loop_threshold", "56")]);
}

#[test]
fn what_becomes_of_hot_programs() {
    let hasty = [("loop_threshold", "20"), ("exit_threshold", "3")];
    program_goldens("full", false, &hasty);
}
