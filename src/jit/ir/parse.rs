//! Reads the text that [`print`](super::print) writes, for tests.
//!
//! Results may have any name; they are numbered in order of definition (in a
//! region: constants first, as printed). Heap addresses are read as their
//! number: `string#2` is the address 2.
//!
//! Example: `trace("trace 0 loop f0 #0 bytecodes 1\nframes f0@2+0\nat 2\nend leave 3")`.

use super::ops::{Helper, Op};
use super::region::{Block, BlockId, BlockKind, End, Exit, ExitId, ExitKind, Region};
use super::trace::{FrameMark, Start, Trace, TraceEnd, TraceId};
use super::types::{Callee, FrameState, Inst, Ref, Slot, SlotValue, Snapshot, Type};
use crate::bytecode::{CodeId, Slow};
use crate::value::Tag;
use rustc_hash::FxHashMap;
use std::fmt;
use std::str::FromStr;

/// A line that cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Line number from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

type Parsed<T> = Result<T, String>;

fn number<T: FromStr>(text: &str) -> Parsed<T> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

fn after<'a>(text: &'a str, prefix: &str) -> Parsed<&'a str> {
    text.strip_prefix(prefix).ok_or_else(|| format!("`{text}` does not begin with `{prefix}`"))
}

fn code(text: &str) -> Parsed<CodeId> {
    Ok(CodeId(number(after(text, "f")?)?))
}

fn frame(text: &str) -> Parsed<FrameState> {
    let (function, rest) = text.split_once('@').ok_or("a frame is `f0@pc+base`")?;
    let (pc, base) = rest.split_once('+').ok_or("a frame is `f0@pc+base`")?;
    Ok(FrameState { code: code(function)?, pc: number(pc)?, base: number(base)? })
}

fn frames(text: &str) -> Parsed<Vec<FrameState>> {
    text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(frame).collect()
}

fn slot(text: &str) -> Parsed<Slot> {
    match text.strip_prefix('m') {
        Some(index) => Ok(Slot::Module(number(index)?)),
        None => Ok(Slot::Frame(number(after(text, "r")?)?)),
    }
}

fn callee(text: &str) -> Parsed<Callee> {
    let (version, base) = after(text, "c")?.split_once('+').ok_or("a callee is `c0+base`")?;
    Ok(Callee { version: number(version)?, base: number(base)? })
}

fn slot_value(reader: &Reader, text: &str) -> Parsed<SlotValue> {
    let inner = text.strip_prefix('(').and_then(|v| v.strip_suffix(')'));
    Ok(match inner.and_then(|pair| pair.split_once(' ')) {
        Some((tag, payload)) => {
            SlotValue::Dynamic { tag: reader.reference(tag)?, payload: reader.reference(payload)? }
        }
        None => SlotValue::Typed(reader.reference(text)?),
    })
}

/// Reads the name of a type.
///
/// # Errors
/// If there is no such type; the message says so.
pub fn ty(text: &str) -> Result<Type, String> {
    Ok(match text {
        "unit" => Type::Unit,
        "word" => Type::Word,
        "int" => Type::Int,
        "float" => Type::Float,
        "bool" => Type::Bool,
        "null" => Type::Null,
        "undefined" => Type::Undefined,
        "native" => Type::Native,
        "string" => Type::Pointer(Tag::String),
        "array" => Type::Pointer(Tag::Array),
        "dict" => Type::Pointer(Tag::Dict),
        "struct" => Type::Pointer(Tag::Struct),
        "function" => Type::Pointer(Tag::Function),
        "cell" => Type::Pointer(Tag::Cell),
        "enum" => Type::Pointer(Tag::Enum),
        "generator" => Type::Pointer(Tag::Generator),
        "iterator" => Type::Pointer(Tag::Iterator),
        "promise" => Type::Pointer(Tag::Promise),
        "channel" => Type::Pointer(Tag::Channel),
        "module" => Type::Pointer(Tag::Module),
        "structdef" => Type::Pointer(Tag::StructDef),
        "bytes" => Type::Pointer(Tag::Bytes),
        "set" => Type::Pointer(Tag::Set),
        "queue" => Type::Pointer(Tag::Queue),
        "stack" => Type::Pointer(Tag::Stack),
        _ => return Err(format!("no type `{text}`")),
    })
}

fn constant(ty: Type, text: &str) -> Parsed<u64> {
    Ok(match ty {
        Type::Int => number::<i64>(text)? as u64,
        Type::Float => match text.strip_prefix("nan:0x") {
            Some(bits) => u64::from_str_radix(bits, 16).map_err(|e| e.to_string())?,
            None => number::<f64>(text)?.to_bits(),
        },
        Type::Bool => (text == "true") as u64,
        Type::Null | Type::Undefined => 0,
        Type::Pointer(_) => number(text.split_once('#').map_or(text, |(_, id)| id))?,
        Type::Unit | Type::Word | Type::Native => number(text)?,
    })
}

/// Names of results and the instructions read so far.
#[derive(Default)]
struct Reader {
    insts: Vec<Inst>,
    names: FxHashMap<String, Ref>,
}

impl Reader {
    fn reference(&self, text: &str) -> Parsed<Ref> {
        self.names.get(text).copied().ok_or_else(|| format!("nothing is named `{text}`"))
    }

    fn references(&self, text: &str) -> Parsed<Vec<Ref>> {
        let parts = text.split(',').map(str::trim).filter(|t| !t.is_empty());
        parts.map(|part| self.reference(part)).collect()
    }

    /// `name:type` of a new instruction; the instruction is added later.
    fn define(&mut self, name: &str) -> Parsed<Type> {
        let (name, ty_text) = name.split_once(':').unwrap_or((name, "unit"));
        self.names.insert(name.to_string(), Ref(self.insts.len() as u32));
        ty(ty_text)
    }

    fn instruction(&mut self, line: &str) -> Parsed<Ref> {
        let (name, text) = match line.split_once(" = ") {
            Some((name, text)) => (Some(name.trim()), text.trim()),
            None => (None, line),
        };
        let (text, exit) = match text.rsplit_once(" !") {
            Some((text, exit)) => (text, Some(ExitId(number(exit)?))),
            None => (text, None),
        };
        let (op_text, operands) = text.split_once(' ').unwrap_or((text, ""));
        let op = Op::ALL.iter().copied().find(|op| op.info().name == op_text);
        let op = op.ok_or_else(|| format!("no operation `{op_text}`"))?;
        let mut operands: Vec<&str> =
            operands.split(',').map(str::trim).filter(|t| !t.is_empty()).collect();
        let mut immediate: Option<&str> = None;
        operands.retain(|text| match text.strip_prefix('#') {
            Some(rest) => {
                immediate = Some(rest);
                false
            }
            None => true,
        });
        let mut inst = Inst::new(op, Type::Unit, &[]);
        inst.exit = exit;
        let result = name.map(|name| self.result_type(name)).transpose()?;
        inst.ty = result.unwrap_or(Type::Unit);
        let first = |operands: &mut Vec<&str>| -> Parsed<String> {
            if operands.is_empty() {
                return Err(format!("`{op_text}` needs an operand"));
            }
            Ok(operands.remove(0).to_string())
        };
        match op {
            Op::Const => inst.imm = constant(inst.ty, &first(&mut operands)?)?,
            Op::At | Op::Leave => inst.imm = number(&first(&mut operands)?)?,
            Op::Slot
            | Op::Immediate
            | Op::Set
            | Op::SlotTag
            | Op::SlotPayload
            | Op::ClearSlot
            | Op::StoreSlot
            | Op::StoreSlotDynamic => inst.imm = slot(&first(&mut operands)?)?.encode(),
            Op::GuardCallable | Op::CallFunction => {
                inst.imm = callee(&first(&mut operands)?)?.encode();
            }
            Op::Call => {
                let wanted = first(&mut operands)?;
                let (wanted, hint) = match wanted.split_once('@') {
                    Some((name, at)) => (name, Some(number::<u32>(at)?)),
                    None => (&wanted[..], None),
                };
                let helper = Helper::ALL.iter().find(|helper| helper.name() == wanted);
                let helper = helper.ok_or_else(|| format!("no helper `{wanted}`"))?;
                inst.imm = helper.encode(hint);
            }
            Op::CallSlow | Op::CallRaising => {
                let wanted = first(&mut operands)?;
                let (wanted, extra) = wanted.split_once(':').unwrap_or((&wanted, "0"));
                let slow = Slow::ALL.iter().find(|slow| slow.name() == wanted);
                let slow = *slow.ok_or_else(|| format!("no generic operation `{wanted}`"))?;
                inst.imm = slow as u64 | number::<u64>(extra)? << 32;
            }
            _ => {}
        }
        for operand in operands {
            inst.args.push(self.reference(operand)?);
        }
        if let Some(text) = immediate {
            let of = match op {
                Op::GuardEqual | Op::GuardNotEqual | Op::Saw => {
                    let tested = inst.args.first().ok_or("a guard needs an operand")?;
                    self.insts[tested.0 as usize].ty
                }
                _ => Type::Word,
            };
            inst.imm = constant(of, text)?;
        }
        if let Some(name) = name {
            self.define(name)?;
        }
        self.insts.push(inst);
        Ok(Ref(self.insts.len() as u32 - 1))
    }

    fn result_type(&self, name: &str) -> Parsed<Type> {
        name.split_once(':').map_or(Ok(Type::Unit), |(_, text)| ty(text))
    }
}

fn at_line<T>(line: usize, result: Parsed<T>) -> Result<T, ParseError> {
    result.map_err(|message| ParseError { line: line + 1, message })
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(n, line)| (n, line.split("//").next().unwrap_or("").trim()))
        .filter(|(_, line)| !line.is_empty())
}

/// Reads a recorded trace.
///
/// # Errors
/// The first line that makes no sense.
pub fn trace(text: &str) -> Result<Trace, ParseError> {
    let mut reader = Reader::default();
    let mut trace = Trace {
        id: TraceId(0),
        start: Start::Loop { code: CodeId(0), index: 0 },
        frames: Vec::new(),
        entered: Vec::new(),
        insts: Vec::new(),
        end: TraceEnd::Leave { pc: 0 },
        bytecodes: 0,
        in_main: false,
    };
    for (n, line) in lines(text) {
        at_line(n, trace_line(&mut trace, &mut reader, line))?;
    }
    trace.insts = reader.insts;
    Ok(trace)
}

fn trace_line(trace: &mut Trace, reader: &mut Reader, line: &str) -> Parsed<()> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "trace" => {
            let words: Vec<&str> = rest.split(' ').collect();
            let [id, kind, place, detail, flags @ ..] = &words[..] else {
                return Err("a trace begins `trace 0 loop f0 #0 bytecodes 3`".into());
            };
            trace.id = TraceId(number(id)?);
            trace.start = match *kind {
                "loop" => Start::Loop { code: code(place)?, index: number(after(detail, "#")?)? },
                "function" => {
                    Start::Function { code: code(place)?, version: number(after(detail, "#")?)? }
                }
                _ => Start::Exit {
                    parent: TraceId(number(after(place, "t")?)?),
                    guard: Ref(number(after(detail, "v")?)?),
                },
            };
            trace.in_main = flags.contains(&"in_main");
            let count = flags.iter().skip_while(|flag| **flag != "bytecodes").nth(1);
            trace.bytecodes = count.map_or(Ok(0), |text| number(text))?;
        }
        "frames" => trace.frames = frames(rest)?,
        "enters" => {
            let (place, return_pc) = rest.split_once(" return ").ok_or("`return` is missing")?;
            let (function, base) = place.split_once('+').ok_or("a frame is `f0+base`")?;
            trace.entered.push(FrameMark {
                code: code(function)?,
                base: number(base)?,
                return_pc: number(return_pc)?,
            });
        }
        "end" => {
            let words: Vec<&str> = rest.split(' ').collect();
            trace.end = match words[..] {
                ["leave", pc] => TraceEnd::Leave { pc: number(pc)? },
                ["return", pc, ref register @ ..] => TraceEnd::Return {
                    pc: number(pc)?,
                    register: match register.first() {
                        Some(text) => Some(number(after(text, "r")?)?),
                        None => None,
                    },
                },
                ["header", function, index, ref back @ ..] => TraceEnd::Header {
                    code: code(function)?,
                    index: number(after(index, "#")?)?,
                    back: back.first() == Some(&"back"),
                },
                _ => return Err("a trace ends `end header f0 #0 back` or `end leave 3`".into()),
            };
        }
        _ => {
            reader.instruction(line)?;
        }
    }
    Ok(())
}

/// Reads a region.
///
/// # Errors
/// The first line that makes no sense.
pub fn region(text: &str) -> Result<Region, ParseError> {
    let mut reader = Reader::default();
    let mut region = Region::default();
    let mut jumps: Vec<(usize, usize, String)> = Vec::new();
    for (n, line) in lines(text) {
        at_line(n, region_line(&mut region, &mut reader, &mut jumps, n, line))?;
    }
    for (n, block, args) in jumps {
        let found = at_line(n, reader.references(&args))?;
        if let End::Jump { args, .. } = &mut region.blocks[block].end {
            *args = found;
        }
    }
    region.insts = reader.insts;
    Ok(region)
}

fn region_line(
    region: &mut Region,
    reader: &mut Reader,
    jumps: &mut Vec<(usize, usize, String)>,
    n: usize,
    line: &str,
) -> Parsed<()> {
    if let Some(rest) = line.strip_prefix('!') {
        let (_, text) = rest.split_once(" = ").ok_or("an exit is `!0 = ...`")?;
        region.exits.push(exit(reader, text)?);
        return Ok(());
    }
    if let Some(version) = line.strip_prefix("function #") {
        region.function = Some(number(version)?);
        return Ok(());
    }
    if let Some(allocation) = line.strip_prefix("sunk ") {
        region.sunk.push(reader.instruction(allocation)?);
        return Ok(());
    }
    if line == "side" {
        region.is_side = true;
        return Ok(());
    }
    if let Some(head) = line.strip_suffix(':') {
        let (_, head) = head.split_once(' ').ok_or("a block begins `b0 entry():`")?;
        let (kind, params) = head.split_once('(').ok_or("a block begins `b0 entry():`")?;
        let kind = match kind {
            "entry" => BlockKind::Entry,
            "header" => BlockKind::Header,
            "bridge" => BlockKind::Bridge,
            _ => return Err(format!("no kind of block `{kind}`")),
        };
        let mut block =
            Block { kind, params: Vec::new(), insts: Vec::new(), end: End::Leave(ExitId(0)) };
        let params = params.trim_end_matches(')');
        for param in params.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let ty = reader.define(param)?;
            block.params.push(Ref(reader.insts.len() as u32));
            reader.insts.push(Inst::new(Op::Parameter, ty, &[]));
        }
        region.blocks.push(block);
        return Ok(());
    }
    let index = region.blocks.len().wrapping_sub(1);
    let Some(block) = region.blocks.last_mut() else {
        reader.instruction(line)?;
        return Ok(());
    };
    if let Some(rest) = line.strip_prefix("jump b") {
        let (target, args) = rest.split_once('(').ok_or("a jump is `jump b1(v2)`")?;
        let target = BlockId(number(target)?);
        block.end = End::Jump { target, args: Vec::new() };
        jumps.push((n, index, args.trim_end_matches(')').to_string()));
    } else if let Some(value) = line.strip_prefix("return ") {
        block.end = End::Return(slot_value(reader, value)?);
    } else if let Some(exit) = line.strip_prefix("leave !") {
        block.end = End::Leave(ExitId(number(exit)?));
    } else {
        block.insts.push(reader.instruction(line)?);
    }
    Ok(())
}

fn exit(reader: &Reader, text: &str) -> Parsed<Exit> {
    let (head, rest) = text.split_once(" [").ok_or("an exit lists frames in brackets")?;
    let (frame_text, rest) = rest.split_once("] {").ok_or("an exit lists slots in braces")?;
    let (slot_text, rest) = rest.split_once('}').ok_or("a brace is not closed")?;
    let words: Vec<&str> = head.split(' ').collect();
    let [trace, guard, flags @ ..] = &words[..] else {
        return Err("an exit names its trace and guard".into());
    };
    let kind = match flags.last() {
        Some(&"resume") => ExitKind::Resume,
        Some(&"raise") => ExitKind::Raise,
        Some(&"entry") => ExitKind::Entry,
        Some(&"end") => ExitKind::End,
        Some(&"assumed") => ExitKind::Assumed,
        Some(&"interrupt") => ExitKind::Interrupt,
        Some(&"absent") => ExitKind::Absent,
        Some(&"call") => ExitKind::Call,
        _ => {
            return Err("an exit is `resume`, `raise`, `entry`, `end`,\
             `absent`, `call` or `interrupt`"
                .into());
        }
    };
    let mut slots = Vec::new();
    for part in slot_text.split(", ").filter(|part| !part.is_empty()) {
        let (place, value) = part.split_once(": ").ok_or("a slot is `r0: v1`")?;
        slots.push((slot(place)?, slot_value(reader, value)?));
    }
    let (rest, bridge) = match rest.split_once("-> b") {
        Some((rest, block)) => (rest, Some(BlockId(number(block.trim())?))),
        None => (rest, None),
    };
    let (rest, observed) = match rest.split_once("observe ") {
        Some((rest, word)) => (rest, Some(reader.reference(word.trim())?)),
        None => (rest, None),
    };
    let retains = match rest.trim().strip_prefix("retain ") {
        Some(list) => reader.references(list)?,
        None => Vec::new(),
    };
    Ok(Exit {
        resident: Vec::new(),
        trace: TraceId(number(after(trace, "t")?)?),
        guard: Ref(number(after(guard, "v")?)?),
        peeled: flags.contains(&"peeled"),
        kind,
        snapshot: Snapshot { frames: frames(frame_text)?, slots, retains },
        observed,
        bridge,
    })
}
