// The same as caught_errors.ruff.
const rounds = 1000000;

function checked(n) {
    if (n % 7 === 3) {
        throw new Error(`unlucky ${n % 10}`);
    }
    return n;
}

function doubled(n) {
    return 2 * checked(n);
}

function quotient(a, b) {
    if (b === 0) {
        throw new Error("no quotient");
    }
    return (a - a % b) / b;
}

function attempt(n) {
    for (let k = 0; k < 3; k++) {
        try {
            return doubled(n + k);
        } catch {
            n += 1;
        }
    }
    return 0;
}

const list = Array.from({ length: 50 }, (_, i) => i);
let sum = 0;
let letters = 0;
for (let i = 0; i < rounds; i++) {
    try {
        sum += quotient(1000, i % 10);
    } catch {
        sum += 1;
    }
    try {
        if (i % 60 >= list.length) {
            throw new Error("beyond the end");
        }
        sum += list[i % 60];
    } catch {
        sum -= 1;
    }
    if (i % 4 === 0) {
        try {
            sum += doubled(i);
        } catch (error) {
            letters += error.message.length;
        }
    }
    sum += attempt(i);
}
console.log(sum, letters);
