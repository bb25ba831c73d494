-- Moves one outbox entry to the campaign's quarantine, whatever its fields are.
--
-- KEYS  1 coupon:{c}:outbox  STREAM   2 coupon:{c}:quarantine  STREAM
-- ARGV  1 the entry's id
--
-- Returns 1, or 0 if there is no such entry. In the quarantine its first field is `entry`, its id;
-- the others follow as they were, a thousand values to an entry, since unpack has a limit.
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #found == 0 then return 0 end
local fields = found[1][2]
-- The write that can fail goes first: Lua does not roll back.
for first = 1, #fields, 1000 do
  redis.call('XADD', KEYS[2], '*', 'entry', ARGV[1],
             unpack(fields, first, math.min(first + 999, #fields)))
end
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
