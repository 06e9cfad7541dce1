//! Option table and observers: parsing, and that nothing is made which nobody wants.

use ruff::base::event::{Event, Kind, Listing, Observer, Observers, Position, Retry, Silent, Why};
use ruff::base::options::{JitMode, Options};
use ruff::observe::dump::{DumpObserver, Letters};
use std::cell::{Cell, RefCell};
use std::io::Write;
use std::rc::Rc;

#[test]
fn options_parse_what_they_print() {
    let defaults = Options::default();
    for row in Options::table() {
        let mut options = Options::default();
        assert_eq!(defaults.get(row.name).as_ref(), Some(&row.default), "{}", row.name);
        options.set(row.name, &row.default).unwrap();
        assert_eq!(options, defaults, "{}", row.name);
        assert!(row.doc.ends_with('.') && !row.expected.is_empty(), "{}", row.name);
        assert_eq!(row.variable(), format!("RUFF_{}", row.name.to_uppercase()));
    }
}

#[test]
fn option_values() {
    let accepted = [
        ("jit", "off", "off"),
        ("sync", "1", "on"),
        ("opt-peel", "false", "off"),
        ("loop_threshold", "1_000", "1000"),
        ("code_memory", "2M", "2097152"),
        ("chaos", "18446744073709551615", "18446744073709551615"),
        ("fuel", "none", "none"),
        ("fuel", " 3 ", "3"),
    ];
    for (name, value, shown) in accepted {
        let mut options = Options::default();
        options.set(name, value).unwrap();
        assert_eq!(options.get(&name.replace('-', "_")).unwrap(), shown, "{name}={value}");
    }
    let refused = [
        ("jit", "ON", "option `jit` takes off, eval or on, not `ON`"),
        ("sync", "", "option `sync` takes on or off, not ``"),
        (
            "loop_threshold",
            "0",
            "option `loop_threshold` takes a number from 1 to 1000000000, not `0`",
        ),
        (
            "loop_threshold",
            "-1",
            "option `loop_threshold` takes a number from 1 to 1000000000, not `-1`",
        ),
        ("fuel", "99999999999G", "option `fuel` takes a number or none, not `99999999999G`"),
        ("opt_pel", "on", "no option `opt_pel`; did you mean `opt_peel`?"),
        ("zzzzzzzz", "1", "no option `zzzzzzzz`"),
    ];
    for (name, value, message) in refused {
        let mut options = Options::default();
        assert_eq!(options.set(name, value).unwrap_err().to_string(), message);
        assert_eq!(options, Options::default(), "nothing is changed");
    }
}

#[test]
fn eager_makes_everything_hot_at_once() {
    let mut options = Options { jit: JitMode::Eval, ..Options::default() };
    assert_eq!((options.hot_after(), options.bridge_after()), (500, 8));
    options.eager = true;
    assert_eq!((options.hot_after(), options.bridge_after()), (1, 1));
}

/// A sink that can be read afterwards.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sends one event of each kind; answers what a dump of `letters` prints and
/// how many listings were made for it.
fn dumped(letters: &str) -> (String, u32) {
    let sink = Shared::default();
    let dump = DumpObserver::new(Letters::parse(letters).unwrap(), sink.clone());
    let mut observers = Observers(vec![Box::new(Silent), Box::new(dump)]);
    let made = Cell::new(0);
    let count = |text: &str| {
        made.set(made.get() + 1);
        format!("<{text}>\n")
    };
    let code = || count("code");
    let recorded = || count("recorded");
    let optimised = || count("optimised");
    let snapshots = || count("snapshots");
    let clif = || count("clif");
    let machine = || count("machine");
    let at = || Position { file: "a.ruff".into(), line: 3, column: 5 };
    let listing = |text: Listing<'_>| text();
    assert_eq!(listing(&|| "x".into()), "x");
    let events = [
        Event::Bytecode { code: 0, name: "<main>", text: &code },
        Event::Started { trace: 0, at: at(), why: Why::LoopHot { rounds: 56 } },
        Event::Recorded {
            trace: 0,
            at: at(),
            operations: 14,
            bytecodes: 5,
            link: "itself",
            text: &recorded,
        },
        Event::Optimised {
            region: 0,
            traces: &[0],
            before: 14,
            after: 9,
            text: &optimised,
            with_snapshots: &snapshots,
        },
        Event::Lowered { region: 0, text: &clif },
        Event::Assembled { region: 0, text: &machine },
        Event::Exit {
            region: 0,
            trace: 0,
            guard: Some(7),
            at: at(),
            failures: 1,
            observed: "float",
        },
        Event::Aborted {
            trace: 1,
            reason: "too-long",
            message: "6001",
            at: at(),
            retry: Retry::After(64),
        },
    ];
    for event in &events {
        assert_eq!(observers.wants(event.kind()), observers.0[1].wants(event.kind()));
        observers.event(event);
    }
    let text = String::from_utf8(sink.0.borrow().clone()).unwrap();
    (text, made.get())
}

#[test]
fn dumps_make_only_what_is_asked_for() {
    assert_eq!(dumped(""), (String::new(), 0));
    assert_eq!(
        dumped("r"),
        (
            "---- trace 0 recorded at a.ruff:3:5: 14 operations from 5 instructions, leads to itself\n\
             <recorded>\n\n"
                .into(),
            1
        )
    );
    assert_eq!(
        dumped("xA"),
        (
            "---- region 0 left through trace 0 v7 at a.ruff:3:5, 1 so far, found float\n\
             ---- trace 1 aborted at a.ruff:3:5: too-long: 6001; retried after 64 more\n"
                .into(),
            0
        )
    );
    assert_eq!(dumped("t").0, "---- trace 0 started at a.ruff:3:5: loop hot after 56 rounds\n");
    assert!(dumped("o").0.contains("<optimised>"));
    for letters in ["s", "os"] {
        let (text, made) = dumped(letters);
        assert!(
            text.contains("<snapshots>") && !text.contains("<optimised>") && made == 1,
            "{text}"
        );
    }
    assert_eq!(dumped("brsca").1, 5);
}

#[test]
fn unknown_letters_are_named() {
    assert_eq!(Letters::parse("rq").unwrap_err(), "`q` is none of the dump letters `broscaxAt`");
}

#[test]
fn nobody_wants_nothing() {
    assert!(!Silent.wants(Kind::Exit));
    assert!(!Observers::default().wants(Kind::Started));
}
