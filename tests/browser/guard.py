"""What no page may do unseen: ask another server, fail in a script, complain to the console."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

INSIDE = ("data:", "blob:", "about:")  # addresses that leave no machine


class Guard:
    """Listens to browser contexts; ``check`` fails on whatever was not allowed."""

    def __init__(self, home: str) -> None:
        self._homes = [home]
        self._allowed: list[str] = []
        self._contexts: list[BrowserContext] = []
        self.strangers: list[str] = []
        self.faults: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Listen to all pages of a context, also those that are opened later."""
        self._contexts.append(context)
        context.on("request", self._on_request)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    @property
    def pages(self) -> list[Page]:
        """All pages that are open."""
        return [page for context in self._contexts for page in context.pages]

    def also_home(self, url: str) -> None:
        """Let pages ask this server too: the same daemon on another port, or another one."""
        self._homes.append(url)

    def allow(self, words: str) -> None:
        """Let console and script errors pass that contain ``words``; say why beside it."""
        self._allowed.append(words)

    def check(self) -> None:
        """Fail on what was heard."""
        assert not self.strangers, f"asked of other servers: {self.strangers}"
        faults = [fault for fault in self.faults if not any(one in fault for one in self._allowed)]
        assert not faults, "\n".join(faults)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((*INSIDE, *(f"{home}/" for home in self._homes))):
            self.strangers.append(request.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")
