local size = 100000000

local s = 0
for i = 0, size - 1 do
  s = (s + i * 3) % 1000003
end
print("sum: " .. s)
