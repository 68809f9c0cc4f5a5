"""What all routes share: the tools, the view, who may come in, who listens."""

from __future__ import annotations

from dataclasses import dataclass

from printd.web.access import Access
from printd.web.bounds import Bounds
from printd.web.drafts import Drafts
from printd.web.hub import Hub
from printd.web.kiosk_pin import StaffCorner
from printd.web.logins import Links
from printd.web.pages.rendering import Rendering
from printd.web.previews import Previews
from printd.web.small_pictures import SmallPictures
from printd.web.tally import Tally
from printd.web.tickets import Tickets
from printd.web.tools import WebTools
from printd.web.uploads import Uploads
from printd.web.view import View
from printd.web.visits import Visits
from printd.web.watch import Watch


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of one server."""

    tools: WebTools
    view: View
    access: Access
    uploads: Uploads
    hub: Hub
    watch: Watch
    tally: Tally
    bounds: Bounds
    links: Links
    pages: Rendering
    drafts: Drafts
    previews: Previews
    small_pictures: SmallPictures
    visits: Visits
    tickets: Tickets
    staff: StaffCorner
    url: str  # where this machine reaches it, such as http://127.0.0.1:8321
