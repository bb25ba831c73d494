-- Puts users into the outbox whose messages are nowhere: the relay sends them again.
--
-- KEYS  1 coupon:{c}:meta   2 coupon:{c}:users   3 coupon:{c}:outbox
-- ARGV  1 epoch  2… user, seq, user, …
--
-- Returns {how many}; {} if the campaign is not being recovered.
local state = redis.call('HMGET', KEYS[1], 'state', 'epoch')
if state[1] ~= 'recovering' or state[2] ~= ARGV[1] then return {} end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local id = redis.call('XADD', KEYS[3], '*', 'epoch', ARGV[1], 'at', now, unpack(ARGV, 2))
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1] .. '|' .. id) end
return {(#ARGV - 1) / 2}
