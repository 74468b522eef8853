"""What can go wrong below the domain, in words that do not name a database."""


class StorageError(Exception):
    """Base of everything that storage raises on purpose."""


class ConflictError(StorageError):
    """A unique or foreign key rule refused the write."""


class DatabaseUnavailableError(StorageError):
    """The database cannot be used now: locked, full, unreachable. Trying later may help."""


class SchemaTooNewError(StorageError):
    """The database was upgraded by a newer fedserver; this one must not touch it."""


class UnsupportedSchemaError(StorageError):
    """The database is older than what this fedserver can upgrade, or incomplete; nothing was changed."""
