//! Drafts: new regions that the evaluator runs before their code is generated.
//!
//! Programs run with drafts that are evaluated for one operation, some and many; they
//! must print what they print when interpreted, the log must show drafts, and what the
//! drafts found must be in the code that is generated first.

mod logged;

use logged::run;

const PROGRAMS: [(&str, &str); 8] = [
    (
        "branches of a loop",
        "let counts := [0, 0, 0, 0]
        let text := \"\"
        let sum := 0.5
        for i in range(3000) {
            let kind := i * 7919 % 4
            counts[kind] := counts[kind] + i
            if kind == 0 { text := text + \"x\" if len(text) > 20 { text := \"\" } }
            else if kind == 1 { sum += 0.25 }
            else if i % 7 == 0 { counts := push(counts, i) }
        }
        print(counts[0], counts[3], len(counts), text, sum)",
    ),
    (
        "an inner loop of many rounds",
        "let grid := []
        for y in range(40) {
            let row := []
            for x in range(900) { row := push(row, x * y % 13) }
            grid := push(grid, row)
        }
        let total := 0
        for row in grid {
            for cell in row { if cell > 6 { total += cell } else { total -= 1 } }
        }
        print(total, grid[39][899])",
    ),
    (
        "recursion with arguments of two kinds",
        "func walk(tree, depth) {
            if is_int(tree) { return tree + depth }
            if is_float(depth) { return walk(tree[1], 1) + walk(tree[0], 2.5) }
            return walk(tree[0], depth + 1) + walk(tree[1], 0.5)
        }
        let tree := 3
        for level in range(11) { tree := [tree, [level, tree]] }
        let sum := 0
        for round in range(3) { sum += walk(tree, round) }
        print(sum)",
    ),
    (
        "functions that call each other",
        "struct Counter { n = 0
            func odd(self, k) { self.n += 1 if k == 0 { return false } return self.even(k - 1) }
            func even(self, k) { self.n += 2 if k == 0 { return true } return self.odd(k - 1) }
        }
        let counter := Counter {}
        let evens := 0
        for i in range(400) { if counter.even(i % 37) { evens += 1 } }
        print(evens, counter.n)",
    ),
    (
        "errors",
        "func risky(i) {
            if i % 5 == 0 { throw \"bad ${i}\" }
            if i % 11 == 0 { return [1, 2][i] }
            return i
        }
        let log := []
        let sum := 0
        for i in range(1, 2500) {
            try { sum += risky(i) } except problem {
                if len(log) < 9 { log := push(log, problem.message) }
                sum -= 1
            }
        }
        print(sum, log)",
    ),
    (
        "closures, dicts and generators",
        "func* pairs(n) { for i in range(n) { yield [i % 3, i] } }
        let groups := {}
        for [key, value] in pairs(2000) {
            if has_key(groups, key) { groups[key] := push(groups[key], value) }
            else { groups[key] := [value] }
        }
        let by := [func(x) { return x + 1 }, func(x) { return x * 2 }, func(x) { return x - 3 }]
        let sum := 0
        for i in range(2000) { sum += by[i % 3](i) }
        print(sum, len(groups[1]), groups[2][5])",
    ),
    (
        "branches without a pattern",
        "let seed := 7
        let [low, high, odd, streak, longest, spaces] := [0, 0, 0, 0, 0, 0]
        let floor := 0.5
        let signs := [true, false]
        let text := \"a bc d e fgh i \"
        for i in range(3000) {
            seed := seed * 16807 % 2147483647
            let rare := seed % 100 < 3
            if seed < 536870912 { low += 1 streak += 1 }
            else if seed > 1610612736 && !rare { high += 1 if seed % 2 == 1 { odd += 1 } streak := 0 }
            else { if seed % 3 == 0 { streak := -streak } else { streak := 0 } }
            if streak > longest { longest := streak }
            if char_at(text, seed % len(text)) == \" \" { spaces += 1 }
            let limit := null
            if seed % 5 < 2 { limit := seed }
            if limit == null { floor := floor + 0.5 }
            if seed % 7 < 3 { signs[0] := seed % 2 == 0 || signs[1] }
        }
        print(low, high, odd, streak, longest, spaces, floor, signs)",
    ),
    (
        "branches whose other way fails",
        "let [seed, sum, last, errors] := [5, 0, 9223372036854775000, 0]
        for i in range(4000) {
            seed := seed * 16807 % 2147483647
            try {
                if seed % 3 == 0 { sum += 1 } else if i < 3900 { sum -= 2 } else { last := last * 2 + seed / (seed % 3 - 1) }
            } except problem { errors += 1 last := i }
            let part := seed % 4
            let share := 0
            if part > 1 { share := 100 / (part - 1) } else { share := part * 3 }
            sum += share
        }
        print(sum, last, errors)",
    ),
];

#[test]
fn drafts_change_nothing() {
    for (name, source) in PROGRAMS {
        let (expected, _) = run(source, &["--jit=off"]);
        assert!(!expected.is_empty(), "{name}: nothing printed");
        for operations in ["1", "60", "1000", "1000000"] {
            let operations = format!("draft_operations={operations}");
            for threshold in ["loop_threshold=4", "loop_threshold=100"] {
                let draft = ["--set", &operations, "--set", threshold];
                for sync in [&["--jit-sync"][..], &[]] {
                    let (found, log) = run(source, &[&draft[..], sync].concat());
                    assert_eq!(found, expected, "{name}, {operations}, {threshold}, {sync:?}");
                    let waits = !sync.is_empty();
                    assert!(!waits || log.contains(" drafted at "), "{name}: no draft\n{log}");
                }
            }
        }
    }
}

#[test]
fn what_drafts_find_is_in_the_first_code() {
    let (_, source) = PROGRAMS[0];
    let source = source.replace("range(3000)", "range(100000)");
    let compiled = |operations: &str| {
        let (_, log) = run(&source, &["--jit-sync", "--set", operations]);
        log.lines().filter(|line| line.contains("region 0 compiled")).count()
    };
    let (with, without) = (compiled("draft_operations=8000"), compiled("draft_operations=0"));
    assert!(with < without, "{with} times with drafts, {without} times without");
}

#[test]
fn a_draft_that_is_called_by_code_of_its_own_function_gets_code() {
    // The version for ints has code first; each of its calls of the one for floats would make
    // it wait, and never evaluate that, if leaving put the whole function off.
    let (_, source) = PROGRAMS[2];
    let source = source.replace("range(3)", "range(300)");
    let (_, report) = run(&source, &["--jit-sync", "--jit-stats"]);
    let line = report.lines().find(|line| line.contains(" instructions ")).expect("a summary");
    let native = line.split_once(": ").and_then(|(_, rest)| rest.split_once(" % native"));
    let native: f64 = native.expect("a share").0.parse().expect("a number");
    assert!(native > 95.0, "{report}");
}

/// How many branches had their drafts dropped to be recorded both ways.
fn both_ways(source: &str) -> usize {
    let (_, log) = run(source, &["--jit-sync"]);
    log.lines().filter(|line| line.contains("a branch of it is recorded both ways")).count()
}

#[test]
fn branches_without_a_pattern_are_recorded_both_ways() {
    let random = "let seed := 7 let odd := 0
        for i in range(20000) {
            seed := seed * 16807 % 2147483647
            if seed % 2 == 1 { odd += 1 }
        }
        print(odd)";
    assert_eq!(both_ways(random), 1);
    // So the loop has no exits for it.
    let (_, report) = run(random, &["--jit-sync", "--jit-stats"]);
    let failures = report.lines().find(|line| line.starts_with("Guards by failures"));
    let failures =
        failures.and_then(|line| line.split(['(', ' ']).find_map(|word| word.parse().ok()));
    assert!(failures.is_some_and(|failures: u32| failures < 20), "{report}");
    for regular in ["i % 2 == 1", "i % 3 == 1", "i % 3 != 1", "i > 10000", "i % 500 == 0"] {
        assert_eq!(both_ways(&random.replace("seed % 2 == 1", regular)), 0, "{regular}");
    }
    // In a function of its own and in a bridge.
    let called = "func pick(seed, depth) {
            if depth > 0 { return pick(seed, depth - 1) + 1 }
            let found := 3
            if seed % 2 == 1 { found := 5 }
            return found
        }
        let seed := 7 let sum := 0
        for i in range(20000) {
            seed := seed * 16807 % 2147483647
            sum += pick(seed, 3)
        }
        print(sum)";
    assert!(both_ways(called) > 0);
}
