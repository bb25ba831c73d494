-- Changes a campaign that is what the caller has seen: all of the fields, or none.
--
-- KEYS  1 coupon:{c}:meta   2 coupon:{c}:users
-- ARGV  1 the epoch that the caller has seen
--       2, 3, …  field: state, quota, opens_at or closes_at, and its new value
--
-- Returns -1; -2 if the epoch is another or the meta is gone; or, for a quota below the number of
-- admitted users, that number. Only -1 has written anything.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return -2 end
for i = 2, #ARGV, 2 do
  if ARGV[i] == 'quota' then
    local admitted = redis.call('HLEN', KEYS[2])
    if admitted > tonumber(ARGV[i + 1]) then return admitted end
  end
end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return -1
