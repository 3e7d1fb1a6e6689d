"""The embedded database: a private cluster of the PostgreSQL that is installed on this machine.

`Cluster(home).start()` is all it takes. Read `cluster` for what happens, `layout` for where things lie, and
`server` for how a start survives crashes, taken ports and other processes that start at the same time.
"""

from catalog_builder.local_postgres.cluster import Cluster, ClusterStatus, State
from catalog_builder.local_postgres.roles import Role

__all__ = ["Cluster", "ClusterStatus", "Role", "State"]
