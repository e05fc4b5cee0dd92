"""Who may talk to the review page: no other site through a reviewer's browser, and no name that isn't the page's.

There is no sign-in: whoever reaches the address may decide, so it listens on this machine only unless told otherwise.
"""

import ipaddress
import secrets
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import FormData

TOKEN = "copydesk_token"
FORM_FIELDS = 2000  # a page of ticked copies; more is no form of ours
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers would then send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Forged(ValueError):
    """A request that didn't come from one of the page's own forms; one line says what to do."""


def own_names(host: str, names: Collection[str] = ()) -> frozenset[str]:
    """The names that this page goes by, besides addresses in figures, which no other site can rebind."""
    return frozenset(name.lower() for name in ("localhost", socket.gethostname(), host, *names))


def is_own_host(header: str, names: Collection[str]) -> bool:
    """Whether a Host header names this page: a DNS name of somebody else's that points here does not."""
    try:
        host = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host in names
    return True


def is_own_form(request: Request) -> bool:
    """Whether the browser says that a form came from this page; browsers send Origin with every form."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        return False
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def token_of(request: Request) -> str:
    """The browser's token, or a new one."""
    return request.cookies.get(TOKEN) or secrets.token_urlsafe(32)


async def own_form(request: Request) -> FormData:
    """The posted form. Raises Forged unless it holds the token that the browser's cookie holds."""
    form = await request.form(max_fields=FORM_FIELDS, max_files=0)
    cookie, sent = request.cookies.get(TOKEN), form.get("token")
    if not cookie or not isinstance(sent, str) or not secrets.compare_digest(cookie.encode(), sent.encode()):
        raise Forged("this form is too old, or cookies are off: reload the page and decide again")
    return form
