local size = 4000000

local Account = {}
Account.__index = Account

function Account.new(owner, balance)
  return setmetatable({ owner = owner, balance = balance, refused = 0 }, Account)
end

function Account:deposit(amount)
  if amount <= 0 then
    error("deposit must be positive", 0)
  end
  self.balance = self.balance + amount
end

function Account:withdraw(amount)
  if amount > self.balance then
    self.refused = self.refused + 1
    error("insufficient funds", 0)
  end
  self.balance = self.balance - amount
end

local account = Account.new("Ada", 100)
local seed = 17
local errors = 0
for i = 1, size do
  seed = seed * 16807 % 2147483647
  local amount = seed % 1000
  local fine, problem
  if seed % 64 < 31 then
    fine, problem = pcall(account.deposit, account, amount)
  else
    fine, problem = pcall(account.withdraw, account, amount)
  end
  if not fine then
    errors = errors + 1
    if problem == "deposit must be positive" then
      account:deposit(1)
    end
  end
end
print("owner: " .. account.owner)
print("balance: " .. account.balance)
print("refused: " .. account.refused)
print("errors: " .. errors)
