"""What is wrong with a request itself: with its form, its address, its headers, its body."""

from __future__ import annotations

from printd.core.errors import RequestRefused


class RequestInvalid(RequestRefused):
    """What was sent is not what is asked for here; ``details`` names the fields."""

    code = "request_invalid"
    status = 422
    action = "Send what the description at /api/v1/openapi.json asks for."


class BodyInvalid(RequestRefused):
    """The body cannot be read."""

    code = "body_invalid"
    action = "Send it again, whole."


class BodyTooLarge(RequestRefused):
    """More was sent, or announced, than is taken."""

    code = "body_too_large"
    status = 413
    action = "Send a smaller one."


class BodyTooSlow(RequestRefused):
    """The body did not come in time."""

    code = "body_too_slow"
    status = 408
    action = "Send it again over a better connection."


class WrongType(RequestRefused):
    """The content type is not one that is taken here."""

    code = "wrong_type"
    status = 415
    action = "Send what the description at /api/v1/openapi.json asks for."


class NoSuchThing(RequestRefused):
    """Nothing is at this address."""

    code = "no_such_thing"
    status = 404
    action = "See /api/v1/openapi.json for what there is."


class WrongMethod(RequestRefused):
    """The address is there, and takes another method."""

    code = "wrong_method"
    status = 405
    action = "See /api/v1/openapi.json for what there is."


class RequestUnreadable(RequestRefused):
    """What came is no request."""

    code = "request_unreadable"
    action = "Use a program that speaks HTTP."


class HeadersTooLarge(RequestRefused):
    """The headers of a request are longer than is read."""

    code = "headers_too_large"
    status = 431
    action = "Send fewer headers, or shorter ones."


class TagDiffers(RequestRefused):
    """If-Match does not name what is there, or cannot be looked at here."""

    code = "tag_differs"
    status = 412
    action = "Look again; an act takes the `revision` that was seen as `seen` in its body."


class NoSuchPart(RequestRefused):
    """A file has none of the bytes that Range asks for."""

    code = "no_such_part"
    status = 416
    action = "Ask for bytes that the file has; Content-Range says how many there are."
