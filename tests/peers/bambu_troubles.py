"""What can go wrong around a scripted Bambu printer and the daemon that uses it, drawn by lot.

Each trouble begins and ends at a moment of its own. Those of one group exclude each other.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.peers.bambu import BambuLan
from tests.peers.bambu_machine import ACTIVE
from tests.peers.bambu_person import Person
from tests.peers.bambu_quirks import Quirks
from tests.peers.bambu_speaker import Cut, Speaker
from tests.peers.certificates import Authority
from tests.peers.daemon import Daemon

HEAT_LOST: Final = 0x0300_4000
START: Final = b"project_file"
AT_ONCE: Final = 0.3  # the share of troubles that are there before the job comes
LATEST_S: Final = 4.0  # from the bed's clearing to a trouble
LONGEST_S: Final = 2.5
MOST: Final = 4  # at a time
FAILPOINTS: Final = (
    *(f"move.{side}:{nth}" for nth in (1, 2, 3, 4) for side in ("before", "in", "after")),
    *("mark.before:1", "mark.in:1", "mark.after:1", "start.sent:1"),
    *("recover.before:1", "recover.after:1", "request.in:1"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there."""

    daemon: Daemon
    peer: BambuLan
    person: Person
    chance: random.Random

    @property
    def speaker(self) -> Speaker:
        """The printer's broker."""
        assert isinstance(self.peer.broker, Speaker)
        return self.peer.broker


Act = Callable[[Scene], object]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong, and its end."""

    name: str
    begin: Act
    end: Act = lambda _scene: None
    group: str = ""


def _quirk(name: str, value: Any = True, *, group: str = "") -> Trouble:
    """A fault of the printer."""

    def begin(scene: Scene) -> None:
        setattr(scene.peer.quirks, name, value)

    def end(scene: Scene) -> None:
        setattr(scene.peer.quirks, name, getattr(Quirks(), name))

    return Trouble(name, begin, end, group)


def _drawn(name: str, lowest: float, highest: float, *, group: str = "") -> Trouble:
    """A time of the printer that is drawn."""
    fixed = _quirk(name, group=group)

    def begin(scene: Scene) -> None:
        setattr(scene.peer.quirks, name, scene.chance.uniform(lowest, highest))

    return Trouble(name, begin, fixed.end, group)


def _drops(command: str) -> Trouble:
    def begin(scene: Scene) -> None:
        scene.peer.quirks.drops[command] = scene.chance.randint(1, 2)

    return Trouble(f"drops {command}", begin, lambda scene: scene.peer.quirks.drops.clear())


def _arm(cut: Cut) -> Trouble:
    return Trouble(f"cut {cut} the start", lambda scene: scene.speaker.arm(cut, START))


def _broker(name: str) -> Trouble:
    return Trouble(
        name,
        lambda scene: setattr(scene.speaker, name, True),
        lambda scene: setattr(scene.speaker, name, False),
    )


def _is_idle(scene: Scene) -> bool:
    return scene.peer.hands.state not in ACTIVE


def _strangers_print(scene: Scene) -> None:
    """Let a person print something else, if the printer offers it to them."""
    if _is_idle(scene) and not scene.peer.hands.on_bed:
        scene.peer.hands.start("theirs.gcode.3mf", scene.chance.randint(600, 1200))


def _breaks_down(scene: Scene) -> None:
    if not _is_idle(scene):
        scene.peer.hands.fail(HEAT_LOST)


def _lock(scene: Scene, *, barely: bool) -> None:
    scene.peer.quirks.refuses_barely = barely
    scene.peer.hands.developer_mode(on=False)


def _unlock(scene: Scene) -> None:
    """Switch Developer Mode on; the message of its lock goes with the restart that it wants."""
    scene.peer.quirks.refuses_barely = False
    scene.peer.hands.developer_mode(on=True)
    scene.peer.hands.show(hms=[])


def _other_certificate(scene: Scene) -> None:
    scene.peer.change_certificate(authority=Authority.make())


def _old_certificate(scene: Scene) -> None:
    scene.peer.restore_certificate()
    _kill_daemon(scene)  # or it would look again after a minute only


def _kill_daemon(scene: Scene) -> None:
    if scene.daemon.runs:
        scene.daemon.kill()


def _kill_at_failpoint(scene: Scene) -> None:
    _kill_daemon(scene)
    scene.daemon.launch({"PRINTD_FAULT": f"{scene.chance.choice(FAILPOINTS)}=kill"})


def _signal(scene: Scene, number: int) -> None:
    if scene.daemon.runs:
        scene.daemon.signal(number)


TROUBLES: Final = (
    _arm(Cut.BEFORE),
    _arm(Cut.AFTER),
    Trouble("cut", lambda scene: scene.speaker.cut(), group="power"),
    _broker("half_dead"),
    _broker("withholds_puback"),
    Trouble(
        "unplugged", lambda scene: scene.peer.unplug(), lambda scene: scene.peer.plug_in(), "power"
    ),
    Trouble("power cycle", lambda scene: scene.peer.power_cycle(), group="power"),
    Trouble(
        "power off", lambda scene: scene.peer.kill(), lambda scene: scene.peer.start(), "power"
    ),
    Trouble("other certificate", _other_certificate, _old_certificate, "power"),
    _quirk("doubles_reports"),
    _quirk("swaps_reports"),
    _quirk("bad_bytes"),
    _quirk("silent"),
    _quirk("never_starts"),
    _quirk("never_active"),
    _quirk("starts_silently"),
    _quirk("parses_alone"),
    _quirk("upgrading"),
    _drawn("echo_after_s", 0.1, 3.0),
    _drawn("identity_after_s", 10, 400),
    _drawn("prepare_after_s", 0, 800),
    _drawn("heats_for_s", 0, 300),
    _drops("project_file"),
    _drops("pushall"),
    _drops("get_version"),
    _quirk("truncates_to", 500, group="upload"),
    _quirk("breaks_off_at", 500, group="upload"),
    _quirk("lies_426", group="upload"),
    _drawn("late_226_s", 0.1, 2.0, group="upload"),
    _quirk("refuses_size"),
    _quirk("refuses_store"),
    Trouble(
        "no card",
        lambda scene: scene.peer.hands.take_card(),
        lambda scene: scene.peer.hands.put_card(),
        "card",
    ),
    Trouble("locked", lambda scene: _lock(scene, barely=False), _unlock, "lock"),
    Trouble("locked, barely", lambda scene: _lock(scene, barely=True), _unlock, "lock"),
    Trouble("a stranger's print", _strangers_print),
    Trouble("stopped at the screen", lambda scene: scene.peer.hands.stop()),
    Trouble("breaks down", _breaks_down),
    Trouble(
        "paused",
        lambda scene: scene.peer.hands.pause(),
        lambda scene: scene.peer.hands.resume(),
        "pause",
    ),
    Trouble(
        "filament out",
        lambda scene: scene.peer.hands.run_out(),
        lambda scene: scene.peer.hands.resume(),
        "pause",
    ),
    Trouble("cancelled", lambda scene: scene.person.cancel()),
    Trouble("daemon killed", _kill_daemon, group="daemon"),
    Trouble("daemon killed at a failpoint", _kill_at_failpoint, group="daemon"),
    Trouble(
        "daemon stopped for a while",
        lambda scene: _signal(scene, signal.SIGSTOP),
        lambda scene: _signal(scene, signal.SIGCONT),
        "daemon",
    ),
)


@dataclass(slots=True)
class _Planned:
    trouble: Trouble
    begin_s: float
    end_s: float
    has_begun: bool = False


class Lot:
    """Draws troubles, and lets them begin and end in time.

    Attributes:
        had: how often each trouble has begun.
    """

    def __init__(self, scene: Scene) -> None:
        self.had: Counter[str] = Counter()
        self._scene = scene
        self._planned: list[_Planned] = []

    def draw(self) -> None:
        """Let what is left of the troubles before end, and draw new ones."""
        self.end_all()
        chance, now_s = self._scene.chance, time.monotonic()
        for trouble in self._some(chance.randint(0, MOST)):
            at_once = chance.random() < AT_ONCE
            begin_s = now_s + (0.0 if at_once else chance.uniform(0.0, LATEST_S))
            end_s = begin_s + chance.uniform(0.2, LONGEST_S)
            self._planned.append(_Planned(trouble, begin_s, end_s))
        self.turn()

    def turn(self) -> None:
        """Do what has come due."""
        now_s = time.monotonic()
        for one in [*self._planned]:
            if not one.has_begun and now_s >= one.begin_s:
                one.has_begun = True
                self.had[one.trouble.name] += 1
                one.trouble.begin(self._scene)
            elif one.has_begun and now_s >= one.end_s:
                self._planned.remove(one)
                one.trouble.end(self._scene)

    def end_all(self) -> None:
        """End what has begun; what has not, never begins."""
        begun = [one.trouble for one in self._planned if one.has_begun]
        self._planned.clear()
        for trouble in begun:
            trouble.end(self._scene)

    def _some(self, count: int) -> list[Trouble]:
        """Draw at most one of each group."""
        drawn: dict[str, Trouble] = {}
        for trouble in self._scene.chance.sample(TROUBLES, count):
            drawn.setdefault(trouble.group or trouble.name, trouble)
        return [*drawn.values()]
