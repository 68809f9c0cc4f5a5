"""Every error of printd, by the room it belongs to; ``kinds.py`` says what becomes of each."""

from printd.core.errors.asking import *
from printd.core.errors.holds import *
from printd.core.errors.kinds import *
from printd.core.errors.machine import *
from printd.core.errors.models import *
from printd.core.errors.photos import *
from printd.core.errors.printers import *
from printd.core.errors.services import *
from printd.core.errors.slicing import *
