local size = 9
local rounds = 5

local function ack(m, n)
  if m == 0 then
    return n + 1
  end
  if n == 0 then
    return ack(m - 1, 1)
  end
  return ack(m - 1, ack(m, n - 1))
end

local total = 0
for round = 0, rounds - 1 do
  total = total + ack(3, size - round % 2)
end
print("ack(2, 9) = " .. ack(2, 9))
print("sum of ack(3, n): " .. total)
