//! Blocks, loops, guards, exits, bridges.

use crate::builder::{Builder, Machine};
use ruff::jit::code::CompileOptions;
use ruff::jit::ir::{BlockKind, Op, Region, Slot, Type};
use ruff::value::Raw;

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
    b.region.blocks[entry_end].end =
        ruff::jit::ir::End::Jump { target: header, args: vec![s0, i0] };
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
    println!("{}\n{}", listings.function, listings.assembly);
}

#[test]
fn the_entry_guard_leaves_everything_alone() {
    let mut machine = Machine::new();
    let left = machine.both(&sum_loop(), &[Raw::float(1.0), Raw::int(0), Raw::int(10)]);
    assert_eq!(left.exit.0, 0);
    assert_eq!(left.registers[1].1, 0);
}
