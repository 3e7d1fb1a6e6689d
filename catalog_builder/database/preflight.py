"""Is this a server the schema can be put on? Asked before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog_builder.database import pgstac
from catalog_builder.local_postgres import Role

if TYPE_CHECKING:
    from catalog_builder.queries import ServerFacts

OLDEST_SERVER = 13
OLDEST_POSTGIS = 3
_EXTENSIONS = ("postgis", "btree_gist", "unaccent")
_ROLES = (*pgstac.ROLES, *(role.database_role for role in Role if role.database_role))


def shortcomings(facts: ServerFacts) -> list[str]:
    """Everything that is in the way, each with the way out; empty when nothing does."""
    found = []
    if facts.version < OLDEST_SERVER * 10000:
        found.append(f"the server is PostgreSQL {facts.version // 10000}; pgstac needs {OLDEST_SERVER} or newer")
    if facts.encoding != "UTF8":
        found.append(f"the database is encoded in {facts.encoding}; make one with ENCODING 'UTF8'")
    found += [problem for name in _EXTENSIONS if (problem := _extension_problem(facts, name))]
    missing_roles = [name for name in _ROLES if name not in facts.roles]
    if missing_roles and not (facts.is_superuser or facts.may_create_roles):
        found.append(
            f"the user {facts.user} may not make the roles {', '.join(missing_roles)}; "
            f"let an administrator run: ALTER ROLE {facts.user} CREATEROLE"
        )
    if not (facts.is_superuser or facts.may_create_in_database):
        found.append(
            f"the user {facts.user} may not make schemas; "
            f"let the owner of the database run: GRANT CREATE ON DATABASE … TO {facts.user}"
        )
    if not (facts.is_superuser or facts.may_create_in_schema):
        # pgstac's migration makes a function before it makes its schema.
        found.append(
            f"the user {facts.user} may not make functions in the schema of pgstac; "
            f"let its owner run: GRANT CREATE ON SCHEMA public TO {facts.user}"
        )
    return found


def _extension_problem(facts: ServerFacts, name: str) -> str | None:
    version = facts.installed.get(name) or facts.available.get(name)
    if version is None:
        packages = f"postgresql-{facts.version // 10000}-postgis-3" if name == "postgis" else "postgresql-contrib"
        return f"the server does not have the extension {name}; on Debian and Ubuntu: apt-get install {packages}"
    if name == "postgis" and int(version.split(".")[0]) < OLDEST_POSTGIS:
        return f"PostGIS {version} is too old; {OLDEST_POSTGIS} or newer is needed"
    trusted = name in facts.trusted and facts.may_create_in_database
    if name not in facts.installed and not (facts.is_superuser or trusted):
        return (
            f"the user {facts.user} may not make the extension {name}; "
            f"let an administrator run in this database: CREATE EXTENSION {name}"
        )
    return None
