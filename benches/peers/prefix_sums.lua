local size = 1000000
local rounds = 20

local seed = 3
local values = {}
for i = 0, size - 1 do
  seed = seed * 16807 % 2147483647
  values[i] = seed % 2001 - 1000
end

local best = 0
local answers = 0
for round = 0, rounds - 1 do
  local sums = { [0] = 0 }
  for i = 0, size - 1 do
    sums[i + 1] = sums[i] + values[i]
  end
  local lowest = 0
  for i = 1, size do
    if sums[i] < lowest then
      lowest = sums[i]
    end
    if sums[i] - lowest > best then
      best = sums[i] - lowest
    end
  end
  local low = 0
  local high = size
  while low < high do
    answers = answers + sums[high] - sums[low]
    low = low + 3
    high = high - 5
  end
  values[round] = round
end
print("best range: " .. best)
print("answers: " .. answers)
