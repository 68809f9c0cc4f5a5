"""What is wrong with something that is handed in, or with where it is to be fetched from."""

from __future__ import annotations

from printd.core.errors import RequestRefused


class UploadInvalid(RequestRefused):
    """The form of an upload cannot be read, or is not of the closed set of fields."""

    code = "upload_invalid"
    action = "Send one form with the field `file`; see /api/v1/openapi.json."


class KeyReused(RequestRefused):
    """The same Idempotency-Key came with something else before."""

    code = "idempotency_key_reused"
    status = 422
    action = "Use a new key for each new upload or act."


class SourceOff(RequestRefused):
    """Nothing is fetched from addresses."""

    code = "source_off"
    status = 403
    action = "Send the file itself, or set `web: source_urls: true` in the configuration."


class SourceRefused(RequestRefused):
    """The address is not one that is fetched from."""

    code = "source_refused"
    status = 422
    action = "Send the file itself, or name its host under `web: source_hosts:`."


class SourceFailed(RequestRefused):
    """Nothing that can be used came from the address."""

    code = "source_failed"
    status = 422
    action = "Look whether the address shows the file in a browser, or send the file itself."


class NoSuchDraft(RequestRefused):
    """The photo that was looked at is forgotten, or somebody else's."""

    code = "no_such_draft"
    status = 404
    action = "Hand the photo in again."


class TooManyDrafts(RequestRefused):
    """So many photos are looked at that no more are taken now."""

    code = "too_many_drafts"
    status = 503
    action = "Try again in a few minutes, or raise `web: drafts:` in the configuration."
