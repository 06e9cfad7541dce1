depth = 17


class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right


def build(levels):
    if levels == 0:
        return Node(None, None)
    return Node(build(levels - 1), build(levels - 1))


def count(node):
    if node.left is None:
        return 1
    return 1 + count(node.left) + count(node.right)


kept = build(depth)
levels = 4
while levels <= depth:
    trees = 1
    for i in range(depth - levels):
        trees = trees * 2
    nodes = 0
    for tree in range(trees):
        nodes += count(build(levels))
    print(trees, "trees of depth", levels, "nodes", nodes)
    levels += 4
print("kept tree of depth", depth, "nodes", count(kept))
