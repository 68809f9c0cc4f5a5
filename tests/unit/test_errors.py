"""The table of errors: what a person and a program are told of each."""

import importlib
import pkgutil
import re
from multiprocessing.reduction import ForkingPickler

import pytest

import printd
from printd.core.errors import (
    InternalError,
    PermanentError,
    PrintdError,
    RequestRefused,
    StartupError,
    TransientError,
    UserError,
    kinds,
)

EXIT_CODES = {0, 1, 64, 66, 69, 74, 75, 78}
GROUPS = {
    "PrintdError",
    "UserError",
    "NotTaken",
    "PhotoRefused",
    "InDoubtError",
    "TransientError",
    "CannotWriteNow",
    "PermanentError",
    "StartupError",
    "DatabaseUnusable",
    "RequestRefused",
    "ServiceError",
    "ServiceRefusal",
    "ServiceFailure",
}


def all_kinds() -> list[type[PrintdError]]:
    """Return every error class of the package, wherever it is defined."""
    for module in pkgutil.walk_packages(printd.__path__, "printd."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def below(kind: type[PrintdError]) -> list[type[PrintdError]]:
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in below(child))]

    found = sorted(set(below(PrintdError)), key=lambda kind: kind.__name__)
    return [kind for kind in found if kind.__module__.startswith("printd.")]


KINDS = all_kinds()
CONCRETE = [kind for kind in KINDS if kind.__name__ not in GROUPS]
every_error = pytest.mark.parametrize("kind", CONCRETE, ids=lambda kind: kind.__name__)


def from_a_child(error: PrintdError) -> PrintdError:
    """Return an error as it arrives from another process."""
    arrived = ForkingPickler.loads(ForkingPickler.dumps(error))
    assert isinstance(arrived, PrintdError)
    return arrived


def test_there_are_errors_to_test() -> None:
    assert len(CONCRETE) > 40


@every_error
def test_every_error_has_a_code_and_an_action_in_one_imperative_sentence(
    kind: type[PrintdError],
) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", kind.code)
    assert kind.code != PrintdError.code
    assert kind.action[0].isupper()
    assert kind.action.endswith(".")


@every_error
def test_every_exit_code_is_one_that_is_documented(kind: type[PrintdError]) -> None:
    assert kind.exit_code in EXIT_CODES - {0}


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in CONCRETE]
    assert sorted(codes) == sorted(set(codes))


@every_error
def test_every_error_says_what_becomes_of_a_job(kind: type[PrintdError]) -> None:
    fates = (UserError, TransientError, PermanentError, StartupError, InternalError, RequestRefused)
    of_commands = {"NoSuchFile", "NoSuchJob", "NoSuchPrinter", "NotPossibleNow", "DaemonAway"}
    of_commands |= {"NeverRun", "UsageError", "DaemonBusy", "BackupUnreadable", "NotMeant"}
    count = sum(issubclass(kind, fate) for fate in fates)
    assert count == (0 if kind.__name__ in of_commands else 1)


@every_error
def test_every_error_keeps_its_words_on_the_way_from_a_child(kind: type[PrintdError]) -> None:
    plain = from_a_child(kind("The nozzle is at 285 °C."))
    assert (type(plain), plain.problem, plain.action) == (
        kind,
        "The nozzle is at 285 °C.",
        kind.action,
    )
    own = from_a_child(kind("Hot.", action="Wait."))
    assert (own.problem, own.action, str(own)) == ("Hot.", "Wait.", "Hot. Wait.")


def test_a_fault_keeps_the_words_that_help_in_a_report() -> None:
    fault = InternalError.of(ZeroDivisionError("division by zero"))
    assert fault.problem == "printd has a fault: ZeroDivisionError: division by zero"
    assert fault.code == "internal_error"


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("config_invalid", 78),
        ("database_damaged", 78),
        ("database_newer", 78),
        ("database_unreadable", 78),
        ("safe_mode", 78),
        ("folder_unusable", 78),
        ("already_running", 69),
        ("slicer_missing", 69),
        ("printer_offline", 69),
        ("disk_full", 74),
        ("disk_failed", 74),
        ("no_such_file", 66),
        ("no_such_job", 66),
        ("recipe_unknown", 64),
        ("setting_invalid", 64),
        ("not_possible_now", 1),
        ("daemon_away", 75),
    ],
)
def test_exit_codes_do_not_change(code: str, exit_code: int) -> None:
    (kind,) = [kind for kind in CONCRETE if kind.code == code]
    assert kind.exit_code == exit_code


def test_the_tree_at_the_top_names_every_group() -> None:
    assert kinds.__doc__ is not None
    for name in GROUPS | {"InternalError", "NotYet", "InDoubt", "GoBack", "NotHappened"}:
        assert name in kinds.__doc__
