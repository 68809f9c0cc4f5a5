"""``printd retry``, ``cancel``, ``hold``, ``release``, ``resolve``: asking the daemon."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from printd.cli.output import say, show_json
from printd.cli.session import Session, session
from printd.core.errors import DaemonAway, NoSuchJob
from printd.core.requests import Answer

OBEYED_WITHIN_S: Final = 60.0  # a printer may take half a minute to answer and to obey


def ask_jobs(args: argparse.Namespace) -> int:
    """Ask the same of each job named; go on after one that is refused or is not there."""
    with session(args) as here:
        answers = [_asked(here, args.verb, word) for word in args.jobs]
    return _tell(answers, as_json=args.json)


def _asked(here: Session, verb: str, word: str) -> Answer:
    try:
        job = here.store.find(word)
        answer = here.ask(verb, {"job": job.number, "seen": job.revision})
    except (NoSuchJob, DaemonAway) as error:
        words = {"problem": error.problem, "action": error.action, "exit_code": error.exit_code}
        return Answer(error.code, {"asked_of": word, **words})
    if answer.code is None and answer.values["job"] != job.number:
        return replace(answer, values={**answer.values, "again_of": job.number})
    return answer


def resolve(args: argparse.Namespace) -> int:
    """Tell the daemon what became of a job in doubt."""
    with session(args) as here:
        job = here.store.find(args.job)
        asked = {"job": job.number, "seen": job.revision, "outcome": args.outcome}
        answer = here.ask("resolve", asked)
    return _tell([answer], as_json=args.json)


def ask_printer(here: Session, verb: str, values: Mapping[str, Any], *, as_json: bool) -> int:
    """Ask something of a printer and tell the answer."""
    answer = here.ask(verb, dict(values), keep=False, within_s=OBEYED_WITHIN_S)
    return _tell([answer], as_json=as_json)


def _tell(answers: list[Answer], *, as_json: bool) -> int:
    code = 0
    if as_json:
        show_json([{"code": answer.code, **answer.values} for answer in answers])
    for answer in answers:
        values = answer.values
        if answer.code is not None:
            of = f"{values['asked_of']}: " if "asked_of" in values and len(answers) > 1 else ""
            say(f"{of}{values['problem']}\n→ {values['action']}  [{answer.code}]")
            code = max(code, int(values.get("exit_code", 1)))
        elif not as_json:
            print(_words(values))
    return code


def _words(values: Mapping[str, Any]) -> str:
    if "job" in values:
        asked = "; the printer is told to stop" if values.get("asked") else ""
        again = f", again of #{values['again_of']}" if "again_of" in values else ""
        return f"#{values['job']} is {values['state']}{again}{asked}"
    if "bed" in values:
        return f"The bed of {values['printer']} is {values['bed']}."
    if "told" in values:
        return f"{values['printer']} is told {values['told']}."
    note = values.get("out_of_service")
    return f"{values['printer']} is {'out of service: ' + note if note else 'in service'}."
