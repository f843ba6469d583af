-- Live forwarding beside the nightly run, and stages with teeth: what the forwarder tells of each destination, so that pages and
-- reports say it wherever they run. No plate is in it.
ALTER TABLE forward_runs
    DROP CONSTRAINT forward_runs_kind_check,
    ADD CONSTRAINT forward_runs_kind_check CHECK (kind IN ('nightly', 'interval', 'manual', 'live')),
    ADD COLUMN despite_stage text;

ALTER TABLE forward_destinations
    ADD COLUMN profile        text,
    ADD COLUMN stage          text CHECK (stage IN ('example', 'site-supplied', 'tested', 'accepted')),
    ADD COLUMN office         text,
    ADD COLUMN stage_date     date,
    ADD COLUMN document       text,
    ADD COLUMN refusal        text,
    ADD COLUMN refused_for    text CHECK (refused_for IN ('agreement', 'stage')),
    ADD COLUMN despite_reason text,
    ADD COLUMN despite_until  date,
    ADD COLUMN live_state     text CHECK (live_state IN ('live', 'retrying', 'busy', 'stopped')),
    ADD COLUMN live_since     timestamptz,
    ADD COLUMN live_seen_at   timestamptz,
    ADD COLUMN live_next_at   timestamptz,
    ADD COLUMN live_error     text,
    ADD COLUMN live_delivered integer,
    ADD COLUMN live_p50_s     double precision,
    ADD COLUMN live_p95_s     double precision;
