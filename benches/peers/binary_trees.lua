local depth = 17

local function build(levels)
  if levels == 0 then
    return { left = nil, right = nil }
  end
  return { left = build(levels - 1), right = build(levels - 1) }
end

local function count(node)
  if node.left == nil then
    return 1
  end
  return 1 + count(node.left) + count(node.right)
end

local kept = build(depth)
local levels = 4
while levels <= depth do
  local trees = 1
  for i = 1, depth - levels do
    trees = trees * 2
  end
  local nodes = 0
  for tree = 1, trees do
    nodes = nodes + count(build(levels))
  end
  print(trees .. " trees of depth " .. levels .. " nodes " .. nodes)
  levels = levels + 4
end
print("kept tree of depth " .. depth .. " nodes " .. count(kept))
