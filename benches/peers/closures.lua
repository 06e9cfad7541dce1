local size = 7000000

local function make_counter()
  local count = 0
  local function increase(step)
    count = count + step
    return count
  end
  local function read()
    return count
  end
  return increase, read
end

local function make_adder(amount)
  return function(x)
    return x + amount
  end
end

local function compose(f, g)
  return function(x)
    return f(g(x))
  end
end

local increase, read = make_counter()
local add_two = make_adder(2)
local add_five = make_adder(5)
local add_seven = compose(add_two, add_five)
local total = 0
for i = 0, size - 1 do
  increase(i % 3)
  total = (total + add_seven(i)) % 1000003
end
print("counter: " .. read())
print("total: " .. total)
