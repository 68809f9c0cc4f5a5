"""A disk that loses what was not synced: replays a recording, and shows what a power cut leaves.

The rules are harsher than any one file system. Bytes are safe after the file's own sync, names
after the sync of their folder; a file's sync says nothing about its name. What was not synced may
arrive or not, each file and each folder for itself: of a file any of its writes, of a folder its
changes up to some moment. A rename arrives whole or not at all.
"""

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tests.peers.recording import Call, TraceUnreadable

FORGOTTEN = "-shm"  # the index of the log lives in memory only; SQLite makes it anew


Arrived = tuple[tuple[int, ...], bool]  # which of the un-synced writes; of the rest zeros
SAFE: Arrived = ((), False)


class Fate(Enum):
    """What becomes of the un-synced part of one file or folder."""

    LOST = "lost"
    ARRIVED = "arrived"
    ZEROS = "zeros"  # of a file: its size arrives, its bytes do not


@dataclass(slots=True, eq=False)
class File:
    """What is safe of a file, and what has been written since."""

    safe: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # None: cut to offset
    now: bytearray = field(default_factory=bytearray)
    stands_at: int = 0
    known: dict[Arrived, bytes] = field(default_factory=dict)  # digests, as it is now

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes; they are not safe."""
        _put(self.now, offset, data)
        self.pending.append((offset, data))
        self._is_another()

    def cut(self, size: int) -> None:
        """Give it another size; that is not safe either."""
        _cut(self.now, size)
        self.pending.append((size, None))
        self._is_another()

    def sync(self) -> None:
        """Make all of it safe."""
        self.safe = bytes(self.now)
        self.pending = []
        self.known = {}

    def _is_another(self) -> None:
        """Forget the digests, but that of what is safe: another write leaves it as it was."""
        self.known = {what: known for what, known in self.known.items() if what == SAFE}


@dataclass(slots=True, eq=False)
class Folder:
    """The names that are safe in a folder, and those of now."""

    safe: dict[str, "Node"] = field(default_factory=dict)
    now: dict[str, "Node"] = field(default_factory=dict)


Node = File | Folder


@dataclass(slots=True, eq=False)
class Change:
    """One change of names; a rename between two folders is one change of both."""

    parts: list[tuple[Folder, str, Node | None]]


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """What is left of one file: which of its un-synced writes have arrived."""

    file: File
    arrived: tuple[int, ...]  # indexes of ``file.pending``
    zeros: bool = False

    @property
    def digest(self) -> bytes:
        """Return what tells its bytes from all others; they are read once for each change."""
        what = (self.arrived, self.zeros)
        if what not in self.file.known:
            self.file.known[what] = hashlib.sha256(self.content()).digest()
        return self.file.known[what]

    def content(self) -> bytes:
        """Return its bytes."""
        if not self.arrived and not self.zeros:
            return self.file.safe
        if len(self.arrived) == len(self.file.pending):
            return bytes(self.file.now)
        content = bytearray(self.file.safe)
        if self.zeros:
            _cut(content, len(self.file.now))
        for index in self.arrived:
            offset, data = self.file.pending[index]
            _cut(content, offset) if data is None else _put(content, offset, data)
        return bytes(content)


State = dict[str, Left | None]  # path below the root; None: a folder


class Disk:
    """The folders of a shop as the calls change them; everything in them at first is safe.

    Args:
        root: as it is called in the recording.
        names: the folders of ``root`` that are looked at.
        before: where their content before the recording is kept.
    """

    def __init__(self, root: Path, names: tuple[str, ...], before: Path) -> None:
        self._root = str(root)
        self._mine = tuple(f"{root}/{name}" for name in names)
        self.top = Folder()
        self._pending: list[Change] = []
        for name in names:
            if (before / name).is_dir():
                self.top.safe[name] = self.top.now[name] = _filled(before / name)

    # What a program does.

    def obey(self, call: Call, *, deaf: bool = False) -> None:  # noqa: C901  a table of calls
        """Do what the kernel did; ``deaf``: a sync that does nothing."""
        if not any(self.is_mine(path) for path in call.paths):
            return
        first = call.paths[0]
        match call.name:
            case "open":
                self._open(first, call.flags)
            case "seek" if isinstance(file := self._node(first), File):
                file.stands_at = call.offset or 0
            case "seek":
                pass  # a folder that is read
            case "write":
                self._write(first, call.data, call.offset)
            case "copy":
                self._copy(*call.paths, size=call.size)
            case "truncate":
                self._file(first).cut(call.size)
            case "grow":
                file = self._file(first)
                file.cut(max(call.size, len(file.now)))
            case "sync":
                if not deaf:
                    self._sync(first)
            case "rename" | "link":
                self._rename(*call.paths, keep=call.name == "link")
            case "unlink" | "rmdir":
                self._change([(*self._place(first), None)])
            case "mkdir":
                self._change([(*self._place(first), Folder())])
            case _:
                raise TraceUnreadable(call.name)

    def is_mine(self, path: str) -> bool:
        """Return whether this path is looked at."""
        if path.endswith(FORGOTTEN):
            return False
        return path == self._root or any(
            path == mine or path.startswith(f"{mine}/") for mine in self._mine
        )

    def _node(self, path: str) -> Node | None:
        node: Node = self.top
        for part in Path(path).relative_to(self._root).parts:
            if not isinstance(node, Folder) or part not in node.now:
                return None
            node = node.now[part]
        return node

    def _file(self, path: str) -> File:
        node = self._node(path)
        if not isinstance(node, File):
            raise TraceUnreadable(f"no file {path}")
        return node

    def _place(self, path: str) -> tuple[Folder, str]:
        folder = self._node(str(Path(path).parent))
        if not isinstance(folder, Folder):
            raise TraceUnreadable(f"no folder for {path}")
        return folder, Path(path).name

    def _open(self, path: str, flags: str) -> None:
        node = self._node(path)
        if node is None and "O_CREAT" in flags:
            node = File()
            self._change([(*self._place(path), node)])
        if isinstance(node, File):
            if "O_TRUNC" in flags and node.now:
                node.cut(0)
            node.stands_at = len(node.now) if "O_APPEND" in flags else 0

    def _write(self, path: str, data: bytes, offset: int | None) -> None:
        file = self._file(path)
        if offset is None:
            offset = file.stands_at
            file.stands_at += len(data)
        file.write(offset, data)

    def _copy(self, to: str, source: str, *, size: int) -> None:
        if self.is_mine(to):
            mine = self.is_mine(source)
            whole = bytes(self._file(source).now) if mine else Path(source).read_bytes()
            start = self._file(to).stands_at
            self._write(to, whole[start : start + size], None)

    def _sync(self, path: str) -> None:
        node = self._node(path)
        if isinstance(node, File):
            node.sync()
        elif isinstance(node, Folder):
            _arrive(node, self._pending, len(self._pending), _settle)
            self._pending = [change for change in self._pending if change.parts]

    def _rename(self, old: str, new: str, *, keep: bool) -> None:
        source, old_name = self._place(old)
        gone: list[tuple[Folder, str, Node | None]] = [] if keep else [(source, old_name, None)]
        self._change([*gone, (*self._place(new), source.now[old_name])])

    def _change(self, parts: list[tuple[Folder, str, Node | None]]) -> None:
        for folder, name, node in parts:
            _name(folder.now, name, node)
        self._pending.append(Change(parts))

    # What a power cut leaves.

    def seen(self) -> dict[str, bytes | None]:
        """Return what a program sees while the power is on."""
        tree = _tree(self.top, "", lambda folder: folder.now)
        return {path: bytes(node.now) if isinstance(node, File) else None for path, node in tree}

    def pending(self, matters: Callable[[str], bool]) -> list[Node]:
        """Return the files and folders that matter and have something un-synced."""
        changed = {id(part[0]) for change in self._pending for part in change.parts}
        found: list[Node] = [self.top] if id(self.top) in changed else []
        for path, node in _tree(self.top, "", lambda folder: folder.now):
            waits = bool(node.pending) if isinstance(node, File) else id(node) in changed
            if waits and matters(path):
                found.append(node)
        return found

    def after_cut(self, cut: "Cut") -> State:
        """Return what is there after a power cut that goes this way."""
        names: dict[int, dict[str, Node]] = {}
        done: set[int] = set()

        def safe(folder: Folder) -> dict[str, Node]:
            return names.setdefault(id(folder), dict(folder.safe))

        def arrive(change: Change) -> None:
            if id(change) not in done:
                done.add(id(change))
                for folder, name, node in change.parts:
                    _name(safe(folder), name, node)

        known: set[int] = set()
        for folder in [part[0] for change in self._pending for part in change.parts]:
            if id(folder) not in known:
                known.add(id(folder))
                count = cut.changes_of(folder, len(self._pending))
                _arrive(folder, self._pending, count, arrive)
        tree = _tree(self.top, "", safe)
        return {path: cut.left(node) if isinstance(node, File) else None for path, node in tree}


@dataclass(slots=True)
class Cut:
    """One way in which a power cut may go.

    Args:
        title: for a person.
        folders: what becomes of names.
        files: what becomes of bytes.
        single: one file or folder that has a fate of its own.
        chance: decides for every write and every folder by itself instead.
    """

    title: str
    folders: Fate
    files: Fate
    single: tuple[Node, Fate] | None = None
    chance: random.Random | None = None

    def changes_of(self, folder: Folder, most: int) -> int:
        """Return up to which of the un-synced changes those of ``folder`` arrive."""
        if self.chance is not None:
            return self.chance.randint(0, most)
        return most if self._fate(folder, self.folders) is Fate.ARRIVED else 0

    def left(self, file: File) -> Left:
        """Return what is left of a file."""
        everything = tuple(range(len(file.pending)))
        if self.chance is not None:
            return Left(file, tuple(i for i in everything if self.chance.random() < 0.5))
        fate = self._fate(file, self.files)
        return Left(file, everything if fate is Fate.ARRIVED else (), fate is Fate.ZEROS)

    def _fate(self, node: Node, default: Fate) -> Fate:
        return self.single[1] if self.single is not None and node is self.single[0] else default


def cuts(pending: list[Node], seeds: Iterable[int]) -> Iterator[Cut]:
    """Yield ways in which a power cut may go: nothing, all, each thing by itself, and chance."""
    lost, arrived = Fate.LOST, Fate.ARRIVED
    yield Cut("nothing un-synced arrives", lost, lost)
    yield Cut("everything arrives", arrived, arrived)
    yield Cut("names arrive, bytes do not", arrived, lost)
    yield Cut("names and sizes arrive, bytes do not", arrived, Fate.ZEROS)
    yield Cut("bytes arrive, names do not", lost, arrived)
    for node in pending:
        yield Cut("only one arrives", lost, lost, (node, arrived))
        yield Cut("all but one arrive", arrived, arrived, (node, lost))
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311  a way to fail, no secret
        yield Cut(f"by chance, seed {seed}", lost, lost, chance=chance)


def _arrive(
    folder: Folder, pending: list[Change], count: int, arrive: Callable[[Change], None]
) -> None:
    """Let the changes of a folder arrive in order, each after what its other folder needs."""
    for index, change in enumerate(pending[:count]):
        touched = [part[0] for part in change.parts]
        if folder in touched:
            for other in touched:
                if other is not folder:
                    _arrive(other, pending, index, arrive)
            arrive(change)


def _settle(change: Change) -> None:
    for folder, name, node in change.parts:
        _name(folder.safe, name, node)
    change.parts = []


def _filled(path: Path) -> Folder:
    folder = Folder()
    for entry in sorted(path.iterdir()):
        if entry.is_dir():
            node: Node = _filled(entry)
        else:
            content = entry.read_bytes()
            node = File(content, now=bytearray(content))
        folder.safe[entry.name] = folder.now[entry.name] = node
    return folder


def _tree(
    folder: Folder, where: str, names: Callable[[Folder], dict[str, Node]]
) -> Iterator[tuple[str, Node]]:
    for name, node in sorted(names(folder).items()):
        yield f"{where}{name}", node
        if isinstance(node, Folder):
            yield from _tree(node, f"{where}{name}/", names)


def _name(names: dict[str, Node], name: str, node: Node | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _cut(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))
