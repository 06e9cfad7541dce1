local size = 500
local rounds = 100

local seed = 42

local function random_word(length)
  local letters = {}
  local alphabet = "acgt"
  for i = 1, length do
    seed = seed * 16807 % 2147483647
    local k = seed % 4 + 1
    letters[i] = alphabet:sub(k, k)
  end
  return letters
end

local function letters_of(word)
  local letters = {}
  for letter in word:gmatch(".") do
    letters[#letters + 1] = letter
  end
  return letters
end

local min = math.min

local function distance(a, b)
  local previous = {}
  for j = 0, #b do
    previous[j + 1] = j
  end
  for i = 1, #a do
    local current = { i }
    for j = 1, #b do
      local best = previous[j]
      if a[i] ~= b[j] then
        best = min(best, min(previous[j + 1], current[j])) + 1
      end
      current[j + 1] = best
    end
    previous = current
  end
  return previous[#b + 1]
end

print("kitten to sitting: " .. distance(letters_of("kitten"), letters_of("sitting")))
local total = 0
for round = 0, rounds - 1 do
  total = total + distance(random_word(size), random_word(size - round))
end
print("total distance: " .. total)
