local size = 7000000

local seed = 11
local by_number = {}
local by_name = {}
local names = { "red", "green", "blue", "amber", "violet", "grey", "black" }
for _, name in ipairs(names) do
  by_name[name] = 0
end
for i = 1, size do
  seed = seed * 16807 % 2147483647
  local number = seed % 1000
  if by_number[number] ~= nil then
    by_number[number] = by_number[number] + 1
  else
    by_number[number] = 1
  end
  local name = names[seed % 7 + 1]
  by_name[name] = by_name[name] + 1
end

local most = 0
local total = 0
for number = 0, 999 do
  local count = by_number[number] or 0
  total = total + count
  if count > most then
    most = count
  end
end
local different = 0
for _ in pairs(by_number) do
  different = different + 1
end
print("different numbers: " .. different)
print("most frequent count: " .. most)
print("total: " .. total)
for _, name in ipairs(names) do
  print(name .. " " .. by_name[name])
end
