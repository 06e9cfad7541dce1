local size = 300000
local rounds = 400

local function fib(n, modulus)
  local a = 0
  local b = 1
  for i = 0, n - 1 do
    local next_value = (a + b) % modulus
    a = b
    b = next_value
  end
  return a
end

local total = 0
for round = 0, rounds - 1 do
  total = total + fib(size + round, 1000000007)
end
print("sum of fibs: " .. total)
print("fib(60) = " .. fib(60, 10000000000000))
