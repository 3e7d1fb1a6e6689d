-- The index of the default order once more, with what pairs are most often told apart by behind its keys. PostgreSQL
-- compares those inside the index, and fetches and unpacks the items alone that meet all of it.
SET LOCAL ROLE pgstac_admin;

CREATE INDEX flatsim_newest_pairs ON pgstac.items (
    pgstac.to_tstz(content->'properties'->'datetime'), collection, id, datetime, end_datetime,
    pgstac.to_tstz(content->'properties'->'insar:reference_datetime'),
    pgstac.to_tstz(content->'properties'->'insar:secondary_datetime'),
    pgstac.to_float(content->'properties'->'insar:temporal_baseline'),
    pgstac.to_float(content->'properties'->'insar:perpendicular_baseline'),
    pgstac.to_float(content->'properties'->'flatsim:coherence_mean'),
    pgstac.to_int(content->'properties'->'sat:relative_orbit'),
    pgstac.to_text(content->'properties'->'sat:orbit_state')
);
CREATE INDEX flatsim_newest_pairs_template ON pgstac.queryable_index_template (
    pgstac.to_tstz(content->'properties'->'datetime'), collection, id, datetime, end_datetime,
    pgstac.to_tstz(content->'properties'->'insar:reference_datetime'),
    pgstac.to_tstz(content->'properties'->'insar:secondary_datetime'),
    pgstac.to_float(content->'properties'->'insar:temporal_baseline'),
    pgstac.to_float(content->'properties'->'insar:perpendicular_baseline'),
    pgstac.to_float(content->'properties'->'flatsim:coherence_mean'),
    pgstac.to_int(content->'properties'->'sat:relative_orbit'),
    pgstac.to_text(content->'properties'->'sat:orbit_state')
);

-- It begins like the new one.
DROP INDEX pgstac.flatsim_newest;
DROP INDEX pgstac.flatsim_newest_template;

RESET ROLE;
