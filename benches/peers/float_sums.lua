local size = 500000
local rounds = 50

local values = {}
for i = 0, size - 1 do
  values[i + 1] = (i % 1000) * 0.5 + 1.0 / (i + 1)
end

local function mean(numbers)
  local total = 0.0
  for _, number in ipairs(numbers) do
    total = total + number
  end
  return total / #numbers
end

local function variance(numbers, average)
  local total = 0.0
  for i = 1, #numbers do
    local distance = numbers[i] - average
    total = total + distance * distance
  end
  return total / #numbers
end

local average = 0.0
local spread = 0.0
for round = 1, rounds do
  average = mean(values)
  spread = variance(values, average)
  for i = 2, size do
    values[i] = values[i] * 0.75 + values[i - 1] * 0.25
  end
end
print("mean: " .. math.floor(average * 1000000))
print("variance: " .. math.floor(spread * 1000000))
