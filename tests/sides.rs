//! Side regions: what goes on at exits of regions that stay as they are.
//!
//! Programs run with side regions for every bridge, never and soon compiled again as a whole;
//! they must print what they print when interpreted, and the log must show side regions.

mod logged;

use logged::run;

const PROGRAMS: [(&str, &str); 5] = [
    (
        "branches of a loop",
        "let sums := [0, 0.5, 0]
        let text := \"\"
        for i in range(4000) {
            let kind := i * 7919 % 5
            if kind == 0 { sums[0] := sums[0] + i }
            else if kind == 1 { sums[1] := sums[1] + i * 0.25 }
            else if kind == 2 { text := text + \"x\" if len(text) > 20 { text := \"\" } }
            else if i % 11 == 3 { sums := push(sums, i) }
            else { sums[2] := sums[2] - len(text) }
        }
        print(sums[0], sums[1], sums[2], len(sums), text)",
    ),
    (
        "recursion with many ways",
        "func walk(tree, depth) {
            if is_int(tree) { return tree * depth }
            if is_string(tree) { return len(tree) }
            let kept := \"d${depth}\"
            let sum := len(kept)
            if depth % 3 == 1 { sum += walk(tree[0], depth + 1) }
            else if depth % 3 == 2 { sum += walk(tree[1], depth + 1) + walk(tree[0], depth + 1) }
            else { sum += walk(tree[1], depth + 1) - depth sum += walk(tree[0], depth + 1) }
            return sum
        }
        func grow(depth, seed) {
            if depth == 0 { if seed % 2 == 0 { return seed } return \"s${seed}\" }
            return [grow(depth - 1, seed * 3 % 101), grow(depth - 1, seed * 5 % 103)]
        }
        let total := 0
        for round in range(12) { total += walk(grow(9, round + 1), 0) }
        print(total)",
    ),
    (
        "structs and errors",
        "struct Stack {
            items = [], failed = 0
            func put(self, x) { if x % 13 == 5 { throw \"no ${x}\" } self.items := push(self.items, x) }
            func take(self) {
                if len(self.items) == 0 { self.failed += 1 return null }
                let [rest, last] := pop(self.items)
                self.items := rest
                return last
            }
        }
        let stack := Stack {}
        let caught := {}
        let sum := 0
        for i in range(5000) {
            try {
                if i % 3 < 2 { stack.put(i % 97) }
                else { let x := stack.take() if x != null { sum += x } if i % 6 == 5 { stack.take() } }
            } except e { caught[e.message] := get(caught, e.message, 0) + 1 }
        }
        print(sum, len(stack.items), stack.failed, caught)",
    ),
    (
        "calls from ways of a loop",
        "func half(x) { if x % 2 == 0 { return x / 2 } return 3 * x + 1 }
        func sum_to(n) { if n == 0 { return 0 } return n + sum_to(n - 1) }
        let steps := 0
        let words := {}
        for start in range(1, 900) {
            let x := start
            while x != 1 { x := half(x) steps += 1 if steps % 17 == 0 { x := half(x * 2) } }
            if start % 4 == 1 { steps += sum_to(start % 50) }
            else if start % 4 == 2 { words[\"w${start % 40}\"] := steps }
            else if start % 4 == 3 { steps := steps + len(words) }
        }
        print(steps, words)",
    ),
    (
        "variables of unlike kinds",
        "func mix(rounds) {
            let held := null
            let log := []
            for i in range(rounds) {
                match i % 7 {
                    case 0 { held := i }
                    case 1 { held := [held, i] }
                    case 2 { if is_array(held) { log := push(log, held[1]) } held := null }
                    case 3 { held := \"t${i}\" }
                    case 4 { if is_string(held) { held := held + \"!\" } }
                    case 5 { log := push(log, held ?? \"none\") }
                    default { held := {\"i\": i} }
                }
            }
            return log
        }
        let log := mix(6000)
        print(len(log), log[0], log[1], log[-1], mix(21))",
    ),
];

/// Traces that began at an exit and that a region was compiled for alone.
fn side_regions(log: &str) -> usize {
    let number = |line: &str, before: &str| -> Option<u32> {
        let rest = line.split_once(before)?.1;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let bridges: Vec<u32> = log
        .lines()
        .filter(|line| line.contains("exit of trace"))
        .filter_map(|line| number(line, "] trace "))
        .collect();
    let roots = log.lines().filter_map(|line| number(line, " compiled: trace "));
    roots.filter(|root| bridges.contains(root)).count()
}

#[test]
fn side_regions_change_nothing() {
    for (name, source) in PROGRAMS {
        let (expected, _) = run(source, &["--jit=off"]);
        assert!(!expected.is_empty(), "{name}: nothing printed");
        for whole_after in ["1", "20", "1000000"] {
            let whole_after = format!("whole_after={whole_after}");
            for threshold in ["loop_threshold=4", "loop_threshold=100"] {
                let sides =
                    ["--jit-sync", "--set", "side_region_size=1", "--set", "draft_operations=0"];
                let others = ["--set", &whole_after, "--set", threshold];
                let (found, log) = run(source, &[&sides[..], &others].concat());
                assert_eq!(found, expected, "{name}, {whole_after}, {threshold}");
                assert!(side_regions(&log) > 0, "{name}: no side region\n{log}");
            }
        }
    }
}

#[test]
fn a_region_that_crosses_over_often_becomes_whole() {
    let (_, source) = PROGRAMS[0];
    let rounds = source.replace("range(4000)", "range(200000)");
    let compiled = |whole_after: &str| {
        let sides = ["--jit-sync", "--set", "side_region_size=1", "--set", "draft_operations=0"];
        let sides = [&sides[..], &["--set", whole_after]].concat();
        let (_, log) = run(&rounds, &sides);
        log.lines().filter(|line| line.contains("region 0 compiled")).count()
    };
    let (never, soon) = (compiled("whole_after=1000000"), compiled("whole_after=1"));
    assert!(soon > never, "{soon} times, {never} times if it never becomes whole");
}
