-- The durable truth: the database itself refuses coupon N+1, even one typed in by hand.
-- For MySQL from 8.0.16 and MariaDB from 10.6. IF NOT EXISTS: a run that was cut short is repeated.

-- One row for each campaign and epoch; the highest epoch is the current one.
CREATE TABLE IF NOT EXISTS campaign (
  id        BIGINT NOT NULL AUTO_INCREMENT,
  epoch     BIGINT NOT NULL,
  name      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  quota     BIGINT NOT NULL,
  opens_at  BIGINT NOT NULL DEFAULT 0,  -- ms since 1970 UTC; 0: no bound
  closes_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id, epoch),
  UNIQUE KEY uk_quota (id, epoch, quota),  -- what coupon's foreign key points at
  UNIQUE KEY uk_name (name, epoch),
  CONSTRAINT campaign_quota CHECK (quota BETWEEN 1 AND 1000000000)
) ENGINE=InnoDB;

-- The cap of a row is its campaign's quota: the foreign key allows no other, so the slots of an
-- epoch are unique and run from 1 to the quota. The primary key doubles as the foreign key's index.
CREATE TABLE IF NOT EXISTS coupon (
  campaign_id BIGINT NOT NULL,
  epoch       BIGINT NOT NULL,
  cap         BIGINT NOT NULL,
  slot        BIGINT NOT NULL,
  user_id     BIGINT NOT NULL,
  seq         BIGINT NOT NULL DEFAULT 0,  -- the order of admission; 0: not admitted by us
  issued_at   DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),  -- UTC, as our sessions are
  PRIMARY KEY (campaign_id, epoch, cap, slot),
  UNIQUE KEY uk_user (campaign_id, epoch, user_id),
  CONSTRAINT coupon_slot CHECK (slot BETWEEN 1 AND cap),
  CONSTRAINT coupon_user CHECK (user_id >= 0),
  CONSTRAINT coupon_campaign FOREIGN KEY (campaign_id, epoch, cap)
    REFERENCES campaign (id, epoch, quota)
) ENGINE=InnoDB;

-- What could not become a coupon. campaign is the name as received; epoch is the one that the event
-- was judged by. length is -1 for a null value; payload holds at most its first 1024 bytes.
CREATE TABLE IF NOT EXISTS failed_event (
  id          BIGINT NOT NULL AUTO_INCREMENT,
  cluster     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  topic       VARCHAR(249) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  part        INT NOT NULL,
  off         BIGINT NOT NULL,
  class       VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  campaign_id BIGINT NULL,
  campaign    VARBINARY(64) NULL,
  epoch       BIGINT NULL,
  user_id     BIGINT NULL,
  seq         BIGINT NULL,
  errno       INT NULL,
  payload     VARBINARY(1024) NULL,
  length      BIGINT NOT NULL,
  sha256      BINARY(32) NULL,
  status      VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  attempts    BIGINT NOT NULL DEFAULT 0,
  created_at  DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  updated_at  DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  PRIMARY KEY (id),
  UNIQUE KEY uk_offset (cluster, topic, part, off),
  KEY by_status (status, campaign),
  CONSTRAINT failed_event_status CHECK (status IN ('new', 'done', 'rejected'))
) ENGINE=InnoDB;

-- Where a consumer goes on: advanced in the transaction that writes the coupons.
CREATE TABLE IF NOT EXISTS kafka_progress (
  cluster  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  topic    VARCHAR(249) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  part     INT NOT NULL,
  next_off BIGINT NOT NULL,
  PRIMARY KEY (cluster, topic, part)
) ENGINE=InnoDB;
