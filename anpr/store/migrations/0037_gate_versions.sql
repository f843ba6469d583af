-- Versions of gates where the centre is the source: each row is a gate's whole definition, without any secret. Rows are added and
-- never changed. `number` counts over all gates, in the order in which versions become visible (whoever adds one holds a lock):
-- a reader's plan bears the highest of its gates.
CREATE TABLE gate_versions (
    gate_id    text COLLATE "C" NOT NULL REFERENCES gates,
    version    integer NOT NULL CHECK (version > 0),
    number     bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    reader_id  text COLLATE "C",
    definition jsonb NOT NULL CHECK (jsonb_typeof(definition) = 'object'),
    author     text NOT NULL,
    made_at    timestamptz NOT NULL,
    reason     text NOT NULL,
    restored   integer,
    PRIMARY KEY (gate_id, version)
);
CREATE INDEX gate_versions_reader ON gate_versions (reader_id);

-- What each reader last said of the plan that it runs on.
CREATE TABLE reader_plans (
    reader_id     text COLLATE "C" PRIMARY KEY,
    reported_at   timestamptz NOT NULL,
    origin        text COLLATE "C" NOT NULL CHECK (origin IN ('centre', 'copy', 'none')),
    number        bigint,
    made_at       timestamptz,
    refused       bigint,
    refusal       text
);

-- Whether another gate has this camera, also one that whoever asks may not see: ids of cameras are unique over all gates.
CREATE FUNCTION is_camera_of_another(camera text, gate text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT EXISTS (SELECT FROM gates WHERE id <> gate AND cameras @> jsonb_build_array(jsonb_build_object('id', camera)))
$$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION is_camera_of_another(text, text) SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION is_camera_of_another(text, text) FROM PUBLIC;
END
$$;
