local size = 400000

local function instruction(op, argument)
  return { op = op, argument = argument }
end

local program = {
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
}

local function run(code)
  local stack = { [0] = 0, 0, 0, 0, 0, 0, 0, 0 }
  local variables = { [0] = 0, 0 }
  local top = 0
  local position = 0
  local executed = 0
  while true do
    local current = code[position + 1]
    local op = current.op
    local argument = current.argument
    position = position + 1
    executed = executed + 1
    if op == "push" then
      stack[top] = argument
      top = top + 1
    elseif op == "load" then
      stack[top] = variables[argument]
      top = top + 1
    elseif op == "store" then
      top = top - 1
      variables[argument] = stack[top]
    elseif op == "add" then
      top = top - 1
      stack[top - 1] = stack[top - 1] + stack[top]
    elseif op == "multiply" then
      top = top - 1
      stack[top - 1] = stack[top - 1] * stack[top]
    elseif op == "modulo" then
      top = top - 1
      stack[top - 1] = stack[top - 1] % stack[top]
    elseif op == "less" then
      top = top - 1
      stack[top - 1] = stack[top - 1] < stack[top]
    elseif op == "unless" then
      top = top - 1
      if not stack[top] then
        position = argument
      end
    elseif op == "jump" then
      position = argument
    else
      return variables[0], executed
    end
  end
end

local result, executed = run(program)
print("result: " .. result)
print("instructions executed: " .. executed)
