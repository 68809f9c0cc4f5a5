"""A name that nobody has is not told by the time that a look at the password takes."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from printd.web.people import NOBODY, hash_of


def test_a_look_at_nobody_is_the_work_of_a_look_at_somebody() -> None:
    assert extract_parameters(NOBODY) == extract_parameters(hash_of("a good password"))
    with pytest.raises(VerifyMismatchError):  # compared, not refused unread
        PasswordHasher().verify(NOBODY, "a good password")
