local size = 2400

local function gcd(a, b)
  while b ~= 0 do
    local rest = a % b
    a = b
    b = rest
  end
  return a
end

local total = 0
local coprime = 0
for a = 1, size do
  for b = 1, size do
    local divisor = gcd(a, b)
    total = total + divisor
    if divisor == 1 then
      coprime = coprime + 1
    end
  end
end
print("sum of gcds: " .. total)
print("coprime pairs: " .. coprime)
