size = 7000000


def make_counter():
    count = 0

    def increase(step):
        nonlocal count
        count = count + step
        return count

    def read():
        return count

    return increase, read


def make_adder(amount):
    return lambda x: x + amount


def compose(f, g):
    return lambda x: f(g(x))


increase, read = make_counter()
add_two = make_adder(2)
add_five = make_adder(5)
add_seven = compose(add_two, add_five)
total = 0
for i in range(size):
    increase(i % 3)
    total = (total + add_seven(i)) % 1000003
print("counter:", read())
print("total:", total)
