-- Issues one coupon. KEYS: the set of users, the list of who is to get a row. ARGV: the user, how
-- many there are in total, what goes into the list.
-- Returns '1' issued, '2' has one already, '3' sold out.
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return '2' end
if tonumber(ARGV[2]) > redis.call('SCARD', KEYS[1]) then
  redis.call('SADD', KEYS[1], ARGV[1])
  redis.call('RPUSH', KEYS[2], ARGV[3])
  return '1'
end
return '3'
