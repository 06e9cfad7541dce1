local size = 3000000
local width = 200

local function step(position, direction)
  local next_position = position + direction
  if next_position < 0 then
    error("left wall", 0)
  end
  if next_position > width then
    error("right wall", 0)
  end
  return next_position
end

local seed = 31
local middle = math.floor(width / 2)
local position = middle
local left = 0
local right = 0
local visits = 0
for i = 1, size do
  seed = seed * 16807 % 2147483647
  local fine, result
  if seed % 2 == 0 then
    fine, result = pcall(step, position, 1 + seed % 7)
  else
    fine, result = pcall(step, position, -1 - seed % 7)
  end
  if fine then
    position = result
  else
    if result == "left wall" then
      left = left + 1
    else
      right = right + 1
    end
    position = middle
  end
  if position == middle then
    visits = visits + 1
  end
end
print("left bumps: " .. left)
print("right bumps: " .. right)
print("visits to the middle: " .. visits)
print("final position: " .. position)
