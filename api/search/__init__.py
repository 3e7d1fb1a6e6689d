"""Searches of items, from a request to the bytes of an answer.

read ─► model            a request, checked, as one value: `Search`
 ├► query_extension      the Query extension and plain parameters as CQL2 JSON
 ├► text_matching        which collections have the words of a search, and what is asked of their items
 └► properties, fields   names of properties and members, looked up
compile                  `Search` → `CompiledQuery` → statements; keyset cursors as signed tokens
execute                  statements → a page of items, the total, the cursors of the pages around it
serialise                items → GeoJSON, GeoJSON text sequence, NDJSON, CSV
"""
