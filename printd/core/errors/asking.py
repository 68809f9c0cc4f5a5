"""What a person who asks for something is told: there is no such thing, or not now."""

from printd.core.errors.kinds import PrintdError


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
