"""What goes wrong on the machine that printd runs on: disk, memory, database, folders."""

from printd.core.errors.kinds import (
    RETRY,
    PrintdError,
    RequestRefused,
    StartupError,
    TransientError,
    UserError,
)


class CannotWriteNow(TransientError):
    """Nothing can be recorded at the moment; what has begun keeps its mark."""


class DatabaseBusy(CannotWriteNow):
    """Another program has kept the database locked for longer than it should."""

    code = "database_busy"
    exit_code = 75
    action = "End the other program that has the database open; printd goes on by itself."


class DiskFull(CannotWriteNow):
    """No room left where printd writes."""

    code = "disk_full"
    exit_code = 74
    action = "Free space on the disk; printd goes on by itself."


class DiskError(UserError):
    """A file of ours cannot be read, or is not what was written."""

    code = "disk_error"
    action = "Check the disk; drop the picture again."


class DiskFailed(StartupError):
    """Writing or syncing failed: what is on the disk is no longer known."""

    code = "disk_failed"
    exit_code = 74
    action = "Check the disk and the mount, then start printd again."


class ComputeTimeout(UserError):
    """A calculation did not end in time."""

    code = "compute_timeout"
    action = "Use a smaller picture or a coarser mesh, " + RETRY


class ComputeMemory(UserError):
    """A calculation needed more memory than it may have."""

    code = "compute_memory"
    action = "Use a smaller picture or a coarser mesh, " + RETRY


class ComputeCrashed(UserError):
    """A calculation was ended by a signal."""

    code = "compute_crashed"
    action = "Use another picture, " + RETRY


class ConfigInvalid(StartupError):
    """The configuration cannot be used."""

    code = "config_invalid"
    exit_code = 78
    action = "Mend the configuration; `printd check` reads it without starting anything."


class DatabaseUnusable(StartupError):
    """The database cannot be worked with until a person has put it right; it is left as it is."""

    exit_code = 78


class DatabaseDamaged(DatabaseUnusable):
    """The database cannot be read; it is left as it is."""

    code = "database_damaged"
    action = "Keep a copy of the data folder, then restore a backup or move the file away."


class DatabaseNewer(DatabaseUnusable):
    """The database was written by a newer printd; it is left as it is."""

    code = "database_newer"
    action = "Start the newer printd, or restore a backup made before the upgrade."


class DatabaseUnreadable(DatabaseUnusable):
    """The user that runs printd has no right to the database; it is left as it is."""

    code = "database_unreadable"
    action = "Give the file back to the user that runs printd, then start it again."


class SafeMode(RequestRefused):
    """printd only shows what it knows: its database has to be put right first."""

    code = "safe_mode"
    status = 503
    exit_code = 78
    action = "Put the database right (`printd status` says how), then start printd again."


class FolderUnusable(StartupError):
    """A folder that printd needs cannot be used."""

    code = "folder_unusable"
    exit_code = 78
    action = "Give the named user the right to write there, or name another folder."


class AlreadyRunning(StartupError):
    """Another daemon owns the data folder or the drop folder."""

    code = "already_running"
    exit_code = 69
    action = "Stop the other daemon first, or give this one its own folders."


class BackupUnreadable(PrintdError):
    """A backup cannot be read whole; nothing was changed."""

    code = "backup_unreadable"
    exit_code = 66
    action = "Name another file; what is here stays as it is."
