"""The description as a page, and answers without their bodies."""

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from printd.core.clock import utc_now
from printd.core.given import Given
from printd.core.jobs import State
from printd.web.api import ROUTERS
from printd.web.api.description import DescribedApp
from printd.web.api.examples import EXAMPLES
from printd.web.documents import Document
from printd.web.keys import Keys, Scope
from tests.peers.api import Api, served
from tests.peers.no_tls import NO_TLS
from tests.peers.stores import job_in


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with served(tmp_path) as running:
        yield running


class Page(HTMLParser):
    """What a browser would load and follow."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: set[str] = set()
        self.links: set[str] = set()
        self.loads: list[str] = []
        self.style = ""
        self.words = ""
        self._in_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._in_style = tag == "style"
        for name, value in attrs:
            if name == "id":
                self.targets.add(f"#{value}")
            elif name == "href":
                self.links.add(str(value))
            elif name in ("src", "style") or name.startswith("on"):
                self.loads.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.style += data
            self._in_style = False
        else:
            self.words += data


def test_the_page_says_everything_that_the_description_does(api: Api) -> None:
    with httpx.Client(base_url=api.server.url, timeout=60, verify=NO_TLS) as client:
        page = Page(client.get("/api/docs").text)
        description = client.get("/api/v1/openapi.json").json()

    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}{operation['summary'].replace('`', '')}." in page.words
    named = {f"#{name}" for name in description["components"]["schemas"]}
    assert named <= page.targets
    assert {link for link in page.links if link.startswith("#")} <= page.targets


def test_the_page_needs_nothing_but_itself(api: Api) -> None:
    with httpx.Client(base_url=api.server.url, timeout=60, verify=NO_TLS) as client:
        answer = client.get("/api/docs")
    page, policy = Page(answer.text), answer.headers["content-security-policy"]
    (allowed,) = (part for part in policy.split("; ") if part.startswith("style-src"))

    style = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert page.style
    assert allowed == f"style-src 'sha256-{style}'"
    assert "default-src 'none'" in policy
    assert not page.tags & {"script", "img", "link", "iframe", "form"}
    assert page.loads == []
    assert {link for link in page.links if not link.startswith("#")} == {"/api/v1/openapi.json"}


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with served(tmp_path_factory.mktemp("described")) as api, api.client(None) as client:
        return client.get("/openapi.json").json()


def test_the_description_is_not_sent_again(api: Api) -> None:
    with api.client(None) as client:
        first = client.get("/openapi.json")
        again = client.get("/openapi.json", headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert first.json()["openapi"].startswith("3.")


def test_the_description_is_made_once_whoever_asks() -> None:
    app = DescribedApp(title="printd", version="1", openapi_url=None)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    all_there = threading.Barrier(4)

    def ask(_number: int) -> dict[str, Any]:
        all_there.wait(60)
        return app.openapi()

    with ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(ask, range(4))]

    assert all(answer is answers[0] for answer in answers)
    for name, operation in operations(answers[0]):
        asked = [parameter["name"] for parameter in operation["parameters"]]
        assert len({*asked}) == len(asked), name


def operations(description: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def of_web(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for child in kind.__subclasses__():
        yield from of_web(child)
        if child.__module__.startswith("printd.web."):
            yield child


def test_every_document_has_an_example_that_is_one(description: Any) -> None:
    models = {kind.__name__: kind for kind in of_web(BaseModel)}
    schemas = description["components"]["schemas"]
    documents = {name: schema for name, schema in schemas.items() if "enum" not in schema}

    assert {*EXAMPLES} < {*documents}
    assert "EventDocument" in documents  # of the stream, which no route answers with
    for name, schema in documents.items():
        models[name].model_validate(schema["example"])
        if issubclass(models[name], Document) and name != "DraftJob":
            assert {*schema["example"]} == {*schema["properties"]}, name  # every key is there


def test_every_body_and_answer_has_an_example(description: Any) -> None:
    def is_shown(content: Any, schemas: Any) -> bool:
        schema = content["schema"]
        named = [schema, *schema.get("anyOf", [])]
        known = [schemas.get(one.get("$ref", "").rpartition("/")[2], one) for one in named]
        return "example" in content or any("example" in one for one in known)

    schemas = description["components"]["schemas"]
    binary = ("image/", "application/octet-stream", "model/", "application/gzip", "application/zip")
    for name, operation in operations(description):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for kind, content in body.get("content", {}).items():
                if kind.startswith("text/plain") or kind.startswith(binary):
                    continue
                assert is_shown(content, schemas), (name, kind)


def test_every_word_of_a_question_is_explained(description: Any) -> None:
    for name, operation in operations(description):
        for parameter in operation["parameters"]:
            assert parameter.get("description"), (name, parameter["name"])
    called = [operation["operationId"] for _, operation in operations(description)]
    assert len({*called}) == len(called)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", word) for word in called)


def test_what_holds_for_many_routes_is_described_at_each(description: Any) -> None:
    said = dict(operations(description))

    def headers(name: str) -> dict[str, set[str]]:
        responses = said[name]["responses"]
        return {status: {*one["headers"]} for status, one in responses.items() if "headers" in one}

    again = {"429": {"Retry-After"}, "503": {"Retry-After"}}
    tags = {status: {"ETag"} for status in ("200", "304")}
    assert headers("get /api/v1/state") == {**tags, **again}
    assert headers("get /api/v1/jobs/{job}/gcode") == {**tags, "206": {"ETag"}, **again}
    assert headers("post /api/v1/jobs") == {"200": {"Location"}, "201": {"Location"}, **again}
    assert headers("get /healthz") == {"429": {"Retry-After"}}
    asked = {one["name"] for one in said["get /api/v1/jobs/{job}/gcode"]["parameters"]}
    assert {"If-None-Match", "Range"} < asked
    assert "412" in said["post /api/v1/jobs/{job}/cancel"]["responses"]
    acts = said["post /api/v1/jobs/{job}/again"]["parameters"]
    assert {one["name"] for one in acts} == {"job", "Idempotency-Key"}


DAY = timedelta(days=1)
MOMENT = re.compile(r'"(\d{4}-\d\d-\d\dT[^"]*)"')
ELSEWHERE = "/camera.jpg"  # no camera is here
ANEW = ("/metrics", "/doctor", "/backup", "/bundle")  # are of their moment


def test_the_head_of_every_answer_can_be_asked_for(api: Api) -> None:
    job = job_in(api.store, State.SLICED, gcode={}, model={"size_mm": [1, 2, 3]})
    folder = api.config.data_dir / "jobs" / job.id
    folder.mkdir(parents=True)
    for name in (Given.PHOTO.file, "model.stl", "preview.png", "toolpath.png", "print.gcode"):
        (folder / name).write_bytes(name.encode() * 100)
    (folder / "slice.log").write_bytes(b"words")
    known = {"job": "1", "printer": "left", "recipe": "default"}
    with api.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
        gets = [
            path.format(**known)
            for path, methods in paths.items()
            if "get" in methods and not path.endswith(ELSEWHERE) and "{draft}" not in path
        ]
        client.base_url = httpx.URL(api.server.url)
        for path in [*gets, "/api/docs", "/octoprint/any/api/version", "/api/v1/nothing"]:
            head = client.head(path)
            assert head.content == b""
            with client.stream("GET", path) as whole:
                found = 404 if path.endswith("nothing") else 200
                assert (head.status_code, whole.status_code) == (found, found), path
                for name in ("content-type", "etag", "content-disposition"):
                    assert head.headers.get(name) == whole.headers.get(name), path
                if not path.endswith(ANEW):
                    lengths = [one.headers.get("content-length") for one in (head, whole)]
                    assert lengths[0] == lengths[1], path


def test_every_moment_says_its_zone(api: Api) -> None:
    job_in(api.store, State.PRINTING)
    Keys(api.store.database).create("a", Scope.SUBMIT, by="ana", expires_at=utc_now() + DAY)
    with api.at_home() as home:
        home.post("/people", json={"name": "ana", "scope": "operate", "password": "x" * 12})
        paths = ("/state", "/jobs", "/jobs/1", "/printers", "/keys", "/people", "/log", "/meshers")
        bodies = {path: home.get(path).text for path in paths}
        bodies["/healthz"] = home.get("http://printd/healthz").text

    found = {path: MOMENT.findall(body) for path, body in bodies.items()}
    assert {path for path, moments in found.items() if moments} >= {"/state", "/jobs/1", "/keys"}
    assert all(moment.endswith("Z") for moments in found.values() for moment in moments)


def test_a_head_changes_nothing_and_asks_for_a_key(api: Api) -> None:
    with api.client(None) as nobody, api.client() as client:
        assert nobody.head("/jobs").status_code == 401
        assert client.head("/jobs/1/cancel").status_code == 405
