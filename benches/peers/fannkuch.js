const size = 9;
const rounds = 9;

function fannkuch(n) {
  const perm1 = [];
  const perm = [];
  const count = [];
  for (let i = 0; i < n; i++) {
    perm1.push(i);
    perm.push(i);
    count.push(i);
  }
  let maxFlips = 0;
  let checksum = 0;
  let permutation = 0;
  let r = n;
  for (;;) {
    while (r !== 1) {
      count[r - 1] = r;
      r -= 1;
    }
    for (let i = 0; i < n; i++) {
      perm[i] = perm1[i];
    }
    let flips = 0;
    let first = perm[0];
    while (first !== 0) {
      let low = 0;
      let high = first;
      while (low < high) {
        const kept = perm[low];
        perm[low] = perm[high];
        perm[high] = kept;
        low += 1;
        high -= 1;
      }
      flips += 1;
      first = perm[0];
    }
    if (flips > maxFlips) {
      maxFlips = flips;
    }
    if (permutation % 2 === 0) {
      checksum += flips;
    } else {
      checksum -= flips;
    }
    for (;;) {
      if (r === n) {
        return [checksum, maxFlips];
      }
      const moved = perm1[0];
      for (let i = 0; i < r; i++) {
        perm1[i] = perm1[i + 1];
      }
      perm1[r] = moved;
      count[r] -= 1;
      if (count[r] > 0) {
        break;
      }
      r += 1;
    }
    permutation += 1;
  }
}

let checksum;
let flips;
for (let round = 0; round < rounds; round++) {
  [checksum, flips] = fannkuch(size);
}
console.log("checksum:", checksum);
console.log("most flips of " + size + ":", flips);
