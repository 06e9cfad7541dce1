local size = 400

local function matrix(n, seed)
  local rows = {}
  for i = 0, n - 1 do
    local row = {}
    for j = 0, n - 1 do
      row[j] = seed * (i - j) * (i + j) / n
    end
    rows[i] = row
  end
  return rows
end

local function multiply(a, b, n)
  local product = {}
  for i = 0, n - 1 do
    local row = {}
    for j = 0, n - 1 do
      local total = 0.0
      for k = 0, n - 1 do
        total = total + a[i][k] * b[k][j]
      end
      row[j] = total
    end
    product[i] = row
  end
  return product
end

local function truncate(x)
  return string.format("%d", x < 0 and math.ceil(x) or math.floor(x))
end

local a = matrix(size, 1.0)
local b = matrix(size, 2.0)
local c = multiply(a, b, size)
local middle = math.floor(size / 2)
print("corner: " .. truncate(c[0][0]))
print("middle: " .. truncate(c[middle][middle] * 1000))
