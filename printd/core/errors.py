"""What can go wrong, as a person is told it: a code, the problem, the action.

    PrintdError                 code, problem, action
    ├── UserError               a person can put it right   -> job HELD (a drop: refused)
    │   ├── NotTaken            a file cannot be used        -> the drop goes to ``_failed/``
    │   │   └── PhotoRefused    a picture cannot be used
    │   ├── ServiceError        an order came to nothing     -> the next service, or job HELD
    │   │   ├── ServiceRefusal  it was not accepted
    │   │   └── ServiceFailure  it was accepted              (``service_errors.py``)
    │   └── InDoubtError        nobody but a person knows    -> job HELD, its mark stays
    ├── TransientError          it may pass by itself        -> tried again; HELD after a day
    │   └── CannotWriteNow      nothing can be recorded      -> as if it had not been looked at
    ├── PermanentError          neither helps                -> job FAILED
    ├── StartupError            the daemon or command cannot begin, or cannot go on
    │   └── DatabaseUnusable    nothing can be kept           -> the daemon goes on in safe mode
    ├── RequestRefused          the API cannot do what is asked   -> who asked is told
    └── InternalError           a fault in printd            -> job FAILED, traceback in the log
    NotYet                      not an error                 -> looked at again later
    └── InDoubt                 it may have happened         -> recovered, never simply repeated
    GoBack                      not from here, and nothing left -> an earlier state
    NotHappened                 proof that a step that runs once did not happen
    PrintCancelled              the print was cancelled      -> job CANCELLED

``code`` is stable: pages, logs and tests rely on it. ``problem`` holds the values. ``action`` is
one sentence in the imperative. Errors are translated into these at the edge, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

RETRY = "then run `printd retry JOB`."


class PrintdError(Exception):
    """Something went wrong, and a person can be told what and what to do."""

    code: ClassVar[str] = "error"
    action: str = ""
    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, *, action: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        if action is not None:
            self.action = action

    def __str__(self) -> str:
        return f"{self.problem} {self.action}".strip()

    @property
    def advice(self) -> str:
        """What to do where there is no job that could be retried."""
        return self.action.replace(RETRY, "then try again.")

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from compute children to the daemon: keep the action on the way.
        return (_rebuild, (type(self), self.problem, self.action))


def _rebuild(kind: type[PrintdError], problem: str, action: str) -> PrintdError:
    return kind(problem, action=action)


class UserError(PrintdError):
    """A person can put it right; the job is HELD until then."""


class NotTaken(UserError):
    """What was handed in cannot be used: a drop goes to ``_failed/``, an upload gets 422."""


class PhotoRefused(NotTaken):
    """The picture cannot be used."""


class InDoubtError(UserError):
    """Nobody but a person knows what happened; the mark of the step stays."""


class TransientError(PrintdError):
    """It may pass by itself; the step is tried again with growing waits."""


class PermanentError(PrintdError):
    """Neither a person nor time can mend it; the job is FAILED."""


class StartupError(PrintdError):
    """The daemon or the command cannot begin, or cannot go on."""


class RequestRefused(PrintdError):
    """A request to the API cannot be answered as it was meant; no job is touched."""

    status: ClassVar[int] = 400  # that the answer has


class InternalError(PrintdError):
    """A fault in printd itself."""

    code = "internal_error"
    action = "Report the job number; the log has the details."

    @classmethod
    def of(cls, fault: BaseException) -> Self:
        """Wrap an unexpected exception; its words may help in a report."""
        return cls(f"printd has a fault: {type(fault).__name__}: {fault}")


class NotYet(Exception):
    """The step has to wait; says why and when to look again.

    Args:
        code: stable reason, one of ``core/matching.py`` or of an adapter.
        problem: the sentence that every display shows.
        again_s: seconds until the step is looked at again.
        action: what a person can do about it, if anything.
        quiet: nothing to write down: displays find their own words for it.
    """

    def __init__(
        self,
        code: str,
        problem: str,
        *,
        again_s: float = 2.0,
        action: str = "",
        quiet: bool = False,
    ) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.again_s = again_s
        self.action = action
        self.quiet = quiet


class InDoubt(NotYet):
    """The step that runs once may have happened; its evidence is asked for again."""


class NotHappened(Exception):
    """Proof that the step that runs once did not happen; its mark is cleared."""


class GoBack(Exception):
    """The step cannot be done from here, and nothing has left: the job goes back to ``to``.

    Args:
        to: a state.
        problem: why, as a sentence.
        facts: what the step has found out all the same.
    """

    def __init__(self, to: str, problem: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(problem)
        self.to = to
        self.problem = problem
        self.facts = facts or {}


class PrintCancelled(Exception):
    """The printer says that this print was cancelled."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


# Photos and drops.


class PhotoUnreadable(PhotoRefused):
    """The bytes are no picture, or a broken one."""

    code = "photo_unreadable"
    action = "Save the picture as JPEG or PNG and drop it again."


class PhotoWrongKind(PhotoRefused):
    """The file is of a kind that printd does not take."""

    code = "photo_wrong_kind"
    action = "Drop a JPEG, PNG or WebP picture."


class PhotoIncomplete(PhotoRefused):
    """The file stopped growing before its end."""

    code = "photo_incomplete"
    action = "Copy the whole picture again."


class PhotoEmpty(PhotoRefused):
    """The file has no bytes."""

    code = "photo_empty"
    action = "Copy the picture again."


class PhotoForbidden(PhotoRefused):
    """The file may not be read."""

    code = "photo_forbidden"
    action = "Give printd's user the right to read the file, then drop it again."


class PhotoTooSmall(PhotoRefused):
    """Too few pixels to make a relief of."""

    code = "photo_too_small"
    action = "Use a picture of at least 512 pixels on the short side."


class PhotoOddShape(PhotoRefused):
    """The sides are too unequal."""

    code = "photo_odd_shape"
    action = "Crop the picture so that one side is at most 20 times the other."


class PhotoTooLarge(PhotoRefused):
    """Too many bytes or pixels."""

    code = "photo_too_large"
    action = "Save a smaller copy of the picture and drop that."


class SideFileInvalid(PhotoRefused):
    """The side file beside a photo cannot be followed."""

    code = "sidefile_invalid"
    action = "Mend the .yaml file, then drop it and the picture together again."


class GcodeOff(NotTaken):
    """G-code from people is not wanted; it is off until somebody switches it on."""

    code = "gcode_off"
    action = (
        "Hand in the picture instead; or write `gcode: true` under `drop:` of the configuration, "
        "if whoever can put files there may decide what the printers do."
    )


class GcodeUnwanted(NotTaken):
    """No configured printer takes such a file."""

    code = "gcode_unwanted"
    action = "Export plain G-code (.gcode) for one of the printers."


class Duplicate(UserError):
    """The same picture was printed with the same recipe not long ago."""

    code = "duplicate"
    action = "Run `printd release JOB` to print it again, or `printd cancel JOB`."


class HeldByPerson(UserError):
    """A person stopped the job for a while."""

    code = "held_by_person"
    action = "Run `printd release JOB` when it may go on."


class WrongKind(UserError):
    """The file is for another kind of printer than the one it was sent to."""

    code = "wrong_kind"
    action = (
        "Run `printd move JOB --to PRINTER` and `printd release JOB`; or slice it again and "
        "`printd cancel JOB`."
    )


class LimitReached(UserError):
    """Whoever hands it in has had as much as they may for now."""

    code = "limit_reached"
    exit_code = 75
    action = "Wait, or ask the staff."


class QueueFull(UserError):
    """So many jobs wait that no more are taken from others."""

    code = "queue_full"
    exit_code = 75
    action = "Hand it in again when some of them have been printed."


class PhotoDoubtful(UserError):
    """A service would hardly make anything of this photo, for money."""

    code = "photo_doubtful"
    action = (
        "Hand in a better photo and run `printd cancel JOB`; or run `printd release JOB` to order "
        "it all the same."
    )


class NeedsApproval(UserError):
    """Its recipe wants a person to look at it first."""

    code = "needs_approval"
    action = "Run `printd approve JOB`, or `printd send-back JOB --reason TEXT`."


class NeedsRelease(UserError):
    """It was handed in to be printed later."""

    code = "needs_release"
    action = "Run `printd release JOB` when it may be printed."


class ExperimentalGcode(UserError):
    """Nobody has seen such a file print on such a printer day by day."""

    code = "experimental_gcode"
    action = "Look at the file, then run `printd release JOB` to try it, or `printd cancel JOB`."


class Restored(UserError):
    """The database is older than the world: what has been done since is not known."""

    code = "restored"
    action = (
        "Look whether it has been printed since. Then run `printd retry JOB` to print it, "
        "or `printd cancel JOB`."
    )


class RestoredInDoubt(InDoubtError):
    """The database is older than the world, and the job was at a printer."""

    code = "restored_in_doubt"
    action = "Look at the printer, then run `printd resolve JOB printed|failed|not-started`."


class FoundWithoutRecord(UserError):
    """A photo lay in the data folder without a row in the database."""

    code = "found_without_record"
    action = "Run `printd release JOB` to print it, or `printd cancel JOB`."


class RecipeUnknown(UserError):
    """No recipe has this name."""

    code = "recipe_unknown"
    exit_code = 64
    action = "Use one of the recipes of the configuration (`printd config show`)."


# Settings, meshes, slicing.


class SettingInvalid(UserError):
    """A setting is outside its range or contradicts another."""

    code = "setting_invalid"
    exit_code = 64
    action = "Use a value within the range."


class DepthMissing(UserError):
    """What makes the height map is not on this machine."""

    code = "depth_missing"
    exit_code = 69
    action = "Put it into place, or choose another `depth`, " + RETRY


class DepthUnfit(UserError):
    """What is to make the height map is not what the configuration says, or gives none."""

    code = "depth_unfit"
    exit_code = 78
    action = "Mend the named entry of `depth:` in the configuration, " + RETRY


class MeshUnreadable(NotTaken):
    """The mesh file is broken or of an unknown kind."""

    code = "mesh_unreadable"
    action = "Export the model again as binary STL in millimetres."


class MeshEmpty(NotTaken):
    """There is no triangle in the mesh file."""

    code = "mesh_empty"
    action = "Export the model again; look whether it is there before."


class MeshTooLarge(NotTaken):
    """More bytes, triangles or parts than are read."""

    code = "mesh_too_large"
    action = "Save the model with fewer triangles."


class MeshCompressed(NotTaken):
    """The mesh is packed in a way that printd does not unpack."""

    code = "mesh_compressed"
    action = "Export the model without Draco and meshopt compression."


class MeshSizeUnclear(NotTaken):
    """Nobody says in what unit the mesh is."""

    code = "mesh_size_unclear"
    action = "Say how large it is to be: `longest_mm` in a file beside it, or `--longest-mm`."


class MeshFlat(UserError):
    """The mesh is a sheet: it has an area, and no inside."""

    code = "mesh_flat"
    action = "Give the model a thickness."


class MeshBeyondRepair(UserError):
    """No way of repair gave a closed body."""

    code = "mesh_beyond_repair"
    action = "Mend the model by hand, or try another one."


class MeshUnprintable(UserError):
    """The mesh is no closed body of sensible size."""

    code = "mesh_unprintable"
    action = "Repair the model so that it is one closed body in millimetres."


class ModelTooLarge(UserError):
    """The model does not fit the printer."""

    code = "model_too_large"
    action = "Choose a smaller width, or a printer with a larger bed."


class ProfileMissing(UserError):
    """A profile folder or file is not there."""

    code = "profile_missing"
    action = "Put the named profile into place, " + RETRY


class ProfileInvalid(UserError):
    """A profile is incomplete or unsafe."""

    code = "profile_invalid"
    action = "Mend the named line of the profile, " + RETRY


class SlicerMissing(UserError):
    """The slicer program is not on this machine."""

    code = "slicer_missing"
    exit_code = 69
    action = "Install it (Debian: `apt install prusa-slicer`) or name it in `slicers:`, " + RETRY


class SlicerRefused(UserError):
    """The slicer ended without a usable result."""

    code = "slicer_refused"
    action = "Read the slicer's words, change the model or the profile, " + RETRY


class SlicerTimeout(UserError):
    """The slicer did not end in time."""

    code = "slicer_timeout"
    action = "Choose a coarser mesh or raise `timeout_s` of the slicer, " + RETRY


class SlicerCrashed(UserError):
    """The slicer died by a signal."""

    code = "slicer_crashed"
    action = "Try another picture or mesh quality, " + RETRY


class SlicerMemory(UserError):
    """The slicer needed more memory than it may have."""

    code = "slicer_memory"
    action = "Choose a coarser mesh, " + RETRY


class GcodeRefused(NotTaken):
    """The G-code breaks a safety rule of the printer it is for."""

    code = "gcode_refused"
    action = "Change the profile so that the named rule holds, " + RETRY


class GcodeUnfinished(GcodeRefused):
    """Only as a whole: what the rest of the file could mend, if it is still to come."""

    code = "gcode_unfinished"


# Printers.


class PrinterOffline(TransientError):
    """The printer does not answer."""

    code = "printer_offline"
    exit_code = 69
    action = "Check power and network of the printer; printd keeps trying."


class CameraAway(TransientError):
    """The camera of a printer gives no picture."""

    code = "camera_away"
    exit_code = 69
    action = "Look whether the camera runs, and whether `camera_url` names one still picture."


class KeyRefused(UserError):
    """The printer does not accept the key, or gives none."""

    code = "key_refused"
    action = "Make a key in OctoPrint's settings under Application Keys, and name its file."


class CertificateChanged(UserError):
    """Something else than the printer that is configured answers at its address."""

    code = "certificate_changed"
    action = "Find out what answers there; put the new certificate into the configuration, " + RETRY


class PrinterUnfit(UserError):
    """The printer answers, and is not as it has to be before it can be used."""

    code = "printer_unfit"
    action = "Look at the printer's display, then run this again."


class UploadFailed(TransientError):
    """The file did not arrive whole; nothing was started."""

    code = "upload_failed"
    action = "Check the storage of the printer; printd keeps trying."


class PrinterFault(UserError):
    """The print failed at the printer."""

    code = "printer_fault"
    action = "Look at the printer's display, clear the bed, " + RETRY


class StartRefused(UserError):
    """The printer refused the start command; proof that nothing started."""

    code = "start_refused"
    action = "Look at the printer's display, " + RETRY


class StartInDoubt(InDoubtError):
    """A start command may have left, and no evidence says what came of it."""

    code = "start_in_doubt"
    action = (
        "Look at the printer: does it print this job? "
        "Then run `printd resolve JOB printing|printed|failed|not-started`."
    )


class EndUnknown(InDoubtError):
    """The print is over or lost, and no evidence says how it ended."""

    code = "end_unknown"
    action = "Look at the bed, then run `printd resolve JOB printing|printed|failed`."


# The machine.


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


class NoSuchFile(PrintdError):
    """A file named on the command line is not there."""

    code = "no_such_file"
    exit_code = 66
    action = "Check the name."


class NoSuchJob(PrintdError):
    """No job answers to this number, id or word."""

    code = "no_such_job"
    exit_code = 66
    action = "See `printd jobs`."


class NoSuchPrinter(PrintdError):
    """No printer has this name."""

    code = "no_such_printer"
    exit_code = 66
    action = "See `printd printers`."


class NotPossibleNow(PrintdError):
    """The request does not fit what is true of the job or the printer."""

    code = "not_possible_now"
    action = "See `printd show JOB` for what can be done."


class DaemonAway(PrintdError):
    """The daemon does not run, or did not answer in time; the request is kept."""

    code = "daemon_away"
    exit_code = 75
    action = "Start it with `printd run`; the request is done then."
