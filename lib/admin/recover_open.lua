-- Ends a recovery: one write opens the campaign, or leaves it closed, on this server.
--
-- KEYS  1 coupon:{c}:meta   2 coupon:{c}:users
-- ARGV  1 epoch  2 state: open or closed  3 the largest seq that anybody holds
--
-- Returns {users, seq}; {} if the campaign is not being recovered.
local state = redis.call('HMGET', KEYS[1], 'state', 'epoch')
if state[1] ~= 'recovering' or state[2] ~= ARGV[1] then return {} end
local users = redis.call('HLEN', KEYS[2])
local seq = math.max(tonumber(ARGV[3]), users)
local number = string.format('%.0f', seq)
redis.call('HSET', KEYS[1], 'seq', number, 'gap', string.format('%.0f', seq - users),
           'recovered_seq', number, 'state', ARGV[2])
redis.call('HDEL', KEYS[1], 'state_before')
return {users, seq}
