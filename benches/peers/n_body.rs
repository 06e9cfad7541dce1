use std::hint::black_box;

const SOLAR_MASS: f64 = 39.47841760435743;
const DAYS: f64 = 365.24;

struct Body {
    position: [f64; 3],
    velocity: [f64; 3],
    mass: f64,
}

fn body(x: f64, y: f64, z: f64, vx: f64, vy: f64, vz: f64, mass: f64) -> Body {
    Body {
        position: [x, y, z],
        velocity: [vx * DAYS, vy * DAYS, vz * DAYS],
        mass: mass * SOLAR_MASS,
    }
}

fn energy(bodies: &[Body]) -> f64 {
    let mut total = 0.0;
    for i in 0..bodies.len() {
        let a = &bodies[i];
        let [vx, vy, vz] = a.velocity;
        total += 0.5 * a.mass * (vx * vx + vy * vy + vz * vz);
        for b in &bodies[i + 1..] {
            let dx = a.position[0] - b.position[0];
            let dy = a.position[1] - b.position[1];
            let dz = a.position[2] - b.position[2];
            total -= a.mass * b.mass / (dx * dx + dy * dy + dz * dz).sqrt();
        }
    }
    total
}

fn advance(bodies: &mut [Body], dt: f64) {
    let count = bodies.len();
    for i in 0..count {
        for j in i + 1..count {
            let (front, back) = bodies.split_at_mut(j);
            let (a, b) = (&mut front[i], &mut back[0]);
            let dx = a.position[0] - b.position[0];
            let dy = a.position[1] - b.position[1];
            let dz = a.position[2] - b.position[2];
            let square = dx * dx + dy * dy + dz * dz;
            let magnitude = dt / (square * square.sqrt());
            let mass_a = a.mass * magnitude;
            let mass_b = b.mass * magnitude;
            a.velocity[0] -= dx * mass_b;
            a.velocity[1] -= dy * mass_b;
            a.velocity[2] -= dz * mass_b;
            b.velocity[0] += dx * mass_a;
            b.velocity[1] += dy * mass_a;
            b.velocity[2] += dz * mass_a;
        }
    }
    for a in bodies {
        for axis in 0..3 {
            a.position[axis] += dt * a.velocity[axis];
        }
    }
}

fn main() {
    let steps: i64 = black_box(250000);
    let mut bodies = [
        body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
        body(
            4.841431442464721,
            -1.1603200440274284,
            -0.10362204447112311,
            0.001660076642744037,
            0.007699011184197404,
            -0.0000690460016972063,
            0.0009547919384243266,
        ),
        body(
            8.34336671824458,
            4.124798564124305,
            -0.4035234171143214,
            -0.002767425107268624,
            0.004998528012349172,
            0.00002304172975737639,
            0.0002858859806661308,
        ),
        body(
            12.894369562139131,
            -15.111151401698631,
            -0.22330757889265573,
            0.002964601375647616,
            0.0023784717395948095,
            -0.000029658956854023756,
            0.00004366244043351563,
        ),
        body(
            15.379697114850917,
            -25.919314609987964,
            0.17925877295037118,
            0.0026806777249038932,
            0.001628241700382423,
            -0.00009515922545197159,
            0.00005151389020466115,
        ),
    ];
    for i in 1..bodies.len() {
        for axis in 0..3 {
            bodies[0].velocity[axis] -= bodies[i].velocity[axis] * bodies[i].mass / SOLAR_MASS;
        }
    }
    println!("energy before: {}", (energy(&bodies) * 1000000000.0) as i64);
    for _ in 0..steps {
        advance(&mut bodies, 0.01);
    }
    println!("energy after: {}", (energy(&bodies) * 1000000000.0) as i64);
}
