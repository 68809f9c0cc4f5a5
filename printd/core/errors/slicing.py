"""What goes wrong with profiles, slicers and the G-code they make."""

from printd.core.errors.kinds import RETRY, NotTaken, UserError


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
