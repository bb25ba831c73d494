-- Releases a lock, if it is still the caller's. KEYS: the lock. ARGV: the caller's token.
-- Returns 1 if it was.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
