local height = 64
local max_steps = 20000

local width = height * 2
local marks = " .:-=+*#%@"
for row = 0, height - 1 do
  local line = ""
  for column = 0, width - 1 do
    local cx = 3.0 * column / width - 2.2
    local cy = 2.4 * row / height - 1.2
    local x = 0.0
    local y = 0.0
    local step = 0
    while step < max_steps and x * x + y * y <= 4.0 do
      local next_x = x * x - y * y + cx
      y = 2.0 * x * y + cy
      x = next_x
      step = step + 1
    end
    if step == max_steps then
      line = line .. "@"
    else
      local mark = step % 9 + 1
      line = line .. marks:sub(mark, mark)
    end
  end
  print(line)
end
