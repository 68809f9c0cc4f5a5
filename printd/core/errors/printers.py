"""What goes wrong at a printer, and what nobody can know of it."""

from printd.core.errors.kinds import RETRY, InDoubtError, TransientError, UserError


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
