"""An HTML page as a reader gets it."""

from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input", "hr"}
LINKS = {"src", "href", "xlink:href", "data", "action"}


class Page(HTMLParser):
    """Text that a reader sees or hears, with tags and attributes; checks that tags are closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.words += [value or "" for name, value in attrs if name in {"aria-label", "data-label"}]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"style", "script"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        assert not self._open
        return " ".join(" ".join(self.words).split())

    @property
    def references(self) -> list[str]:
        return [value for _, name, value in self.attributes if name in LINKS]
