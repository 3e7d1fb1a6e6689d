"""The database: sessions, errors, and what it says of the catalogue."""
