//! When deferred counts are executed, see [`counts`](super::counts).
//!
//! What must hold: an operation that may free objects or looks at counts comes
//! behind the retains that matter to it.
//!
//! Example: before `header_count v3` the deferred retains of everything that may
//! be the object `v3` are emitted, so that the count read is the interpreter's.

use super::super::ir::{Helper, Inst, Op, Ref, Type};
use super::emit::{Emitter, Path};
use super::heap::{self, Location};
use crate::bytecode::{Slow, Takes};
use crate::value::Tag;
use smallvec::SmallVec;

impl Emitter<'_> {
    /// Executes deferred counts that must not wait beyond this operation, and
    /// moves counts that it takes over.
    pub(super) fn count_before(&mut self, path: &mut Path, inst: &Inst) {
        match inst.op {
            Op::HeaderCount | Op::ArrayAdopt => self.flush_alias(path, inst.args[0]),
            Op::StoreAny => self.give(path, inst.args[2]),
            Op::StoreField | Op::StoreCell | Op::StoreEntry | Op::ArrayPush => {
                self.give(path, inst.args[1])
            }
            Op::NewRecord | Op::NewArray | Op::NewCell | Op::NewClosure => {
                inst.args.iter().for_each(|arg| self.give(path, *arg));
                if inst.op == Op::NewClosure {
                    // It may look for circles of closures that nobody holds.
                    self.flush_unowned(path);
                }
            }
            Op::Call => {
                let helper = Helper::decode(inst.imm);
                if helper == Helper::StringAppend {
                    self.give(path, inst.args[0]);
                    self.flush_alias(path, inst.args[0]);
                }
                if heap::may_free(helper.effects().1) {
                    self.flush_unowned(path);
                }
            }
            Op::CallSlow => {
                let slow = Slow::from_number(inst.imm as u8);
                match slow.takes() {
                    Takes::Nothing => {}
                    Takes::First => {
                        let first = inst.args.first().copied();
                        first.into_iter().for_each(|arg| {
                            self.give(path, arg);
                            self.flush_alias(path, arg);
                        });
                    }
                    Takes::All => {
                        inst.args.iter().for_each(|arg| self.give(path, *arg));
                        self.flush_all(path);
                    }
                }
                if heap::may_free(heap::writes(inst)) {
                    self.flush_unowned(path);
                }
            }
            _ => {}
        }
    }

    /// One owner of the object less.
    pub(super) fn release(&mut self, path: &mut Path, object: Ref) {
        // What a dead variable held may be gone already.
        if self.graph.ty(object).is_pointer() && path.state.facts.counts.release(object) {
            let flat = self.flat_fields(path, object);
            // A string or flat record that is freed frees nothing but itself, under whatever name.
            if flat.is_some() || self.graph.ty(object) == Type::Pointer(Tag::String) {
                self.flush_unowned_alias(path, object);
            } else {
                self.flush_unowned(path);
            }
            let op = if flat.is_some() { Op::ReleaseFlat } else { Op::Release };
            let inst = Inst::new(op, Type::Unit, &[object]).with_imm(flat.unwrap_or(0));
            self.emit(path, inst);
        }
    }

    /// Number of fields of a struct instance or enum value, if none of them is counted.
    fn flat_fields(&self, path: &Path, object: Ref) -> Option<u64> {
        if !matches!(self.graph.ty(object), Type::Pointer(Tag::Struct | Tag::Enum)) {
            return None;
        }
        let facts = &path.state.facts;
        let known = |op, imm| {
            let location = Location { op, args: SmallVec::from_slice(&[object]), imm };
            facts.truths.known(&self.graph, facts.memory.get(&location)?)
        };
        let fields = match known(Op::RecordLen, 0) {
            Some(length) => length,
            None => self.environment.fields(known(Op::HeaderShape, 0)?)?,
        };
        let flat =
            |field| known(Op::FieldTag, field).is_some_and(|tag| !Tag::from_number(tag).is_heap());
        (0..fields).all(flat).then_some(fields)
    }

    /// Gives up a register's count of an object that the heap keeps as well; whoever
    /// asks has to defer a retain of it instead. False if that is not certain.
    pub(super) fn lend(&mut self, path: &mut Path, object: Ref) -> bool {
        let facts = &mut path.state.facts;
        let counts = &facts.counts;
        let lends = counts.is_owned(object)
            && facts.memory.holds(&self.graph, object, &|holder| counts.is_owned(holder));
        if lends {
            facts.counts.disown(object);
            self.emit(path, Inst::new(Op::Release, Type::Unit, &[object]));
        }
        lends
    }

    pub(super) fn give(&mut self, path: &mut Path, value: Ref) {
        if self.graph.ty(value).is_pointer() && path.state.facts.counts.give(value) {
            self.retain(path, value);
        }
    }

    pub(super) fn retain(&mut self, path: &mut Path, object: Ref) {
        let inst = Inst::new(Op::Retain, Type::Unit, &[object]);
        self.emit(path, inst);
    }

    /// Executes these retains.
    pub fn flush(&mut self, path: &mut Path, due: SmallVec<[Ref; 4]>) {
        for object in due {
            self.retain(path, object);
        }
    }

    /// Executes all deferred retains.
    pub fn flush_all(&mut self, path: &mut Path) {
        let due = path.state.facts.counts.flush(|_, _| true);
        self.flush(path, due);
    }

    /// Executes deferred retains of objects that only the heap keeps alive.
    pub(super) fn flush_unowned(&mut self, path: &mut Path) {
        let graph = &self.graph;
        let due = path
            .state
            .facts
            .counts
            .flush(|counts, object| !counts.is_owned(object) && graph.bits(object).is_none());
        self.flush(path, due);
    }

    /// Executes deferred retains of what may be the same object, if neither a
    /// register nor the heap certainly keeps a count of it.
    pub(super) fn flush_unowned_alias(&mut self, path: &mut Path, object: Ref) {
        let (graph, facts) = (&self.graph, &mut path.state.facts);
        let (memory, truths) = (&facts.memory, &facts.truths);
        let frees_register = !graph.is_loaded_from_heap(object);
        let due = facts.counts.flush(|counts, other| {
            let kept = counts.is_owned(other) || graph.bits(other).is_some();
            let heap_keeps = frees_register && graph.is_loaded_from_heap(other);
            !kept && !heap_keeps && !memory.distinct(graph, truths, other, object)
        });
        self.flush(path, due);
    }

    /// Executes deferred retains of what may be the same object.
    fn flush_alias(&mut self, path: &mut Path, object: Ref) {
        let (graph, facts) = (&self.graph, &mut path.state.facts);
        let (memory, truths) = (&facts.memory, &facts.truths);
        let due = facts.counts.flush(|_, other| !memory.distinct(graph, truths, other, object));
        self.flush(path, due);
    }
}
