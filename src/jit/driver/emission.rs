//! What it takes to emit a region, on any thread.
//!
//! Emission needs the traces, what is known of the functions that they run
//! through, and what earlier emissions learnt; nothing of the machine. So it is
//! done beside the program where its code is generated, too.
//!
//! What must hold: the facts about a function are known before a plan has a trace
//! that names it.
//!
//! Example: `emission.emit()` gives the region of `plan.root`, and `learned`
//! then holds what the next one begins with.

use crate::bytecode::liveness::Liveness;
use crate::bytecode::{Code, CodeId};
use crate::jit::ir::{self, Beginning, Callee, FunctionTable, Op, Region, Trace, TraceEnd, Type};
use crate::jit::opt::{self, EmitError, Environment, Learned, Plan};
use crate::value::{ShapeId, Tag, shapes};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// What emission asks about a function.
#[derive(Debug)]
struct CodeFact {
    variables: u32,
    captures: bool,
    changes_self: bool,
    headers: Vec<u32>,
    /// The last instruction of each loop.
    ends: Vec<u32>,
    liveness: Liveness,
}

impl CodeFact {
    fn of(code: &Code) -> CodeFact {
        CodeFact {
            variables: code.variables as u32,
            captures: !code.captures.is_empty(),
            changes_self: code.changes_self,
            headers: code.loops.iter().map(|info| info.header).collect(),
            ends: code.loops.iter().map(|info| info.back).collect(),
            liveness: Liveness::compute(code),
        }
    }
}

/// What emission asks about the functions that a plan's traces run through and the
/// shapes of struct instances in them, computed once for each; any thread may read it.
#[derive(Clone, Debug, Default)]
pub struct CodeFacts {
    facts: Vec<Option<Arc<CodeFact>>>,
    /// Number of fields of the shapes that the traces name, with the cells that instances carry.
    fields: FxHashMap<u64, u64>,
}

impl CodeFacts {
    /// Makes the facts about all functions and shapes that a trace names known.
    pub fn learn(&mut self, codes: &[Rc<Code>], functions: &FunctionTable, trace: &Trace) {
        let frames = trace.frames.iter().map(|frame| frame.code);
        let entered = trace.entered.iter().map(|mark| mark.code);
        let end = match trace.end {
            TraceEnd::Header { code, .. } => Some(code),
            TraceEnd::Leave { .. } | TraceEnd::Return { .. } => None,
        };
        let called = trace.insts.iter().filter(|inst| inst.op == Op::CallFunction);
        let called = called.map(|inst| functions.version(Callee::decode(inst.imm).version).code);
        for id in frames.chain(entered).chain(called).chain(end) {
            let number = id.0 as usize;
            if self.facts.len() <= number {
                self.facts.resize(number + 1, None);
            }
            self.facts[number].get_or_insert_with(|| Arc::new(CodeFact::of(&codes[number])));
        }
        let instances = Type::Pointer(Tag::Struct);
        for inst in &trace.insts {
            let of_instance = match inst.op {
                Op::NewRecord => inst.ty == instances,
                Op::GuardEqual => {
                    let load = trace.inst(inst.args[0]);
                    load.op == Op::HeaderShape && trace.inst(load.args[0]).ty == instances
                }
                _ => false,
            };
            if of_instance {
                let shape = ShapeId((inst.imm >> 8) as u32);
                let fields = || shapes::get(shape).instance_len() as u64;
                self.fields.entry(inst.imm).or_insert_with(fields);
            }
        }
    }

    /// Whether one loop of a function lies in another.
    pub fn encloses(&self, id: CodeId, outer: u16, inner: u16) -> bool {
        let fact = self.fact(id);
        let (outer, inner) = (outer as usize, inner as usize);
        outer != inner
            && fact.headers[outer] <= fact.headers[inner]
            && fact.ends[inner] <= fact.ends[outer]
    }

    fn fact(&self, id: CodeId) -> &CodeFact {
        self.facts[id.0 as usize].as_ref().expect("made known with the trace that names it")
    }
}

impl Environment for CodeFacts {
    fn variables(&self, code: CodeId) -> u32 {
        self.fact(code).variables
    }

    fn is_live(&self, code: CodeId, pc: u32, register: u32) -> bool {
        self.fact(code).liveness.is_live(pc as usize, register as usize)
    }

    fn captures(&self, code: CodeId) -> bool {
        self.fact(code).captures
    }

    fn changes_self(&self, code: CodeId) -> bool {
        self.fact(code).changes_self
    }

    fn header(&self, code: CodeId, index: u16) -> u32 {
        self.fact(code).headers[index as usize]
    }

    fn fields(&self, shape: u64) -> Option<u64> {
        self.fields.get(&shape).copied()
    }
}

/// A region to be emitted.
pub struct Emission {
    /// Its traces.
    pub plan: Plan,
    /// The functions that they name.
    pub facts: Arc<CodeFacts>,
    /// What emissions from the same root trace find out.
    pub learned: Learned,
    /// What constant strings begin with, by their bits.
    pub beginnings: Arc<FxHashMap<u64, Beginning>>,
}

impl Emission {
    /// The region.
    ///
    /// # Errors
    /// If the traces cannot be joined; what was learnt is forgotten then.
    pub fn emit(&mut self) -> Result<Region, EmitError> {
        let mut region = match opt::emit(&self.plan, &*self.facts, &mut self.learned) {
            Ok(region) => region,
            Err(error) => {
                self.learned.start_over();
                return Err(error);
            }
        };
        let string = Type::Pointer(Tag::String);
        for inst in region.insts.iter().filter(|i| i.op == Op::Const && i.ty == string) {
            if let Some(beginning) = self.beginnings.get(&inst.imm) {
                region.beginnings.insert(inst.imm, *beginning);
            }
        }
        if cfg!(debug_assertions) {
            ir::verify::region(&region).expect("the optimiser emits valid regions");
        }
        Ok(region)
    }
}
