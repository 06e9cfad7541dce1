size = 400000


class Instruction:
    def __init__(self, op, argument):
        self.op = op
        self.argument = argument


def instruction(op, argument):
    return Instruction(op, argument)


program = [
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
]


def run(code):
    stack = [0, 0, 0, 0, 0, 0, 0, 0]
    variables = [0, 0]
    top = 0
    position = 0
    executed = 0
    while True:
        current = code[position]
        op = current.op
        argument = current.argument
        position += 1
        executed += 1
        if op == "push":
            stack[top] = argument
            top += 1
        elif op == "load":
            stack[top] = variables[argument]
            top += 1
        elif op == "store":
            top -= 1
            variables[argument] = stack[top]
        elif op == "add":
            top -= 1
            stack[top - 1] = stack[top - 1] + stack[top]
        elif op == "multiply":
            top -= 1
            stack[top - 1] = stack[top - 1] * stack[top]
        elif op == "modulo":
            top -= 1
            stack[top - 1] = stack[top - 1] % stack[top]
        elif op == "less":
            top -= 1
            stack[top - 1] = stack[top - 1] < stack[top]
        elif op == "unless":
            top -= 1
            if not stack[top]:
                position = argument
        elif op == "jump":
            position = argument
        else:
            return variables[0], executed


result, executed = run(program)
print("result:", result)
print("instructions executed:", executed)
