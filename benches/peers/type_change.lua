local size = 30000000

local amount = 0
local value = 0
local texts = 0
local whole = 0
local mixed = { 1, 2.5, "three", 4, 0.25, "six", 7 }
for i = 0, size - 1 do
  if i == size / 2 then
    amount = amount + 0.5
  end
  amount = amount + i % 5
  value = mixed[i % 7 + 1]
  if type(value) == "string" then
    texts = texts + #value
  elseif value == 1 or value == 4 or value == 7 then
    whole = whole + value
  else
    amount = amount + value
  end
end
print("amount: " .. math.floor(amount * 100))
print("letters: " .. texts)
print("whole: " .. whole)
