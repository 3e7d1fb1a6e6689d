"""The database the catalogue lives in: how to reach it, and how to bring its schema up to date."""

from catalog_builder.database.connection import connect, conninfo, describe, resolve_dsn
from catalog_builder.database.migration import MigrationReport, migrate

__all__ = ["MigrationReport", "connect", "conninfo", "describe", "migrate", "resolve_dsn"]
