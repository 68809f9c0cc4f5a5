"""The description of the API as a page to be read: plain HTML, made from the OpenAPI document.

No script and nothing from other servers: the page works without the internet, and under a policy
that allows it nothing but its own style.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

Schema = Mapping[str, Any]
STYLE: Final = """
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 1rem/1.5 sans-serif;
  color: #1a1a1a; background: #fff; }
h2 { margin-top: 3rem; border-bottom: 2px solid #666; }
h3 { margin-top: 2rem; font: bold 1.05rem/1.4 monospace; overflow-wrap: anywhere; }
h3 b { display: inline-block; min-width: 4.5rem; color: #0b57a4; }
table { border-collapse: collapse; width: 100%; }
td { border-bottom: 1px solid #ccc; padding: .2rem .8rem .2rem 0; vertical-align: top; }
td:first-child { font-family: monospace; white-space: nowrap; }
code, pre { font-family: monospace; background: #f2f2f2; overflow-wrap: anywhere; }
pre { padding: .6rem; white-space: pre-wrap; }
a { color: #0b57a4; }
@media (prefers-color-scheme: dark) {
  body { color: #eee; background: #16181c; }
  code, pre { background: #24272d; } td { border-color: #444; }
  a, h3 b { color: #8ab8f0; }
}
"""
POLICY: Final = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src "
    f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
TITLES: Final[Mapping[str, str]] = {
    "acts": "What is done with a job",
    "config": "The configuration",
    "files": "The files of a job",
    "health": "For programs that watch printd",
    "state": "Everything at once, and as it happens",
}


def page_of(description: Schema) -> str:
    """Return the page of an OpenAPI document."""
    parts: dict[str, list[str]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            parts.setdefault(tag, []).append("".join(_operation(path, method, operation)))
    title = escape(description["info"]["title"])
    links = "".join(f'<li><a href="#{escape(tag)}">{_title(tag)}</a>' for tag in parts)
    sections = "".join(
        f'<h2 id="{escape(tag)}">{_title(tag)}</h2>{"".join(some)}' for tag, some in parts.items()
    )
    schemas = description.get("components", {}).get("schemas", {})
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}: the API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<h1>{title} {escape(description['info']['version'])}: the API</h1>"
        f"<p>{_words(description['info'].get('description', ''))}</p>"
        '<p>For programs: <a href="/api/v1/openapi.json">openapi.json</a>.</p>'
        f'<ul>{links}<li><a href="#documents">Documents</a></ul>{sections}'
        f'<h2 id="documents">Documents</h2>{"".join(_schemas(schemas))}</html>'
    )


def _title(tag: str) -> str:
    return escape(TITLES.get(tag, tag.capitalize()))


def _operation(path: str, method: str, operation: Schema) -> Iterator[str]:
    yield f"<h3><b>{escape(method.upper())}</b> {escape(path)}</h3>"
    yield f"<p>{_words(operation['summary'])}.</p>"
    asked = [
        (one["name"], f"{one['in']}, {_type(one['schema'])}", one.get("description", ""))
        for one in operation.get("parameters", ())
    ]
    if asked:
        yield _table(asked)
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Send <code>{escape(kind)}</code>: {_type(content['schema'])}</p>"
        yield _properties(content["schema"])
    answers = [
        (status, _answer(answer), _example(answer))
        for status, answer in operation["responses"].items()
    ]
    yield f"<details><summary>Answers</summary>{_table(answers)}</details>"


def _answer(answer: Schema) -> str:
    """Return what an answer is, with a link to its document."""
    documents = {_type(of["schema"]) for of in answer.get("content", {}).values() if "schema" in of}
    return ", ".join([_words(answer.get("description", "")), *sorted(documents)])


def _example(answer: Schema) -> str:
    problem = answer.get("content", {}).get("application/json", {}).get("example", {})
    return f"`{problem['code']}`: {problem['problem']}" if "code" in problem else ""


def _schemas(schemas: Mapping[str, Schema]) -> Iterator[str]:
    for name, schema in sorted(schemas.items()):
        yield f'<h3 id="{escape(name)}">{escape(name)}</h3>'
        yield f"<p>{_words(schema.get('description', ''))}</p>"
        yield _properties(schema) if "properties" in schema else f"<p>{_type(schema)}</p>"
        if "example" in schema:
            yield f"<pre>{escape(json.dumps(schema['example'], indent=2))}</pre>"


def _properties(schema: Schema) -> str:
    needed = schema.get("required", ())
    return _table(
        [
            (name, _type(of) + (", needed" if name in needed else ""), of.get("description", ""))
            for name, of in schema.get("properties", {}).items()
        ]
    )


def _table(rows: list[tuple[str, str, str]]) -> str:
    """Return a table: names as they are, markup, words."""
    lines = (
        f"<tr><td>{escape(name)}<td>{markup}<td>{_words(words)}" for name, markup, words in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _type(schema: Schema) -> str:
    """Return what a value may be, as markup."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "const" in schema:
        return _value(schema["const"])
    if "enum" in schema:
        return " or ".join(_value(one) for one in schema["enum"])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[key]))
    kind = schema.get("type", "anything")
    if kind == "array":
        inner = schema.get("items") or {"anyOf": schema.get("prefixItems", [{}])}
        return f"list of {_type(inner)}"
    return escape(" ".join([schema.get("format", kind), *_limits(schema)]))


def _value(value: Any) -> str:
    return f"<code>{escape(json.dumps(value))}</code>"


def _limits(schema: Schema) -> Iterator[str]:
    for key, words in (("minimum", "from"), ("maximum", "to"), ("maxLength", "of at most")):
        if key in schema:
            yield f"{words} {schema[key]}"
    if "default" in schema:
        yield f"({json.dumps(schema['default'])} if not said)"


def _words(text: str) -> str:
    """Return words of the description as markup: the signs of code are all that they use."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text.strip()))
