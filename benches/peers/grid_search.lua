local size = 400
local rounds = 20

local seed = 8

local function make_maze(n)
  local maze = {}
  for y = 0, n - 1 do
    local row = {}
    for x = 0, n - 1 do
      seed = seed * 16807 % 2147483647
      row[x] = x + y > 3 and seed % 100 < 30
    end
    maze[y] = row
  end
  maze[0][0] = false
  maze[n - 1][n - 1] = false
  return maze
end

local function shortest_path(maze, n)
  local distance = {}
  for y = 0, n - 1 do
    local row = {}
    for x = 0, n - 1 do
      row[x] = -1
    end
    distance[y] = row
  end
  local dx = { [0] = 1, 0, -1, 0 }
  local dy = { [0] = 0, 1, 0, -1 }
  distance[0][0] = 0
  local queue_x = { 0 }
  local queue_y = { 0 }
  local head = 1
  local reached = 1
  while head <= #queue_x do
    local x = queue_x[head]
    local y = queue_y[head]
    head = head + 1
    for direction = 0, 3 do
      local nx = x + dx[direction]
      local ny = y + dy[direction]
      if nx >= 0 and nx < n and ny >= 0 and ny < n then
        if not maze[ny][nx] and distance[ny][nx] < 0 then
          distance[ny][nx] = distance[y][x] + 1
          queue_x[#queue_x + 1] = nx
          queue_y[#queue_y + 1] = ny
          reached = reached + 1
        end
      end
    end
  end
  return distance[n - 1][n - 1], reached
end

for round = 0, rounds - 1 do
  local maze = make_maze(size)
  local steps, reached = shortest_path(maze, size)
  print("maze " .. round .. " steps " .. steps .. " cells reached " .. reached)
end
