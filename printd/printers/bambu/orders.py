"""What a Bambu printer is told while it prints, and its light.

An order is acknowledged by the printer's broker, which says nothing of what comes of it: that is
read from the reports. What takes longer is seen by the monitor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from printd.core.errors import NotPossibleNow
from printd.printers.bambu.contact import Contact
from printd.printers.bambu.errors import refusal_in
from printd.printers.bambu.report import Phase
from printd.printers.bambu.talk import Body, View

OBEY_S: Final = 10.0
LIGHT: Final[Body] = {
    "command": "ledctrl",
    "led_node": "chamber_light",
    "led_on_time": 500,
    "led_off_time": 500,
    "loop_times": 0,
    "interval_time": 0,
}


class Orders:
    """Orders to one printer; each raises ``PrinterOffline`` when it does not answer."""

    def __init__(self, contact: Contact) -> None:
        self._contact = contact
        self._name = contact.name

    def cancel(self, print_name: str) -> None:
        """Stop this print and only this one; returns when it has stopped, or soon after."""
        view = self._contact.running(print_name)
        if view is None:
            return
        self._contact.note("cancel", print_name)
        self._obey(view, "stop", lambda: self._contact.running(print_name) is None)

    def stop_foreign(self) -> None:
        """Stop what others have started."""
        view = self._contact.foreign()
        if view is None:
            raise NotPossibleNow(f"{self._name} prints nothing that others have started.")
        self._obey(view, "stop", lambda: self._contact.foreign() is None)

    def pause(self, print_name: str) -> None:
        """Let this print rest."""
        self._change(print_name, Phase.RUNNING, Phase.PAUSE, "pause")

    def resume(self, print_name: str) -> None:
        """Let this print go on."""
        self._change(print_name, Phase.PAUSE, Phase.RUNNING, "resume")

    def _change(self, print_name: str, before: Phase, after: Phase, command: str) -> None:
        """Bring this print from one state to another; states in between are waited out."""

        def is_in(*phases: Phase) -> bool:
            view = self._contact.running(print_name)
            if view is None:
                raise NotPossibleNow(f"{self._name} does not print {print_name}.")
            return view.now.phase in phases

        if not self._contact.link.wait_until(lambda: is_in(before, after), OBEY_S):
            raise NotPossibleNow(f"{self._name} still prepares {print_name}.")
        if is_in(after):
            return
        view = self._contact.running(print_name)
        if view is not None:
            self._obey(view, command, lambda: is_in(after))

    def light(self, *, on: bool) -> None:
        """Switch the light of the chamber; works without Developer Mode, too."""
        with self._contact.asked():
            view = self._contact.view()
            body = {**LIGHT, "led_mode": "on" if on else "off"}
            self._contact.link.tell("system", body, connection=view.connection, sure=True)

    def _obey(self, view: View, command: str, is_so: Callable[[], bool]) -> None:
        """Give an order, and its effect some time."""
        link = self._contact.link
        with self._contact.asked():
            number = link.tell(
                "print", {"command": command, "param": ""}, connection=view.connection, sure=True
            )

        def is_done() -> bool:
            refusal = refusal_in(link.answer(number))
            if refusal is not None:
                raise NotPossibleNow(f"{self._name} refused: {refusal}.", action=refusal.action)
            return is_so()

        link.wait_until(is_done, OBEY_S)
