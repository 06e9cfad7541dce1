local size = 10000

local pairs_found = 0
local i = 0
while i < size do
  local j = 0
  while j < size do
    if (i + j) % 3 == 0 then
      pairs_found = pairs_found + 1
    end
    j = j + 1
  end
  i = i + 1
end
print("pairs: " .. pairs_found)

local triangle = 0
for row = 0, size - 1 do
  for column = 0, row - 1 do
    triangle = triangle + 1
  end
end
print("triangle: " .. triangle)
