-- What loading needs beside pgstac's own functions, so that readers are neither blocked nor slowed while it goes on.

-- Of the item's JSON as it was loaded: an item whose digest is the same need not be compared, nor written again. It
-- counts as long as the document beside it does.
ALTER TABLE flatsim.item_documents ADD COLUMN digest bytea;

-- lz4 packs and unpacks several times as fast as what older servers have. Not every server was built with it. Partitions
-- that are there keep what they hold as it is; what is written to them from now on is packed the new way.
DO $$
DECLARE
    part regclass;
BEGIN
    SET LOCAL ROLE pgstac_admin;
    FOR part IN SELECT relid FROM pg_partition_tree('pgstac.items')
                UNION ALL SELECT 'pgstac.queryable_index_template'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN content SET COMPRESSION lz4', part);
    END LOOP;
EXCEPTION WHEN syntax_error OR feature_not_supported OR invalid_parameter_value THEN
    NULL;
END
$$;
RESET ROLE;

-- The functions below act as the owner of pgstac's tables, for those who may load and for nobody else.
GRANT USAGE, CREATE ON SCHEMA flatsim TO pgstac_admin;
SET LOCAL ROLE pgstac_admin;

-- The partition of a collection that has only one, with all its indexes, as pgstac.check_partition leaves it behind. It is
-- made beside the table of items and then attached, for which no reader has to be waited for, nor waits; pgstac makes it
-- in its place, locks all of items for as long as that takes, and looks up each index by itself, which takes ten times
-- as long. Null where the collection is divided by time or has its partition already.
CREATE FUNCTION flatsim.make_partition(_collection text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pgstac, public, pg_temp AS $$
DECLARE
    name text;
    unique_index name;
BEGIN
    SELECT format('_items_%s', c.key) INTO name FROM pgstac.collections c
        WHERE c.id = _collection AND c.partition_trunc IS NULL;
    IF name IS NULL OR to_regclass(format('pgstac.%I', name)) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('CREATE TABLE pgstac.%I (LIKE pgstac.queryable_index_template INCLUDING ALL)', name);
    SELECT c.relname INTO STRICT unique_index FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = format('pgstac.%I', name)::regclass AND i.indisunique;
    EXECUTE format('ALTER INDEX pgstac.%I RENAME TO %I', unique_index, name || '_pk');
    EXECUTE format('GRANT ALL ON pgstac.%I TO pgstac_ingest', name);
    EXECUTE format('ALTER TABLE pgstac.items ATTACH PARTITION pgstac.%I FOR VALUES IN (%L)', name, _collection);
    PERFORM pgstac.update_partition_stats(name, true);
    RETURN name;
END
$$;

-- Has a partition's constraint say these times, without looking whether its rows keep to them: see the next. The words
-- are those of pgstac.create_table_constraints, which reads them back.
CREATE FUNCTION flatsim.state_times(_partition text, _starts tstzrange, _ends tstzrange) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pgstac, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pgstac.partition_catalog_meta(_partition)) THEN
        RETURN;
    END IF;
    PERFORM pgstac.drop_table_constraints(_partition);
    EXECUTE format(
        'ALTER TABLE pgstac.%I ADD CONSTRAINT %I CHECK ((datetime >= %L) AND (datetime <= %L) '
        'AND (end_datetime >= %L) AND (end_datetime <= %L)) NOT VALID',
        _partition, _partition || '_dt', lower(_starts), upper(_starts), lower(_ends), upper(_ends)
    );
END
$$;

-- Looks through a partition whose constraint was only stated. Readers and writers go on meanwhile.
CREATE FUNCTION flatsim.prove_times(_partition text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pgstac, public, pg_temp AS $$
DECLARE
    stated name;
BEGIN
    FOR stated IN SELECT conname FROM pg_constraint
        WHERE conrelid = to_regclass(format('pgstac.%I', _partition)) AND contype = 'c' AND NOT convalidated
            AND EXISTS (SELECT FROM pgstac.partition_catalog_meta(_partition))
    LOOP
        EXECUTE format('ALTER TABLE pgstac.%I VALIDATE CONSTRAINT %I', _partition, stated);
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION flatsim.make_partition, flatsim.state_times, flatsim.prove_times FROM PUBLIC;
GRANT EXECUTE ON FUNCTION flatsim.make_partition, flatsim.state_times, flatsim.prove_times TO flatsim_write;
RESET ROLE;
REVOKE CREATE ON SCHEMA flatsim FROM pgstac_admin;
