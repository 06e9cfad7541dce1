local size = 960

local function entry(i, j)
  return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1)
end

local function times(vector, n)
  local result = {}
  for i = 0, n - 1 do
    local total = 0.0
    for j = 0, n - 1 do
      total = total + entry(i, j) * vector[j]
    end
    result[i] = total
  end
  return result
end

local function times_transposed(vector, n)
  local result = {}
  for i = 0, n - 1 do
    local total = 0.0
    for j = 0, n - 1 do
      total = total + entry(j, i) * vector[j]
    end
    result[i] = total
  end
  return result
end

local u = {}
for i = 0, size - 1 do
  u[i] = 1.0
end
local v = u
for round = 1, 10 do
  v = times_transposed(times(u, size), size)
  u = times_transposed(times(v, size), size)
end

local uv = 0.0
local vv = 0.0
for i = 0, size - 1 do
  uv = uv + u[i] * v[i]
  vv = vv + v[i] * v[i]
end
print("norm: " .. math.floor(math.sqrt(uv / vv) * 1000000000))
