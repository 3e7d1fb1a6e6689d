-- Settings of pgstac that hold for every client of this database. A session can differ: set pgstac.<name>.

INSERT INTO pgstac.pgstac_settings (name, value) VALUES
    -- Count the matches exactly as long as the planner expects few, else give its estimate.
    ('context', 'auto'),
    -- The builder writes the extents of collections; pgstac would recompute them at every load.
    ('update_collection_extent', 'false'),
    -- Indexes and statistics of a partition are made at once; there is no worker to drain a queue.
    ('use_queue', 'false')
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
