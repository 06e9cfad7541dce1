local size = 2000
local rounds = 3000

local function map_array(items, f)
  local result = {}
  for i = 1, #items do
    result[#result + 1] = f(items[i])
  end
  return result
end

local function filter_array(items, keep)
  local result = {}
  for i = 1, #items do
    local item = items[i]
    if keep(item) then
      result[#result + 1] = item
    end
  end
  return result
end

local function reduce_array(items, start, f)
  local result = start
  for i = 1, #items do
    result = f(result, items[i])
  end
  return result
end

local numbers = {}
for i = 0, size - 1 do
  numbers[#numbers + 1] = i
end

local total = 0
for round = 0, rounds - 1 do
  local shifted = map_array(numbers, function(x) return x * 3 + round end)
  local even = filter_array(shifted, function(x) return x % 2 == 0 end)
  local sum_of_even = reduce_array(even, 0, function(a, b) return a + b end)
  total = (total + sum_of_even) % 1000000007
end
print("numbers: " .. #numbers)
print("total: " .. total)
