local size = 40000

local letters = "abcdefghijklmnopqrstuvwxyz"
local total = 0
local last = ""
for line = 0, size - 1 do
  local text = line .. ":"
  for i = 0, 59 do
    local k = (line + i * 7) % 26 + 1
    text = text .. letters:sub(k, k)
  end
  if text:find("dkry", 1, true) then
    text = text .. "!"
  end
  total = total + #text
  last = text
end
print("characters: " .. total)
print("last line: " .. last)
print("ends with: " .. last:sub(#last - 4, #last))
