"""An item → its row of pgstac's table of items, made without a database, in whichever process has the item.

dehydration     what of an item its collection's item_assets say already, taken out of it as pgstac does
ewkb            its geometry as PostGIS reads it
row             both together, as it travels and as COPY takes it
"""
