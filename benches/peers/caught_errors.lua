-- The same as caught_errors.ruff.
local rounds = 1000000

local function checked(n)
    if n % 7 == 3 then
        error("unlucky " .. n % 10, 0)
    end
    return n
end

local function doubled(n)
    return 2 * checked(n)
end

local function quotient(a, b)
    if b == 0 then
        error("no quotient", 0)
    end
    return (a - a % b) / b
end

local function attempt(n)
    for k = 0, 2 do
        local ok, value = pcall(doubled, n + k)
        if ok then
            return value
        end
        n = n + 1
    end
    return 0
end

local list = {}
for i = 0, 49 do
    list[i + 1] = i
end

local function element(i)
    if i >= #list then
        error("beyond the end", 0)
    end
    return list[i + 1]
end

local sum = 0
local letters = 0
for i = 0, rounds - 1 do
    local ok, value = pcall(quotient, 1000, i % 10)
    if ok then
        sum = sum + value
    else
        sum = sum + 1
    end
    ok, value = pcall(element, i % 60)
    if ok then
        sum = sum + value
    else
        sum = sum - 1
    end
    if i % 4 == 0 then
        ok, value = pcall(doubled, i)
        if ok then
            sum = sum + value
        else
            letters = letters + #value
        end
    end
    sum = sum + attempt(i)
end
print(string.format("%d %d", sum, letters))
