-- Who sends what is refused, as far as it can be told: one row each, so that one sender's refused messages can be limited,
-- counted and shown. '' stands for all who say no name that the centre knows.
CREATE TABLE refused_senders (
    sender      text COLLATE "C" PRIMARY KEY,
    since       timestamptz      NOT NULL,
    refused     bigint           NOT NULL DEFAULT 0,
    last_at     timestamptz      NOT NULL,
    last_reason text             NOT NULL DEFAULT '',
    parked_at   timestamptz,
    day         date             NOT NULL,
    kept        bigint           NOT NULL DEFAULT 0,
    kept_bytes  bigint           NOT NULL DEFAULT 0,
    not_kept    bigint           NOT NULL DEFAULT 0
);
ALTER TABLE dead_letters ADD COLUMN sender text COLLATE "C" NOT NULL DEFAULT '';
