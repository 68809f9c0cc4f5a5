"""``printd run`` and ``check``."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from printd.cli.output import say, show_json, show_text
from printd.cli.parsing import UsageError
from printd.cli.session import configuration, me, profile_folders
from printd.core import log as logs
from printd.core.config import Config
from printd.core.configfile import Loaded, load
from printd.core.errors import ConfigInvalid, DatabaseUnusable
from printd.meshers import check_entries
from printd.printers import check_files
from printd.slicers.profiles import configured_profiles

log = logging.getLogger(__name__)


def run(args: argparse.Namespace) -> int:
    """Run the daemon until a signal."""
    if args.demo or args.data:
        return _demo(args)
    from printd.daemon.app import App  # only this command needs all of it

    loaded = configuration(args)
    logs.set_up(loaded.config.log.level)
    log.info("printd of %s with %s", me(), loaded.path or "no configuration file")
    app = App(
        loaded.config,
        profile_folders(loaded),
        lambda: checked_again(loaded),
        config_file=loaded.path,
    )
    try:
        code = app.run()
    except DatabaseUnusable as error:
        return _safe_mode(loaded, error)
    is_waiting = app.is_waiting()
    if app.unusable is not None:
        code = _safe_mode(loaded, app.unusable)
    if is_waiting:
        # Python would wait for a thread that waits for a service, perhaps half an hour. What came
        # of the order is found out at the next start, as after a crash.
        log.warning("a service has not answered yet; what came of that is found out later")
        logging.shutdown()
        os._exit(code)
    return code


def _demo(args: argparse.Namespace) -> int:
    """Run the demo until a signal, in a folder of its own."""
    if not args.demo or args.config:
        raise UsageError(
            "The demo has a configuration of its own, in a folder of its own.",
            action="Run `printd run --demo`, or `printd run --demo --data DIR` to keep the folder.",
        )
    from printd.daemon.app import App
    from printd.daemon.demo import Demo
    from printd.daemon.demo_shop import demo_folder

    with ExitStack() as stack:
        folder = stack.enter_context(demo_folder(Path(args.data) if args.data else None))
        loaded = load(folder / "config.yaml", environment={})
        log_file = stack.enter_context((folder / "printd.log").open("a", encoding="utf-8"))
        logs.set_up(loaded.config.log.level, log_file)
        say(f"The demo of printd, with simulated printers, in {folder}. Ctrl-C ends it.")
        demo = Demo(folder, loaded.config, say)
        app = App(
            loaded.config,
            profile_folders(loaded),
            lambda: checked_again(loaded, {}),
            demo.run,
            config_file=loaded.path,
        )
        code = app.run()
        if code:
            say("\n".join(line.text for line in logs.last(1)))
        logs.set_up(loaded.config.log.level)  # its file is about to be closed
        say("The demo has ended." + ("" if args.data else " Its folder is deleted."))
        return code


def _safe_mode(loaded: Loaded, error: DatabaseUnusable) -> int:
    """Show what is known until a signal; without pages there is nothing to show it on."""
    if not loaded.config.web.enabled:
        raise error
    from printd.daemon.safe_mode import SafeDaemon

    return SafeDaemon(loaded.config, profile_folders(loaded), error).run()


def checked_again(loaded: Loaded, environment: Mapping[str, str] | None = None) -> Config:
    """Read the same configuration once more, with the files that it names.

    Args:
        loaded: it, as it was read before.
        environment: what else is said of it; None: by the environment of this process.

    Raises:
        ConfigInvalid, ProfileMissing, ProfileInvalid: what is wrong with it.
    """
    config = load(loaded.path, environment).config
    for printer in config.printers.values():
        check_files(printer)
    check_entries(config.meshers)
    return config


def _faults(loaded: Loaded) -> Iterator[ConfigInvalid]:
    """Look at everything that a configuration names; yield what is wrong, not the first alone."""
    config = loaded.config
    looks: list[Callable[[], object]] = [
        partial(configured_profiles, config, profile_folders(loaded)),
        *(partial(check_files, printer) for printer in config.printers.values()),
        *(partial(check_entries, {name: mesher}) for name, mesher in config.meshers.items()),
    ]
    for look in looks:
        try:
            look()
        except ConfigInvalid as fault:
            yield fault


def check(args: argparse.Namespace) -> int:
    """Check a configuration and the files that it names; touch nothing outside."""
    if args.file and args.config:
        raise UsageError("Name one file: after `check`, or after `--config`.")
    loaded = load(Path(args.file)) if args.file else configuration(args)
    faults = [*_faults(loaded)]
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise ConfigInvalid("\n".join(fault.problem for fault in faults))
    where = str(loaded.path) if loaded.path else "defaults (no configuration file found)"
    if args.json:
        show_json({"ok": True, "file": str(loaded.path) if loaded.path else None})
    else:
        printers = ", ".join(loaded.config.printers) or "none"
        show_text(
            f"{where}: fine. Printers: {printers}. Recipes: {', '.join(loaded.config.recipes)}."
        )
    return 0
