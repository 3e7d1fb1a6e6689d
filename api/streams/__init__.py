"""The whole result of a search in one answer, however large: written while it is read, with little memory.

answer      checks, headers, and what happens before the first byte
 ├► walk    the items of a search from the first to the last, some at a time
 └► writers items as bytes: GeoJSON text sequence, lines of JSON, CSV
     └► table ─► cells   columns of the CSV and what stands in them
"""
