"""What all pages have in common: templates, head and foot, addresses, headers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from api.files.browser import has_bundle
from api.http.content_negotiation import PARAMETER
from api.http.page_negotiation import HTML, LANGUAGE, MEDIA_TYPE, Language, choose_language, is_page_accepted, without
from api.http.security_policy import page_policy
from api.web import typography
from api.web import untrusted_text as text
from api.web.static_files import resource_name
from api.web.words import translate
from catalog_builder.vocab.french import FRENCH, TITLES
from catalog_builder.vocab.queryables import BY_NAME
from catalog_builder.vocab.release import __version__

if TYPE_CHECKING:
    from starlette.requests import Request

_ASKED: Final = (
    "resource", "link", "local", "page", "t", "domain", "described", "label", "number", "longitude", "latitude", "day",
    "moment", "size",
)  # fmt: skip
"""Methods of the frame that templates call."""
_SAFE: Final = "/:,@!$()*;~"
"""Characters of a query string that need no escape there."""


@cache
def templates() -> Environment:
    """The templates, compiled once: everything put in is escaped, and a name that is not there is an error."""
    found = Environment(
        loader=PackageLoader("api.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=text.shown,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["shortened"] = text.shortened
    return found


@dataclass(frozen=True)
class PageContext:
    """What a template can ask of the request that its page answers."""

    request: Request

    @cached_property
    def language(self) -> Language:
        """Of the page."""
        return choose_language(self.request)

    @cached_property
    def root(self) -> str:
        """Path of the landing page, with a slash at its end: on the host that the page came from."""
        return f"{self.request.scope.get('root_path', '')}/"

    @cached_property
    def _files(self) -> tuple[str, ...]:
        """What addresses of files begin with; they have no page."""
        return tuple(f"{self.root}{folder}/" for folder in ("data", "thumbnails"))

    @cached_property
    def base_url(self) -> str:
        """Address of the landing page, for what is copied from a page."""
        return f"{str(self.request.base_url).rstrip('/')}/"

    @cached_property
    def carried(self) -> dict[str, str]:
        """Parameters that go on to the next page, for they were asked for: language, and form."""
        language = {LANGUAGE: str(self.language)} if LANGUAGE in self.request.query_params else {}
        return language if is_page_accepted(self.request) else {PARAMETER: HTML, **language}

    def resource(self, path: str = "", **parameters: Any) -> str:
        """Address below the landing page of a resource other than a page."""
        query = urlencode({name: value for name, value in parameters.items() if value is not None}, safe=_SAFE)
        return f"{self.root}{quote(path, safe='/.-_~')}{'?' if query else ''}{query}"

    def link(self, path: str = "", **parameters: Any) -> str:
        """Address of a page below the landing page."""
        return self.resource(path, **parameters, **self.carried)

    def local(self, href: Any) -> str | None:
        """An address of an answer as a page may link it: one of this service without its host; None if it is not safe.

        Escapes stay as they are: what an answer says is an address already.
        """
        found = text.safe_address(href)
        if found is None or not found.startswith(self.base_url):
            return found
        return self.root + found.removeprefix(self.base_url)

    def picture(self, href: Any) -> str | None:
        """The same for a picture that a page may show: one that is served here or by a host of the settings."""
        found = self.local(href)
        if found is None or found.startswith(self.root):
            return found
        return found if text.origin_of(found) in self.request.app.state.service_settings.asset_hosts else None

    def page(self, href: Any) -> str | None:
        """The same for an address that has a page: a catalogue, a collection, an item or a list of items."""
        found = self.local(href)
        if found is None or not found.startswith(self.root) or found.startswith(self._files):
            return found
        path, _, query = found.partition("?")
        parts = [part for part in (without(query, PARAMETER, LANGUAGE), urlencode(self.carried)) if part]
        return f"{path}{'?' if parts else ''}{'&'.join(parts)}"

    def in_language(self, language: Language) -> str:
        """This page in another language."""
        query = without(self.request.url.query, LANGUAGE)
        path = quote(self.request.url.path, safe="/.-_~")
        return f"{path}?{'&'.join(part for part in (query, urlencode({LANGUAGE: str(language)})) if part)}"

    def t(self, key: str, **values: Any) -> str:
        """A text of the page."""
        shown = {name: self.number(value) if name == "n" else value for name, value in values.items()}
        return translate(key, self.language, shown, count=values.get("n"))

    def domain(self, english: Any) -> Any:
        """A text of the vocabulary in the page's language, where it is known."""
        is_known = self.language is Language.FRENCH and isinstance(english, str) and english in FRENCH
        return typography.typeset(FRENCH[english]) if is_known else english

    def described(self, text: str) -> str:
        """A description in the page's language, as far as its paragraphs are those of the vocabulary."""
        return "\n\n".join(str(self.domain(paragraph)) for paragraph in text.split("\n\n"))

    def label(self, name: str) -> str:
        """Title of a property."""
        if name not in BY_NAME:
            return name
        return typography.typeset(TITLES[name]) if self.language is Language.FRENCH else BY_NAME[name].title

    def number(self, value: Any, unit: str | None = None, digits: int | None = None) -> str:
        """A number with its unit."""
        return typography.number_text(value, self.language, unit, digits)

    def day(self, value: Any) -> str:
        """The day of a time."""
        return typography.day_text(value, self.language)

    def moment(self, value: Any) -> str:
        """A time."""
        return typography.moment_text(value, self.language)

    def longitude(self, value: float) -> str:
        """Degrees east or west."""
        return typography.degrees_text(value, self.language, "EW" if self.language is Language.ENGLISH else "EO")

    def latitude(self, value: float) -> str:
        """Degrees north or south."""
        return typography.degrees_text(value, self.language, "NS")

    def size(self, value: Any) -> str:
        """A number of bytes."""
        return typography.size_text(value, self.language)

    def values(self) -> dict[str, Any]:
        """What every template can use."""
        other = next(each for each in Language if each is not self.language)
        return {
            **{name: getattr(self, name) for name in _ASKED},
            "lang": str(self.language),
            "other_lang": str(other),
            "other_href": self.in_language(other),
            "carried": self.carried,
            "style": self.resource(f"pages/{resource_name('style.css')}"),
            "icon": self.resource(f"pages/{resource_name('icon.svg')}"),
            "script_href": lambda name: self.resource(f"pages/{resource_name(name)}"),
            "catalogue_title": self.domain(self.request.app.title),
            "has_browser": has_bundle(self.request.app.state.service_settings.browser_dir),
            "version": __version__,
            "markdown": text.markdown,
        }


def render_page(
    request: Request,
    template: str,
    *,
    title: str,
    status: int = 200,
    json_href: str | None = None,
    browser_path: str | None = None,
    scripts: tuple[str, ...] = (),
    context: PageContext | None = None,
    **values: Any,
) -> Response:
    """A page.

    Args:
        request: It answers.
        template: Name of the template.
        title: Of the page.
        status: Of the answer.
        json_href: Address of the same as JSON.
        browser_path: Where STAC Browser shows the same, below its own address.
        scripts: Names of our script files that the page needs.
        context: The frame, where it was made before.
        values: What the template shows.
    """
    context = context or PageContext(request)
    shown = {
        "title": title, "json_href": json_href, "browser_path": browser_path, "scripts": scripts, **values,
    }  # fmt: skip
    body = templates().get_template(template).render(context.values() | shown)
    return Response(body.encode("utf-8", "replace"), status, page_headers(context, scripts))


def page_headers(context: PageContext, scripts: tuple[str, ...] = ()) -> dict[str, str]:
    """Headers of a page: it runs only scripts of the service, and shows pictures only from hosts of the settings."""
    hosts = context.request.app.state.service_settings.asset_hosts
    return {
        "Content-Type": f"{MEDIA_TYPE}; charset=utf-8",
        "Content-Language": str(context.language),
        "Content-Security-Policy": page_policy(hosts, has_scripts=bool(scripts)),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept, Accept-Language",
    }
