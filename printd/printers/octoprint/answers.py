"""OctoPrint's answers as records: only what is used of them, checked as a stranger's words are.

Source: octoprint 1.11.8 and 2.0.0rc7, observed with its virtual printer, November 2026. Keys that
a version leaves out are None here.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from printd.core.names import display_name
from printd.printers.octoprint.errors import WORDS_CHARACTERS

Number = Annotated[float, Field(allow_inf_nan=False)]


def _words(value: object) -> object:
    return (
        display_name(" ".join(value.split()), WORDS_CHARACTERS) if isinstance(value, str) else value
    )


Words = Annotated[str, BeforeValidator(_words)]


class Answer(BaseModel):
    """What every answer obeys: unknown keys are no fault."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Selected(Answer):
    """The file that is selected, or printed; all None when there is none."""

    path: str | None = None
    origin: str | None = None


class Job(Answer):
    """The job part of ``GET /api/job``."""

    file: Selected = Selected()


class Progress(Answer):
    """How far a print is."""

    completion: Number | None = None  # per cent of the file, not of the time; -100 of an empty file
    filepos: int | None = None
    printTimeLeft: Number | None = None  # noqa: N815 - OctoPrint's name


class JobAnswer(Answer):
    """``GET /api/job``: the state, what is selected, how far it is."""

    state: Words
    error: Words | None = None
    job: Job = Job()
    progress: Progress = Progress()

    @property
    def path(self) -> str | None:
        """Return the path of the file that is selected or printed, of OctoPrint's own storage."""
        return self.job.file.path if self.job.file.origin == "local" else None


class Prints(Answer):
    """How often a file was printed; each print that has ended counts once."""

    success: int = 0
    failure: int = 0


class FileAnswer(Answer):
    """``GET /api/files/local/<path>``."""

    path: str | None = None
    size: int | None = None
    date: Number | None = None  # seconds, by the server's clock
    hash: str | None = None  # SHA-1; OctoPrint 2 has none
    prints: Prints = Prints()  # absent until a print of it has ended


class Heat(Answer):
    """One heater."""

    actual: Number | None = None
    target: Number | None = None


class HeatAnswer(Answer):
    """``GET /api/printer``: the temperatures by heater, such as ``tool0`` and ``bed``."""

    temperature: dict[str, Heat | Any] = {}

    def of(self, heater: str) -> Heat:
        """Return one heater; unknown when the printer does not name it."""
        found = self.temperature.get(heater)
        return found if isinstance(found, Heat) else Heat()


class ErrorAnswer(Answer):
    """``GET /api/printer/error``: the last error of the firmware; empty texts when none."""

    error: Words = ""
    reason: Words = ""


class LoginAnswer(Answer):
    """``POST /api/login``: what the push socket is opened with."""

    name: str
    session: str


class VersionAnswer(Answer):
    """``GET /api/version``."""

    server: Words  # not always plain numbers: 2.0.0rc7


class UserAnswer(Answer):
    """``GET /api/currentuser``, which also a stranger is answered; who that is has no name."""

    name: Words | None
    permissions: list[str]


class RoomAnswer(Answer):
    """``GET /api/files/local``: the room on the disk."""

    free: int | None = None


class FolderAnswer(Answer):
    """``GET /api/files/local/<folder>``: what lies in it."""

    children: list[Selected] = []


class AskedAnswer(Answer):
    """``POST /plugin/appkeys/request``: by what this question for a key is known."""

    app_token: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,200}$")]


class KeyAnswer(Answer):
    """The answer to that question."""

    api_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,200}$")]


class FilesAnswer(Answer):
    """The answer to an upload: where the file lies."""

    class Files(Answer):
        """By storage."""

        local: FileAnswer

    files: Files
