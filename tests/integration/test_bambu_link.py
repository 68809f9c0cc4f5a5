"""The MQTT connection to a scripted Bambu printer: when it is trusted, given up, made anew."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from printd.printers.bambu.failures import NoAnswer, OtherCertificate
from printd.printers.bambu.link import Link
from printd.printers.bambu.report import Phase
from printd.printers.bambu.talk import View
from printd.printers.bambu.tls import context_for
from tests.peers.bambu import BambuLan
from tests.peers.bambu_bench import QUICK
from tests.peers.bambu_speaker import Cut, Speaker
from tests.peers.virtual_printer import wait_until

PACE = dataclasses.replace(QUICK, quiet_s=0.6, deaf_s=0.6, first_s=1.0)
mosquitto = pytest.mark.peer("mosquitto")


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[BambuLan]:
    with BambuLan(tmp_path / "printer", broker=Speaker()) as started:
        yield started


def speaker(printer: BambuLan) -> Speaker:
    assert isinstance(printer.broker, Speaker)
    return printer.broker


@contextmanager
def link_to(
    printer: BambuLan,
    saw: Callable[[View], None] = lambda _: None,
    *,
    serial: str = "",
    code: str = "",
    **trust: Any,
) -> Iterator[Link]:
    trust = trust or {"fingerprint": printer.certificate.fingerprint, "ca_file": None}
    serial = serial or printer.serial
    link = Link(
        "left",
        host=printer.host,
        port=printer.mqtt_port,
        serial=serial,
        code=code or printer.code,
        context=context_for(serial, **trust),
        saw=saw,
        pace=PACE,
    )
    try:
        yield link
    finally:
        link.close()


@mosquitto
def test_a_printer_is_seen_and_says_what_it_is(tmp_path: Path) -> None:
    seen: list[View] = []
    with BambuLan(tmp_path) as printer, link_to(printer, seen.append) as link:
        assert link.fresh(5).now.phase is Phase.IDLE
        assert seen
        assert seen[0].last is None
        assert link.version is not None
        assert link.version.product == printer.model.product


def test_who_is_wrong_is_told_what_to_mend(printer: BambuLan) -> None:
    authority = printer.certificate.authority
    with link_to(printer, code="87654321") as link:
        with pytest.raises(NoAnswer, match="access code") as refused:
            link.view(5)
        assert refused.value.lasting
    with (
        link_to(printer, fingerprint="0" * 64, ca_file=None) as link,
        pytest.raises(OtherCertificate, match=printer.certificate.fingerprint),
    ):
        link.view(5)
    with (
        link_to(printer, serial="01P00WRONG") as link,
        pytest.raises(NoAnswer, match="reports nothing for the serial 01P00WRONG"),
    ):
        link.view(5)
    with (
        link_to(printer, serial="01P00WRONG", fingerprint=None, ca_file=authority) as link,
        pytest.raises(NoAnswer, match="not valid for '01P00WRONG'"),
    ):
        link.view(5)
    with link_to(printer, fingerprint=None, ca_file=authority) as link:
        link.view(5)


def test_a_refused_subscription_is_no_connection(printer: BambuLan) -> None:
    speaker(printer).refuses_subscription = True
    with link_to(printer) as link, pytest.raises(NoAnswer, match="does not let printd read"):
        link.view(5)


def test_a_lost_connection_is_made_anew_and_forgets(printer: BambuLan) -> None:
    with link_to(printer) as link:
        before = link.view(5)
        printer.unplug()
        wait_until(lambda: not link.is_on(before.connection), "the loss")
        with pytest.raises(NoAnswer, match="Nothing listens"):
            link.view(5)
        with pytest.raises(NoAnswer):
            link.tell("info", {"command": "get_version"}, connection=before.connection)
        printer.plug_in()
        after = link.view(5)
        assert after.connection != before.connection
        assert after.last is None
        with pytest.raises(NoAnswer, match="another one"):
            link.tell("info", {"command": "get_version"}, connection=before.connection)


def test_an_order_without_its_acknowledgement_is_never_sent_again(printer: BambuLan) -> None:
    speaker(printer).withholds_puback = True
    with link_to(printer) as link:
        view = link.view(5)
        speaker(printer).arm(Cut.AFTER, b"ledctrl")
        link.tell("system", {"command": "ledctrl"}, connection=view.connection, sure=True)
        wait_until(lambda: not link.is_on(view.connection), "the loss")
        link.fresh(5)
        told = [one for _, one in speaker(printer).published if b"ledctrl" in one.payload]
        assert len(told) == 1


def test_a_connection_on_which_nothing_is_heard_is_replaced(printer: BambuLan) -> None:
    with link_to(printer) as link:
        view = link.view(5)
        printer.quirks.silent = True
        wait_until(lambda: not link.is_on(view.connection), "another connection")
        printer.quirks.silent = False
        assert link.view(5).connection != view.connection


def test_a_connection_that_hears_but_is_not_heard_is_replaced(printer: BambuLan) -> None:
    with link_to(printer) as link:
        view = link.view(5)
        speaker(printer).half_dead = True
        with pytest.raises(NoAnswer, match="does not hear"):
            link.fresh(0.5)
        wait_until(lambda: not link.is_on(view.connection), "its end")
        speaker(printer).half_dead = False
        link.fresh(5)


def test_bytes_that_are_no_text_and_doubled_reports_do_no_harm(printer: BambuLan) -> None:
    printer.quirks.bad_bytes = printer.quirks.doubles_reports = True
    with link_to(printer) as link:
        for _ in range(3):
            assert link.fresh(5).now.phase is Phase.IDLE
        assert link.view(0).connection == 1


def test_changes_wake_who_listens(printer: BambuLan) -> None:
    woken: list[bool] = []
    with link_to(printer) as link:
        link.listen(lambda: woken.append(True))
        link.view(5)
        wait_until(lambda: bool(woken), "the first word")
        woken.clear()
        printer.hands.show(nozzle_temper=31.0)
        wait_until(lambda: link.view(0).now.nozzle.now_c == 31.0, "a degree")
        assert not woken
        printer.hands.take_card()
        wait_until(lambda: bool(woken), "the card")


def test_its_end_ends_every_wait(printer: BambuLan) -> None:
    with link_to(printer) as link:
        link.view(5)
        link.close()
        with pytest.raises(NoAnswer, match="about to end"):
            link.view(5)
        assert not link.wait_until(lambda: False, 60)
