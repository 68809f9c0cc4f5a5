"""Log lines: one line per fact, with what it is about in ``key=value`` form."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.log import KEPT, about, last, set_up
from printd.core.secretfile import read_secret
from printd.daemon.watching import Watching

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


def test_no_secret_is_written_and_the_last_lines_are_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("s3cr3t-of-a-service\n")
    file.chmod(0o600)
    secret = read_secret(file)
    set_up("info")
    ours = f"pd_abcdefghij_{'x' * 43}"
    log.info("asked %s, X-Api-Key: hunter22 Authorization: Bearer abc.def", secret)
    log.info("GET https://files.example/a.glb?Expires=17&Signature=abc%%2Fdef&x=1 %s", ours)
    log.warning("http://127.0.0.1:8321/login/%s", "w" * 22)
    log.info("PASS 12345678 is no password of ana")
    log.debug("not kept")
    written = "\n".join(said(capsys))
    kept = [line.text for line in last(4)]
    for hidden in (secret, "hunter22", "abc.def", "abc%2Fdef", "=17", ours, "12345678", "w" * 22):
        assert hidden not in written
        assert all(hidden not in text for text in kept)
    assert "x=1" in kept[1]
    assert kept[3].endswith("PASS *** is no password of ana")
    assert kept[2] == "printd.somewhere: http://127.0.0.1:8321/login/***"
    assert last(2)[0].level == "warning"


def test_only_so_many_lines_are_kept() -> None:
    set_up("info")
    for number in range(KEPT + 5):
        log.info("line %s", number)
    assert len(last(2 * KEPT)) == KEPT
    assert last(1)[0].text == f"printd.somewhere: line {KEPT + 4}"


def test_what_comes_for_a_folder_that_is_not_watched_any_more_is_no_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up("info")
    Watching(lambda: None)
    library = logging.getLogger("watchdog.observers.inotify")
    library.error("InotifyEmitter.queue_events() called when the thread is inactive")
    assert said(capsys) == []
    library.error("Unable to rebuild recursive inotify watches below '/drop'")
    assert len(said(capsys)) == 1
