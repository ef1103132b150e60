-- The table that pg:// reads by default, and a trigger that tells the Emperor of each committed change.
-- Run it as often as you like: what is there already stays as it is.

CREATE TABLE IF NOT EXISTS vassals (
    name   text PRIMARY KEY,                    -- with the ending of its configuration's format: site.ini
    config text NOT NULL,                       -- the configuration itself
    ts     timestamptz NOT NULL DEFAULT now(),  -- UPDATE vassals SET ts = now() WHERE ... reloads
    uid    bigint,                              -- who the vassal belongs to
    gid    bigint,
    socket text                                 -- address of an on-demand vassal; NULL: it runs at once
);

CREATE OR REPLACE FUNCTION imperator_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY imperator;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS imperator_notify ON vassals;
CREATE TRIGGER imperator_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON vassals
    FOR EACH STATEMENT EXECUTE FUNCTION imperator_notify();

-- For a table of your own, add the same trigger to it. The Emperor's user needs no more than:
--     GRANT SELECT ON vassals TO emperor;
