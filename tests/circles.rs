//! Memory stays flat when a program makes closures that hold themselves, and
//! what is still used stays as it is.
//!
//! For example, a nested function that calls itself is captured by itself: a
//! hundred thousand of them need no more memory than a few thousand.

use ruff::base::options::Options;
use ruff::engine::{Outcome, Runner};
use ruff::value::{free_circles, statistics};

const MODES: [&[(&str, &str)]; 5] = [
    &[("jit", "off")],
    &[("jit", "on"), ("sync", "on")],
    &[("jit", "on"), ("sync", "on"), ("eager", "on"), ("fuel", "60")],
    &[("jit", "eval"), ("sync", "on")],
    &[("jit", "on"), ("sync", "on"), ("chaos", "7"), ("fuel", "60")],
];

/// What a program prints in a mode.
fn output(text: &str, mode: &[(&str, &str)]) -> String {
    let mut options = Options::default();
    for (name, value) in mode {
        options.set(name, value).expect("an option");
    }
    let mut runner = Runner::new(options);
    let program = runner.compile("circles.ruff", text).expect("it compiles");
    let captured = runner.run_captured(&program);
    assert!(matches!(captured.outcome, Outcome::Finished), "{mode:?}: {:?}", captured.outcome);
    captured.output
}

/// Programs that make a circle in each of their `ROUNDS` rounds, or leave a function or
/// a generator behind half way, and print a number.
const PROGRAMS: [&str; 10] = [
    "func outer(n) {
        func inner(k) { if k == 0 { return n } return inner(k - 1) }
        return inner(2)
    }
    let t := 0
    for i in ROUNDS { t := (t + outer(i)) % 1009 }
    print(t)",
    "let t := 0
    for i in ROUNDS {
        let f := null
        let data := [i, \"text\", {\"k\": [i]}]
        f := func() { return data[0] + len([f]) }
        t := (t + f()) % 1009
    }
    print(t)",
    "struct Node { next, value }
    func make(i) {
        let a := null
        let b := func() { return a }
        a := Node { next: [b, {\"b\": b}], value: Some(b) }
        return b().next[0]().next[1].b
    }
    let t := 0
    for i in ROUNDS { if is_function(make(i)) { t += 1 } }
    print(t)",
    "func* counting(n) { for i in n { yield i } }
    let t := 0
    for i in ROUNDS {
        let g := null
        let take := func() { return g.next() }
        g := counting(3)
        let wrapped := [g, take]
        take()
        g := wrapped
        t += 1
    }
    print(t)",
    "let t := 0
    for i in ROUNDS {
        let c := channel()
        let f := func() { return c }
        c.send(f)
        t += 1
    }
    print(t)",
    "let kept := []
    let t := 0
    for i in ROUNDS {
        func again(k) { if k < 1 { return i } return again(k - 1) }
        if i % 1000 == 7 { kept := push(kept, again) }
        t := (t + again(1)) % 1009
    }
    print(t, map(kept, func(f) { return f(3) }) |> sum)",
    "let t := 0
    for i in ROUNDS {
        let k := i
        let f := func(j) { if j % 3 != 0 { return k } return 5 }
        t := (t + f(i)) % 1009
    }
    print(t)",
    "func* items(n, f) {
        let kept := [n, [n]]
        let text := \"\"
        for i in n {
            text := text + \"x\"
            kept := push(kept, f)
            if i % 2 == 1 { f := func(v) { return text } }
            yield kept
        }
    }
    let t := 0
    for i in ROUNDS {
        for x in items(1 + i % 4, func(v) { return i }) {
            t := (t + len(x)) % 1009
            if i % 7 == 2 { break }
        }
    }
    print(t)",
    "func* faulty(n) { let all := [[n]] for x in all.map(func(a) { return a[n % 3] }) { yield x } }
    let t := 0
    for i in ROUNDS {
        try { for x in faulty(i) { t := (t + x) % 1009 } } except e { t := (t + e.line) % 1009 }
    }
    print(t)",
    "func low(v, held) { let s := \"x${v}\" if v % 2 == 0 { return len(s) } throw {\"m\": held} }
    func middle(v) { let a := [v, [v]] return low(v, a) + low(v + 3, [a, a]) }
    let t := 0
    for i in ROUNDS {
        let f := func(v) { let both := [v, i] if v % 3 != 0 { throw [v, both] } return middle(i) }
        try { t := (t + len([i, [i]]) + f(i)) % 1009 } except e { t := (t + e.line) % 1009 }
    }
    print(t)",
];

#[test]
fn memory_stays_flat() {
    for (number, program) in PROGRAMS.iter().enumerate() {
        let expected = output(&program.replace("ROUNDS", "100000"), MODES[0]);
        for mode in MODES {
            free_circles();
            let before = statistics();
            let got = output(&program.replace("ROUNDS", "100000"), mode);
            assert_eq!(got, expected, "program {number} in {mode:?}");
            let grown = statistics().chunk_bytes - before.chunk_bytes;
            assert!(grown < 6 << 20, "program {number} in {mode:?} took {grown} bytes");
            free_circles();
            let left = statistics().live_objects.saturating_sub(before.live_objects);
            assert!(left < 3000, "program {number} in {mode:?} left {left} objects");
        }
    }
}

#[test]
fn what_is_used_is_kept() {
    // Circles held by globals, containers, frames, generators and tasks while
    // tens of thousands of others are freed.
    let program = "
        let held := {}
        func make(i) {
            let me := null
            me := {\"n\": i, \"f\": func() { return me.n + i }}
            return me
        }
        held[\"global\"] := make(1)
        let later := null
        spawn { later := make(9) print(later.f()) }
        func* keeps() { let mine := make(100) loop { yield mine.f() } }
        let g := keeps()
        print(g.next())
        func deep(n) {
            let mine := make(n)
            if n > 0 { deep(n - 1) }
            for i in 3000 { make(i) }
            return mine.f()
        }
        let t := 0
        for i in 30000 {
            let f := make(i).f
            let a := [make(i), f]
            t := (t + f() + a[0].f() + a[1]()) % 1000003
        }
        print(t, held.global.f(), deep(12), g.next())
        func self_held() { return self_held }
        for i in 20000 { func r() { return r } self_held := r }
        print(self_held() == self_held, g.next())";
    let expected = output(program, MODES[0]);
    for mode in MODES {
        assert_eq!(output(program, mode), expected, "{mode:?}");
    }
}
