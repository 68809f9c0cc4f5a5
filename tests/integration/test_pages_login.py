"""Logging in at the pages: passwords, links, what another page cannot do."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from printd.web import logins
from printd.web.access import SUBMIT_UPLOADS
from printd.web.keys import Scope
from printd.web.logins import Logins
from printd.web.people import People
from tests.peers.api import Api, served
from tests.peers.no_tls import NO_TLS
from tests.peers.stores import new_job

PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with served(tmp_path_factory.mktemp("pages")) as api:
        people = People(api.store.database)
        people.add("ana", Scope.OPERATE, PASSWORD, by="test")
        people.add("kim", Scope.SUBMIT, PASSWORD, by="test")
        yield api


@pytest.fixture
def browser(api: Api) -> Iterator[httpx.Client]:
    with browser_of(api) as client:
        yield client


def browser_of(api: Api, address: str | None = None) -> httpx.Client:
    return httpx.Client(
        base_url=api.server.url,
        headers={"Accept": "text/html"},
        transport=httpx.HTTPTransport(local_address=address, verify=NO_TLS),
        follow_redirects=True,
    )


def form_of(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def log_in(browser: httpx.Client, name: str = "ana", password: str = PASSWORD) -> httpx.Response:
    form = form_of(browser.get("/login").text)
    return browser.post("/login", data={"form": form, "name": name, "password": password})


def form_word(page: str) -> str:
    found = re.search(r'name="form-word" content="([^"]*)"', page)
    assert found, page
    return found.group(1)


def test_who_is_not_logged_in_is_sent_to_the_form_and_back(browser: httpx.Client) -> None:
    asked = browser.get("/")
    assert asked.url.path == "/login"
    answer = log_in(browser)
    assert (answer.status_code, answer.url.path) == (200, "/")
    assert "Needs you" in answer.text


def test_the_form_leads_to_no_other_server(api: Api) -> None:
    for to in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "//[",
    ):
        with browser_of(api) as browser:
            form = form_of(browser.get("/login").text)
            said = {"form": form, "name": "ana", "password": PASSWORD, "next": to}
            answer = browser.post("/login", data=said, follow_redirects=False)
            assert answer.headers["location"] == "/", to


def test_a_wrong_password_and_an_unknown_name_are_told_alike(api: Api) -> None:
    told = []
    for name in ("ana", "nobody"):
        with browser_of(api) as browser:
            answer = log_in(browser, name, "wrong password")
            assert answer.status_code == 401
            told.append(re.findall(r'role="alert"><p>([^<]+)', answer.text))
    assert told[0] == told[1] == ["The name or the password is not right."]


def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    with served(tmp_path) as api, browser_of(api) as browser:
        People(api.store.database).add("ana", Scope.OPERATE, PASSWORD, by="test")
        answers = [log_in(browser, "ana", f"wrong {n} password").status_code for n in range(6)]
        assert answers == [401] * 5 + [429]
        assert log_in(browser).status_code == 429  # the right one, too: it might be a guess
        with browser_of(api, "127.0.0.9") as elsewhere:  # whose guesses these are not
            assert log_in(elsewhere).status_code == 200


def test_who_knows_a_password_gets_no_more_guesses_at_another_one(tmp_path: Path) -> None:
    with served(tmp_path) as api, browser_of(api) as browser:
        for name in ("ana", "kim"):
            People(api.store.database).add(name, Scope.SUBMIT, PASSWORD, by="test")
        answers = []
        for n in range(6):
            answers.append(log_in(browser, "ana", f"wrong {n} password").status_code)
            log_in(browser, "kim")
        assert answers == [401] * 5 + [429]


def test_a_form_of_another_page_logs_nobody_in(browser: httpx.Client) -> None:
    said = {"form": "guessed", "name": "ana", "password": PASSWORD}
    assert browser.post("/login", data=said).status_code == 403
    browser.get("/login")
    assert browser.post("/login", data=said).status_code == 403
    assert logins.COOKIE not in browser.cookies


def test_a_login_is_a_key_of_its_scope_and_needs_the_word_of_its_pages(
    api: Api, browser: httpx.Client
) -> None:
    word = form_word(log_in(browser).text)
    assert browser.get("/api/v1/state").status_code == 200
    pause = "/api/v1/queue/pause"
    assert browser.post(pause).json()["code"] == "form_refused"
    assert browser.post(pause, headers={"X-Form-Word": "0" * 64}).json()["code"] == "form_refused"
    assert api.store.database.row("SELECT count(*) FROM request")[0] == 0  # type: ignore[index]
    headers = {"X-Form-Word": word, "Origin": "http://evil.example"}
    assert browser.post(pause, headers=headers).json()["code"] == "origin_refused"
    assert browser.get("/api/v1/keys").json()["code"] == "api_key_too_weak"


def test_who_may_only_hand_in_begins_with_their_own_jobs(api: Api, browser: httpx.Client) -> None:
    own = api.store.accept(new_job(1, name="of kim", owner="kim"))
    other = api.store.accept(new_job(2, name="of ana", owner="ana"))
    answer = log_in(browser, "kim")
    assert (answer.status_code, answer.url.path) == (200, "/queue")
    assert "Your jobs" in answer.text
    for path in ("/queue", "/queue?owner=ana", "/queue?search=of"):
        shown = browser.get(path).text
        assert "of kim" in shown
        assert "of ana" not in shown
    acts = re.findall(r'data-act="([^"]+)"', browser.get("/queue").text)
    assert acts == [f"/api/v1/jobs/{own.number}/cancel"]
    assert browser.get(f"/jobs/{own.number}").status_code == 200
    assert browser.get(f"/jobs/{other.number}").status_code == 404
    assert browser.get(f"/make?job={other.number}").status_code == 404
    ways = re.findall(r'<a href="(/[a-z]*)"', browser.get("/make").text)
    assert ways == ["/queue", "/make"]
    refused = browser.get("/printers")
    assert refused.status_code == 403
    assert "kim may hand in; this is for those who may run the printers." in refused.text


def test_a_part_of_a_page_is_not_replaced_by_the_form(browser: httpx.Client) -> None:
    answer = browser.get("/queue", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (401, "")


def test_who_may_only_hand_in_is_held_to_the_rates_of_a_key(api: Api) -> None:
    word = Logins(api.store.database).begin("lee", Scope.SUBMIT)
    said = {"X-Form-Word": logins.form_word(word)}
    with browser_of(api) as browser:
        browser.cookies.set(logins.COOKIE, word)
        codes = [browser.post("/api/v1/drafts", headers=said).status_code for _ in range(20)]
    uploads = int(SUBMIT_UPLOADS.at_once)
    assert codes[:uploads] == [415] * uploads
    assert codes[-1] == 429


def test_a_link_logs_in_once_and_looking_at_it_does_not_use_it_up(api: Api) -> None:
    with api.client() as client:
        url = client.post("/people/link").json()["url"]
    path = url.removeprefix(api.server.url)
    for status in (200, 410):
        with browser_of(api) as browser:
            form = form_of(browser.get(path).text)
            browser.get(path)
            assert browser.post(path, data={"form": form}).status_code == status
            assert (logins.COOKIE in browser.cookies) is (status == 200)


def test_logging_out_and_another_password_end_a_login(api: Api) -> None:
    people = People(api.store.database)
    people.add("eva", Scope.ADMIN, PASSWORD, by="test")
    with browser_of(api) as here, browser_of(api) as there:
        word = form_word(log_in(here, "eva").text)
        log_in(there, "eva")
        shown = here.cookies[logins.COOKIE]
        here.post("/logout", data={"form": "guessed"})
        assert api_answers(api, shown)
        here.post("/logout", data={"form": word})
        assert not api_answers(api, shown)
        assert there.get("/api/v1/state").status_code == 200
        people.set_password("eva", "another password", by="test")
        assert there.get("/api/v1/state").status_code == 401
        assert log_in(there, "eva", "another password").status_code == 200
        people.remove("eva", by="test")
        assert there.get("/api/v1/state").status_code == 401


def test_a_password_is_changed_by_the_old_one(api: Api) -> None:
    people = People(api.store.database)
    people.add("ida", Scope.SUBMIT, PASSWORD, by="test")
    with browser_of(api) as here, browser_of(api) as there:
        word = form_word(log_in(here, "ida").text)
        log_in(there, "ida")
        assert "Password until now" in here.get("/password").text
        said = {
            "form": word,
            "old": PASSWORD,
            "new": "another password",
            "again": "another password",
        }
        for wrong, status in (
            ({"form": "guessed"}, 403),
            ({"old": "wrong password"}, 401),
            ({"new": "short", "again": "short"}, 422),
            ({"again": "yet another one"}, 422),
        ):
            answer = here.post("/password", data={**said, **wrong})
            assert (answer.status_code, 'role="alert"' in answer.text) == (status, True), wrong
        people.known("ida", PASSWORD)
        assert here.post("/password", data=said).url.path == "/queue"
        assert here.get("/password").status_code == 200  # this login is a new one
        assert there.get("/password").url.path == "/login"
        people.known("ida", "another password")
    word = Logins(api.store.database).begin("root", Scope.ADMIN)
    with browser_of(api) as linked:
        linked.cookies.set(logins.COOKIE, word)
        assert "by a link" in linked.get("/password").text


def api_answers(api: Api, word: str) -> bool:
    url = f"{api.server.url}/api/v1/state"
    return httpx.get(url, cookies={logins.COOKIE: word}, verify=NO_TLS).status_code == 200


def test_what_cannot_be_shown_is_a_page_for_people_and_a_document_for_programs(
    api: Api, browser: httpx.Client
) -> None:
    log_in(browser)
    page = browser.get("/nothing-here")
    assert (page.status_code, "<h1>" in page.text) == (404, True)
    assert (
        httpx.get(f"{api.server.url}/nothing-here", verify=NO_TLS).json()["code"] == "no_such_thing"
    )


def test_an_address_with_nonsense_in_it_is_no_fault(browser: httpx.Client) -> None:
    log_in(browser)
    for asked in ("state=nonsense", "show=all", "cursor=-1", "state=held&state=x"):
        assert browser.get(f"/queue?{asked}").status_code == 422, asked


def test_pages_allow_nothing_from_elsewhere(browser: httpx.Client) -> None:
    page = log_in(browser)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\b(src|nonce)=)|\son\w+=|\sstyle=", page.text)


def test_files_of_pages_are_kept_by_browsers_and_packed(browser: httpx.Client) -> None:
    page = browser.get("/login").text
    for url in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        answer = browser.get(url, headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, url) == (200, url)
        assert "immutable" in answer.headers["cache-control"]
        old = re.sub(r"/static/\w+/", "/static/000000000000/", url)
        assert browser.get(old).headers["cache-control"] == "no-cache"
    assert browser.get("/static/x/../../people.py").status_code == 404
    assert browser.get("/static/x/%2e%2e/people.py").status_code == 404


@pytest.mark.parametrize(("asked", "spoken"), [("de-AT,en;q=0.5", "de"), ("fr", "en"), ("", "en")])
def test_the_browser_says_in_which_language(api: Api, asked: str, spoken: str) -> None:
    with browser_of(api) as browser:
        page = browser.get("/login", headers={"Accept-Language": asked})
        assert page.headers["content-language"] == spoken


def test_a_language_that_is_chosen_wins(browser: httpx.Client) -> None:
    page = browser.post("/language", data={"language": "de", "next": "/login"})
    assert page.headers["content-language"] == "de"
    browser.post("/language", data={"language": "../../etc", "next": "/login"})
    assert browser.get("/login").headers["content-language"] == "de"
