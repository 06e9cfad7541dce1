local size = 12

local columns = {}
local rising = {}
local falling = {}
for i = 0, 2 * size - 1 do
  columns[i] = false
  rising[i] = false
  falling[i] = false
end

local function place(row)
  if row == size then
    return 1
  end
  local solutions = 0
  for column = 0, size - 1 do
    local up = row + column
    local down = row - column + size
    if not columns[column] and not rising[up] and not falling[down] then
      columns[column] = true
      rising[up] = true
      falling[down] = true
      solutions = solutions + place(row + 1)
      columns[column] = false
      rising[up] = false
      falling[down] = false
    end
  end
  return solutions
end

print("queens: " .. size)
print("solutions: " .. place(0))
