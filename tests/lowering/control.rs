//! Blocks, loops, guards, exits, bridges.

use crate::builder::{Builder, Machine};
use ruff::jit::code::{CodeArena, CompileOptions, RegionCompiler, observed};
use ruff::jit::exits::ExitPlan;
use ruff::jit::ir::{BlockKind, End, Op, Region, Slot, Type};
use ruff::jit::lower::LoweringOptions;
use ruff::value::{ArrayObject, Raw, Storage, Tag, Value, VariantId};

/// `while i < n { s := s + i * 3 % 1000; i := i + 1 }` on registers 0 (s), 1 (i), 2 (n).
pub fn sum_loop() -> Region {
    let mut b = Builder::new();
    let tag = b.op_imm(Op::SlotTag, Type::Word, &[], Slot::Frame(0).encode());
    let payload = b.load(0, Type::Word);
    let s0 = b.guarded(Op::GuardType, Type::Int, &[tag, payload], 0, &[]);
    let i0 = b.load(1, Type::Int);
    let n = b.load(2, Type::Int);
    let three = b.int(3);
    let modulus = b.int(1_000_003);
    let one = b.int(1);
    let entry_end = b.region.blocks.len() - 1;
    let (header, params) = b.block(BlockKind::Header, &[Type::Int, Type::Int]);
    b.region.blocks[entry_end].end = End::Jump { target: header, args: vec![s0, i0] };
    let (s, i) = (params[0], params[1]);
    let before = [(0, s), (1, i)];
    let more = b.op(Op::IntLt, Type::Bool, &[i, n]);
    b.guarded(Op::GuardTrue, Type::Unit, &[more], 0, &before);
    let product = b.guarded(Op::IntMul, Type::Int, &[i, three], 0, &before);
    let sum = b.guarded(Op::IntAdd, Type::Int, &[s, product], 0, &before);
    let s1 = b.op(Op::IntMod, Type::Int, &[sum, modulus]);
    let i1 = b.guarded(Op::IntAdd, Type::Int, &[i, one], 0, &[(0, s1), (1, i)]);
    b.jump(header, &[s1, i1]);
    b.region
}

#[test]
fn a_loop_runs_and_restores_its_registers() {
    let mut machine = Machine::new();
    let region = sum_loop();
    let left = machine.both(&region, &[Raw::int(5), Raw::int(0), Raw::int(1000)]);
    let expected = (0..1000).fold(5, |s, i| (s + i * 3) % 1_000_003);
    assert_eq!(left.registers[0].1, expected as u64);
    assert_eq!(left.registers[1].1, 1000);
    assert_eq!(left.exit.0, 1);
    let options = CompileOptions { listings: true, ..CompileOptions::default() };
    let compiled = machine.compile_with(&region, options);
    let listings = compiled.listings.as_ref().expect("asked for");
    assert!(listings.function.contains("umulhi"), "the remainder is two multiplications");
    assert!(!listings.assembly.contains("idiv"));
}

#[test]
fn the_entry_guard_leaves_everything_alone() {
    let mut machine = Machine::new();
    let left = machine.both(&sum_loop(), &[Raw::float(1.0), Raw::int(0), Raw::int(10)]);
    assert_eq!(left.exit.0, 0);
    assert_eq!(left.registers[1].1, 0);
}

#[test]
fn a_failing_guard_shows_what_it_saw_and_retains_what_it_lists() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let word = b.load(0, Type::Int);
    let string = b.load(1, Type::Pointer(Tag::String));
    b.guarded(Op::GuardEqual, Type::Unit, &[word], 7, &[(2, string)]);
    b.region.exits[0].observed = Some(word);
    b.region.exits[0].snapshot.retains = vec![string, string];
    b.leave(&[]);
    let compiled = machine.compile(&b.region);
    for native in [true, false] {
        let text = Value::string("x");
        let input = [Raw::int(8), text.raw()];
        let left = match native {
            true => machine.native(&compiled, &input),
            false => machine.evaluated(&b.region, &input),
        };
        assert_eq!(left.exit.0, 0);
        assert_eq!(observed(&compiled.exits[0], &machine.context), Some((Type::Int, 8)));
        assert_eq!(left.registers[2], (Tag::String, text.raw().bits));
        let header = text.raw().header();
        assert_eq!(unsafe { (*header).count }, 3);
        unsafe { (*header).count = 1 };
    }
    assert_eq!(machine.both(&b.region, &[Raw::int(7), Raw::NULL]).exit.0, 1);
}

/// A chain of guards whose exits hand over ever more, or others, of six registers.
#[test]
fn exits_with_common_values_hand_over_their_own() {
    let lists: [&[i32]; 8] = [
        &[0, 1, 2, 3],
        &[0, 1, 2, 3, 4],
        &[0, 1, 2, 5],
        &[],
        &[0, 1, 2, 3],
        &[3, 4, 5],
        &[0, 1, 2, 3, 4, 5],
        &[1],
    ];
    let mut machine = Machine::new();
    for left_at in 0..=lists.len() {
        let mut b = Builder::new();
        let values: Vec<_> = (0..6).map(|slot| b.load(slot, Type::Int)).collect();
        let chosen = b.load(6, Type::Int);
        for (number, list) in lists.iter().enumerate() {
            let next = |slot: &i32| (*slot, values[(*slot as usize + 1) % 6]);
            let slots: Vec<_> = list.iter().map(next).collect();
            b.guarded(Op::GuardNotEqual, Type::Unit, &[chosen], number as u64, &slots);
        }
        b.leave(&[]);
        let input: Vec<Raw> = (10..16).chain([left_at as i64]).map(Raw::int).collect();
        let left = machine.both(&b.region, &input);
        assert_eq!(left.exit.0 as usize, left_at);
        for slot in 0..6 {
            let handed = lists.get(left_at).is_some_and(|list| list.contains(&slot));
            let wanted = if handed { 10 + (slot as u64 + 1) % 6 } else { 10 + slot as u64 };
            assert_eq!(left.registers[slot as usize].1, wanted, "slot {slot} of exit {left_at}");
        }
    }
}

#[test]
fn a_condition_that_is_guarded_is_handed_over_as_it_was() {
    let mut machine = Machine::new();
    for (op, holds) in [(Op::GuardTrue, 1), (Op::GuardFalse, 0)] {
        let mut b = Builder::new();
        let (x, five) = (b.load(0, Type::Int), b.int(5));
        let condition = b.op(Op::IntLt, Type::Bool, &[x, five]);
        b.guarded(op, Type::Unit, &[condition], 0, &[(1, condition)]);
        b.leave(&[condition]);
        for number in [4, 5] {
            let less = (number < 5) as u64;
            let input = [Raw::int(number), Raw::NULL, Raw::NULL];
            let left = machine.both(&b.region, &input);
            assert_eq!(left.exit.0, (less == holds) as u32);
            let slot = 1 - left.exit.0 as usize;
            assert_eq!(left.registers[slot], (Tag::Bool, less));
        }
    }
}

#[test]
fn what_only_exits_need_is_computed_there() {
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let (x, y, two) = (b.load(0, Type::Int), b.load(1, Type::Int), b.int(2));
    let sum = b.op(Op::IntAddWrap, Type::Int, &[x, y]);
    let product = b.op(Op::IntMulWrap, Type::Int, &[sum, sum]);
    let above = b.op(Op::IntAddWrap, Type::Int, &[x, two]);
    let less = b.op(Op::IntLt, Type::Bool, &[above, y]);
    b.guarded(Op::GuardTrue, Type::Unit, &[less], 0, &[(2, product), (3, above)]);
    b.leave(&[above, sum]);
    let input = |x, y| [Raw::int(x), Raw::int(y), Raw::NULL, Raw::NULL];
    let left = machine.both(&b.region, &input(4, 6));
    assert_eq!(left.registers[2..4], [(Tag::Int, 100), (Tag::Int, 6)]);
    let left = machine.both(&b.region, &input(4, 7));
    assert_eq!(left.registers[..2], [(Tag::Int, 6), (Tag::Int, 11)]);
    let options = CompileOptions { listings: true, ..CompileOptions::default() };
    let compiled = machine.compile_with(&b.region, options);
    let text = &compiled.listings.as_ref().expect("asked for").function;
    let multiplied = text.find("imul").expect("computed");
    assert!(text.find("brif").is_some_and(|guard| guard < multiplied), "{text}");
}

#[test]
fn a_bridge_goes_on_in_the_same_function() {
    // while i < 100 { if i % 2 == 0 { s := s + i } else { s := s - 1 }; i := i + 1 }
    let mut machine = Machine::new();
    let mut b = Builder::new();
    let (s0, i0) = (b.load(0, Type::Int), b.load(1, Type::Int));
    let (zero, one, two, limit) = (b.int(0), b.int(1), b.int(2), b.int(100));
    let (header, params) = b.block(BlockKind::Header, &[Type::Int, Type::Int]);
    b.region.blocks[0].end = End::Jump { target: header, args: vec![s0, i0] };
    let (s, i) = (params[0], params[1]);
    let before = [(0, s), (1, i)];
    let more = b.op(Op::IntLt, Type::Bool, &[i, limit]);
    b.guarded(Op::GuardTrue, Type::Unit, &[more], 0, &before);
    let half = b.op(Op::IntMod, Type::Int, &[i, two]);
    let even = b.op(Op::IntEq, Type::Bool, &[half, zero]);
    let guard = b.guarded(Op::GuardTrue, Type::Unit, &[even], 0, &before);
    let sum = b.guarded(Op::IntAdd, Type::Int, &[s, i], 0, &before);
    let next = b.op(Op::IntAddWrap, Type::Int, &[i, one]);
    b.jump(header, &[sum, next]);
    let (bridge, _) = b.block(BlockKind::Bridge, &[]);
    let exit = b.region.inst(guard).exit.unwrap();
    b.region.exits[exit.0 as usize].bridge = Some(bridge);
    let less = b.op(Op::IntSubWrap, Type::Int, &[s, one]);
    let next = b.op(Op::IntAddWrap, Type::Int, &[i, one]);
    b.jump(header, &[less, next]);
    let left = machine.both(&b.region, &[Raw::int(0), Raw::int(0)]);
    let expected = (0..100).fold(0, |s, i| if i % 2 == 0 { s + i } else { s - 1 });
    assert_eq!(left.registers[0], (Tag::Int, expected as u64));
    assert_eq!(left.registers[1], (Tag::Int, 100));

    let options = LoweringOptions { profile: true, ..LoweringOptions::default() };
    let options = CompileOptions { lowering: options, ..CompileOptions::default() };
    let compiled = machine.compile_with(&b.region, options);
    machine.native(&compiled, &[Raw::int(0), Raw::int(0)]);
    let counters: Vec<u64> = compiled.attachments.counters.iter().map(|c| c.get()).collect();
    assert_eq!(counters, [0, 101, 50]);
}

/// Eight running float sums, which are pushed to the array of register 0 each round;
/// register 1 counts down. With `calling`, each round calls a function besides.
fn sums_pushed(calling: bool) -> Region {
    let mut b = Builder::new();
    let array = b.load(0, Type::Pointer(Tag::Array));
    let n = b.load(1, Type::Int);
    let start = b.constant(Type::Float, 0.5f64.to_bits());
    let step = b.constant(Type::Float, 0.25f64.to_bits());
    let (zero, one) = (b.int(0), b.int(1));
    let entry_end = b.region.blocks.len() - 1;
    let types: Vec<Type> = [vec![Type::Int], vec![Type::Float; 8]].concat();
    let (header, params) = b.block(BlockKind::Header, &types);
    let args = [vec![n], vec![start; 8]].concat();
    b.region.blocks[entry_end].end = End::Jump { target: header, args };
    let left = params[0];
    let more = b.op(Op::IntGt, Type::Bool, &[left, zero]);
    b.guarded(Op::GuardTrue, Type::Unit, &[more], 0, &[(1, left)]);
    let mut sums = Vec::new();
    let mut addend = step;
    for &sum in &params[1..] {
        addend = b.op(Op::FloatAdd, Type::Float, &[sum, addend]);
        sums.push(addend);
    }
    if calling {
        sums[0] = b.op(Op::FloatSin, Type::Float, &[sums[0]]);
    }
    for &sum in &sums {
        b.op_imm(Op::ArrayPush, Type::Unit, &[array, sum], Storage::Float as u64);
    }
    let left = b.op(Op::IntSubWrap, Type::Int, &[left, one]);
    b.jump(header, &[vec![left], sums].concat());
    b.region
}

#[test]
fn seldom_calls_spare_the_registers_of_loops_without_others() {
    let mut machine = Machine::new();
    for calling in [false, true] {
        let region = sums_pushed(calling);
        let options = CompileOptions { listings: true, ..CompileOptions::default() };
        let compiled = machine.compile_with(&region, options);
        let listings = compiled.listings.as_ref().expect("asked for");
        assert_eq!(listings.function.contains("preserve_all"), !calling);
        let mut pushed = Vec::new();
        for native in [false, true] {
            let array = ArrayObject::with_capacity(Storage::Float, 0);
            let input = [array.raw(), Raw::int(100)];
            match native {
                true => machine.native(&compiled, &input),
                false => machine.evaluated(&region, &input),
            };
            let floats = array.as_array().unwrap().as_floats().unwrap().to_vec();
            assert_eq!(floats.len(), 800);
            pushed.push(floats);
        }
        assert_eq!(pushed[0], pushed[1]);
    }
}

/// A chain of one record: each round makes the next one of register 0, or keeps it, and gives
/// it up. Compiled only.
fn records_in_turn(making: bool) -> Region {
    let record = Type::Pointer(Tag::Enum);
    let mut b = Builder::new();
    let first = b.load(0, record);
    let n = b.load(1, Type::Int);
    let (zero, one) = (b.int(0), b.int(1));
    let entry_end = b.region.blocks.len() - 1;
    let (header, params) = b.block(BlockKind::Header, &[record, Type::Int]);
    b.region.blocks[entry_end].end = End::Jump { target: header, args: vec![first, n] };
    let (held, left) = (params[0], params[1]);
    let more = b.op(Op::IntGt, Type::Bool, &[left, zero]);
    b.guarded(Op::GuardTrue, Type::Unit, &[more], 0, &[(0, held), (1, left)]);
    let shape = u64::from(VariantId::SOME.shape_word());
    let next = if making { b.op_imm(Op::NewRecord, record, &[left], shape) } else { held };
    b.op(Op::Release, Type::Unit, &[held]);
    let left = b.op(Op::IntSubWrap, Type::Int, &[left, one]);
    b.jump(header, &[next, left]);
    b.region
}

#[test]
fn records_are_freed_often_where_records_are_made() {
    let mut machine = Machine::new();
    let options = CompileOptions { listings: true, ..CompileOptions::default() };
    // An empty free list is filled by a call as well, one that is seldom made.
    let calls = |text: &str| text.matches("call_indirect").count();
    for making in [false, true] {
        let compiled = machine.compile_with(&records_in_turn(making), options);
        let text = &compiled.listings.as_ref().expect("asked for").function;
        assert_eq!(calls(text), 1 + usize::from(making));
        let system = text.lines().filter(|line| line.contains("= (i64) system_v")).count();
        assert_eq!(system, usize::from(making), "{text}");
        assert!(text.contains("preserve_all"));
    }
}

#[test]
fn every_guard_can_be_forced_to_fail() {
    let mut machine = Machine::new();
    let region = sum_loop();
    let compiled = machine.forced(&region);
    let input = [Raw::int(5), Raw::int(0), Raw::int(1000)];
    for exit in 0..compiled.exits.len() {
        compiled.attachments.forced[exit].set(1);
        let left = machine.native(&compiled, &input);
        compiled.attachments.forced[exit].set(0);
        assert_eq!(left.exit.0 as usize, exit);
        let plans = ExitPlan::of_region(&region);
        assert_eq!(machine.evaluated_forcing(&region, &plans, &input, exit), left);
    }
    assert_eq!(machine.native(&compiled, &input).registers[1].1, 1000);
}

#[test]
fn code_memory_is_reused_and_limited() {
    let mut machine = Machine::new();
    let region = sum_loop();
    // What all regions share is there with the first.
    drop(machine.compile(&region));
    let before = machine.arena.used();
    let mut compiled: Vec<_> = (0..100).map(|_| machine.compile(&region)).collect();
    assert!(machine.arena.used() > before);
    for index in (0..50).rev() {
        drop(compiled.remove(index * 2));
    }
    let input = [Raw::int(5), Raw::int(0), Raw::int(10)];
    for compiled in &compiled {
        assert_eq!(machine.native(compiled, &input).registers[1].1, 10);
    }
    drop(compiled);
    assert_eq!(machine.arena.used(), before);
    let mut small = RegionCompiler::new(CodeArena::new(100)).unwrap();
    assert!(small.compile(&region, CompileOptions::default()).is_err());
}
