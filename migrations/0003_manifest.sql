-- What builds have made of which packages, so that the next one opens only those that changed. It lies beside the items
-- it speaks of: whoever resets, copies or restores the database takes both. Items themselves are in pgstac's tables alone.

CREATE TABLE flatsim.built (
    package text PRIMARY KEY,
    fingerprint text NOT NULL,
    collection text NOT NULL,
    item text NOT NULL,
    warnings jsonb NOT NULL DEFAULT '[]',
    ignored jsonb NOT NULL DEFAULT '[]'
);

-- Collections whose items have changed since their own document was written.
CREATE TABLE flatsim.unfinished (collection text PRIMARY KEY);

GRANT SELECT, INSERT, UPDATE, DELETE ON flatsim.built, flatsim.unfinished TO flatsim_write;
-- As every table: readers see it and write none.
GRANT SELECT ON flatsim.built, flatsim.unfinished TO flatsim_read;
