-- The order of a list that asks for none: the newest first, then by collection and id. With all three in the index nothing
-- has to be sorted, and no item is unpacked for the sake of its date.
SET LOCAL ROLE pgstac_admin;

CREATE INDEX flatsim_newest ON pgstac.items (pgstac.to_tstz(content->'properties'->'datetime'), collection, id);
CREATE INDEX flatsim_newest_template
    ON pgstac.queryable_index_template (pgstac.to_tstz(content->'properties'->'datetime'), collection, id);

-- It begins like the new one.
DROP INDEX pgstac.flatsim_datetime;
DROP INDEX pgstac.flatsim_datetime_template;

RESET ROLE;
