const size = 4000000;

class Account {
  constructor(owner, balance) {
    this.owner = owner;
    this.balance = balance;
    this.refused = 0;
  }

  deposit(amount) {
    if (amount <= 0) {
      throw new Error("deposit must be positive");
    }
    this.balance = this.balance + amount;
  }

  withdraw(amount) {
    if (amount > this.balance) {
      this.refused = this.refused + 1;
      throw new Error("insufficient funds");
    }
    this.balance = this.balance - amount;
  }
}

const account = new Account("Ada", 100);
let seed = 17;
let errors = 0;
for (let i = 0; i < size; i++) {
  seed = (seed * 16807) % 2147483647;
  const amount = seed % 1000;
  try {
    if (seed % 64 < 31) {
      account.deposit(amount);
    } else {
      account.withdraw(amount);
    }
  } catch (problem) {
    errors += 1;
    if (problem.message === "deposit must be positive") {
      account.deposit(1);
    }
  }
}
console.log("owner:", account.owner);
console.log("balance:", account.balance);
console.log("refused:", account.refused);
console.log("errors:", errors);
