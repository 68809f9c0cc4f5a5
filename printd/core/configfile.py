"""Finding, reading and explaining the configuration file.

Order, strongest first: environment (``PRINTD_DROP__PATH=…``), the file, defaults. All faults are
found at once; each names the file, the key, the value and what is allowed.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from printd.core.config import Config
from printd.core.errors import ConfigInvalid

SECRETS = ("api_key", "access_code", "password", "token", "key", "pin", "secret")
OF_KINDS = ("printers", "depth")  # mappings by name whose entries have a ``kind``
BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, the file it came from, and which keys came from where."""

    config: Config
    path: Path | None
    origins: Mapping[str, str]  # dotted key -> "file" | "environment"


def config_path(named: Path | None, environment: Mapping[str, str]) -> Path | None:
    """Return the file to read: named, $PRINTD_CONFIG, here, the user's, the machine's."""
    if named is not None:
        return named
    if environment.get("PRINTD_CONFIG"):
        return Path(environment["PRINTD_CONFIG"])
    home = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path("config.yaml"), home / "printd/config.yaml", Path("/etc/printd/config.yaml"))
    return next((place for place in places if _is_there(place)), None)


def _is_there(place: Path) -> bool:
    try:
        return place.is_file()
    except PermissionError:
        return False  # in a folder that is not ours to look into, as after `sudo -u printd`


def load(named: Path | None, environment: Mapping[str, str] | None = None) -> Loaded:
    """Read the configuration.

    Raises:
        ConfigInvalid: the file is missing, unreadable, or says something that cannot be.
    """
    environment = os.environ if environment is None else environment
    path = config_path(named, environment)
    return _checked(_read(path) if path else {}, path, environment)


def parsed(content: bytes, path: Path) -> Loaded:
    """Return the configuration as it would be with ``content`` in ``path``; raises as ``load``."""
    return _checked(_tree(content, path), path, os.environ)


def _checked(
    written: Mapping[str, Any], path: Path | None, environment: Mapping[str, str]
) -> Loaded:
    extra = _from_environment(environment)
    origins = dict.fromkeys(_leaves(written), "file") | dict.fromkeys(_leaves(extra), "environment")
    folder = path.parent if path else Path.cwd()
    try:
        config = Config.model_validate(_merged(written, extra), context={"folder": folder})
    except ValidationError as error:
        where = path.name if path else "configuration"
        faults = "\n".join(_explain(detail) for detail in error.errors())
        lines = [f"{where}: {fault}" for fault in faults.splitlines()]
        raise ConfigInvalid("\n".join(lines)) from error
    return Loaded(config, path, origins)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return _tree(stream.read(BYTES), path)
    except OSError as error:
        raise ConfigInvalid(f"{path}: cannot be read: {error.strerror or error}.") from error


def _tree(text: bytes, path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # also of what it takes for a date
        raise ConfigInvalid(f"{path}: is not YAML: {error}.") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigInvalid(f"{path}: must hold keys and values, such as `data_dir: data`.")
    # Of a part whose lines are all comments its name is left.
    empty = {key for key, value in content.items() if value is None} & Config.model_fields.keys()
    return {key: value for key, value in content.items() if key not in empty}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in sorted(environment.items()):
        keys = name.removeprefix("PRINTD_").lower().split("__")
        if not name.startswith("PRINTD_") or keys[0] not in Config.model_fields:
            continue
        try:
            value = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError) as error:
            raise ConfigInvalid(f"{name}={text!r}: is not YAML.") from error
        for key in reversed(keys):
            value = {key: value}
        found = _merged(found, value)
    return found


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        both = isinstance(value, dict) and isinstance(under, dict)
        result[key] = _merged(under, value) if both and isinstance(under, dict) else value
    return result


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _explain(detail: ErrorDetails) -> str:
    """Return one sentence for one fault: key, value, what is allowed."""
    path = [str(part) for part in detail["loc"] if part != "[key]"]
    if path and path[0] in OF_KINDS and len(path) > 2:
        del path[2]  # the kind, which pydantic puts between a name and its keys
    where = ".".join(path)
    if detail["type"] == "extra_forbidden":
        return _unknown_key(where, path)
    if detail["type"] == "missing":
        return f"{where}: missing; it must be given."
    if detail["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return f"{where}.kind: must be one of {', '.join(_kinds(path[0]))}."
    if detail["type"] in ("model_type", "dict_type"):
        return f"{where}: must hold keys and values."
    if detail["type"] == "value_error":
        words = str(detail["ctx"]["error"]) if "ctx" in detail else detail["msg"]
        return f"{where}: {words}." if where else words
    return f"{where}: {detail['input']!r}: {detail['msg'][0].lower()}{detail['msg'][1:]}."


def _kinds(key: str) -> Iterator[str]:
    for model in _models_in(Config.model_fields[key].annotation):
        yield from get_args(model.model_fields["kind"].annotation)


def _unknown_key(where: str, path: list[str]) -> str:
    key = path[-1]
    if key in SECRETS:
        return f"{where}: a secret is not written here; put it in a file and name `{key}_file`."
    known = list(_known_keys(path[:-1]))
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"{where}: unknown key; " + (
        f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}."
    )


def _known_keys(path: list[str]) -> Iterator[str]:
    places: list[Any] = [Config]
    for key in path:
        places = [deeper for place in places for deeper in _under(place, key)]
    for place in places:
        for model in _models_in(place):
            yield from model.model_fields


def _under(place: Any, key: str) -> Iterator[Any]:
    """Return what may stand under ``key``: in a mapping by name, any key is a name."""
    if get_origin(place) is dict:
        yield get_args(place)[1]
        return
    for model in _models_in(place):
        if key in model.model_fields:
            yield model.model_fields[key].annotation


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
