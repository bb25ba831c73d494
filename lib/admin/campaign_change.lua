-- Changes the state or the quota of a campaign that is what the caller has seen.
--
-- KEYS  1 coupon:{c}:meta   2 coupon:{c}:users
-- ARGV  1 the epoch that the caller has seen  2 field: state or quota  3 its new value
--
-- Returns -1; -2 if the epoch is another or the meta is gone; or, for a quota below the number of
-- admitted users, that number. Only -1 has written anything.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return -2 end
if ARGV[2] == 'quota' then
  local admitted = redis.call('HLEN', KEYS[2])
  if admitted > tonumber(ARGV[3]) then return admitted end
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return -1
