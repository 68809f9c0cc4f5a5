"""``printd retry``, ``cancel``, ``hold``, ``release``, ``resolve``: asking the daemon."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from printd.cli.output import say, show_json
from printd.cli.session import Session, session
from printd.core.requests import Answer


def ask_jobs(args: argparse.Namespace) -> int:
    """Ask the same of each job named; go on after one that is refused."""
    with session(args) as here:
        jobs = [here.store.find(word) for word in args.jobs]
        answers = [here.ask(args.verb, {"job": job.number, "seen": job.revision}) for job in jobs]
    return _tell(answers, as_json=args.json)


def resolve(args: argparse.Namespace) -> int:
    """Tell the daemon what became of a job in doubt."""
    with session(args) as here:
        job = here.store.find(args.job)
        asked = {"job": job.number, "seen": job.revision, "outcome": args.outcome}
        answer = here.ask("resolve", asked)
    return _tell([answer], as_json=args.json)


def ask_printer(here: Session, verb: str, values: Mapping[str, Any], *, as_json: bool) -> int:
    """Ask something of a printer and tell the answer."""
    return _tell([here.ask(verb, dict(values), keep=False)], as_json=as_json)


def _tell(answers: list[Answer], *, as_json: bool) -> int:
    code = 0
    if as_json:
        show_json([{"code": answer.code, **answer.values} for answer in answers])
    for answer in answers:
        values = answer.values
        if answer.code is not None:
            say(f"{values['problem']}\n→ {values['action']}  [{answer.code}]")
            code = int(values.get("exit_code", 1))
        elif not as_json:
            print(_words(values))
    return code


def _words(values: Mapping[str, Any]) -> str:
    if "job" in values:
        asked = "; the printer is told to stop" if values.get("asked") else ""
        return f"#{values['job']} is {values['state']}{asked}"
    if "bed" in values:
        return f"The bed of {values['printer']} is {values['bed']}."
    note = values.get("out_of_service")
    return f"{values['printer']} is {'out of service: ' + note if note else 'in service'}."
