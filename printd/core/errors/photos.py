"""What is wrong with a picture, or with what is handed in beside it."""

from printd.core.errors.kinds import NotTaken, PhotoRefused


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
