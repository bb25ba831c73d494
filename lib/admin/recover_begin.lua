-- Closes a campaign for recovery. A key of another type holds nothing that could be kept: it goes,
-- and so do the users of an earlier epoch. What its state was before stays in state_before, also where
-- an earlier recovery was not finished.
--
-- KEYS  1 coupon:{c}:meta   2 coupon:{c}:users   3 coupon:{c}:outbox
-- ARGV  1 quota  2 opens_at  3 closes_at (ms, 0: no bound)  4 epoch  5 run_id of this server
--       6 outbox_max
--
-- Returns how many users are left.
local types = {'hash', 'hash', 'stream'}
for i, key in ipairs(KEYS) do
  local type = redis.call('TYPE', key).ok
  if type ~= 'none' and type ~= types[i] then redis.call('UNLINK', key) end
end
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '')
if epoch and epoch < tonumber(ARGV[4]) then redis.call('UNLINK', KEYS[2]) end
local state = redis.call('HGET', KEYS[1], 'state')
if state and state ~= 'recovering' then redis.call('HSET', KEYS[1], 'state_before', state) end
redis.call('HSET', KEYS[1], 'state', 'recovering', 'quota', ARGV[1], 'opens_at', ARGV[2],
           'closes_at', ARGV[3], 'epoch', ARGV[4], 'run_id', ARGV[5], 'outbox_max', ARGV[6])
return redis.call('HLEN', KEYS[2])
