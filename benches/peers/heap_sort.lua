local size = 400000
local rounds = 4

local function heap_sort(values, n)
  local start = math.floor(n / 2)
  local finish = n
  while finish > 1 do
    if start > 0 then
      start = start - 1
    else
      finish = finish - 1
      local last = values[finish]
      values[finish] = values[0]
      values[0] = last
    end
    local root = start
    local moving = values[root]
    local child = 2 * root + 1
    while child < finish do
      if child + 1 < finish and values[child] < values[child + 1] then
        child = child + 1
      end
      if moving >= values[child] then
        break
      end
      values[root] = values[child]
      root = child
      child = 2 * root + 1
    end
    values[root] = moving
  end
  return values
end

local function copy(values, n)
  local result = {}
  for i = 0, n - 1 do
    result[i] = values[i]
  end
  return result
end

local seed = 99
local original = {}
for i = 0, size - 1 do
  seed = seed * 16807 % 2147483647
  original[i] = seed
end
local ordered = {}
for round = 1, rounds do
  ordered = heap_sort(copy(original, size), size)
end
local mistakes = 0
for i = 1, size - 1 do
  if ordered[i - 1] > ordered[i] then
    mistakes = mistakes + 1
  end
end
print("mistakes: " .. mistakes)
print("first of the original: " .. original[0])
print("first and last in order: " .. ordered[0] .. " " .. ordered[size - 1])
