"""Every error the builder raises on purpose.

    FlatsimError
    ├── PackageRefused      one package cannot be catalogued; carries its path and the reason
    ├── TreeNotFound        a root given on the command line is not there
    ├── StoreError          an object store cannot be reached or used
    ├── SinkError           a catalogue or a database could not be written
    ├── DatabaseError       the database, its schema or its roles are not as needed
    │   ├── ClusterError    the embedded PostgreSQL cannot be made, started or stopped
    │   └── MigrationError  a migration failed, or the applied ones differ from the files
    ├── WorkersError        processes or a cluster that should read packages cannot
    ├── SettingError        a file named by a setting is missing or wrong
    ├── SampleError         a sample tree cannot be written as asked
    └── SchemaNotFound      a declared schema is neither in the schema folder nor in the cache

Messages name the thing at fault and, where there is one, the way out. They know nothing of exit codes: the
command line decides those in one place.
"""

from __future__ import annotations


class FlatsimError(Exception):
    """Base of all errors raised on purpose; its message is meant for the user."""


class PackageRefused(FlatsimError):
    """One package cannot be catalogued; the others can."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class TreeNotFound(FlatsimError):
    """A root to walk is missing or is not a directory."""


class StoreError(FlatsimError):
    """An object store cannot be reached, or does not let us in."""


class SinkError(FlatsimError):
    """A catalogue could not be written; what was there before is still there."""


class DatabaseError(FlatsimError):
    """The database cannot be used as it is."""


class ClusterError(DatabaseError):
    """The embedded PostgreSQL cannot be made, started or stopped."""


class MigrationError(DatabaseError):
    """A migration failed or the recorded ones differ from the files."""


class WorkersError(FlatsimError):
    """The processes or the cluster that should read packages cannot; what was written before is complete."""


class SettingError(FlatsimError):
    """A file named by a setting is missing or wrong."""


class SampleError(FlatsimError):
    """A sample tree cannot be written as asked."""


class SchemaNotFound(FlatsimError):
    """A declared schema is neither in the schema folder nor in the cache."""
