const size = 400000;

class Instruction {
  constructor(op, argument) {
    this.op = op;
    this.argument = argument;
  }
}

function instruction(op, argument) {
  return new Instruction(op, argument);
}

const program = [
  instruction("push", 0), instruction("store", 0),
  instruction("push", 0), instruction("store", 1),
  instruction("load", 1), instruction("push", size), instruction("less", 0),
  instruction("unless", 21),
  instruction("load", 0), instruction("load", 1), instruction("load", 1),
  instruction("multiply", 0), instruction("add", 0),
  instruction("push", 9973), instruction("modulo", 0), instruction("store", 0),
  instruction("load", 1), instruction("push", 1), instruction("add", 0),
  instruction("store", 1), instruction("jump", 4),
  instruction("halt", 0),
];

function run(code) {
  const stack = [0, 0, 0, 0, 0, 0, 0, 0];
  const variables = [0, 0];
  let top = 0;
  let position = 0;
  let executed = 0;
  for (;;) {
    const current = code[position];
    const op = current.op;
    const argument = current.argument;
    position += 1;
    executed += 1;
    if (op === "push") {
      stack[top] = argument;
      top += 1;
    } else if (op === "load") {
      stack[top] = variables[argument];
      top += 1;
    } else if (op === "store") {
      top -= 1;
      variables[argument] = stack[top];
    } else if (op === "add") {
      top -= 1;
      stack[top - 1] = stack[top - 1] + stack[top];
    } else if (op === "multiply") {
      top -= 1;
      stack[top - 1] = stack[top - 1] * stack[top];
    } else if (op === "modulo") {
      top -= 1;
      stack[top - 1] = stack[top - 1] % stack[top];
    } else if (op === "less") {
      top -= 1;
      stack[top - 1] = stack[top - 1] < stack[top];
    } else if (op === "unless") {
      top -= 1;
      if (!stack[top]) {
        position = argument;
      }
    } else if (op === "jump") {
      position = argument;
    } else {
      return [variables[0], executed];
    }
  }
}

const [result, executed] = run(program);
console.log("result:", result);
console.log("instructions executed:", executed);
