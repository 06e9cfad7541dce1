local size = 5000000
local rounds = 4

local count = 0
local last = 0
for round = 1, rounds do
  local composite = {}
  for i = 0, size do
    composite[i] = false
  end

  local i = 2
  while i * i <= size do
    if not composite[i] then
      local multiple = i * i
      while multiple <= size do
        composite[multiple] = true
        multiple = multiple + i
      end
    end
    i = i + 1
  end

  count = 0
  last = 0
  for n = 2, size do
    if not composite[n] then
      count = count + 1
      last = n
    end
  end
end
print("primes: " .. count)
print("largest: " .. last)
