local size = 64
local generations = 2700

local seed = 7

local function random_grid(n)
  local grid = {}
  for y = 0, n - 1 do
    local row = {}
    for x = 0, n - 1 do
      seed = seed * 16807 % 2147483647
      if seed % 10 < 3 then
        row[x] = 1
      else
        row[x] = 0
      end
    end
    grid[y] = row
  end
  return grid
end

local function evolve(grid, n)
  local result = {}
  for y = 0, n - 1 do
    local above = grid[(y + n - 1) % n]
    local here = grid[y]
    local below = grid[(y + 1) % n]
    local row = {}
    for x = 0, n - 1 do
      local west = (x + n - 1) % n
      local east = (x + 1) % n
      local neighbours = above[west] + above[x] + above[east] + here[west] + here[east]
        + below[west] + below[x] + below[east]
      if neighbours == 3 or (neighbours == 2 and here[x] == 1) then
        row[x] = 1
      else
        row[x] = 0
      end
    end
    result[y] = row
  end
  return result
end

local function population(grid)
  local total = 0
  for y = 0, size - 1 do
    for x = 0, size - 1 do
      total = total + grid[y][x]
    end
  end
  return total
end

local function draw(grid)
  for y = 0, size - 1 do
    local line = ""
    for x = 0, size - 1 do
      if grid[y][x] == 1 then
        line = line .. "#"
      else
        line = line .. "."
      end
    end
    print(line)
  end
end

local grid = random_grid(size)
print("population at the start: " .. population(grid))
for generation = 1, generations do
  grid = evolve(grid, size)
end
draw(grid)
print("population at the end: " .. population(grid))
