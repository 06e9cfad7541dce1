const height = 64;
const maxSteps = 20000;

const width = height * 2;
const marks = " .:-=+*#%@";
for (let row = 0; row < height; row++) {
  let line = "";
  for (let column = 0; column < width; column++) {
    const cx = (3.0 * column) / width - 2.2;
    const cy = (2.4 * row) / height - 1.2;
    let x = 0.0;
    let y = 0.0;
    let step = 0;
    while (step < maxSteps && x * x + y * y <= 4.0) {
      const next = x * x - y * y + cx;
      y = 2.0 * x * y + cy;
      x = next;
      step += 1;
    }
    if (step === maxSteps) {
      line += "@";
    } else {
      line += marks[step % 9];
    }
  }
  console.log(line);
}
