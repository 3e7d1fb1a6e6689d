-- Who may read the catalogue and who may load it. Roles belong to the whole server: another database on it may
-- have made them already, or be making them at this moment.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['flatsim_read', 'flatsim_write'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
        -- The migrating user acts as either by the start-up parameter "role".
        EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
    END LOOP;
END
$$;

-- Readers see every table and write none. They are no members of pgstac_read, which may write pgstac's
-- statistics of searches; with pgstac.readonly = true a search does without.
GRANT USAGE ON SCHEMA pgstac, flatsim TO flatsim_read;
GRANT SELECT ON ALL TABLES IN SCHEMA pgstac, flatsim TO flatsim_read;
ALTER DEFAULT PRIVILEGES FOR ROLE pgstac_admin IN SCHEMA pgstac GRANT SELECT ON TABLES TO flatsim_read;
ALTER DEFAULT PRIVILEGES FOR ROLE pgstac_ingest IN SCHEMA pgstac GRANT SELECT ON TABLES TO flatsim_read;

-- The builder does what pgstac lets a loader do.
GRANT pgstac_ingest TO flatsim_write;
GRANT USAGE ON SCHEMA flatsim TO flatsim_write;
GRANT SELECT ON ALL TABLES IN SCHEMA flatsim TO flatsim_write;

-- What PostgreSQL gives to everybody: from version 15 on no longer objects in "public", but temporary tables,
-- which fill a disk as well as others. The loaders need them.
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO pgstac_admin, pgstac_ingest, flatsim_write', current_database());
END
$$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
