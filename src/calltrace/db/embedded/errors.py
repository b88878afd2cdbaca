"""What can keep the embedded database from running; each has one cause that an operator can act on."""

from calltrace.kit.errors import ConfigurationError


class DatabaseStartError(ConfigurationError):
    """The server did not come up. Nothing in its data was changed."""

    code = "database_start_failed"
    title = "The embedded database did not start"


class DatabaseInUseError(DatabaseStartError):
    """Somebody else runs a server on the same data directory."""

    code = "database_in_use"
    title = "The data directory is in use"


class DatabaseVersionError(DatabaseStartError):
    """The data was written by another major version of PostgreSQL than these binaries are."""

    code = "database_version_mismatch"
    title = "The database belongs to another version of PostgreSQL"


class DatabaseBinariesError(DatabaseStartError):
    """No usable PostgreSQL server binaries."""

    code = "database_binaries_missing"
    title = "PostgreSQL's programs cannot be used"


class DatabaseCreateError(DatabaseStartError):
    """A new database could not be made; nothing half-made is left behind."""

    code = "database_create_failed"
    title = "The database could not be created"


class DatabasePermissionError(DatabaseStartError):
    """A folder or an account does not let us keep the database private and reachable."""

    code = "database_permission"
    title = "The data directory cannot be used"
