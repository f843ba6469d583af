-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: scratch
CREATE SCHEMA anpr_check;

-- name: schemas
-- Which schema is ours, and which has the operators of pg_trgm: the replay needs them as well.
SELECT current_schema() AS ours,
    COALESCE((SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
              WHERE e.extname = 'pg_trgm'), current_schema()) AS operators;

-- name: look_at
-- Names in definitions are qualified unless they are found along the path: with ours first, both sides read the same.
SELECT set_config('search_path', format('%%I, %%I', %(schema)s::text, %(operators)s::text), true);

-- name: make_days
-- Not by ensure_partition: its makers wait for each other, and those of the schema in use are none of our business.
DO $$
DECLARE
    parent name;
BEGIN
    FOR parent IN SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = current_schema() AND c.relkind = 'p' AND NOT c.relispartition LOOP
        IF parent IN ('transits', 'images') AND to_regprocedure('add_purpose(text, date, text)') IS NOT NULL THEN
            PERFORM add_day(parent, '2000-01-01');
            PERFORM add_purpose(parent, '2000-01-01', '');
            CONTINUE;
        END IF;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
            parent || '_20000101', parent, '2000-01-01Z'::timestamptz, '2000-01-02Z'::timestamptz);
        IF parent = 'transits' AND to_regprocedure('index_ids(text, boolean)') IS NOT NULL THEN
            PERFORM index_ids(parent || '_20000101');
        END IF;
    END LOOP;
END
$$;

-- name: hold_days
-- No day is dropped while it is read, and no partition of one: its definitions would come out empty. Dropping waits 5 s, reading
-- takes a moment.
-- In the order in which retention drops, or each would wait for the other.
DO $$
DECLARE
    parent name;
BEGIN
    FOR parent IN SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = current_schema() AND c.relkind = 'p' AND NOT c.relispartition
                  ORDER BY array_position(ARRAY['transits', 'images'], c.relname::text) NULLS LAST, c.relname LOOP
        EXECUTE format('LOCK TABLE %I IN ACCESS SHARE MODE', parent);
    END LOOP;
END
$$;

-- name: describe
-- All in one statement, so that a day that is made meanwhile is there with all its columns or not at all. What a day's
-- indexes and constraints are called is PostgreSQL's affair: there their definition stands for the name. NOT NULL is the
-- column's: since PostgreSQL 18 it is a constraint as well, whose name depends on which version made it.
WITH relations AS (
    -- Of a purpose's partition of a day the parent is told as 'transits by purpose': all of them are alike.
    SELECT c.*, coalesce(above.relname || ' by purpose', p.relname) AS parent, above.oid IS NOT NULL AS is_of_purpose,
        p.relname AS day_name, substring(pg_get_expr(c.relpartbound, c.oid) FROM '^FOR VALUES IN \(''(.*)''\)$') AS purpose
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits i ON c.relispartition AND i.inhrelid = c.oid
    LEFT JOIN pg_class p ON p.oid = i.inhparent
    LEFT JOIN pg_inherits j ON p.relispartition AND j.inhrelid = p.oid
    LEFT JOIN pg_class above ON above.oid = j.inhparent
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), days AS (
    SELECT oid, to_date(substring(relname FROM '_(\d{8})$'), 'YYYYMMDD') AS day FROM relations WHERE parent IS NOT NULL
), indexes AS (
    SELECT x.indrelid, i.relname AS name, i.relispartition,
        concat_ws(' ', CASE WHEN x.indisunique THEN 'unique' END,
            substring(pg_get_indexdef(i.oid, 0, true) FROM ' USING (.*)'),
            CASE WHEN NOT x.indisvalid THEN 'invalid' END) AS definition
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid IN (SELECT oid FROM relations)
), pieces AS (
    SELECT CASE r.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                          WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
        r.oid AS relation, r.relname::text AS name,
        concat_ws(', ',
            CASE r.relpersistence WHEN 'p' THEN 'logged' ELSE 'unlogged' END,
            CASE WHEN r.relkind = 'p' THEN 'partitioned by ' || pg_get_partkeydef(r.oid) END,
            array_to_string(r.reloptions, ', '),
            CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid) END,
            CASE WHEN r.parent IS NULL THEN NULL
                 WHEN r.is_of_purpose
                     AND r.relname = r.day_name || '_' || CASE r.purpose WHEN '' THEN 'site'
                         ELSE left(r.purpose, 20) || '_' || left(md5(r.purpose), 8) END
                 THEN 'holding its purpose'
                 WHEN r.relname = r.parent || to_char(d.day, '_YYYYMMDD')
                     AND pg_get_expr(r.relpartbound, r.oid) = format('FOR VALUES FROM (%L) TO (%L)',
                         d.day::timestamp AT TIME ZONE 'UTC', (d.day + 1)::timestamp AT TIME ZONE 'UTC')
                 THEN 'holding its day'
                 ELSE 'holding ' || pg_get_expr(r.relpartbound, r.oid) END) AS text
    FROM relations r LEFT JOIN days d ON d.oid = r.oid
    UNION ALL
    SELECT 'column', r.oid, a.attname,
        concat_ws(' ', format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE "' || o.collname || '"' END,
            CASE WHEN a.attnotnull THEN 'NOT NULL' END,
            CASE WHEN a.attidentity <> '' THEN 'identity ' || a.attidentity::text END,
            CASE WHEN a.attgenerated <> '' THEN 'generated ' || a.attgenerated::text END,
            'DEFAULT ' || pg_get_expr(v.adbin, v.adrelid))
    FROM relations r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_collation o ON o.oid = a.attcollation
    LEFT JOIN pg_attrdef v ON v.adrelid = r.oid AND v.adnum = a.attnum
    WHERE r.relkind <> 'S'
    UNION ALL
    SELECT 'constraint', r.oid, CASE WHEN r.parent IS NULL THEN k.conname ELSE pg_get_constraintdef(k.oid, true) END,
        pg_get_constraintdef(k.oid, true)
    FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype <> 'n'
    UNION ALL
    SELECT 'index', r.oid, CASE WHEN r.parent IS NULL THEN x.name ELSE x.definition END,
        concat_ws(' ', x.definition, CASE WHEN r.parent IS NOT NULL AND NOT x.relispartition THEN 'of this day alone' END)
    FROM relations r JOIN indexes x ON x.indrelid = r.oid
    UNION ALL
    SELECT 'trigger', r.oid, t.tgname,
        concat_ws(', ', CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'A' THEN 'always' WHEN 'R' THEN 'in replicas'
                                         ELSE 'enabled' END, pg_get_triggerdef(t.oid, true))
    FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT 'function', NULL, format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
        concat_ws(', ', pg_get_function_result(p.oid), l.lanname, p.prokind, p.provolatile, p.proparallel, p.prosecdef,
            p.proisstrict, p.proleakproof, p.proretset,
            -- Its own schema is another one where the migrations are replayed.
            replace(p.proconfig::text, 'search_path=' || current_schema() || ',', 'search_path=SCHEMA,'), pg_get_expr(p.proargdefaults, 0), p.prosrc,
            pg_get_function_sqlbody(p.oid))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname = current_schema()
        AND NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
)
SELECT p.kind, r.relname AS relation, r.parent, COALESCE(p.name, '') AS name, COALESCE(p.text, '') AS text
FROM pieces p LEFT JOIN relations r ON r.oid = p.relation;

-- name: patience
SET LOCAL lock_timeout = '2s';
