local size = 1500000

local seed = 2024
local data = {}
for i = 0, size - 1 do
  seed = seed * 16807 % 2147483647
  data[i] = seed % 1000000
end

local function quicksort(low, high)
  if low >= high then
    return
  end
  local pivot = data[math.floor((low + high) / 2)]
  local left = low
  local right = high
  while left <= right do
    while data[left] < pivot do
      left = left + 1
    end
    while data[right] > pivot do
      right = right - 1
    end
    if left <= right then
      local kept = data[left]
      data[left] = data[right]
      data[right] = kept
      left = left + 1
      right = right - 1
    end
  end
  quicksort(low, right)
  quicksort(left, high)
end

quicksort(0, size - 1)
local ordered = true
for i = 1, size - 1 do
  if data[i - 1] > data[i] then
    ordered = false
  end
end
print("ordered: " .. tostring(ordered))
print("smallest: " .. data[0])
print("median: " .. data[math.floor(size / 2)])
print("largest: " .. data[size - 1])
