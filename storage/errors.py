"""Errors of the storage, the same for both databases."""


class StorageError(Exception):
    """The base of all errors that storage raises."""


class ConflictError(StorageError):
    """A unique or foreign key constraint refused a write."""


class DatabaseUnavailableError(StorageError):
    """The database cannot be used now: it is locked, full or unreachable. Trying later may help."""


class SchemaTooNewError(StorageError):
    """The database was upgraded by a newer fedserver; this one must not touch it."""


class UnsupportedSchemaError(StorageError):
    """The database is older than what this fedserver can upgrade, or incomplete; nothing was changed."""


class SealKeyError(StorageError):
    """The seal key is missing, unreadable or another than that of the database; nothing was changed."""


class DatabaseInUseError(DatabaseUnavailableError):
    """Another process uses the database, so it cannot be replaced now; or it is being replaced."""
