local steps = 250000

local sqrt = math.sqrt
local solar_mass = 39.47841760435743
local days = 365.24

local bodies = {
  { x = 0.0, y = 0.0, z = 0.0, vx = 0.0, vy = 0.0, vz = 0.0, mass = solar_mass },
  { x = 4.841431442464721, y = -1.1603200440274284, z = -0.10362204447112311,
    vx = 0.001660076642744037 * days, vy = 0.007699011184197404 * days,
    vz = -0.0000690460016972063 * days, mass = 0.0009547919384243266 * solar_mass },
  { x = 8.34336671824458, y = 4.124798564124305, z = -0.4035234171143214,
    vx = -0.002767425107268624 * days, vy = 0.004998528012349172 * days,
    vz = 0.00002304172975737639 * days, mass = 0.0002858859806661308 * solar_mass },
  { x = 12.894369562139131, y = -15.111151401698631, z = -0.22330757889265573,
    vx = 0.002964601375647616 * days, vy = 0.0023784717395948095 * days,
    vz = -0.000029658956854023756 * days, mass = 0.00004366244043351563 * solar_mass },
  { x = 15.379697114850917, y = -25.919314609987964, z = 0.17925877295037118,
    vx = 0.0026806777249038932 * days, vy = 0.001628241700382423 * days,
    vz = -0.00009515922545197159 * days, mass = 0.00005151389020466115 * solar_mass },
}

local function energy()
  local total = 0.0
  for i = 1, #bodies do
    local a = bodies[i]
    total = total + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
    for j = i + 1, #bodies do
      local b = bodies[j]
      local dx = a.x - b.x
      local dy = a.y - b.y
      local dz = a.z - b.z
      total = total - a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
    end
  end
  return total
end

local function advance(dt)
  local count = #bodies
  for i = 1, count do
    local a = bodies[i]
    for j = i + 1, count do
      local b = bodies[j]
      local dx = a.x - b.x
      local dy = a.y - b.y
      local dz = a.z - b.z
      local square = dx * dx + dy * dy + dz * dz
      local magnitude = dt / (square * sqrt(square))
      local mass_a = a.mass * magnitude
      local mass_b = b.mass * magnitude
      a.vx = a.vx - dx * mass_b
      a.vy = a.vy - dy * mass_b
      a.vz = a.vz - dz * mass_b
      b.vx = b.vx + dx * mass_a
      b.vy = b.vy + dy * mass_a
      b.vz = b.vz + dz * mass_a
    end
  end
  for i = 1, count do
    local a = bodies[i]
    a.x = a.x + dt * a.vx
    a.y = a.y + dt * a.vy
    a.z = a.z + dt * a.vz
  end
end

local sun = bodies[1]
for i = 2, #bodies do
  local b = bodies[i]
  sun.vx = sun.vx - b.vx * b.mass / solar_mass
  sun.vy = sun.vy - b.vy * b.mass / solar_mass
  sun.vz = sun.vz - b.vz * b.mass / solar_mass
end

print("energy before: " .. math.ceil(energy() * 1000000000))
for step = 1, steps do
  advance(0.01)
end
print("energy after: " .. math.ceil(energy() * 1000000000))
