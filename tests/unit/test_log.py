"""Log lines: one line per fact, with what it is about in ``key=value`` form."""

import logging
from collections.abc import Iterator

import pytest

from printd.core.log import about, set_up

log = logging.getLogger("printd.somewhere")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    loggers = [logging.getLogger(), logging.getLogger("printd")]
    before = [(one, one.handlers, one.level, one.propagate) for one in loggers]
    yield
    for one, handlers, level, propagate in before:
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_line_says_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    with about(job=41, step="meshed"):
        log.info("done in %s s", 2)
        with about(printer="left"):
            log.info("deeper")
    log.info("outside")
    first, second, third = said(capsys)
    assert first.endswith("printd.somewhere: done in 2 s job=41 step=meshed")
    assert second.endswith("deeper job=41 step=meshed printer=left")
    assert third.endswith("printd.somewhere: outside")


def test_an_error_inside_leaves_no_words_behind(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    with pytest.raises(ZeroDivisionError), about(job=41):
        raise ZeroDivisionError
    log.info("outside")
    assert "job=41" not in said(capsys)[0]


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("warning")
    log.info("quiet")
    log.warning("loud")
    assert [line.split(": ")[1] for line in said(capsys)] == ["loud"]


def test_a_name_with_a_newline_cannot_forge_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    log.info("took %s", "cat\n2026-05-03 INFO worker printd: job=1 deleted.jpg")
    first, second = said(capsys)
    assert first.endswith("took cat")
    assert second.startswith("  ")


def test_set_up_twice_says_everything_once(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    set_up("info")
    log.info("once")
    assert len(said(capsys)) == 1


def test_other_libraries_are_heard_when_they_warn(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("debug")
    logging.getLogger("watchdog").info("chatter")
    logging.getLogger("watchdog").warning("trouble")
    assert len(said(capsys)) == 1


def test_a_traceback_is_indented_under_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        log.exception("fault")
    first, *rest = said(capsys)
    assert first.endswith("fault")
    assert all(line.startswith("  ") for line in rest)
