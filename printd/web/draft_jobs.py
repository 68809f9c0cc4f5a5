"""From a draft to a job: its photo is handed in like any upload, and only then the draft goes.

A draft is one job for each key of the client, and that without a key, too: a button that is
touched twice, or an answer that got lost, makes no second one. The key is written with the request,
so that it counts as well when the draft is gone, or the daemon was started again.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from dataclasses import replace

from printd.core.files import disk_problem, make_folder, sync_folder
from printd.core.jobs import Job
from printd.web.access import Caller
from printd.web.drafts import Draft
from printd.web.handing_in import Wish, hand_in, job_of_key
from printd.web.previews import overrides_of
from printd.web.problems import NoSuchDraft
from printd.web.site import Site
from printd.web.uploads import INCOMING, Kept, Upload


def job_of_draft(
    site: Site,
    caller: Caller,
    draft_id: str,
    wish: Wish,
    *,
    preset: str | None = None,
    client_key: str = "",
    keep: bool = False,
) -> tuple[Job, bool]:
    """Make a job of a draft and wait for it.

    Args:
        site: the server.
        caller: whose draft, and whose job it is.
        draft_id: of the draft.
        wish: what is to be made of it; its settings are a person's own.
        preset: in place of that of the recipe.
        client_key: another one makes another job.
        keep: the draft is not forgotten.

    Returns:
        The job, and whether it is a new one.

    Raises:
        NoSuchDraft: there is none, and none that became a job by this key.
        RecipeUnknown, SettingInvalid: what is asked for is not known.
        KeyReused, DaemonRefused, StillBusy: as ``hand_in``; the draft is still there.
    """
    key = key_of_draft(draft_id, client_key)
    said = overrides_of(site.tools.config, wish.recipe, preset, wish.settings or {})
    try:
        draft = site.drafts.of(draft_id, caller.who)
        with draft.handing_in:
            upload = _handed_over(site, draft)
            made = hand_in(site.tools, caller, upload, replace(wish, settings=said), key)
            if not keep:
                site.drafts.forget(draft_id, caller.who)
            return made
    except NoSuchDraft:  # by now; a request before this one may have made the job
        job = job_of_key(site.tools, caller, key)
        if job is None:
            raise
        return job, False


def key_of_draft(draft_id: str, client_key: str) -> str:
    """Return the key by which a draft is one job."""
    return f"draft {draft_id} {client_key}"


def _handed_over(site: Site, draft: Draft) -> Upload:
    """Give the photo a second name where the daemon takes it from, synced like an upload."""
    folder = site.tools.config.data_dir / INCOMING
    make_folder(folder)
    place = folder / uuid.uuid4().hex
    try:
        os.link(draft.photo, place)
        sync_folder(folder)
    except FileNotFoundError as error:
        raise NoSuchDraft("There is no such draft any more.") from error
    except OSError as error:
        with suppress(OSError):
            place.unlink()
        raise disk_problem(error, place) from error
    return Upload(Kept(place, draft.sha256), {}, draft.name, {})
