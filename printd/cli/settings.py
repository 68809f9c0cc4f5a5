"""``printd config``: what is set, where it comes from, what may be set; read again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from printd.cli.ask import tell
from printd.cli.output import show_json, table
from printd.cli.session import NeverRun, configuration, session
from printd.core.config import Config
from printd.core.config_example import to_take_over
from printd.core.shipped import shipped


def config(args: argparse.Namespace) -> int:
    """Show the effective values, the JSON schema, or the example file."""
    if args.what == "schema":
        show_json(Config.model_json_schema())
        return 0
    if args.what == "example":
        text = shipped("config.example.yaml").read_text(encoding="utf-8")
        if args.json:
            show_json(yaml.safe_load(text))
        else:
            print(to_take_over(text), end="")
        return 0
    if args.what == "reload":
        return _reload(args)
    loaded = configuration(args)
    values = loaded.config.model_dump(mode="json")
    if args.json:
        show_json({"file": str(loaded.path) if loaded.path else None, "values": values})
        return 0
    print(f"# {loaded.path or 'no configuration file: defaults'}")
    table((key, str(value), loaded.origins.get(key, "default")) for key, value in _leaves(values))
    return 0


def _reload(args: argparse.Namespace) -> int:
    """Let the daemon take over what has changed in the file."""
    try:
        with session(args) as here:
            return tell([here.ask("reload", {}, keep=False)], as_json=args.json)
    except NeverRun as error:
        raise NeverRun(
            f"No printd has run in {configuration(args).config.data_dir}.",
            action="Start it with `printd run`; if `data_dir` has just been changed, stop the one "
            "that runs first: another data folder is taken over by a restart only.",
        ) from error


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
