"""Flags and settings are one set of names."""

import pytest
from pydantic import BaseModel

from printd.cli.parser import build_parser
from printd.cli.setting_flags import PRINT_FLAGS, RELIEF_FLAGS, Table, setting_values
from printd.core.print_settings import PrintSettings
from printd.core.relief_settings import ReliefSettings

RELIEF = ["relief", "a.png", "-o", "a.stl"]


@pytest.mark.parametrize(
    ("table", "settings"), [(RELIEF_FLAGS, ReliefSettings), (PRINT_FLAGS, PrintSettings)]
)
def test_every_setting_is_a_flag_of_its_kind_and_every_flag_a_setting(
    table: Table, settings: type[BaseModel]
) -> None:
    flags = {flag.replace("-", "_"): kind for rows in table.values() for flag, kind, _ in rows}

    assert set(flags) == set(settings.model_fields)
    for name, kind in flags.items():
        words = str(settings.model_fields[name].annotation)
        expected = next((each for each in (float, int, bool) if each.__name__ in words), str)
        assert kind is expected, name


def test_what_the_help_says_of_a_default_is_true() -> None:
    for rows in RELIEF_FLAGS.values():
        for flag, kind, words in rows:
            default = ReliefSettings.model_fields[flag.replace("-", "_")].default
            if kind in (float, int) and default is not None:
                assert words.endswith(f"({default:g})"), flag


def test_what_is_not_typed_is_left_to_preset_and_recipe() -> None:
    args = build_parser().parse_args(RELIEF)

    assert setting_values(args, RELIEF_FLAGS) == {}


def test_a_switch_can_be_turned_off_again() -> None:
    args = build_parser().parse_args([*RELIEF, "--no-invert", "--mirror", "--holes", "2"])

    assert setting_values(args, RELIEF_FLAGS) == {"invert": False, "mirror": True, "holes": 2}
