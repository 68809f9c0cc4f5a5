"""Who asks, and what they may: by a key, by a login of the browser, or at the Unix socket."""

from __future__ import annotations

import pwd
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from printd.core.clock import utc_now
from printd.core.errors import PrintdError
from printd.core.limits import Of
from printd.web.connections import USER
from printd.web.keys import Key, Keys, Scope, still_good
from printd.web.logins import Login, Logins, is_form_word
from printd.web.people import People, Person
from printd.web.problems import FormRefused, KeyNeeded, KeyTooWeak, LoginNeeded, TooManyRequests
from printd.web.rates import Buckets, Rate

WRONG_KEYS: Final = Rate(at_once=20, per_s=0.2)  # of one address
SUBMIT_ASKS: Final = Rate(at_once=60, per_s=20)  # of one key or person that may only hand in
SUBMIT_UPLOADS: Final = Rate(at_once=12, per_s=0.1)
PASSWORDS: Final = Rate(at_once=5, per_s=1 / 60)  # that are not right, of one address
# Likewise of one name: more than come from one address, which could keep its owner out otherwise.
OF_A_NAME: Final = Rate(at_once=20, per_s=1 / 30)
# In words for people.
MAY: Final[Mapping[Scope, str]] = {
    Scope.SUBMIT: "hand in",
    Scope.OPERATE: "run the printers",
    Scope.ADMIN: "do everything",
}
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    who: str
    scope: Scope
    key: Key | None = None
    login: Login | None = None  # neither: a user of this machine

    @property
    def only(self) -> str | None:
        """Return whose jobs alone they see; None: those of everybody."""
        return self.who if self.scope is Scope.SUBMIT else None

    @property
    def bound_as(self) -> Of | None:
        """Return whose limits bind what they hand in; None: nobody's."""
        if self.scope is not Scope.SUBMIT:
            return None
        return Of.KEY if self.login is None else Of.PERSON


class Access:
    """The keys, looked up for each request; how often wrong ones and weak ones come."""

    def __init__(
        self, keys: Keys, used: Callable[[Key], None], logins: Logins, people: People
    ) -> None:
        self._keys = keys
        self._used = used
        self._logins = logins
        self._people = people
        self._passwords = Buckets(PASSWORDS)
        self._names = Buckets(OF_A_NAME)
        self._wrong = Buckets(WRONG_KEYS)
        self._asks = Buckets(SUBMIT_ASKS)
        self._uploads = Buckets(SUBMIT_UPLOADS)

    def caller(self, host: str, text: str, scope: Scope) -> Caller:
        """Return who asks.

        Args:
            host: the address that asks, or the user at the socket.
            text: the key that is shown; "": none.
            scope: what is asked for.

        Raises:
            KeyNeeded, KeyRefused: nobody that is known.
            KeyTooWeak: somebody who may not.
            TooManyRequests: too often.
        """
        if host.startswith(USER):
            return Caller(_user_name(int(host.removeprefix(USER))), Scope.ADMIN)
        try:
            if not text:
                raise KeyNeeded("This needs a key.")
            key = self._keys.known(text)
        except PrintdError:
            self._count(self._wrong, host, "keys that are not good")
            raise
        if not key.scope.covers(scope):
            raise KeyTooWeak(f"The key {key.name} is for {key.scope}; this needs {scope}.")
        if key.scope is Scope.SUBMIT:
            self._count(self._asks, key.who, "requests")
        self._used(key)
        return Caller(key.who, key.scope, key)

    def logged_in(self, word: str, scope: Scope, form: str | None) -> Caller:
        """Return who is logged in in a browser.

        Args:
            word: of its cookie; "": it has none.
            scope: what is asked for.
            form: the word that its page has sent along; None: nothing is to be changed.

        Raises:
            LoginNeeded: nobody.
            FormRefused: another page has sent this.
            KeyTooWeak: somebody who may not.
            TooManyRequests: too often.
        """
        login = self._logins.known(word) if word else None
        if login is None:
            raise LoginNeeded("Nobody is logged in here.")
        if form is not None and not is_form_word(form, word):
            raise FormRefused("This does not come from a page of this login.")
        if not login.scope.covers(scope):
            raise KeyTooWeak(
                f"{login.person} may {MAY[login.scope]}; this is for those who may {MAY[scope]}.",
                action="Ask somebody who may.",
            )
        if login.scope is Scope.SUBMIT:
            self._count(self._asks, login.person, "requests")
        return Caller(login.person, login.scope, login=login)

    def is_still_good(self, caller: Caller) -> bool:
        """Return whether a key or a login has not ended since it was shown."""
        if caller.login is not None:
            return self._logins.is_good(caller.login.sha256)
        if caller.key is None:
            return True
        try:
            still_good(self._keys.get(caller.key.id), utc_now())
        except PrintdError:
            return False
        return True

    def person(self, host: str, name: str, password: str) -> Person:
        """Return who logs in with this password.

        Raises:
            PasswordRefused: nobody.
            TooManyRequests: too many wrong ones came from there, or for this name.
        """
        self._count(self._passwords, host, "attempts to log in")
        self._count(self._names, name, "attempts to log in")
        found = self._people.known(name, password)
        self._passwords.give_back(
            host
        )  # it is not forgotten: who has a name of their own may guess
        self._names.forget(name)
        return found

    def count_upload(self, caller: Caller) -> None:
        """Count an upload of a key or a person that may only hand in.

        Raises:
            TooManyRequests: too many.
        """
        if caller.scope is Scope.SUBMIT:
            self._count(self._uploads, caller.who, "uploads")

    def _count(self, buckets: Buckets, who: str, what: str) -> None:
        if not buckets.take(who, time.monotonic()):
            wait_s = buckets.wait_s(who)
            raise TooManyRequests(f"Too many {what} in a short time.", again_s=wait_s)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a user id without a name, as in a container
        return f"user {uid}"
