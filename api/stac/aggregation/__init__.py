"""The Aggregation extension: how many items a search finds, by collection, track, month, baseline, place.

    routes ─► parameters   what a request may say: the filters of `/search`, and the buckets
     ├► offers             which aggregations there are, for all items or for those of a collection
     ├► model              one aggregation as asked for
     └► answer             the database's counts as an AggregationCollection

What can be counted is defined by the rows of `catalog_builder.vocab.aggregations`; the SQL is in
`api.search.compile.aggregate_statement`.
"""
