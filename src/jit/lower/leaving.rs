//! The code of exits: what is handed over, in as few instructions as possible.
//!
//! Most of the code of a region are its exits, and they cost compile time though few
//! are ever taken. An exit stores the values that its plan lists, in the order in
//! which the region computes them, and goes to the one block that leaves. Exits
//! whose lists begin with the same values share the stores of these: their lists
//! form a tree, and each node of it is a block that stores what its list has beyond
//! its parent's and goes on there.
//!
//! Where the region has side regions, the block that leaves first looks whether one goes on
//! at this exit: what that answers is the answer of the region.
//!
//! What must hold: a block of the tree is reached only from where all its values have
//! been computed; an exit stores nothing that its plan does not list, except
//! the word observed.
//!
//! Example: exits 3 and 5 both hand over `v2, v7, v9` and exit 8 `v2, v7, v9, v12`:
//!
//! ```text
//! exit3: (store observed) jump tail(3)       exit5: jump tail(5)
//! exit8: store v12; jump tail(8)
//! tail(n): store v2; store v7; store v9; jump leave(n)      leave(n): return n
//! ```

use super::calls::function_signature;
use super::{Lowering, trusted};
use crate::jit::context::{LEFT, TraceContext, exit_word};
use crate::jit::exits::{exit_number, most_values};
use crate::jit::ir::{ExitId, Ref};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::ops::Range;

/// Values that lists must have in common beyond their parent for a block of its own:
/// fewer stores cost less than the block.
const WORTH_SHARING: usize = 3;

/// A node of the tree of lists: the first `length` values of a list.
struct Tail<'a> {
    list: &'a [Ref],
    length: usize,
    /// The longest node that this one continues.
    parent: Option<usize>,
    /// Exits and nodes that come here.
    users: usize,
    block: Option<Block>,
}

/// The tree of these lists, which are sorted and different, and the node of each list.
fn tails<'a>(lists: &[&'a [Ref]]) -> (Vec<Tail<'a>>, FxHashMap<&'a [Ref], usize>) {
    let mut nodes: Vec<Tail> = Vec::new();
    let mut whole = FxHashMap::default();
    // The nodes on the way to the list before.
    let mut way: Vec<usize> = Vec::new();
    let mut before: &[Ref] = &[];
    for &list in lists {
        let common = before.iter().zip(list).take_while(|(a, b)| a == b).count();
        let mut branch = None;
        while let Some(&top) = way.last()
            && nodes[top].length > common
        {
            branch = way.pop();
        }
        let above = way.last().map_or(0, |top| nodes[*top].length);
        if let Some(branch) = branch
            && common - above >= WORTH_SHARING
        {
            let parent = way.last().copied();
            nodes.push(Tail { list, length: common, parent, users: 0, block: None });
            nodes[branch].parent = Some(nodes.len() - 1);
            way.push(nodes.len() - 1);
        }
        let parent = way.last().copied();
        nodes.push(Tail { list, length: list.len(), parent, users: 0, block: None });
        way.push(nodes.len() - 1);
        whole.insert(list, nodes.len() - 1);
        before = list;
    }
    for index in 0..nodes.len() {
        if let Some(parent) = nodes[index].parent {
            nodes[parent].users += 1;
        }
    }
    (nodes, whole)
}

impl Lowering<'_, '_> {
    /// Emits the blocks of all exits that something branches to.
    pub(super) fn exits(&mut self) {
        let plans = self.environment.plans;
        let used = std::mem::take(&mut self.used_exits);
        let list_of = |exit: &ExitId| plans[exit.0 as usize].values.as_slice();
        let mut lists: Vec<&[Ref]> = used.iter().map(list_of).collect();
        lists.sort_unstable();
        lists.dedup();
        let (mut tails, whole) = tails(&lists);
        for exit in &used {
            tails[whole[list_of(exit)]].users += 1;
        }
        for exit in used {
            let plan = &plans[exit.0 as usize];
            let block = self.exit_blocks[exit.0 as usize].expect("made when first used");
            self.begin(block);
            if let Some((word, _)) = plan.observed {
                let word = self.left_with(word).unwrap_or_else(|| self.payload(word));
                let offset = TraceContext::OBSERVED as i32;
                self.builder.ins().store(trusted(), word, self.context, offset);
            }
            let number = self.exit_word(exit);
            let node = whole[plan.values.as_slice()];
            if tails[node].users == 1 {
                self.tail(&mut tails, node, number);
            } else {
                self.go_to_tail(&mut tails, node, number);
            }
        }
        while let Some((node, block)) = self.tail_blocks.pop() {
            self.begin(block);
            let number = self.builder.block_params(block)[0];
            self.tail(&mut tails, node, number);
        }
        if let Some(block) = self.leave_block.take() {
            self.builder.switch_to_block(block);
            let number = self.builder.block_params(block)[0];
            self.leave(number);
        }
    }

    /// The word that says which exit this is.
    fn exit_word(&mut self, exit: ExitId) -> Value {
        self.number(exit_word(self.environment.number, exit_number(exit)) as i64)
    }

    /// A cold block with the word of the exit as its parameter.
    fn cold_block(&mut self) -> Block {
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        self.builder.append_block_param(block, types::I64);
        block
    }

    /// Goes to the block of a node.
    fn go_to_tail(&mut self, tails: &mut [Tail], node: usize, number: Value) {
        let block = tails[node].block.unwrap_or_else(|| {
            let block = self.cold_block();
            self.tail_blocks.push((node, block));
            block
        });
        tails[node].block = Some(block);
        self.builder.ins().jump(block, &[BlockArg::Value(number)]);
    }

    /// Stores the values of a node beyond its parent's and goes on there.
    fn tail(&mut self, tails: &mut [Tail], node: usize, number: Value) {
        let Tail { list, length, parent, .. } = tails[node];
        let before = parent.map_or(0, |parent| tails[parent].length);
        self.hand_over(list, before..length);
        match parent {
            Some(parent) => self.go_to_tail(tails, parent, number),
            None => self.go_to_leave(number),
        }
    }

    fn go_to_leave(&mut self, number: Value) {
        let block = self.leave_block.unwrap_or_else(|| self.cold_block());
        self.leave_block = Some(block);
        self.builder.ins().jump(block, &[BlockArg::Value(number)]);
    }

    fn hand_over(&mut self, values: &[Ref], which: Range<usize>) {
        if which.is_empty() {
            return;
        }
        let area = self.context_word(TraceContext::EXIT_VALUES);
        for index in which {
            // Bools are stored as the byte they are: the plan reads a byte.
            let value = self.left_with(values[index]).unwrap_or_else(|| self.value(values[index]));
            self.builder.ins().store(trusted(), value, area, index as i32 * 8);
        }
    }

    /// What an exit hands over for a result, if it is not the value that it has.
    fn left_with(&mut self, reference: Ref) -> Option<Value> {
        let tested = self.zero_tests[reference.0 as usize];
        tested.then(|| self.whole_remainder(reference))
    }

    /// Leaves, all values being handed over; a function makes a record of that.
    fn leave(&mut self, number: Value) {
        if !self.environment.attachments.sides.is_empty() {
            self.go_on_aside(number);
        }
        if self.region.function.is_none() {
            self.builder.ins().return_(&[number]);
            return;
        }
        let area = self.context_word(TraceContext::EXIT_VALUES);
        let behind = most_values(self.environment.plans) as i32 * 8;
        self.builder.ins().store(trusted(), self.base, area, behind);
        self.builder.ins().store(trusted(), number, area, behind + 8);
        let next = self.builder.ins().iadd_imm_s(area, behind as i64 + 16);
        let offset = TraceContext::EXIT_VALUES as i32;
        self.builder.ins().store(trusted(), next, self.context, offset);
        let left = self.number(LEFT as i64);
        self.builder.ins().return_(&[left, left]);
    }

    /// Goes on in the side region of this exit, if there is one and the region may do so
    /// once more; what follows is for all other exits.
    fn go_on_aside(&mut self, number: Value) {
        let attachments = self.environment.attachments;
        let [found, go_on, plain] = std::array::from_fn(|_| {
            let block = self.builder.create_block();
            self.builder.set_cold_block(block);
            block
        });
        // The exit's number is the lower half of the word.
        let exit = self.builder.ins().ireduce(types::I32, number);
        let exit = self.builder.ins().uextend(types::I64, exit);
        let offset = self.builder.ins().ishl_imm_u(exit, 3);
        let table = self.number(attachments.sides.as_ptr() as i64);
        let place = self.builder.ins().iadd(table, offset);
        let code = self.builder.ins().load(types::I64, trusted(), place, 0);
        self.builder.ins().brif(code, found, &[], plain, &[]);
        self.builder.switch_to_block(found);
        let counter = self.number(attachments.crossings.as_ptr() as i64);
        let left = self.builder.ins().load(types::I64, trusted(), counter, 0);
        let less = self.builder.ins().iadd_imm_s(left, -1);
        self.builder.ins().store(trusted(), less, counter, 0);
        let zero = self.number(0);
        self.unless(IntCC::SignedGreaterThan, left, zero, plain);
        self.builder.ins().jump(go_on, &[]);
        self.builder.switch_to_block(go_on);
        let signature = self.builder.func.signature.clone();
        let signature = match self.region.function {
            Some(_) => function_signature(0, signature.call_conv),
            None => signature,
        };
        let signature = self.builder.import_signature(signature);
        let operands = [self.context, self.base];
        let call = self.builder.ins().call_indirect(signature, code, &operands);
        let results: SmallVec<[Value; 2]> = self.builder.inst_results(call).into();
        self.builder.ins().return_(&results);
        self.builder.switch_to_block(plain);
    }

    /// Takes `exit` if a test asks for it, and it may.
    pub(super) fn forced_failure(&mut self, exit: ExitId) {
        let plan = &self.environment.plans[exit.0 as usize];
        if !plan.may_be_forced() {
            return;
        }
        let cell = &self.environment.attachments.forced[exit.0 as usize];
        let address = self.number(cell.as_ptr() as i64);
        let forced = self.builder.ins().load(types::I8, trusted(), address, 0);
        // A block of its own leaves, because the word observed does not exist yet.
        let (leave, next) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(leave);
        self.builder.ins().brif(forced, leave, &[], next, &[]);
        self.builder.switch_to_block(leave);
        let number = self.exit_word(exit);
        let computed = self.computed.clone();
        self.hand_over(&plan.values, 0..plan.values.len());
        self.go_to_leave(number);
        self.builder.switch_to_block(next);
        self.computed = computed;
    }
}
