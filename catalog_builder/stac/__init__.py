"""Packages and tracks → STAC items and collections. Pure."""
