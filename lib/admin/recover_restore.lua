-- Gives users their places back, as far as the quota reaches. Who has one keeps it as it is.
--
-- KEYS  1 coupon:{c}:meta   2 coupon:{c}:users
-- ARGV  1 epoch  2… user, "seq|stream id", user, …
--
-- Returns {restored, left out for want of room}; {} if the campaign is not being recovered.
local state = redis.call('HMGET', KEYS[1], 'state', 'epoch', 'quota')
if state[1] ~= 'recovering' or state[2] ~= ARGV[1] then return {} end
local room = tonumber(state[3]) - redis.call('HLEN', KEYS[2])
local restored, left_out = 0, 0
for i = 2, #ARGV, 2 do
  if restored < room then
    restored = restored + redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 1])
  elseif redis.call('HEXISTS', KEYS[2], ARGV[i]) == 0 then
    left_out = left_out + 1
  end
end
return {restored, left_out}
