"""``printd run --demo``: people who hand in pictures, clear beds and decide, as people do.

Every job is real: it is asked for as commands and pages ask, made by the daemon of this process,
and printed by virtual printers. Whatever went wrong was brought about at a printer, as a person's
hand or a loose cable would.
"""

from __future__ import annotations

import secrets
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from printd.core.beds import Beds
from printd.core.board import Condition
from printd.core.compute import Compute, Limits
from printd.core.config import Config
from printd.core.database import FILE, Database
from printd.core.errors import SlicerMissing
from printd.core.fleet import Fleet
from printd.core.given import Given
from printd.core.history import Wanted
from printd.core.jobs import State
from printd.core.lookup import Lookup
from printd.core.requests import Requests
from printd.daemon.demo_pictures import draw_all
from printd.daemon.handed_in import INCOMING
from printd.printers.virtual.hands import Hands
from printd.printers.virtual.history import Fault
from printd.slicers.find import look_for
from printd.web.keys import Scope
from printd.web.kiosk_pin import KioskPin
from printd.web.people import People

S = State
OUT: Final = "corner"
NOTE: Final = "nozzle on order, here on Friday"
LOOK_S: Final = 0.2
STEP_S: Final = 180.0  # of one step, on a slow machine
DRAWING: Final = Limits(memory_bytes=1 << 30, wall_s=120.0)


class Ended(Exception):
    """Somebody has ended the demo meanwhile."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody hands in."""

    who: str
    picture: str
    recipe: str
    said: str  # on the screen
    printer: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


# Printed while one watches; in this order on each printer.
FAILS: Final = Wish("Ben", "star", "small", "a star, whose print will come loose", "window")
GOOD: Final = Wish("Ana", "smiley", "small", "a smiley", "window")
BAD: Final = Wish("Cem", "letter-f", "small", "the letter F", "shelf")
LIES: Final = Wish("Ana", "heart", "small", "a heart", "shelf")
LONG: Final = Wish(
    *("Dora", "landscape", "default", "a landscape that prints for hours", "workbench"),
    {"settings": {"longest_mm": 80}},
)
DOUBT: Final = Wish("Ben", "moon", "small", "a moon, whose start will get lost", "attic")
# These stay where they are.
WAIT: Final[Sequence[Wish]] = (
    Wish("Cem", "star", "bendy", "a bendy star: nobody has loaded TPU"),
    Wish(
        *("Ben", "landscape", "default", "a landscape that fits no printer", None),
        {"settings": {"longest_mm": 400}},
    ),
    Wish("Dora", "star", "coin", "a coin: somebody has to approve it"),
    Wish("Ana", "letter-f", "default", "a relief for later", None, {"hold": True}),
    Wish("Cem", "smiley", "figure", "a figure: first a draft, to choose", None, {"draft": True}),
    Wish("Ben", "moon", "figure", "a figure by a service, which has its price"),
    Wish("Dora", "heart", "at-home", "a figure by a server of one's own, which is switched off"),
)
# These too, because something else was there first.
BEHIND_LONG: Final = Wish("Dora", "heart", "default", "a heart for the workbench", "workbench")
BEHIND_LIES: Final = Wish("Ana", "moon", "light", "a light picture for the shelf", "shelf")
WITHOUT_SLICER: Final = frozenset({"coin", "figure", "at-home"})  # stop before they are sliced
PERSON: Final = "demo"
TRY: Final = """\
What to try:
- "Needs you" on the first page: approve the coin, choose a shape, say whether the moon was printed.
- Clear the bed of the printer on the shelf; the light picture starts there, 60 times as fast.
- The printer on the workbench is slow on purpose: something is always printing.
- Drop a picture of your own into %(drop)s and watch it.
- At the kiosk make something as a visitor would; a picture can come from this machine.
- Commands: printd status --config %(config)s
The two services lead nowhere: nothing is ordered, nothing is paid. Ctrl-C ends it."""


class Demo:
    """The people of the demo, in a thread of the daemon.

    Args:
        folder: of the demo.
        config: what was made of the configuration there.
        tell: says a line on the screen.
    """

    def __init__(self, folder: Path, config: Config, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._config = config
        self._tell = tell
        self._url = f"http://127.0.0.1:{config.web.port}"

    def run(self, stop: threading.Event) -> None:
        """Bring the shop into the state that it is to be shown in; return when it is there."""
        database = Database(self._config.data_dir / FILE)
        try:
            database.use()
            self._let_in(People(database), KioskPin(database))
            hands = Hall(self._folder, self._config, database, self._tell, stop)
            if not hands.jobs.history(Wanted(), limit=1):
                hands.play()
            self._tell(
                TRY
                % {
                    "drop": self._config.drop.path,
                    "config": self._folder / "config.yaml",
                }
            )
        except Ended:
            return
        finally:
            database.close()

    def _let_in(self, people: People, pin: KioskPin) -> None:
        """Give somebody a password of this run, and the kiosk its number."""
        password = secrets.token_urlsafe(8)
        if PERSON in {person.name for person in people.all()}:
            people.set_password(PERSON, password, by=PERSON)
        else:
            people.add(PERSON, Scope.ADMIN, password, by=PERSON)
        digits = f"{secrets.randbelow(10_000):04}"
        pin.set(digits, by=PERSON)
        self._tell(f"The pages: {self._url}/  (name: {PERSON}, password: {password})")
        self._tell(f"The kiosk: {self._url}/kiosk  (staff corner: {digits})")


class Hall:
    """What people do in the shop, one thing after another."""

    def __init__(
        self,
        folder: Path,
        config: Config,
        database: Database,
        tell: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        self.jobs = Lookup(database)
        self._beds = Beds(database)
        self._fleet = Fleet(database)
        self._requests = Requests(database)
        self._pictures = folder / "pictures"
        self._config = config
        self._tell = tell
        self._stop = stop

    def play(self) -> None:
        """Do all of it; what takes too long is left as it is."""
        began_s = time.monotonic()
        self._draw()
        self._open_shop()
        try:
            look_for("prusa", self._config.slicer("prusa").program)
        except SlicerMissing as error:
            self._tell(f"{error.problem} So nothing is printed; the rest is shown all the same.")
            self._fill_line([wish for wish in WAIT if wish.recipe in WITHOUT_SLICER])
        else:
            self._print_some()
        self._tell(f"The shop is as it is to be seen, after {time.monotonic() - began_s:.0f} s.")

    def _draw(self) -> None:
        self._tell("Pictures are drawn.")
        self._pictures.mkdir(exist_ok=True)
        with Compute(workers=1, idle_s=1.0) as compute:
            compute.run(draw_all, self._pictures, limits=DRAWING)

    def _open_shop(self) -> None:
        """Clear the beds; one printer is out of service."""
        names = tuple(self._config.printers)
        self._until(lambda: all(map(self._is_idle, names)), "the printers answer")
        for printer in names:
            if printer != OUT:
                self._clear(printer)
        self._ask("out", {"printer": OUT, "note": NOTE}, "Dora")
        self._tell(f"Dora takes the printer in the {OUT} out of service: {NOTE}.")

    def _print_some(self) -> None:
        """Print a few things, of which some go wrong, while the line behind them fills."""
        self._arm("window", Fault.FAIL_AT_LAYER, 3)
        self._arm("attic", Fault.NEVER_START)
        failing, bad, lost, long = map(self._hand_in, (FAILS, BAD, DOUBT, LONG))
        self._fill_line(WAIT)
        self._wait(failing, S.HELD)
        self._tell("The star has come loose. Ana clears the bed of the printer at the window.")
        self._clear("window")
        good = self._hand_in(GOOD)
        self._wait(bad, S.PRINTED)
        self._sign_off(bad, "Cem", "bad", reason="came loose", note="one corner has lifted")
        lies = self._hand_in(LIES)
        self._drop(LIES)
        self._wait(good, S.PRINTED)
        self._sign_off(good, "Ana", "good")
        self._wait(long, S.PRINTING)
        behind = self._hand_in(BEHIND_LONG)
        self._wait(lies, S.PRINTED)
        last = self._hand_in(BEHIND_LIES)
        self._wait(lost, S.HELD)
        self._wait(behind, S.SLICED)
        self._wait(last, S.SLICED)

    def _fill_line(self, wishes: Sequence[Wish]) -> None:
        """Hand in what waits, and what comes to nothing."""
        for wish in wishes:
            self._hand_in(wish)
        wrong = self._hand_in(Wish("Cem", "smiley", "default", "a smiley, and changes his mind"))
        self._ask("cancel", {"job": wrong, "reason": "the wrong picture"}, "Cem")
        coin = self._hand_in(Wish("Ben", "letter-f", "coin", "a coin with a letter"))
        self._wait(coin, S.HELD)
        seen = self.jobs.job(coin).revision
        reason = "one letter is hard to see so small"
        self._ask("send-back", {"job": coin, "seen": seen, "reason": reason}, "Dora")
        self._tell("Dora sends the coin with a letter back.")

    def _drop(self, wish: Wish) -> None:
        """Drop the picture of a wish: the second time, so somebody has to say that it is meant."""
        name = f"{wish.picture}.png"
        self._tell(f"Somebody drops {name} into the folder {wish.recipe}: the same picture again.")
        beside = self._pictures / f".{name}"
        shutil.copyfile(self._pictures / name, beside)
        beside.rename(self._config.drop.path / wish.recipe / name)

    # What each of them does.

    def _hand_in(self, wish: Wish) -> int:
        """Hand in a picture as ``printd add`` does; return the number of its job."""
        copy = self._config.data_dir / INCOMING / uuid.uuid4().hex
        shutil.copyfile(self._pictures / f"{wish.picture}.png", copy)
        asked = {
            "file": copy.name,
            "given": Given.PHOTO,
            "name": f"{wish.picture}.png",
            "recipe": wish.recipe,
            "settings": {},
            "key": uuid.uuid4().hex,
            "printer": wish.printer,
            **wish.more,
        }
        number = int(self._ask("add", asked, wish.who)["job"])
        self._tell(f"{wish.who} hands in {wish.said} (#{number}).")
        return number

    def _sign_off(self, number: int, who: str, word: str, **more: str) -> None:
        job = self.jobs.job(number)
        if job.state is not S.PRINTED or job.printer is None:
            return  # it took too long, which has been said
        seen = self._beds.get(job.printer).revision
        self._ask("sign-off", {"job": number, "word": word, "bed_clear": seen, **more}, who)
        self._tell(f"{who} takes {job.name} off the bed of {job.printer}: {word}.")

    def _clear(self, printer: str) -> None:
        seen = self._beds.get(printer).revision
        self._ask("bed-clear", {"printer": printer, "seen": seen}, "Ana")

    def _arm(self, printer: str, fault: Fault, value: float = 1.0) -> None:
        """Let the next print there go wrong, as a draught or a loose cable would."""
        Hands(self._config.data_dir / "printers" / printer).arm(fault, value)

    def _ask(self, verb: str, values: Mapping[str, Any], who: str) -> Mapping[str, Any]:
        """Ask the daemon for something, and wait for its answer.

        Raises:
            Ended: meanwhile, or it has said no.
        """
        seq = self._requests.post(verb, values, who=who)
        self._until(lambda: self._requests.answer(seq), f"{verb} is answered")
        answer = self._requests.answer(seq)
        if answer is None or answer.code is not None:
            said = answer.values.get("problem") if answer else "nobody has answered"
            self._tell(f"{verb} was not done: {said}")
            raise Ended
        return answer.values

    # What they wait for.

    def _is_idle(self, printer: str) -> bool:
        row = self._fleet.all().get(printer)
        return row is not None and row.status is not None and row.status.condition is Condition.IDLE

    def _wait(self, number: int, state: State) -> None:
        """Wait until a job is in a state, or cannot come there any more."""
        self._until(
            lambda: (job := self.jobs.job(number)).state is state or job.is_final,
            f"#{number} is {state}",
        )

    def _until(self, is_so: Callable[[], object], what: str) -> None:
        """Wait until something is so; after long enough go on without it.

        Raises:
            Ended: somebody has ended the demo.
        """
        until_s = time.monotonic() + STEP_S
        while not is_so():
            if self._stop.wait(LOOK_S):
                raise Ended
            if time.monotonic() > until_s:
                self._tell(f"It takes long until {what}; the demo goes on without it.")
                return
