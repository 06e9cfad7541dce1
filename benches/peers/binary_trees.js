const depth = 17;

class Node {
  constructor(left, right) {
    this.left = left;
    this.right = right;
  }
}

function build(levels) {
  if (levels === 0) {
    return new Node(null, null);
  }
  return new Node(build(levels - 1), build(levels - 1));
}

function count(node) {
  if (node.left === null) {
    return 1;
  }
  return 1 + count(node.left) + count(node.right);
}

const kept = build(depth);
let levels = 4;
while (levels <= depth) {
  let trees = 1;
  for (let i = 0; i < depth - levels; i++) {
    trees = trees * 2;
  }
  let nodes = 0;
  for (let tree = 0; tree < trees; tree++) {
    nodes += count(build(levels));
  }
  console.log(trees, "trees of depth", levels, "nodes", nodes);
  levels += 4;
}
console.log("kept tree of depth", depth, "nodes", count(kept));
