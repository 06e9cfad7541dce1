//! A host that runs plugins: `cargo run --example plugins`.
//!
//! Each plugin has an engine of its own with its output kept, tells the host
//! what it wants to hear of by `on(event, function)`, and gets a quarter of a
//! second for each event. A thread interrupts the one that takes longer; the
//! others go on, and so does that one with the next event.

use ruff::{Engine, Error, Interrupter, Object};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

const COUNTER: &str = r#"
let words := {}

on("line", func(text) {
    for word in words_of(text) { words[word] := get(words, word, 0) + 1 }
})

on("end", func(text) {
    for [word, count] in items(words) {
        if count > 1 { print("${word}: ${count}") }
    }
})

func words_of(text) { return split(to_lower(text), " ") }
"#;

const SEARCHER: &str = r#"
# Looks for something that it never finds when a line is too long.
on("line", func(text) {
    let tries := 0
    while len(text) > 24 { tries := (tries + 1) % 1000003 }
    print("short enough: " + text)
})
"#;

const BROKEN: &str = r#"
on("line", func(text) {
    let parts := split(text, " ")
    print("third word: " + parts[2])
})
"#;

/// A plugin with the functions that it has registered for events.
struct Plugin {
    name: &'static str,
    engine: Engine,
    handlers: Rc<RefCell<HashMap<String, Vec<Object>>>>,
}

impl Plugin {
    fn load(name: &'static str, text: &str) -> Result<Plugin, Error> {
        let mut engine = Engine::builder().capture_output().deny_files().deny_processes().build();
        let handlers = Rc::new(RefCell::new(HashMap::<String, Vec<Object>>::new()));
        let known = handlers.clone();
        engine.register("on", move |event: String, handler: Object| {
            if !handler.is_callable() {
                return Err(format!("a handler is a function, not a {}", handler.kind()));
            }
            known.borrow_mut().entry(event).or_default().push(handler);
            Ok(())
        });
        engine.run_named(name, text)?;
        Ok(Plugin { name, engine, handlers })
    }

    fn tell(&mut self, event: &str, text: &str) {
        let handlers = self.handlers.borrow().get(event).cloned().unwrap_or_default();
        for handler in handlers {
            let outcome = in_time(self.engine.interrupter(), || {
                self.engine.call_value::<()>(&handler, (text,))
            });
            for line in self.engine.take_output().lines() {
                println!("[{}] {line}", self.name);
            }
            match outcome {
                Ok(()) => {}
                Err(Error::Interrupted(at)) => {
                    let line = at.at.map_or(0, |at| at.line);
                    println!("[{}] took too long, interrupted in line {line}", self.name);
                }
                Err(error) => println!("[{}] {error}", self.name),
            }
        }
    }
}

/// Runs something that `interrupter` stops after a quarter of a second.
fn in_time<T>(interrupter: Interrupter, run: impl FnOnce() -> T) -> T {
    let (finished, waiting) = channel::<()>();
    let guard = interrupter.clone();
    let watch = thread::spawn(move || {
        if waiting.recv_timeout(Duration::from_millis(250)) == Err(RecvTimeoutError::Timeout) {
            guard.interrupt();
        }
    });
    let result = run();
    drop(finished);
    watch.join().expect("the watching thread does not panic");
    // A request that came too late must not stop the next event.
    interrupter.withdraw();
    result
}

fn main() -> Result<(), Error> {
    let mut plugins = [
        Plugin::load("counter", COUNTER)?,
        Plugin::load("searcher", SEARCHER)?,
        Plugin::load("broken", BROKEN)?,
    ];
    if let Err(error) = Plugin::load("typo", "on(\"line\", func(text) { print(text })") {
        println!("[typo] not loaded: {error}");
    }
    let lines = ["the cat and the dog", "dogs", "a line that is much longer than the others"];
    for line in lines {
        plugins.iter_mut().for_each(|plugin| plugin.tell("line", line));
    }
    plugins.iter_mut().for_each(|plugin| plugin.tell("end", ""));
    Ok(())
}
