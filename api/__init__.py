"""The search service: a STAC API over pgstac. Start reading at `api.app`."""
