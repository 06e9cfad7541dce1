const steps = 250000;

const solarMass = 39.47841760435743;
const days = 365.24;

class Body {
  constructor(x, y, z, vx, vy, vz, mass) {
    this.x = x;
    this.y = y;
    this.z = z;
    this.vx = vx;
    this.vy = vy;
    this.vz = vz;
    this.mass = mass;
  }
}

const bodies = [
  new Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, solarMass),
  new Body(4.841431442464721, -1.1603200440274284, -0.10362204447112311,
    0.001660076642744037 * days, 0.007699011184197404 * days,
    -0.0000690460016972063 * days, 0.0009547919384243266 * solarMass),
  new Body(8.34336671824458, 4.124798564124305, -0.4035234171143214,
    -0.002767425107268624 * days, 0.004998528012349172 * days,
    0.00002304172975737639 * days, 0.0002858859806661308 * solarMass),
  new Body(12.894369562139131, -15.111151401698631, -0.22330757889265573,
    0.002964601375647616 * days, 0.0023784717395948095 * days,
    -0.000029658956854023756 * days, 0.00004366244043351563 * solarMass),
  new Body(15.379697114850917, -25.919314609987964, 0.17925877295037118,
    0.0026806777249038932 * days, 0.001628241700382423 * days,
    -0.00009515922545197159 * days, 0.00005151389020466115 * solarMass),
];

function energy() {
  let total = 0.0;
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j];
      const dx = a.x - b.x;
      const dy = a.y - b.y;
      const dz = a.z - b.z;
      total -= (a.mass * b.mass) / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return total;
}

function advance(dt) {
  const count = bodies.length;
  for (let i = 0; i < count; i++) {
    const a = bodies[i];
    for (let j = i + 1; j < count; j++) {
      const b = bodies[j];
      const dx = a.x - b.x;
      const dy = a.y - b.y;
      const dz = a.z - b.z;
      const square = dx * dx + dy * dy + dz * dz;
      const magnitude = dt / (square * Math.sqrt(square));
      const massA = a.mass * magnitude;
      const massB = b.mass * magnitude;
      a.vx -= dx * massB;
      a.vy -= dy * massB;
      a.vz -= dz * massB;
      b.vx += dx * massA;
      b.vy += dy * massA;
      b.vz += dz * massA;
    }
  }
  for (let i = 0; i < count; i++) {
    const a = bodies[i];
    a.x += dt * a.vx;
    a.y += dt * a.vy;
    a.z += dt * a.vz;
  }
}

const sun = bodies[0];
for (let i = 1; i < bodies.length; i++) {
  const b = bodies[i];
  sun.vx -= (b.vx * b.mass) / solarMass;
  sun.vy -= (b.vy * b.mass) / solarMass;
  sun.vz -= (b.vz * b.mass) / solarMass;
}

console.log("energy before:", Math.trunc(energy() * 1000000000));
for (let step = 0; step < steps; step++) {
  advance(0.01);
}
console.log("energy after:", Math.trunc(energy() * 1000000000));
