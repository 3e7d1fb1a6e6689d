-- What the service's searches need beside pgstac's own tables.

-- A secret that every worker of the service on this database signs its page tokens with. A token holds a place in the
-- order of a search and gives no right to anything, so that readers may see it. Both numbers are of the server's strong
-- generator.
CREATE TABLE flatsim.secrets (name text PRIMARY KEY, value text NOT NULL);
INSERT INTO flatsim.secrets (name, value)
VALUES ('page_tokens', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
GRANT SELECT ON flatsim.secrets TO flatsim_read;

-- Indexes of all partitions, those to come too. pgstac compares the indexes of a partition with those of its template:
-- what both items and the template have, it takes for its own and leaves alone.
SET LOCAL ROLE pgstac_admin;

-- The property "datetime". pgstac's column of that name holds the start of an item's range.
CREATE INDEX flatsim_datetime ON pgstac.items (pgstac.to_tstz(content->'properties'->'datetime'));
CREATE INDEX flatsim_datetime_template
    ON pgstac.queryable_index_template (pgstac.to_tstz(content->'properties'->'datetime'));

-- Beginnings of texts (LIKE 'D080%'): an index in the order of a language does not serve them.
CREATE INDEX flatsim_track_prefix
    ON pgstac.items (pgstac.to_text(content->'properties'->'flatsim:track') text_pattern_ops);
CREATE INDEX flatsim_track_prefix_template
    ON pgstac.queryable_index_template (pgstac.to_text(content->'properties'->'flatsim:track') text_pattern_ops);

RESET ROLE;
