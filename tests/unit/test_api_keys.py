"""Keys of the API: shown once, kept as hashes, ended by a person or by their day."""

from datetime import datetime, timedelta, timezone

import pytest

from printd.core.clock import to_text, utc_now
from printd.core.errors import NotPossibleNow, SettingInvalid
from printd.core.store import Store
from printd.web.keys import Keys, Scope
from printd.web.problems import KeyExpired, KeyRefused, KeyRevoked, NoSuchKey


@pytest.fixture
def keys(store: Store) -> Keys:
    return Keys(store.database)


def test_a_key_is_known_by_its_text(keys: Keys) -> None:
    made, text = keys.create("web-shop", Scope.SUBMIT, by="ana", owner="Ana")

    assert keys.known(text) == made
    assert (made.who, made.owner, made.scope) == ("key:web-shop", "Ana", Scope.SUBMIT)


def test_the_store_does_not_hold_the_text_of_a_key(store: Store, keys: Keys) -> None:
    _, text = keys.create("web-shop", Scope.SUBMIT, by="ana")

    rows = store.database.rows("SELECT * FROM api_key")
    secret = text.split("_", 2)[2]
    assert secret not in repr([tuple(row) for row in rows])
    assert secret not in repr(store.events())


@pytest.mark.parametrize(
    "text", ["", "x", "pd_0123456789_" + "A" * 43, "pd_" + "é" * 20, "pd_\ud800", "A" * 10_000]
)
def test_what_is_no_key_is_refused(keys: Keys, text: str) -> None:
    keys.create("web-shop", Scope.SUBMIT, by="ana")

    with pytest.raises(KeyRefused):
        keys.known(text)


def test_a_key_with_another_secret_is_refused(keys: Keys) -> None:
    _, text = keys.create("web-shop", Scope.ADMIN, by="ana")
    wrong = text[:-1] + ("A" if text[-1] != "A" else "B")

    with pytest.raises(KeyRefused, match="not known"):
        keys.known(wrong)


def test_a_revoked_key_says_when_it_ended(keys: Keys) -> None:
    made, text = keys.create("web-shop", Scope.SUBMIT, by="ana")
    keys.revoke("web-shop", by="ana")

    with pytest.raises(KeyRevoked, match=r"web-shop was revoked on \d\d \w+ \d{4}"):
        keys.known(text)
    with pytest.raises(NoSuchKey):
        keys.revoke(made.id, by="ana")


def test_a_key_ends_on_its_day(store: Store, keys: Keys) -> None:
    _, text = keys.create("a", Scope.SUBMIT, by="ana", expires_at=utc_now() + timedelta(days=1))
    keys.known(text)
    with store.database.write() as connection:
        past = to_text(utc_now() - timedelta(seconds=1))
        connection.execute("UPDATE api_key SET expires_at = ?", (past,))

    with pytest.raises(KeyExpired):
        keys.known(text)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14))), "after the year 9999"),
        (datetime(2020, 5, 3, 1, tzinfo=timezone(timedelta(hours=2))), "has passed already"),
    ],
)
def test_an_end_that_cannot_be_is_said(keys: Keys, end: datetime, words: str) -> None:
    with pytest.raises(SettingInvalid, match=words):
        keys.create("a", Scope.SUBMIT, by="ana", expires_at=end)


def test_two_keys_that_work_have_two_names(keys: Keys) -> None:
    keys.create("a", Scope.SUBMIT, by="ana")
    with pytest.raises(NotPossibleNow, match="called a already"):
        keys.create("a", Scope.ADMIN, by="ana")
    keys.revoke("a", by="ana")
    keys.create("a", Scope.ADMIN, by="ana")

    assert [key.scope for key in keys.all()] == [Scope.SUBMIT, Scope.ADMIN]


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "a" * 33, "ä", "<script>", "a\u202e"])
def test_what_cannot_be_a_name_is_said(keys: Keys, name: str) -> None:
    with pytest.raises(SettingInvalid, match="no name for a key"):
        keys.create(name, Scope.SUBMIT, by="ana")


def test_use_is_noted_at_most_once_a_minute(keys: Keys) -> None:
    made, _ = keys.create("a", Scope.SUBMIT, by="ana")
    keys.used(made)
    first = keys.get(made.id)
    keys.used(first)

    assert first.used_at is not None
    assert keys.get(made.id) == first


def test_each_scope_may_do_what_those_before_it_may() -> None:
    assert Scope.ADMIN.covers(Scope.SUBMIT)
    assert Scope.OPERATE.covers(Scope.OPERATE)
    assert not Scope.SUBMIT.covers(Scope.OPERATE)
    assert not Scope.OPERATE.covers(Scope.ADMIN)
