"""The hand-made bytes at the pages and the admin: as queries, and as what is typed in forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote_from_bytes

from tests.fuzz.handmade import Draft
from tests.fuzz.heads import HEADERS, QUERIES
from tests.support.admin_routes import ROUTES
from tests.support.page_routes import PAGES

ROOT = (b"",)
FORM = ("Content-Type", b"application/x-www-form-urlencoded")
LASTING = {("POST", "logout")}
"""Would end the session that the others go on with."""

INPUTS = (
    *("name", "size", "mountPath", "applications", "labels", "description", "protected", "version"),
    *(
        "restoreFrom",
        "appIdRef",
        "use",
        "check",
        "readOnly",
        "quota",
        "company",
        "username",
        "role",
    ),
    *("scope", "environment", "lifetime", "code", "password", "new_password", "next", "theme"),
    *("action", "do", "volume", "count", "confirmed", "cascade", "csrfmiddlewaretoken", "unknown"),
)

TYPED = [
    *rb"""
    \ x 0 -1 1e3 10GB 9999999999999999999TB 1.5GB .5GB a=b =:= _ %s {} ../.. /proc //evil.example
    javascript:x https://evil.example/ vol- 00000000-0000-0000-0000-000000000000 <script> '--
    """.split(),
    *(b"", b" ", b"\x00", b"\xff", b"\xed\xa0\x80", b"a\r\nb", b"\xd9\xa1", b"\xf0\x9f\xa6\x80"),
    *(b"9" * 5000, b"x" * 9000, b"k=v\n" * 40, b"\xe2\x80\xae", b"a=b\na=c"),
]

ADMIN_QUERIES = rb"""
    o=x o=99.-1 p=x p=-1 q=%ff q=vol- _popup=1 _to_field=x e=1 all= id__exact=x size__gte=x pk=x
    is_deleted__exact=9 environment=x environment__company__id__exact=x created_at__gte=x pk=%ff
    _changelist_filters=%ff subject_id=x at__day=99 password=x owner__password__startswith=x
""".split()


def drafts() -> Iterator[Draft]:
    for (method, route), page in PAGES.items():
        path = b"/" + _bare(page.path)
        if method == "GET":
            yield from (Draft(b"GET", path, query, bases=ROOT) for query in QUERIES)
            yield from (Draft(b"GET", path, header=header, bases=ROOT) for header in HEADERS)
        elif (method, route) not in LASTING:
            yield from (_sent(path, page.form, name, typed) for name in INPUTS for typed in TYPED)
    for desk in ROUTES.values():
        path = b"/" + _bare(desk.path)
        yield from (Draft(b"GET", path, query, bases=ROOT) for query in [*QUERIES, *ADMIN_QUERIES])


def _sent(path: bytes, form: dict[str, str], name: str, typed: bytes) -> Draft:
    """The form as a person sends it, but for what is typed in one input."""
    fields = {key: quote_from_bytes(value.encode(), "{}") for key, value in form.items()}
    fields[name] = quote_from_bytes(typed)
    body = "&".join(f"{key}={value}" for key, value in fields.items()).encode()
    return Draft(b"POST", path, header=FORM, body=body, bases=ROOT)


def _bare(path: str) -> bytes:
    return re.sub(r"\?.*", "", path).encode()
