"""How a scripted Bambu printer answers what is published to it.

Each answer repeats the request; ``success`` means received, not done. Commands of ``print`` need
Developer Mode. Source: OpenBambuAPI mqtt.md and cloud-x509-auth.md, read 2026-10.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from tests.peers import bambu_errors
from tests.peers.bambu_journal import Deed, Journal, Line
from tests.peers.bambu_machine import Machine, Wish

LARGEST_ID: Final = 2**31 - 1
REFUSED: Final = "mqtt message verify failed"
PUSHED: Final = frozenset({"pushall", "start"})


class Orders:
    """Takes requests.

    Args:
        machine: that does them.
        serial: of it.
        journal: of start commands that arrive.
    """

    def __init__(self, machine: Machine, serial: str, journal: Journal) -> None:
        self._machine = machine
        self._serial = serial
        self._journal = journal
        self.received: list[dict[str, Any]] = []
        self._commands: dict[str, Callable[[dict[str, Any]], None]] = {
            "pause": lambda _body: machine.pause(),
            "resume": lambda _body: machine.resume(),
            "stop": lambda _body: machine.stop(),
            "clean_print_error": lambda _body: machine.clean_error(),
            "ledctrl": self._light,
            "project_file": self._start,
        }

    def take(self, payload: bytes) -> tuple[list[dict[str, Any]], bool]:
        """Do what a request says; returns the answers, and whether a full report was asked for."""
        try:
            request = json.loads(payload)
            parts = [(kind, body, str(body["command"])) for kind, body in request.items()]
        except (ValueError, KeyError, TypeError, AttributeError):
            return [], False  # the firmware ignores what it cannot read
        self.received.append(request)
        answers: list[dict[str, Any]] = []
        wants_all = False
        for kind, body, command in parts:  # most send one; bambulabs_api asks three at once
            if command == "project_file":
                self._journal.write(Line(Deed.ORDER, _file(body), str(body.get("subtask_id", ""))))
            if self._machine.quirks.drop(command):
                continue
            wants_all |= kind == "pushing" and command in PUSHED
            answers += self._answers(kind, command, body)
        return answers, wants_all

    def _answers(self, kind: str, command: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        if kind == "pushing":
            return []
        if command == "get_version":
            return [{kind: {**body, "module": self._modules(), "result": "success"}}]
        if kind == "print" and not self._machine.quirks.developer_mode:
            return self._refused(kind, body)
        return self._done(kind, command, body)

    def _done(self, kind: str, command: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        action = self._commands.get(command)
        if action is not None:
            action(body)
        if command == "project_file" and self._machine.quirks.starts_silently:
            return []
        return [{kind: {**body, "result": "success", "reason": "success"}}]

    def _refused(self, kind: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        if self._machine.quirks.refuses_barely:
            self._machine.shown["hms"] = [bambu_errors.UNSIGNED_HMS]
            return [{kind: dict(body)}]
        answer = {"result": "failed", "reason": REFUSED, "err_code": bambu_errors.UNSIGNED}
        return [{kind: {**body, **answer}}]

    def _start(self, body: dict[str, Any]) -> None:
        file = _file(body)
        mapping = body.get("ams_mapping") or [0]
        self._machine.start(
            Wish(
                url=str(body.get("url", "")),
                plate=str(body.get("param", "")),
                file=file,
                subtask_name=str(body.get("subtask_name", "")),
                id=self._kept(body.get("subtask_id")),
                task_id=self._kept(body.get("task_id")),
                project_id=self._kept(body.get("project_id")),
                trays=tuple(mapping) if body.get("use_ams") else (),
            )
        )

    def _kept(self, said: object) -> str:
        text = str(said or "0")
        if self._machine.model.clamps_ids and text.isdigit():
            return str(min(int(text), LARGEST_ID))
        return text

    def _light(self, body: dict[str, Any]) -> None:
        known = ("led_node", "led_mode", "led_on_time", "led_off_time", "loop_times")
        if all(name in body for name in (*known, "interval_time")):
            light = {"node": body["led_node"], "mode": body["led_mode"]}
            self._machine.shown["lights_report"] = [light]

    def _modules(self) -> list[dict[str, Any]]:
        product = self._machine.model.product
        return [
            {"name": "ota", "sw_ver": "01.09.00.00", "product_name": product, "sn": self._serial},
            {"name": "mc", "sw_ver": "00.00.30.42", "hw_ver": "MC07", "sn": ""},
        ]


def _file(body: dict[str, Any]) -> str:
    return str(body.get("file") or str(body.get("url", "")).rpartition("/")[2])
