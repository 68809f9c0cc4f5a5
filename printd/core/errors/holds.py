"""Why a job waits for a word of a person, though nothing is broken."""

from printd.core.errors.kinds import InDoubtError, UserError


class Duplicate(UserError):
    """The same picture was printed with the same recipe not long ago."""

    code = "duplicate"
    action = (
        "Put the picture into again/ or run `printd release JOB` to print it once more; "
        "`printd cancel JOB` if not."
    )


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
    action = (
        "Look at the printer, then run `printd resolve JOB printing|printed|failed|not-started`."
    )
    begun = "Look at the printer, then run `printd resolve JOB printing|printed|failed`."


class FoundWithoutRecord(UserError):
    """A photo lay in the data folder without a row in the database."""

    code = "found_without_record"
    action = "Run `printd release JOB` to print it, or `printd cancel JOB`."


class RecipeUnknown(UserError):
    """No recipe has this name."""

    code = "recipe_unknown"
    exit_code = 64
    action = "Use one of the recipes of the configuration (`printd config show`)."
