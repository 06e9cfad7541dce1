//! One instruction in eight bytes: opcode, a byte `x`, and three 16-bit fields.
//!
//! `b` and `c` together also serve as one signed 32-bit field `d`. In calls and
//! enum constructors, `x` is a count, of arguments or payloads. In all others,
//! its bits 5, 6 and 7 say that operand `a`, `b`, `c` is a temporary that this
//! instruction consumes, and the low five bits are an intrinsic's number.
//!
//! Example: `Instruction::abc(Opcode::Add, 0, 1, 2)` is `R[0] = R[1] + R[2]`.

use super::opcode::{OPCODES, Opcode, OpcodeInfo};

/// While a function is compiled its temporaries are numbered from here.
pub const TEMPORARY: u16 = 0x8000;

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct Instruction {
    /// What to do.
    pub opcode: Opcode,
    /// A count, or consume bits and an intrinsic's number.
    pub x: u8,
    /// First operand.
    pub a: u16,
    /// Second operand.
    pub b: u16,
    /// Third operand.
    pub c: u16,
}

impl Instruction {
    /// Bit of `x`: operand `a` is consumed.
    pub const CONSUME_A: u8 = 0x20;
    /// Bit of `x`: operand `b` is consumed.
    pub const CONSUME_B: u8 = 0x40;
    /// Bit of `x`: operand `c` is consumed.
    pub const CONSUME_C: u8 = 0x80;
    /// Largest count that fits `x`.
    pub const COUNT_LIMIT: usize = 0xff;
    /// The bits of `x` for the number of an intrinsic.
    const INTRINSIC: u8 = 0x1f;

    /// An instruction with three fields.
    pub const fn abc(opcode: Opcode, a: u16, b: u16, c: u16) -> Instruction {
        Instruction { opcode, x: 0, a, b, c }
    }

    /// An instruction with a register and a 32-bit field.
    pub const fn ad(opcode: Opcode, a: u16, d: i32) -> Instruction {
        Instruction { opcode, x: 0, a, b: d as u16, c: (d >> 16) as u16 }
    }

    /// The same with a count in `x`.
    ///
    /// # Panics
    /// If `count` is above [`Instruction::COUNT_LIMIT`].
    pub const fn with_count(mut self, count: usize) -> Instruction {
        assert!(count <= Instruction::COUNT_LIMIT);
        self.x = count as u8;
        self
    }

    /// The count in `x`.
    #[inline(always)]
    pub const fn count(self) -> usize {
        self.x as usize
    }

    /// The same with the number of an intrinsic in `x`.
    ///
    /// # Panics
    /// If `number` does not fit.
    pub const fn with_intrinsic(mut self, number: usize) -> Instruction {
        assert!(number <= Instruction::INTRINSIC as usize);
        self.x |= number as u8;
        self
    }

    /// The number of an intrinsic in `x`.
    #[inline(always)]
    pub const fn intrinsic(self) -> usize {
        (self.x & Instruction::INTRINSIC) as usize
    }

    /// Whether the operand at a position is consumed, as a bit of `x` says.
    pub fn consumes(self, position: usize) -> bool {
        !self.opcode.is_counted() && self.x & (Instruction::CONSUME_A << position) != 0
    }

    /// Number of operands, if a builtin has this instruction of its own.
    pub fn intrinsic_arity(self) -> Option<usize> {
        match self.opcode {
            Opcode::Intrinsic1 => Some(1),
            Opcode::Intrinsic2 => Some(2),
            _ => None,
        }
    }

    /// The 32-bit field of `b` and `c`.
    #[inline(always)]
    pub const fn d(self) -> i32 {
        (self.b as u32 | (self.c as u32) << 16) as i32
    }

    /// `b` as a signed number.
    #[inline(always)]
    pub const fn small_b(self) -> i64 {
        self.b as i16 as i64
    }

    /// `c` as a signed number.
    #[inline(always)]
    pub const fn small_c(self) -> i64 {
        self.c as i16 as i64
    }

    /// Whether operand `a` is consumed.
    #[inline(always)]
    pub const fn consumes_a(self) -> bool {
        self.x & Self::CONSUME_A != 0
    }

    /// Whether operand `b` is consumed.
    #[inline(always)]
    pub const fn consumes_b(self) -> bool {
        self.x & Self::CONSUME_B != 0
    }

    /// Whether operand `c` is consumed.
    #[inline(always)]
    pub const fn consumes_c(self) -> bool {
        self.x & Self::CONSUME_C != 0
    }

    /// The row of the instruction table.
    pub fn info(self) -> &'static OpcodeInfo {
        &OPCODES[self.opcode as usize]
    }

    /// The jump distance, if this instruction may jump.
    pub fn jump(self) -> Option<i32> {
        use super::opcode::Operand;
        let info = self.info();
        if info.operands[2] == Operand::Jump {
            Some(self.c as i16 as i32)
        } else if info.operands[1] == Operand::WideJump {
            Some(self.d())
        } else {
            None
        }
    }
}
