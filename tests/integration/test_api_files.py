"""Files of jobs, whole and in parts; figures for Prometheus."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from printd.core.jobs import Job, State
from printd.web.keys import Scope
from printd.web.parts import asked_for
from tests.peers.api import Api, served
from tests.peers.no_tls import NO_TLS
from tests.peers.stores import clear_bed, job_in
from tests.photos import textured

CONTENT = bytes(range(256)) * 100
MODEL = {"size_mm": (20.0, 20.0, 2.0)}
GCODE = {"print_time_s": 600.0, "filament_g": 3.5, "layers": 10, "material": "PLA"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with served(tmp_path) as running:
        yield running


def job_with_files(api: Api) -> Job:
    job = job_in(api.store, State.SLICED, 1, photo={"format": "JPEG"}, model=MODEL, gcode=GCODE)
    folder = api.config.data_dir / "jobs" / job.id
    folder.mkdir(parents=True)
    for name in ("photo.bin", "model.stl", "preview.png", "toolpath.png", "print.gcode"):
        (folder / name).write_bytes(name.encode() + CONTENT)
    (folder / "slice.log").write_text("sliced\n")
    return job


def test_a_picture_for_lists_is_small(api: Api) -> None:
    job = job_with_files(api)
    preview = api.config.data_dir / "jobs" / job.id / "preview.png"
    textured(640, 480).save(preview)
    with api.client() as client:
        small = client.get("/jobs/1/thumbnail?size=small")
        again = client.get(
            "/jobs/1/thumbnail?size=small", headers={"If-None-Match": small.headers["etag"]}
        )
        whole = client.get("/jobs/1/thumbnail")
        preview.write_bytes(b"no picture")
        instead = client.get("/jobs/1/thumbnail?size=small")
    assert small.status_code == 200
    with Image.open(BytesIO(small.content)) as picture:
        assert max(picture.size) == 168
    assert len(small.content) < 15_000
    assert again.status_code == 304
    assert len(whole.content) > 10 * len(small.content)
    assert instead.content == b"no picture"
    assert [*(api.config.data_dir / "incoming").iterdir()] == []


@pytest.mark.parametrize(
    ("what", "kind", "file", "name"),
    [
        ("photo", "image/jpeg", "photo.bin", 'attachment; filename="1-photo"'),
        ("mesh", "model/stl", "model.stl", 'attachment; filename="1-mesh.stl"'),
        ("thumbnail", "image/png", "preview.png", 'inline; filename="1-thumbnail.png"'),
        ("toolpath", "image/png", "toolpath.png", 'inline; filename="1-toolpath.png"'),
        (
            "gcode",
            "application/octet-stream",
            "print.gcode",
            'attachment; filename="1-gcode.gcode"',
        ),
    ],
)
def test_a_file_comes_whole_in_parts_and_not_again(
    api: Api, what: str, kind: str, file: str, name: str
) -> None:
    job_with_files(api)
    expected = file.encode() + CONTENT
    with api.client() as client:
        whole = client.get(f"/jobs/1/{what}")
        part = client.get(f"/jobs/1/{what}", headers={"Range": "bytes=5-99"})
        end = client.get(f"/jobs/1/{what}", headers={"Range": "bytes=-7"})
        beyond = client.get(f"/jobs/1/{what}", headers={"Range": "bytes=99999999-"})
        other = client.get(f"/jobs/1/{what}", headers={"If-Match": '"x"'})
        tag = {"If-None-Match": whole.headers["etag"]}
        same = client.get(f"/jobs/1/{what}", headers=tag)

    assert (whole.status_code, whole.content) == (200, expected)
    assert whole.headers["content-type"] == kind
    assert whole.headers["content-disposition"] == name
    assert "sandbox" in whole.headers["content-security-policy"]
    assert (part.status_code, part.content) == (206, expected[5:100])
    assert (end.status_code, end.content) == (206, expected[-7:])
    assert (beyond.status_code, beyond.json()["code"]) == (416, "no_such_part")
    assert beyond.headers["content-range"] == f"bytes */{len(expected)}"
    assert (other.status_code, other.json()["code"]) == (412, "tag_differs")
    assert (same.status_code, same.content) == (304, b"")


def test_what_was_begun_is_gone_on_with_only_while_it_is_the_same(api: Api) -> None:
    job_with_files(api)
    with api.client() as client:
        tag = client.get("/jobs/1/gcode").headers["etag"]
        answers = [
            client.get("/jobs/1/gcode", headers={"Range": "bytes=0-1", "If-Range": said})
            for said in (tag, '"x"', f"W/{tag}")
        ]
        beyond = {"Range": "bytes=99999999-", "If-Range": '"x"'}
        whole = client.get("/jobs/1/gcode", headers=beyond)

    assert [answer.status_code for answer in answers] == [206, 200, 200]
    assert whole.status_code == 200


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("bytes=0-0", [(0, 0)]),
        ("Bytes=5-", [(5, 99)]),
        ("bytes=-7", [(93, 99)]),
        ("bytes=-700", [(0, 99)]),
        ("bytes= 0-1 , ,98-200", [(0, 1), (98, 99)]),
        ("bytes=0-1,100-", [(0, 1)]),
        ("bytes=100-", []),
        ("bytes=-0", []),
        ("bytes=999999999999999999-", []),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=,", None),
        ("bytes=5-2", None),
        ("bytes=0-1;q=1", None),
        ("bytes=0-1,a-b", None),
        ("bytes=+1-2", None),
        ("bytes=1_0-20", None),
        ("bytes=٣-٤", None),
        ("bytes=" + "9" * 30 + "-", None),
        ("items=0-1", None),
        ("", None),
        ("bytes=" + ",".join(["0-1"] * 101), None),
    ],
)
def test_parts_are_asked_for_in_one_way(said: str, parts: list[tuple[int, int]] | None) -> None:
    assert asked_for(said, 100) == parts


def test_what_asks_for_no_part_is_answered_whole(api: Api) -> None:
    job_with_files(api)
    with api.client() as client:
        answers = [
            client.get("/jobs/1/gcode", headers={"Range": said})
            for said in ("bytes=", "items=0-1", "bytes=5-2")
        ]

    assert {len(answer.content) for answer in answers} == {len(CONTENT) + len("print.gcode")}
    assert {answer.status_code for answer in answers} == {200}


def test_a_list_of_hundreds_of_ranges_is_no_work(api: Api) -> None:
    job_with_files(api)
    ranges = ",".join(f"{start}-{start + 1}" for start in range(0, 2000, 2))
    with api.client() as client:
        answer = client.get("/jobs/1/photo", headers={"Range": f"bytes={ranges}"})

    assert answer.status_code == 200
    assert len(answer.content) == len("photo.bin") + len(CONTENT)


def test_files_that_are_not_there_are_said(api: Api) -> None:
    job = job_in(api.store, State.RECEIVED, 1)
    folder = api.config.data_dir / "jobs" / job.id
    folder.mkdir(parents=True)
    (folder / "photo.bin").symlink_to("/etc/passwd")
    with api.client() as client:
        answers = [client.get(f"/jobs/1/{what}") for what in ("mesh", "gcode", "log", "photo")]
        other = client.get("/jobs/1/printd.db")

    assert {(a.status_code, a.json()["code"]) for a in answers} == {(404, "no_such_thing")}
    assert other.status_code == 404


def test_files_of_others_are_not_for_a_key_that_hands_in(api: Api) -> None:
    job_with_files(api)
    with api.client(Scope.SUBMIT) as shop:
        answer = shop.get("/jobs/1/photo")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_job")


def test_figures_are_as_prometheus_reads_them(api: Api) -> None:
    job_in(api.store, State.PRINTING, 1, gcode=GCODE)
    job_in(api.store, State.SLICED, 2, gcode=GCODE, model=MODEL)
    clear_bed(api.store, "right")
    with httpx.Client(base_url=api.server.url, timeout=60, verify=NO_TLS) as client:
        answer = client.get("/metrics")

    text = answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in text.splitlines():
        sample = r'[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [-+0-9.e]+'
        assert re.fullmatch(rf"# (HELP|TYPE) printd_.+|{sample}", line), line
    assert 'printd_jobs{state="printing"} 1\n' in text
    assert re.search(r'printd_jobs_waiting\{because="[a-z_]+"\} 1\n', text)
    assert 'printd_printer_bed_clear{printer="right"} 1\n' in text
    assert 'printd_printer_bed_clear{printer="left"} 0\n' in text
    assert 'printd_printer_up{printer="left"} 0\n' in text
    assert "printd_build_info{" in text
    assert text.count("# TYPE printd_jobs gauge") == 1
