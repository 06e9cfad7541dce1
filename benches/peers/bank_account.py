size = 4000000


class Account:
    def __init__(self, owner, balance):
        self.owner = owner
        self.balance = balance
        self.refused = 0

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("deposit must be positive")
        self.balance = self.balance + amount

    def withdraw(self, amount):
        if amount > self.balance:
            self.refused = self.refused + 1
            raise ValueError("insufficient funds")
        self.balance = self.balance - amount


def main():
    account = Account("Ada", 100)
    seed = 17
    errors = 0
    for i in range(size):
        seed = seed * 16807 % 2147483647
        amount = seed % 1000
        try:
            if seed % 64 < 31:
                account.deposit(amount)
            else:
                account.withdraw(amount)
        except ValueError as problem:
            errors += 1
            if str(problem) == "deposit must be positive":
                account.deposit(1)
    print("owner:", account.owner)
    print("balance:", account.balance)
    print("refused:", account.refused)
    print("errors:", errors)


main()
