-- Items as ready text, so that an answer is put together from bytes. Everything here is derived from pgstac's tables: it
-- may be emptied at any time, and `flatsim-stac db documents` makes it again. Whether a document is still that of its item
-- is told by the item's own row, so that nothing anybody does to items can make an answer wrong; only slower.

-- Which database this is. A dump brings documents along, but not the transactions that they are tied to: in another
-- database, or on another server, they do not count.
CREATE FUNCTION flatsim.database_origin() RETURNS int8 LANGUAGE sql STABLE AS $$
    SELECT hashint8extended(c.system_identifier, d.oid::int8)
    FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()
$$;

CREATE TABLE flatsim.item_documents (
    collection text NOT NULL,
    id text NOT NULL,
    -- The transaction that wrote the row of pgstac.items which the document was made from: that row's xmin.
    row_version xid NOT NULL,
    origin int8 NOT NULL,
    -- Of catalog_builder.vocab.item_documents; the service takes no other.
    format int2 NOT NULL,
    -- UTF-8, with marks where addresses go; null where an item cannot be written so.
    document bytea,
    PRIMARY KEY (collection, id)
) WITH (
    -- Kept beside its key as long as it fits on a page: one read instead of three.
    toast_tuple_target = 8160
);

-- lz4 is unpacked several times as fast as what older servers have. Not every server was built with it.
DO $$
BEGIN
    ALTER TABLE flatsim.item_documents ALTER COLUMN document SET COMPRESSION lz4;
EXCEPTION WHEN syntax_error OR feature_not_supported OR invalid_parameter_value THEN
    NULL;
END
$$;

GRANT SELECT ON flatsim.item_documents TO flatsim_read;
GRANT SELECT, INSERT, UPDATE, DELETE ON flatsim.item_documents TO flatsim_write;

-- The document of a row that is changed or deleted goes with it, whoever does it. It would not count any more; what this
-- is needed for is a transaction that writes an item twice, whose rows both have the number of that transaction.
CREATE FUNCTION flatsim.forget_item_document() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM flatsim.item_documents WHERE collection = OLD.collection AND id = OLD.id;
    RETURN NULL;
END
$$;

-- With a collection its tables of items go, and no row of theirs is said to be deleted.
CREATE FUNCTION flatsim.forget_collection_documents() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM flatsim.item_documents WHERE collection = OLD.id;
    RETURN NULL;
END
$$;

-- What items have in common with their collection's item_assets is kept once. pgstac only ever adds to this table.
CREATE FUNCTION flatsim.forget_template_documents() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM flatsim.item_documents WHERE collection = OLD.collection;
    RETURN NULL;
END
$$;

-- Who owns a table makes its triggers, and has to find their functions.
GRANT USAGE ON SCHEMA flatsim TO pgstac_admin;
SET LOCAL ROLE pgstac_admin;

CREATE TRIGGER flatsim_forget_document AFTER UPDATE OR DELETE ON pgstac.items
FOR EACH ROW EXECUTE FUNCTION flatsim.forget_item_document();

CREATE TRIGGER flatsim_forget_documents AFTER DELETE ON pgstac.collections
FOR EACH ROW EXECUTE FUNCTION flatsim.forget_collection_documents();

CREATE TRIGGER flatsim_forget_documents AFTER UPDATE OR DELETE ON pgstac.base_items
FOR EACH ROW EXECUTE FUNCTION flatsim.forget_template_documents();

RESET ROLE;
