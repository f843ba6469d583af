-- The newest view of each camera (one row a camera, replaced), and the request for another one.
CREATE TABLE camera_views (
    camera_id   text COLLATE "C" PRIMARY KEY,
    gate_id     text COLLATE "C" NOT NULL,
    reader_id   text COLLATE "C" NOT NULL,
    at          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    state       text COLLATE "C",
    figures     jsonb,
    regions     jsonb NOT NULL DEFAULT '[]',
    masks       jsonb NOT NULL DEFAULT '[]',
    answered_at timestamptz,
    image_at    timestamptz,
    boxes       jsonb NOT NULL DEFAULT '[]',
    image       bytea CHECK (octet_length(image) <= 524288)
);

CREATE TABLE view_requests (
    camera_id text COLLATE "C" PRIMARY KEY,
    gate_id   text COLLATE "C" NOT NULL,
    asked_at  timestamptz NOT NULL,
    asked_by  text COLLATE "C" NOT NULL,
    handed_at timestamptz
);
