-- What the items of each collection lie within: box, times, ranges of numbers, sets of words. A search that names no
-- collection looks only into those that can hold what it asks for. What stands here is never less than what is there,
-- whoever writes and by whatever means; see docs/decisions/0022-collections-passed-over.md for why.

CREATE TABLE flatsim.item_bounds (
    -- Random, so that no state of this table is ever taken for another one, not even after a restore or a failover.
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    collection text NOT NULL,
    -- In the form of catalog_builder.vocab.item_bounds; null where items may lie anywhere. Of several rows all count.
    bounds jsonb
);
CREATE INDEX ON flatsim.item_bounds (collection);

GRANT SELECT ON flatsim.item_bounds TO flatsim_read;
GRANT SELECT, INSERT, UPDATE, DELETE ON flatsim.item_bounds TO flatsim_write;

-- Collections whose writing the running transaction has noted, each between blanks and quoted. The setting is given up,
-- with the row, when the transaction or the savepoint is.
CREATE FUNCTION flatsim.is_noted(collection text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT strpos(coalesce(current_setting('flatsim.written', true), ''), ' ' || quote_literal(collection) || ' ') > 0
$$;

-- Notes that items of a collection may lie anywhere from now on. Each transaction that writes does so in a row of its
-- own, and waits for nobody: rows of others that it sees and that nobody holds are covered by its own, and go.
CREATE FUNCTION flatsim.note_written(_collection text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF flatsim.is_noted(_collection) THEN
        RETURN;
    END IF;
    IF current_setting('transaction_isolation') = 'read committed' THEN  -- others fail on rows that somebody else deleted
        DELETE FROM flatsim.item_bounds WHERE id IN (
            SELECT id FROM flatsim.item_bounds WHERE collection = _collection FOR UPDATE SKIP LOCKED
        );
    END IF;
    INSERT INTO flatsim.item_bounds (collection) VALUES (_collection);
    PERFORM set_config(
        'flatsim.written',
        coalesce(current_setting('flatsim.written', true), '') || ' ' || quote_literal(_collection) || ' ', true
    );
END
$$;

CREATE FUNCTION flatsim.note_item_written() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM flatsim.note_written(NEW.collection);
    RETURN NULL;
END
$$;
GRANT EXECUTE ON FUNCTION flatsim.is_noted, flatsim.note_written, flatsim.note_item_written TO PUBLIC;

SET LOCAL ROLE pgstac_admin;
CREATE TRIGGER flatsim_note_written AFTER INSERT OR UPDATE ON pgstac.items
FOR EACH ROW WHEN (NOT flatsim.is_noted(NEW.collection)) EXECUTE FUNCTION flatsim.note_item_written();
RESET ROLE;

-- Items that are there may lie anywhere. From the trigger on nobody has any that are not noted.
INSERT INTO flatsim.item_bounds (collection) SELECT id FROM pgstac.collections;
