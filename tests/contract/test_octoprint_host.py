"""Send to printer: the requests that slicers make, byte for byte, at the real daemon."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from printd.core.jobs import State
from printd.geometry.files.meshio import write_stl
from printd.web.keys import Keys, Scope
from printd.web.logins import COOKIE, Logins
from tests.peers.bodies import body_of
from tests.peers.daemon import SERVED, Daemon
from tests.peers.gcode_corpus import BLOCK, END, PRINT, START
from tests.peers.no_tls import NO_TLS
from tests.peers.sending import GOOD, UPLOAD, Host
from tests.peers.slicers import CURA, PRUSA, SLICERS, Slicer, chunked

FOR_KLIPPER = (START + "SET_PRESSURE_ADVANCE ADVANCE=0.04\n" + PRINT + END).encode()
LONG = (START + PRINT * 500 + END).encode()
TOO_HOT = (START + "M104 S400\n" + PRINT + END).encode()
SETTINGS = {
    **SERVED,
    "printers": {
        "p1": {"kind": "virtual", "speed": 1.0},
        "fine": {"kind": "virtual", "speed": 1.0, "profile": "voron-250"},
    },
    "limits": {"per_key": {"waiting": 1}},
}
READ_BY_CURA = {
    **dict.fromkeys(
        ("error", "closedOrError", "paused", "pausing", "printing", "cancelling"), False
    ),
    **dict.fromkeys(("ready", "operational"), True),
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with Daemon(tmp_path_factory.mktemp("host"), SETTINGS) as daemon:
        yield Host(daemon)


# The test button.


def test_the_test_button_finds_an_octoprint(host: Host) -> None:
    said = host.get("/any/api/version")
    assert said.status == 200
    assert set(said.values) == {"api", "server", "text"}
    assert said.values["text"].startswith("OctoPrint (printd ")


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", "This needs a key. Make one with `printd keys create` and paste it as the API key"),
        ("wrong", "This key is not known here. Make one with"),
    ],
)
def test_without_a_good_key_it_shows_one_sentence(host: Host, key: str, sentence: str) -> None:
    said = host.get("/any/api/version", key=key)
    assert said.status == 403
    assert said.text.startswith(sentence)
    assert said.headers["content-type"].startswith("text/plain")


def test_a_key_that_is_revoked_between_test_and_upload_is_told_with_its_day(host: Host) -> None:
    key = host.new_key("old-laptop")
    assert host.get("/p1/api/version", key=key).status == 200
    with host.daemon.store() as store:
        Keys(store.database).revoke("old-laptop", by="test")
    said = host.send(name="late.gcode", key=key)
    assert said.status == 403
    assert said.text.startswith("The key old-laptop was revoked on ")
    assert host.named("late.gcode") == []


def test_a_name_that_is_not_ours_is_told_in_a_sentence_too(host: Host) -> None:
    with host.line() as line:
        line.send(PRUSA.head("GET", "/octoprint/any/api/version", host.key, "print.local:8321"))
        said = line.answer()
    assert said.status == 421
    assert said.text.startswith("The name in this request's Host is not one of this server's. Add")


@pytest.mark.parametrize("path", ["/gone/api/version", "/gone/api/files/local", "/p1/api/nothing"])
def test_an_address_that_is_none_is_told(host: Host, path: str) -> None:
    said = host.get(path)
    assert said.status in (404, 405)
    assert "nothing is at this address" in said.text or "There is no printer 'gone'" in said.text


@pytest.mark.parametrize("path", ["/octoprint/api/version", "/api/version"])
def test_the_test_button_of_half_an_address_shows_how_it_goes_on(host: Host, path: str) -> None:
    with host.line() as line:
        line.send(PRUSA.head("GET", path, host.key, f"{host.host}:{host.port}"))
        said = line.answer()
    assert said.status == 404
    assert said.text.startswith("End the address in /octoprint/any, or in /octoprint/ and")
    assert said.headers["content-type"].startswith("text/plain")


def test_cura_is_answered_all_that_it_asks_before_it_sends(host: Host) -> None:
    answers = {
        path: host.get(f"/p1/api/{path}", slicer=CURA)
        for path in ("settings", "version", "printerprofiles", "printer", "job", "currentuser")
    }
    assert {said.status for said in answers.values()} == {200}
    profile = answers["printerprofiles"].values["profiles"]["_default"]
    assert (profile["name"], profile["current"]) == ("p1", True)
    state = answers["printer"].values["state"]
    assert state["text"] == "Operational"
    assert {name: state["flags"][name] for name in READ_BY_CURA} == READ_BY_CURA
    assert answers["job"].values["job"]["file"]["name"] is None
    body = b'{"passive": true}'
    more = {"Content_Length": str(len(body)), "Content_Type": "application/json"}
    with host.line() as line:
        line.send(host.head(CURA, "POST", "/p1/api/login", None, **more), body)
        assert line.answer().values["name"] == "key:laptop"


@pytest.mark.parametrize("path", ["job", "printer/command", "files/local/part.gcode"])
def test_nothing_can_be_moved_started_or_stopped(host: Host, path: str) -> None:
    body = b'{"command": "start"}'
    more = {"Content_Length": str(len(body)), "Content_Type": "application/json"}
    with host.line() as line:
        line.send(host.head(CURA, "POST", f"/p1/api/{path}", None, **more), body)
        said = line.answer()
    assert said.status == 409
    assert said.text.startswith("Printers are controlled in printd itself.")


# Uploads.


@pytest.mark.parametrize("slicer", SLICERS, ids=lambda slicer: slicer.name)
@pytest.mark.parametrize("prints", [False, True], ids=["upload", "upload and print"])
def test_an_upload_is_held_and_an_upload_to_print_waits_for_its_turn(
    host: Host, slicer: Slicer, prints: bool
) -> None:
    name = f"{slicer.name}-{prints}.gcode"
    said = host.send(slicer, name=name, prints=prints)
    assert said.status == 201
    assert (said.values["done"], said.values["effectivePrint"]) == (True, False)
    assert said.values["files"]["local"]["name"] == name
    assert said.headers["location"].endswith(f"/octoprint/any/api/files/local/{name}")
    job = host.job(name)
    assert (job.owner, job.source) == ("key:laptop", "slicer")
    if prints:
        assert job.state is State.SLICED
    else:
        assert job.state is State.HELD
        assert job.because is not None
        assert job.because.code == "needs_release"
    host.assert_nothing_stays()


def test_a_file_for_another_kind_of_printer_is_held_and_waits_for_a_person(host: Host) -> None:
    for queue in ("p1", "fine"):
        name = f"for-{queue}.gcode"
        said = host.send(content=FOR_KLIPPER, name=name, queue=queue, prints=True)
        assert said.status == 201
        assert host.job(name).only_on == frozenset({queue})
    job = host.job("for-p1.gcode")
    assert job.because is not None
    assert (job.state, job.because.code) == (State.HELD, "wrong_kind")
    assert job.because.problem == "The file was sliced for voron-250; p1 is generic."
    assert host.job("for-fine.gcode").state is State.SLICED
    # As its action says.
    assert host.daemon.cli("move", job.number, "--to", "fine").returncode == 0
    assert host.daemon.cli("release", job.number).returncode == 0
    job = host.job("for-p1.gcode")
    assert (job.state, job.only_on) == (State.SLICED, frozenset({"fine"}))


@pytest.mark.parametrize("queue", ["any", "p1"])
def test_a_file_for_another_nozzle_is_taken_and_held(host: Host, queue: str) -> None:
    content = GOOD + BLOCK.replace("0.4", "0.6").encode()
    said = host.send(content=content, name=f"wide-{queue}.gcode", queue=queue, prints=True)
    assert said.status == 201
    job = host.job(f"wide-{queue}.gcode")
    assert job.because is not None
    assert (job.state, job.because.code) == (State.HELD, "wrong_kind")
    assert "for a nozzle of 0.6 mm, not 0.4 mm" in job.because.problem


@pytest.mark.parametrize(
    ("content", "name", "status", "sentence"),
    [
        (TOO_HOT, "hot.gcode", 422, "The G-code is refused for p1 (generic). G2, line 8: M104: "),
        (b"", "empty.gcode", 422, "The G-code is refused for "),
        (GOOD[:100], "cut.gcode", 422, "The G-code is refused for "),
        (b"GCDE" + bytes(40), "binary.bgcode", 422, "The G-code is refused for "),
        (GOOD, "part.stl", 415, "This is no file of G-code. Send a .gcode or .gcode.3mf file."),
        (GOOD, "part.gcode.3mf", 422, "No printer of this configuration takes .gcode.3mf files."),
    ],
)
def test_what_may_not_be_printed_is_refused_in_a_sentence_that_the_slicer_shows(
    host: Host, content: bytes, name: str, status: int, sentence: str
) -> None:
    said = host.send(content=content, name=name, prints=True)
    assert (said.status, said.text[: len(sentence)]) == (status, sentence)
    assert "Traceback" not in said.text
    assert host.named(name) == []
    host.assert_nothing_stays()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Häuschen 模型.gcode", "Häuschen 模型.gcode"),
        ('a "quoted" name.gcode', 'a "quoted" name.gcode'),
        ("../../etc/cron.d/x.gcode", "x.gcode"),
        ("C:\\prints\\y.gcode", "y.gcode"),
        ("short.gco", "short.gco"),
        ("SHORT.G", "SHORT.G"),
    ],
)
def test_names_are_shown_and_are_never_paths(host: Host, sent: str, shown: str) -> None:
    assert host.send(name=sent).status == 201
    assert host.job(shown).state is State.HELD


def test_two_clicks_are_one_job(host: Host) -> None:
    for _ in range(2):
        assert host.send(name="click.gcode").status == 201
    assert len(host.named("click.gcode")) == 1


def test_a_key_that_has_enough_waiting_is_told_before_it_sends(host: Host) -> None:
    key = host.new_key("class", Scope.SUBMIT)
    assert host.send(name="first.gcode", key=key).status == 201
    assert host.job("first.gcode").settings["limits"] == "key"
    with host.line() as line:
        line.send(_expecting(host, 2_000_000, key))
        said = line.answer()
    assert (said.status, list(said.interim)) == (429, [])
    assert said.text == (
        "1 job of the key class waits to be printed; 1 may. "
        "Hand it in again when it has been printed."
    )


@pytest.mark.peer("curl")
@pytest.mark.parametrize(("prints", "state"), [("false", State.HELD), ("true", State.SLICED)])
def test_curl_sends_as_the_library_of_two_slicers_does(
    host: Host, tmp_path: Path, prints: str, state: State
) -> None:
    name = f"by-curl-{prints}.gcode"
    (tmp_path / name).write_bytes((START + PRINT * 30_000 + END).encode())
    fields = [f"print={prints}", "path=", f"file=@{name};type=application/octet-stream"]
    done = subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--verbose", "-H", f"X-Api-Key: {host.key}"),
            *(word for field in fields for word in ("--form", field)),
            f"http://{host.host}:{host.port}/octoprint/any/api/files/local",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert "< HTTP/1.1 100 Continue" in done.stderr  # more than a megabyte is announced first
    assert "< HTTP/1.1 201 Created" in done.stderr
    assert json.loads(done.stdout)["files"]["local"]["name"] == name
    assert host.job(name).state is state


@pytest.fixture(scope="module")
def sliced(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """What PrusaSlicer makes of a cube for a printer."""
    folder = tmp_path_factory.mktemp("sliced")
    write_stl(folder / "cube.stl", body_of(((0, 0, 0), (10, 10, 5))))

    def file(printer: str) -> bytes:
        out = folder / f"{printer}.gcode"
        done = host.daemon.cli("slice", folder / "cube.stl", "--printer", printer, "-o", out)
        assert done.returncode == 0, done.stderr
        return out.read_bytes()

    return file


@pytest.mark.peer("prusa-slicer")
@pytest.mark.parametrize("prints", [False, True], ids=["upload", "upload and print"])
def test_what_prusaslicer_itself_has_sliced_is_taken(
    host: Host, sliced: Callable[[str], bytes], prints: bool
) -> None:
    name = f"sliced-{prints}.gcode"
    assert host.send(content=sliced("generic"), name=name, prints=prints).status == 201
    assert host.job(name).state is (State.SLICED if prints else State.HELD)
    assert "from PrusaSlicer</bdi> (<bdi>key:laptop</bdi>)" in queue_page(host, name)
    shown = host.daemon.cli("show", str(host.job(name).number))
    assert "of key:laptop, from PrusaSlicer" in shown.stdout


def queue_page(host: Host, search: str) -> str:
    """Return the page of the queue, as an operator sees it who looks for a name."""
    with host.daemon.store() as store:
        word = Logins(store.database).begin("Ana", Scope.OPERATE)
    at = f"http://{host.host}:{host.port}/queue"
    with httpx.Client(cookies={COOKIE: word}, verify=NO_TLS) as client:
        return client.get(at, params={"search": search}, headers={"Accept": "text/html"}).text


@pytest.mark.peer("prusa-slicer")
def test_what_prusaslicer_has_sliced_for_another_printer_is_held(
    host: Host, sliced: Callable[[str], bytes]
) -> None:
    assert host.send(content=sliced("prusa-mk4"), name="mk4.gcode", prints=True).status == 201
    job = host.job("mk4.gcode")
    assert job.because is not None
    assert (job.state, job.because.code) == (State.HELD, "wrong_kind")
    assert "MK4" in job.because.problem


# The wire.


def test_a_chunked_body_is_taken(host: Host) -> None:
    body = PRUSA.form(LONG, "chunked.gcode", prints=False)
    more = {"Transfer_Encoding": "chunked", "Content_Type": PRUSA.form_type()}
    with host.line() as line:
        line.send(host.head(PRUSA, "POST", f"/any{UPLOAD}", None, **more), *chunked(body))
        assert line.answer().status == 201
    assert host.job("chunked.gcode").state is State.HELD


def test_a_body_that_waits_for_100_is_asked_for(host: Host) -> None:
    body = PRUSA.form(GOOD, "expected.gcode", prints=False)
    with host.line() as line:
        line.send(_expecting(host, len(body), None))
        assert line.interim() == 100
        line.send(body)
        assert line.answer().status == 201


@pytest.mark.parametrize(
    ("key", "length", "status", "sentence"),
    [
        ("wrong", 2_000_000, 403, "This key is not known here."),
        (None, 600_000_000, 413, "Such a file may have up to 500 MB."),
    ],
)
def test_what_will_be_refused_is_not_asked_for(
    host: Host, key: str | None, length: int, status: int, sentence: str
) -> None:
    with host.line() as line:
        line.send(_expecting(host, length, key))
        said = line.answer()
    assert (said.status, list(said.interim)) == (status, [])
    assert said.text.startswith(sentence)


def test_a_full_disk_is_told_before_the_file_is_sent(tmp_path: Path) -> None:
    with Daemon(tmp_path, {**SERVED, "limits": {"free_mb": 1e9}}) as daemon:
        host = Host(daemon)
        with host.line() as line:
            line.send(_expecting(host, 2_000_000, None))
            said = line.answer()
    assert (said.status, list(said.interim)) == (507, [])
    assert said.text.startswith("There is not enough room on the disk for this upload. ")


def _expecting(host: Host, length: int, key: str | None) -> bytes:
    more = {"Content_Length": str(length), "Content_Type": PRUSA.form_type()}
    return host.head(PRUSA, "POST", f"/any{UPLOAD}", key, **more, Expect="100-continue")


def test_a_connection_that_is_cut_leaves_nothing(host: Host) -> None:
    before = len(host.daemon.jobs())
    head, body = host.upload(PRUSA, LONG * 40, "cut-off.gcode", prints=True)
    incoming = host.daemon.data / "incoming"
    with host.line() as line:
        line.send(head, body[: len(body) // 2])
        host.daemon.wait_until(lambda: list(incoming.iterdir()), "half of it has come")
    host.assert_nothing_stays()
    assert len(host.daemon.jobs()) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        PRUSA.form(GOOD, "broken.gcode", prints=True)[:-20],
        PRUSA.form(GOOD, "broken.gcode", prints=True).replace(b'name="file"', b'name="other"'),
    ],
    ids=["nothing", "no form", "without its end", "without a file"],
)
def test_a_body_that_is_no_whole_form_is_refused(host: Host, body: bytes) -> None:
    more = {"Content_Length": str(len(body)), "Content_Type": PRUSA.form_type()}
    with host.line() as line:
        line.send(host.head(PRUSA, "POST", f"/any{UPLOAD}", None, **more), body)
        said = line.answer()
    assert 400 <= said.status < 500
    assert said.headers["content-type"].startswith("text/plain")
    assert host.named("broken.gcode") == []
    host.assert_nothing_stays()
