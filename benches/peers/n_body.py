from math import sqrt

steps = 250000

solar_mass = 39.47841760435743
days = 365.24


class Body:
    def __init__(self, x, y, z, vx, vy, vz, mass):
        self.x = x
        self.y = y
        self.z = z
        self.vx = vx
        self.vy = vy
        self.vz = vz
        self.mass = mass


bodies = [
    Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, solar_mass),
    Body(4.841431442464721, -1.1603200440274284, -0.10362204447112311,
         0.001660076642744037 * days, 0.007699011184197404 * days,
         -0.0000690460016972063 * days, 0.0009547919384243266 * solar_mass),
    Body(8.34336671824458, 4.124798564124305, -0.4035234171143214,
         -0.002767425107268624 * days, 0.004998528012349172 * days,
         0.00002304172975737639 * days, 0.0002858859806661308 * solar_mass),
    Body(12.894369562139131, -15.111151401698631, -0.22330757889265573,
         0.002964601375647616 * days, 0.0023784717395948095 * days,
         -0.000029658956854023756 * days, 0.00004366244043351563 * solar_mass),
    Body(15.379697114850917, -25.919314609987964, 0.17925877295037118,
         0.0026806777249038932 * days, 0.001628241700382423 * days,
         -0.00009515922545197159 * days, 0.00005151389020466115 * solar_mass),
]


def energy():
    total = 0.0
    for i in range(len(bodies)):
        a = bodies[i]
        total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for j in range(i + 1, len(bodies)):
            b = bodies[j]
            dx = a.x - b.x
            dy = a.y - b.y
            dz = a.z - b.z
            total -= a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
    return total


def advance(dt):
    count = len(bodies)
    for i in range(count):
        a = bodies[i]
        for j in range(i + 1, count):
            b = bodies[j]
            dx = a.x - b.x
            dy = a.y - b.y
            dz = a.z - b.z
            square = dx * dx + dy * dy + dz * dz
            magnitude = dt / (square * sqrt(square))
            mass_a = a.mass * magnitude
            mass_b = b.mass * magnitude
            a.vx -= dx * mass_b
            a.vy -= dy * mass_b
            a.vz -= dz * mass_b
            b.vx += dx * mass_a
            b.vy += dy * mass_a
            b.vz += dz * mass_a
    for a in bodies:
        a.x += dt * a.vx
        a.y += dt * a.vy
        a.z += dt * a.vz


sun = bodies[0]
for b in bodies[1:]:
    sun.vx -= b.vx * b.mass / solar_mass
    sun.vy -= b.vy * b.mass / solar_mass
    sun.vz -= b.vz * b.mass / solar_mass

print("energy before:", int(energy() * 1000000000))
for step in range(steps):
    advance(0.01)
print("energy after:", int(energy() * 1000000000))
