//! Regions of functions: arguments, results, calls of themselves, records of exits.
//!
//! Each is called as machine code and evaluated; what it answers, and what the
//! records say if it was left, must be the same.

use crate::builder::Machine;
use ruff::jit::code::{CompileOptions, CompiledRegion};
use ruff::jit::context::{LEFT, Returned, TraceContext, exit_word};
use ruff::jit::evaluate::{Ended, Surroundings, evaluate};
use ruff::jit::exits::{ExitPlan, exit_number, most_values};
use ruff::jit::ir::{ExitId, Region, parse, verify};
use ruff::value::{Raw, Tag};

const NUMBER: u32 = 3;

/// The region of one function that may call itself.
struct Function {
    region: Region,
    plans: Vec<ExitPlan>,
    compiled: CompiledRegion,
}

impl Function {
    fn new(machine: &mut Machine, text: &str) -> Function {
        let region = parse::region(text).unwrap_or_else(|error| panic!("{error}"));
        verify::region(&region).unwrap_or_else(|error| panic!("{error}"));
        let options = CompileOptions { number: NUMBER, ..CompileOptions::default() };
        let compiled = machine.compile_with(&region, options);
        Function { plans: ExitPlan::of_region(&region), region, compiled }
    }

    fn evaluated(&self, context: &mut TraceContext, base: *mut Raw, arguments: &[u64]) -> Returned {
        let mut itself = Itself(self);
        let region = &self.region;
        let ended = unsafe { evaluate(region, &self.plans, context, base, arguments, &mut itself) };
        match ended {
            Ended::Returned(returned) => returned,
            Ended::Left(exit) => {
                context.record(
                    most_values(&self.plans),
                    base,
                    exit_word(NUMBER, exit_number(exit)),
                );
                Returned { tag: LEFT, payload: LEFT }
            }
        }
    }

    /// Calls it both ways with room for `levels` calls of eight registers; the
    /// answer and the records, in which addresses count from the first register.
    fn call(
        &self,
        machine: &mut Machine,
        arguments: &[u64],
        levels: usize,
    ) -> (Returned, Vec<u64>) {
        let mut outcomes = [true, false].map(|native| {
            let mut stack = vec![Raw::NULL; 8 * (levels + 2)];
            let base = unsafe { stack.as_mut_ptr().add(1) };
            let context = &mut machine.context;
            context.reserve(levels * 8 + 64);
            let table = [if native { self.compiled.address() } else { 1 }];
            context.functions = table.as_ptr();
            context.call_limit = base.wrapping_add(8 * levels + 1);
            let returned = if native {
                unsafe { self.compiled.call(context, base, arguments) }
            } else {
                self.evaluated(context, base, arguments)
            };
            let own = base as u64..base as u64 + 16 * stack.len() as u64;
            let place = |word: &u64| if own.contains(word) { *word - own.start } else { *word };
            let payload = if returned.tag == LEFT { LEFT } else { returned.payload };
            (Returned { payload, ..returned }, context.records().iter().map(place).collect())
        });
        assert_eq!(outcomes[0], outcomes[1], "machine code and evaluator agree");
        std::mem::replace(&mut outcomes[0], (Returned { tag: 0, payload: 0 }, Vec::new()))
    }
}

struct Itself<'f>(&'f Function);

impl Surroundings for Itself<'_> {
    fn call(
        &mut self,
        context: &mut TraceContext,
        callee: u32,
        base: *mut Raw,
        words: &[u64],
    ) -> Returned {
        assert_eq!(callee, 0);
        self.0.evaluated(context, base, words)
    }

    fn forces(&mut self, _: ExitId) -> bool {
        false
    }
}

/// The sum of the ints from `n` down to 0, which is left at 5 if that comes.
const SUM: &str = "
v0:int = const 0
v1:int = const 1
function #0
b0 entry(v2:int, v3:bool):
  guard_not_equal v2, #5 !0
  v4:bool = int_gt v2, v0
  guard_true v4 !1
  v5:int = int_sub_wrap v2, v1
  guard_callable c0+8 !2
  v6:word = call_function c0+8, v5, v3 !3
  v7:word = return_payload v6
  v8:int = guard_type v6, v7 !4
  v9:int = int_add v2, v8 !5
  return v9
b1 bridge():
  return v2
!0 = t0 v0 resume [f0@1+0] {r0: v2, r1: v3}
!1 = t0 v1 resume [f0@1+0] {} -> b1
!2 = t0 v2 absent [f0@2+0] {r0: v2}
!3 = t0 v3 call [f0@3+0] {r0: v2, r1: v3}
!4 = t0 v4 resume [f0@3+0] {}
!5 = t0 v5 resume [f0@3+0] {}
";

#[test]
fn a_function_calls_itself_and_returns() {
    let mut machine = Machine::new();
    let sum = Function::new(&mut machine, SUM);
    for (n, wanted) in [(0, 0), (1, 1), (4, 10), (-3i64, -3), (i64::MIN, i64::MIN)] {
        let (returned, records) = sum.call(&mut machine, &[n as u64, 1], 20);
        assert_eq!(returned, Returned { tag: Tag::Int as u64, payload: wanted as u64 }, "{n}");
        assert!(records.is_empty());
    }
}

#[test]
fn leaving_it_records_every_activation_innermost_first() {
    let mut machine = Machine::new();
    let sum = Function::new(&mut machine, SUM);
    let (returned, records) = sum.call(&mut machine, &[7, 1], 20);
    assert_eq!(returned.tag, LEFT);
    // Two calls down 5 came: each record is values, base and exit.
    let bytes = |level: u64| level * 8 * 16;
    let wanted = [
        [5, 1, bytes(2), exit_word(NUMBER, 0)],
        [6, 1, bytes(1), exit_word(NUMBER, 3)],
        [7, 1, bytes(0), exit_word(NUMBER, 3)],
    ];
    let words: Vec<u64> = records.chunks(4).flat_map(|r| [r[0], r[1] & 0xff, r[2], r[3]]).collect();
    assert_eq!(words, wanted.concat());
}

#[test]
fn calls_stop_before_the_limit() {
    let mut machine = Machine::new();
    let sum = Function::new(&mut machine, SUM);
    let (returned, records) = sum.call(&mut machine, &[40, 0], 10);
    assert_eq!(returned.tag, LEFT);
    let exits: Vec<u64> =
        records.iter().copied().filter(|word| word >> 32 == NUMBER as u64).collect();
    let mut wanted = vec![exit_word(NUMBER, 2)];
    wanted.extend([exit_word(NUMBER, 3); 10]);
    assert_eq!(exits, wanted);
}

#[test]
fn arguments_and_results_of_all_kinds_keep_their_bits() {
    let mut machine = Machine::new();
    let choose = Function::new(
        &mut machine,
        "
v9:null = const null
v8:int = const 0
function #0
b0 entry(v0:int, v1:float, v2:bool, v3:string, v4:int, v5:float, v6:int):
  v10:bool = int_gt v0, v8
  guard_true v10 !0
  v11:bool = int_gt v4, v8
  guard_true v11 !1
  v12:bool = int_gt v6, v8
  guard_true v12 !2
  return v9
b1 bridge():
  return v5
b2 bridge():
  return v2
b3 bridge():
  return v3
!0 = t0 v0 resume [f0@1+0] {} -> b1
!1 = t0 v1 resume [f0@1+0] {} -> b2
!2 = t0 v2 resume [f0@1+0] {} -> b3
",
    );
    let (first, second) = (1.5f64.to_bits(), f64::NAN.to_bits());
    let mut answer = |a: u64, b: u64, c: u64| {
        choose.call(&mut machine, &[a, first, 1, 0xabc0, b, second, c], 4).0
    };
    assert_eq!(answer(0, 0, 0), Returned { tag: Tag::Float as u64, payload: second });
    assert_eq!(answer(1, 0, 0), Returned { tag: Tag::Bool as u64, payload: 1 });
    assert_eq!(answer(1, 1, 0), Returned { tag: Tag::String as u64, payload: 0xabc0 });
    assert_eq!(answer(1, 1, 1).tag, Tag::Null as u64);
}
