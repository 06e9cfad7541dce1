local rounds = 300

local function split(text)
  local words = {}
  for word in text:gmatch("[^ ]+") do
    words[#words + 1] = word
  end
  return words
end

local vocabulary = split("the quick brown fox jumps over a lazy dog while seven wizards box my five quiet jugs")

local seed = 5

local function make_text(count)
  local words = {}
  for i = 1, count do
    seed = seed * 16807 % 2147483647
    local position = math.floor(seed % 17 * (seed % 16) / 16)
    words[i] = vocabulary[position + 1]
  end
  return table.concat(words, " ")
end

local function add_words(counts, text)
  for _, word in ipairs(split(text)) do
    counts[word] = (counts[word] or 0) + 1
  end
  return counts
end

local counts = {}
for round = 1, rounds do
  counts = add_words(counts, make_text(5000))
end
local words = {}
for word in pairs(counts) do
  words[#words + 1] = word
end
table.sort(words)
local total = 0
for _, word in ipairs(words) do
  print(word .. " " .. counts[word])
  total = total + counts[word]
end
print("words: " .. total)
