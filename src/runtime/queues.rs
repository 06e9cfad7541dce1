//! Builtins on queues and stacks.
//!
//! Example: `queue_dequeue(Queue([1, 2]))` is `[Queue[2], 1]`,
//! `stack_pop(Stack([1, 2]))` is `[Stack[1], 2]`.

use super::Context;
use super::arguments::wrong_kind;
use super::table::{Builtin, Effects};
use crate::prim::{Fault, iterate};
use crate::value::{QueueObject, Tag, Value};
use std::collections::VecDeque;

const READS: Effects = Effects::READS_HEAP;
const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "Queue",
        (0, 1),
        "Queue([iterable]) -> queue",
        "A queue of the elements, the first in front.",
        MAKES,
        make_queue,
    )
    .or_prelude(1, "queue_of"),
    Builtin::native(
        "__queue",
        (1, 1),
        "__queue(iterable) -> queue",
        "A queue of the elements of what is no iterator.",
        MAKES,
        make_queue,
    ),
    Builtin::native(
        "queue_enqueue",
        (2, 2),
        "queue_enqueue(q, v) -> queue",
        "The queue with the value at its end.",
        MAKES,
        |_, arguments| push("queue_enqueue", Tag::Queue, arguments),
    )
    .reusing(),
    Builtin::native(
        "queue_dequeue",
        (1, 1),
        "queue_dequeue(q) -> [queue, value]",
        "The queue without its first value, and that value, null if there is none.",
        MAKES,
        |_, arguments| {
            let mut queue = take("queue_dequeue", Tag::Queue, arguments)?;
            let front = queue.queue_mut().and_then(|queue| queue.items_mut().pop_front());
            Ok(Value::array(vec![queue, front.unwrap_or_default()]))
        },
    )
    .reusing(),
    Builtin::native(
        "queue_peek",
        (1, 1),
        "queue_peek(q)",
        "The first value, or null.",
        READS,
        |_, arguments| {
            let front = items("queue_peek", Tag::Queue, arguments)?.front();
            Ok(front.cloned().unwrap_or_default())
        },
    ),
    Builtin::native(
        "queue_size",
        (1, 1),
        "queue_size(q) -> int",
        "Number of values.",
        READS,
        |_, arguments| Ok(size(items("queue_size", Tag::Queue, arguments)?)),
    ),
    Builtin::native(
        "queue_is_empty",
        (1, 1),
        "queue_is_empty(q) -> bool",
        "Whether there are no values.",
        READS,
        |_, arguments| Ok(Value::bool(items("queue_is_empty", Tag::Queue, arguments)?.is_empty())),
    ),
    Builtin::native(
        "queue_to_array",
        (1, 1),
        "queue_to_array(q) -> array",
        "The values, the first in front.",
        MAKES,
        |_, arguments| {
            items("queue_to_array", Tag::Queue, arguments)?;
            iterate(&arguments[0])
        },
    ),
    Builtin::native(
        "Stack",
        (0, 1),
        "Stack([iterable]) -> stack",
        "A stack of the elements, the last on top.",
        MAKES,
        make_stack,
    )
    .or_prelude(1, "stack_of"),
    Builtin::native(
        "__stack",
        (1, 1),
        "__stack(iterable) -> stack",
        "A stack of the elements of what is no iterator.",
        MAKES,
        make_stack,
    ),
    Builtin::native(
        "stack_push",
        (2, 2),
        "stack_push(s, v) -> stack",
        "The stack with the value on top.",
        MAKES,
        |_, arguments| push("stack_push", Tag::Stack, arguments),
    )
    .reusing(),
    Builtin::native(
        "stack_pop",
        (1, 1),
        "stack_pop(s) -> [stack, value]",
        "The stack without its top, and that value, null if there is none.",
        MAKES,
        |_, arguments| {
            let mut stack = take("stack_pop", Tag::Stack, arguments)?;
            let top = stack.stack_mut().and_then(|stack| stack.items_mut().pop_back());
            Ok(Value::array(vec![stack, top.unwrap_or_default()]))
        },
    )
    .reusing(),
    Builtin::native(
        "stack_peek",
        (1, 1),
        "stack_peek(s)",
        "The value on top, or null.",
        READS,
        |_, arguments| {
            let top = items("stack_peek", Tag::Stack, arguments)?.back();
            Ok(top.cloned().unwrap_or_default())
        },
    ),
    Builtin::native(
        "stack_size",
        (1, 1),
        "stack_size(s) -> int",
        "Number of values.",
        READS,
        |_, arguments| Ok(size(items("stack_size", Tag::Stack, arguments)?)),
    ),
    Builtin::native(
        "stack_is_empty",
        (1, 1),
        "stack_is_empty(s) -> bool",
        "Whether there are no values.",
        READS,
        |_, arguments| Ok(Value::bool(items("stack_is_empty", Tag::Stack, arguments)?.is_empty())),
    ),
    Builtin::native(
        "stack_to_array",
        (1, 1),
        "stack_to_array(s) -> array",
        "The values, the bottom first.",
        MAKES,
        |_, arguments| {
            items("stack_to_array", Tag::Stack, arguments)?;
            iterate(&arguments[0])
        },
    ),
];

fn items<'a>(name: &str, kind: Tag, arguments: &'a [Value]) -> Result<&'a VecDeque<Value>, Fault> {
    let value = &arguments[0];
    let object = if kind == Tag::Queue { value.as_queue() } else { value.as_stack() };
    let wanted = if kind == Tag::Queue { "a queue" } else { "a stack" };
    object.map(|object| object.items()).ok_or_else(|| wrong_kind(name, wanted, value))
}

fn size(items: &VecDeque<Value>) -> Value {
    Value::int(items.len() as i64)
}

/// Takes the queue or stack out of the first slot, for changing it in place.
fn take(name: &str, kind: Tag, arguments: &mut [Value]) -> Result<Value, Fault> {
    items(name, kind, arguments)?;
    Ok(std::mem::take(&mut arguments[0]))
}

fn push(name: &str, kind: Tag, arguments: &mut [Value]) -> Result<Value, Fault> {
    let mut list = take(name, kind, arguments)?;
    let item = std::mem::take(&mut arguments[1]);
    let object = if kind == Tag::Queue { list.queue_mut() } else { list.stack_mut() };
    object.expect("seen above").items_mut().push_back(item);
    Ok(list)
}

fn make_queue(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(QueueObject::queue(elements("Queue", arguments)?))
}

fn make_stack(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    Ok(QueueObject::stack(elements("Stack", arguments)?))
}

fn elements(name: &str, arguments: &[Value]) -> Result<VecDeque<Value>, Fault> {
    let Some(source) = arguments.first() else { return Ok(VecDeque::new()) };
    if matches!(source.tag(), Tag::Int | Tag::Float) {
        return Err(wrong_kind(name, "an iterable", source));
    }
    let items = iterate(source)?;
    Ok(items.as_array().into_iter().flat_map(|items| items.iter()).collect())
}
