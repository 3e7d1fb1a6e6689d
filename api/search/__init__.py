"""Searches of items, from a request to a page.

    read ─► model            what a request asks for, checked, as one value: `Search`
     ├► query                the Query extension and plain parameters turned into CQL2 JSON, as filters are
     ├► text                 what words ask of items, and which collections have them
     ├► names                unknown names refused, the nearest known one told
     └► catalogue            what the database holds: collections, properties, the secret of the tokens
    page                     runs a search: one page of rows, before or after a place in the order
     ├► tokens               such a place as opaque text, signed
     ├► places               such a place by the number of items before it
     ├► totals               how many items match
     └► hydration ─► fields  rows as items, whole or in part
    writing                  items as bytes: ready documents with the addresses put in, and items that have none
    links                    links of a page

The SQL is in `api.database.queries`.
"""
