local size = 24000000

local seed = 12345
local low = 0
local high = 0
local odd = 0
local streak = 0
local longest = 0
for i = 1, size do
  seed = seed * 16807 % 2147483647
  if seed < 536870912 then
    low = low + 1
    streak = streak + 1
  elseif seed > 1610612736 then
    high = high + 1
    if seed % 2 == 1 then
      odd = odd + 1
    end
    streak = 0
  elseif seed % 3 == 0 then
    streak = streak + 2
  else
    streak = 0
  end
  if streak > longest then
    longest = streak
  end
end
print("low: " .. low .. " high: " .. high .. " odd: " .. odd)
print("longest streak: " .. longest)
