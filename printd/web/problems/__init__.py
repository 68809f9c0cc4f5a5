"""What the API cannot do, as ``{code, problem, action, details}``, each with its status.

The words are those of ``core/errors``; what only a request can do wrong stands here, by the room
it belongs to. No problem repeats what was sent, but for names that were made fit to be shown.
"""

from printd.web.problems.entry import *
from printd.web.problems.kiosk import *
from printd.web.problems.not_now import *
from printd.web.problems.requests import *
from printd.web.problems.uploads import *
from printd.web.problems.words import *
