"""The Aggregation extension: counts of the items of a search by collection, track, month, baseline, place.

    routes               addresses; a request's parameters are in `api.request.aggregation_models`
     ├► available        the aggregations of all items, or of those of a collection
     ├► answer           the database's counts as an AggregationCollection
     └► links, schema    links of the answers, and their schemas

Aggregations are rows of `catalog_builder.vocab.aggregations`; the SQL is in `api.search.compile.aggregate_statement`.
"""
