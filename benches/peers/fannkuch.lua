local size = 9
local rounds = 9

local function fannkuch(n)
  local perm1 = {}
  local perm = {}
  local count = {}
  for i = 0, n - 1 do
    perm1[i] = i
    perm[i] = i
    count[i] = i
  end
  local max_flips = 0
  local checksum = 0
  local permutation = 0
  local r = n
  while true do
    while r ~= 1 do
      count[r - 1] = r
      r = r - 1
    end
    for i = 0, n - 1 do
      perm[i] = perm1[i]
    end
    local flips = 0
    local first = perm[0]
    while first ~= 0 do
      local low = 0
      local high = first
      while low < high do
        local kept = perm[low]
        perm[low] = perm[high]
        perm[high] = kept
        low = low + 1
        high = high - 1
      end
      flips = flips + 1
      first = perm[0]
    end
    if flips > max_flips then
      max_flips = flips
    end
    if permutation % 2 == 0 then
      checksum = checksum + flips
    else
      checksum = checksum - flips
    end
    while true do
      if r == n then
        return checksum, max_flips
      end
      local moved = perm1[0]
      for i = 0, r - 1 do
        perm1[i] = perm1[i + 1]
      end
      perm1[r] = moved
      count[r] = count[r] - 1
      if count[r] > 0 then
        break
      end
      r = r + 1
    end
    permutation = permutation + 1
  end
end

local checksum, flips
for round = 1, rounds do
  checksum, flips = fannkuch(size)
end
print("checksum: " .. checksum)
print("most flips of " .. size .. ": " .. flips)
