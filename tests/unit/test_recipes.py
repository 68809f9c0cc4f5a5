"""What a recipe and a side file make of a photo."""

import pytest

from printd.core.config import Config
from printd.core.errors import RecipeUnknown, SettingInvalid, SideFileInvalid
from printd.core.recipe_config import RecipeConfig
from printd.core.recipe_words import BEGINNING, readme_of
from printd.core.recipes import SIDE_FILE_BYTES, order_for, side_file_order

CONFIG = Config.model_validate(
    {
        "presets": {"thin": {"base_mm": 1.2, "depth_intensity": 0.04}},
        "recipes": {
            "default": {"width_mm": 70},
            "flat": {"preset": "thin", "longest_mm": 100, "material": "PETG"},
        },
    }
)


def test_a_recipe_is_frozen_into_plain_values() -> None:
    order = order_for(CONFIG, "flat", {})
    assert order.settings["mesher"] == "relief"
    assert order.settings["material"] == "PETG"
    relief = order.settings["relief"]
    assert (relief["base_mm"], relief["depth_intensity"], relief["longest_mm"]) == (1.2, 0.04, 100)
    assert "width_mm" not in relief


def test_a_persons_value_wins_over_the_recipe() -> None:
    assert order_for(CONFIG, "flat", {"width_mm": 55}).settings["relief"]["width_mm"] == 55
    assert "longest_mm" not in order_for(CONFIG, "flat", {"width_mm": 55}).settings["relief"]


def test_a_person_may_ask_for_another_material() -> None:
    assert order_for(CONFIG, "flat", {"material": "TPU"}).settings["material"] == "TPU"
    assert side_file_order(CONFIG, "flat", b'material: ""').settings["material"] == ""


def test_a_person_may_ask_for_a_colour() -> None:
    config = Config.model_validate({"recipes": {"snow": {"colour": "white"}}})
    assert order_for(config, "snow", {}).settings["colour"] == "white"
    assert side_file_order(config, "snow", b"colour: '#1e50d0'").settings["colour"] == "#1e50d0"
    assert "colour" not in order_for(config, "default", {}).settings
    with pytest.raises(SideFileInvalid, match="'mauve' is no colour"):
        side_file_order(config, "snow", b"colour: mauve")


def test_by_hand_and_in_a_side_file_a_colour_is_asked_for_in_the_same_words() -> None:
    by_hand = order_for(CONFIG, "flat", {"colour": "#1E50D0", "material": "PLA"})
    beside = side_file_order(CONFIG, "flat", b'colour: "#1E50D0"\nmaterial: PLA')
    assert by_hand.settings == beside.settings
    assert by_hand.settings["colour"] == "#1E50D0"
    with pytest.raises(SettingInvalid, match="is no colour"):
        order_for(CONFIG, "flat", {"colour": "mauvish"})


@pytest.mark.parametrize("key", ["material", "quality"])
@pytest.mark.parametrize("value", [r"\e[31mred", "a" * 33, r"two\nlines", " "])
def test_what_a_stranger_calls_a_material_or_a_quality_can_be_shown(key: str, value: str) -> None:
    with pytest.raises(SideFileInvalid, match="at most 32 letters") as refused:
        side_file_order(CONFIG, "flat", f'{key}: "{value}"'.encode())
    assert refused.value.problem.isprintable()


def test_a_recipe_that_nobody_wrote_is_said_with_those_there_are() -> None:
    with pytest.raises(RecipeUnknown, match=r"no recipe 'round'; there are: default, flat"):
        order_for(CONFIG, "round", {})


def test_a_value_outside_its_range_is_said() -> None:
    with pytest.raises(SettingInvalid, match="width_mm"):
        order_for(CONFIG, "flat", {"width_mm": 1})


def test_a_side_file_names_recipe_name_and_settings() -> None:
    content = "recipe: flat\nname: Für Oma\nsmoothing_px: 3\n".encode()
    order = side_file_order(CONFIG, "default", content)
    assert (order.recipe, order.name) == ("flat", "Für Oma")
    assert order.settings["relief"]["smoothing_px"] == 3


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"{}"])
def test_an_empty_side_file_changes_nothing(content: bytes) -> None:
    assert side_file_order(CONFIG, "default", content) == order_for(CONFIG, "default", {})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"width_mm: [", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"a: !!python/object/apply:os.system [true]", "is not YAML"),
        (b"when: 2026-13-45", "is not YAML"),
        (b"just words", "must hold lines such as"),
        (b"- width_mm: 60", "must hold lines such as"),
        (b"recipe: round", "no recipe 'round'"),
        (b"recipe: 5", "must be"),
        (b"name: [a]", "must be"),
        (b"width_mm: 1", "width_mm: 1"),
        (b"widht_mm: 60", r"widht_mm: no such setting; did you mean width_mm\?"),
        (b"materail: PLA", r"materail: no such setting; did you mean material\?"),
        (b"zebra: 1", "zebra: no such setting; `printd config example` shows all there are"),
        (b"width_mm: 60\nlongest_mm: 60", "exclude each other"),
        (b"5: 60", "key must be one word|no such setting"),
        (b"? [a, b]\n: 60", "The side file"),
        (b"name: a\n" * SIDE_FILE_BYTES, "longer than 64 kB"),
    ],
)
def test_a_side_file_that_cannot_be_followed_is_refused_with_words(
    content: bytes, words: str
) -> None:
    with pytest.raises(SideFileInvalid, match=words):
        side_file_order(CONFIG, "default", content)


# On what terms.

TERMS = Config.model_validate(
    {
        "printers": {"p1": {"kind": "virtual"}},
        "recipes": {
            "coin": {
                "label": "Coin",
                "printers": ["p1"],
                "copies": 3,
                "approval": "always",
                "may_change": ["width_mm", "name"],
            },
            "fixed": {"may_change": []},
        },
    }
)


def test_terms_are_frozen_with_the_recipe() -> None:
    order = order_for(TERMS, "coin", {})
    assert order.settings["printers"] == ["p1"]
    assert order.copies == 3
    assert order.hold is not None
    assert order.hold.code == "needs_approval"
    plain = order_for(TERMS, "default", {})
    assert (plain.copies, plain.hold) == (1, None)
    assert "printers" not in plain.settings


def test_a_side_file_changes_what_its_recipe_lets_it() -> None:
    order = side_file_order(TERMS, "coin", b"width_mm: 50\nname: Mia\n")
    assert (order.settings["relief"]["width_mm"], order.name, order.copies) == (50, "Mia", 3)


@pytest.mark.parametrize(
    ("recipe", "content"),
    [
        ("coin", b"copies: 20"),
        ("coin", b"material: PETG"),
        ("default", b"recipe: coin\nmaterial: PETG"),
        ("fixed", b"name: Mia"),
    ],
)
def test_a_side_file_cannot_change_what_its_recipe_keeps(recipe: str, content: bytes) -> None:
    with pytest.raises(SideFileInvalid, match="does not let that be changed"):
        side_file_order(TERMS, recipe, content)


def test_a_side_file_may_ask_for_copies_and_name_a_recipe_only() -> None:
    assert side_file_order(TERMS, "default", b"copies: 4").copies == 4
    assert side_file_order(TERMS, "default", b"recipe: coin").recipe == "coin"


@pytest.mark.parametrize("copies", [b"0", b"101", b"-1", b"2.5", b"many", b"true"])
def test_copies_that_cannot_be_are_refused(copies: bytes) -> None:
    with pytest.raises(SideFileInvalid, match="copies"):
        side_file_order(TERMS, "default", b"copies: " + copies)


def test_the_readme_of_a_recipe_says_what_it_makes_on_what_terms() -> None:
    text = readme_of("coin", TERMS.recipes["coin"])
    for words in ("Coin", "3 of each picture", "printed on p1", "looks at each first"):
        assert words in text
    assert "May be changed: width_mm, name." in text
    assert text.startswith(BEGINNING)
    assert "Meshes (STL, OBJ, 3MF, GLB) are taken, too.\n" in text
    assert "goes into again/ of the drop folder" in text
    draws = RecipeConfig.model_validate({"pictures": "artist"})
    assert (".prompt.txt" in text, ".prompt.txt" in readme_of("p", draws)) == (False, True)
