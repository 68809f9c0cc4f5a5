"""``printd meshers``, and the page about them: the same table."""

import json
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from printd.cli import main
from printd.core import service_config
from printd.core.mesher_models import MODELS, MesherModel, model_of
from printd.core.service_config import ServiceConfig
from printd.meshers import SERVICES
from printd.meshers.fal import MODELS as FAL
from printd.meshers.replicate import MODELS as REPLICATE

PAGE = Path(__file__).parents[2] / "docs/meshers.md"


def price(row: MesherModel) -> str:
    if not row.price_usd:
        return "nothing"
    dollars = row.price_usd.quantize(Decimal("0.01"), ROUND_UP)
    return f"{'' if row.is_price_seen else 'about '}${dollars}"


def line(row: MesherModel) -> str:
    cells = (
        *(row.kind, row.model or "-", row.label, row.good_for, price(row)),
        *(", ".join(row.formats), "yes" if row.returns_stl else "no"),
        "yes" if row.at_home else "no",
    )
    return f"| {' | '.join(cells)} |"


def test_the_page_has_the_table() -> None:
    written = PAGE.read_text().splitlines()
    table = "\n".join(map(line, MODELS))
    assert table in "\n".join(written), f"the table of docs/meshers.md is:\n{table}"


def test_the_page_tells_of_every_kind_and_the_licence() -> None:
    text = PAGE.read_text()
    for kind in SERVICES:
        assert text.count(f"| {kind} |") >= 2, kind
    assert "European Union, the United Kingdom and South Korea" in text


def test_every_model_that_can_be_configured_is_in_the_table() -> None:
    known = {(row.kind, row.model) for row in MODELS}
    kinds = [
        kind
        for kind in vars(service_config).values()
        if isinstance(kind, type)
        and issubclass(kind, ServiceConfig)
        and "kind" in kind.model_fields
    ]
    for kind in kinds:
        (word,) = get_args(kind.model_fields["kind"].annotation)
        if word not in SERVICES:
            continue  # of depth pictures
        models = get_args(kind.model_fields["model"].annotation)
        for model in models or (kind.model_fields["model"].default,):
            assert (word, model) in known
    assert {model for kind, model in known if kind == "replicate"} == set(REPLICATE)
    assert {model for kind, model in known if kind == "fal"} == set(FAL)


def test_a_model_that_only_its_owner_knows_is_one_of_its_kind() -> None:
    assert model_of("localai", "mine").kind == "localai"


def asked(capsys: pytest.CaptureFixture[str], config: Path, *flags: str) -> str:
    assert main(["meshers", "--config", str(config), *flags]) == 0
    return capsys.readouterr().out


def test_what_is_configured_comes_first_with_its_own_price(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "meshers:\n"
        "  toy: {kind: replicate, model: rodin-2, key_file: k, price_usd: 0.123}\n"
        "  own: {kind: localai, model: mine}\n"
        "  deep: {kind: relief, depth: banana}\n"
        "depth:\n"
        "  banana: {kind: gemini, key_file: k, price_usd: 0.07}\n"
    )
    listed: list[dict[str, Any]] = json.loads(asked(capsys, config, "--json"))
    by_name = {entry["name"]: entry for entry in listed if entry["name"]}
    assert list(by_name) == ["relief", "toy", "own", "deep"]
    toy, own, deep = by_name["toy"], by_name["own"], by_name["deep"]
    assert (toy["price_usd"], toy["is_estimate"], toy["returns_stl"]) == ("0.123", False, True)
    assert (own["kind"], own["model"], own["at_home"]) == ("localai", "mine", True)
    assert (deep["price_usd"], deep["at_home"]) == ("0.07", False)
    others = [(entry["kind"], entry["model"]) for entry in listed if not entry["name"]]
    assert ("replicate", "rodin-2") not in others
    assert ("fal", "trellis-2-512") in others
    shown = asked(capsys, config)
    assert "$0.13 " in shown  # rounded up: it is the most
    assert "not configured" in shown


def test_the_licence_of_hunyuan_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("{}")
    main(["meshers", "--config", str(config)])
    assert "South Korea" in capsys.readouterr().err


def test_check_finds_an_argument_that_no_model_can_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "meshers:\n"
        "  toy: {kind: fal, model: trellis-2-512, key_file: k, arguments: {texture_size: big}}\n"
    )
    assert main(["check", "--config", str(config)]) == 78
    assert "meshers.toy: `arguments.texture_size`: 'big'" in capsys.readouterr().err
