local size = 1000000

local best = 0
local best_length = 0
for start = 1, size - 1 do
  local n = start
  local length = 1
  while n ~= 1 do
    if n % 2 == 0 then
      n = n / 2
    else
      n = 3 * n + 1
    end
    length = length + 1
  end
  if length > best_length then
    best = start
    best_length = length
  end
end
print("longest start: " .. best)
print("length: " .. best_length)
