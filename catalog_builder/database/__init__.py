"""The database the catalogue lives in: how to reach it, and how to bring its schema up to date."""

from catalog_builder.database.check import IndexCheck, check_index
from catalog_builder.database.connection import connect, conninfo, describe, resolve_dsn
from catalog_builder.database.documents import Renewal, renew_documents
from catalog_builder.database.migration import MigrationReport, migrate

__all__ = [
    "IndexCheck",
    "MigrationReport",
    "Renewal",
    "check_index",
    "connect",
    "conninfo",
    "describe",
    "migrate",
    "renew_documents",
    "resolve_dsn",
]
