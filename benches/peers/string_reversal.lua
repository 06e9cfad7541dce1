local size = 500000

local function reverse_text(text)
  local result = ""
  local i = #text
  while i >= 1 do
    result = result .. text:sub(i, i)
    i = i - 1
  end
  return result
end

local palindromes = 0
local sevens = 0
local longest = ""
for number = 0, size - 1 do
  local text = tostring(number)
  if reverse_text(text) == text then
    palindromes = palindromes + 1
    longest = text
  end
  for i = 1, #text do
    if text:sub(i, i) == "7" then
      sevens = sevens + 1
    end
  end
end
print("palindromes: " .. palindromes)
print("last palindrome: " .. longest)
print("sevens written: " .. sevens)
print("reversed: " .. reverse_text("never odd or even"))
