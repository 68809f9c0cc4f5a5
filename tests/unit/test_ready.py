"""What the nursery loads for a task is there; a name that is wrong would only make it slow."""

import importlib.util

import pytest

from printd.meshers import making
from printd.pipeline import tasks

NAMED = [
    (of, function, module)
    for of in (tasks, making)
    for function, modules in of.READY.items()
    for module in modules
]


@pytest.mark.parametrize(("of", "function", "module"), NAMED)
def test_it_is_a_module_for_a_task(of: object, function: str, module: str) -> None:
    assert callable(getattr(of, function))
    assert importlib.util.find_spec(module)
