"""Hand-made paths, queries, headers and methods that have broken servers, or could."""

from __future__ import annotations

SEGMENTS = [
    *rb"""
    x %00 %ff %c0%ae%c0%ae ..%2f.. %2e%2e %2f %5c %0d%0a %0a % %zz %u0000 %ed%a0%80 %f4%90%80%80
    %e2%80%ae %F0%9F%A6%80 + * ~ ;a=b a;b : @ ( ' %22 %3cscript%3e -1 0 null . .. //
    validate environments api vol- 00000000000000000000000000000000
    vol-vol-00000000-0000-0000-0000-000000000000 VOL-00000000-0000-0000-0000-000000000000
    %7B00000000-0000-0000-0000-000000000000%7D urn:uuid:00000000-0000-0000-0000-000000000000
    00000000-0000-0000-0000-000000000000%0a 0000000%D9%A1-0000-0000-0000-000000000000
    """.split(),
    *(b"", b"\xff", "ü".encode(), b"a" * 8000, b"%41" * 2000),
]

REPEATED = (
    *(b"name=a", b"nameIs=a", b"status=ready", b"attached=true", b"sort=name", b"count=true"),
    *(b"includeDeleted=true", b"limit=1", b"cursor=x", b"cascade=true", b"days=1", b"format=yaml"),
    *(b"q=a", b"name__contains=a", b"pk=1", b"volume=x", b"person=x", b"page=1"),
)
"""What may be given once: repeated up to what Django takes."""

NAMED = (b"name", b"nameIs", b"label", b"q", b"term", b"company", b"person", b"token", b"action")

QUERIES = [
    *rb"""
    & = &&& ? a x=1 a[b]=c format=yaml %00=1 %ff=1 # limit=1;count=true
    name name= name=% name=%00 name=%ff name=%zz name=%ed%a0%80 name=_%25 name=%F0%9F%A6%80
    name=a&name=b limit= limit=0 limit=1 limit=1001 limit=-1 limit=+1 limit=1.0 limit=%D9%A1
    limit=1_0 limit=0x1 limit=1e2 limit=1&limit=2 count= count=true count=True count=1
    cursor= cursor=x cursor=%ff cursor=W10 cursor=bnVsbA cursor=e30
    cursor=WyJjcmVhdGVkQXQiLG51bGwsIngiXQ cursor=WyJjcmVhdGVkQXQiLG51bGwsMV0
    cursor=WyJuYW1lIixudWxsLCIwIl0&sort=name cursor=WyJzaXplIiwxZTk5OSwiMCJd&sort=size
    sort= sort=name sort=-size sort=id sort=--name sort=name,size
    status=ready status=READY status=%00 attached=true attached=maybe
    includeDeleted=true includeDeleted=yes cascade=1 cascade=true cascade=maybe
    label= label=a label=: label=a:b label=a:b:c label=a/b/c:d label=%00:x label=a'b:"c
    label=a:b&label=c:d days=0 days=30 days=366
    """.split(),
    *(b"nameIs=" + b"x" * 8000, b"limit=" + b"9" * 5000, b"cursor=" + b"W" * 8000, b"x" * 60_000),
    *(b"days=" + b"9" * 400, "ü=ü".encode(), b"name=\xff"),
    *(
        *(b"&".join(b"label=k%d:v" % n for n in range(most)) for most in (31, 32, 33, 300, 999)),
        *(b"&".join([once] * most) for once in REPEATED for most in (2, 33, 500)),
        *(name + b"=" + b"a" * long for name in NAMED for long in (1024, 1025, 20_000)),
        *(name + b"=" + b"a+" * words for name in NAMED for words in (10, 11, 2000)),
        b"&".join(b"p%d=" % n for n in range(1200)),
    ),
]

_VALUES = {
    "Authorization": r"|Bearer|Bearer |bearer x|Bearer \xff|Bearer hfst_|Basic eDp5|Bearer a b|\xff"
    r"|Bearer hfst_\xc3\xbc|Negotiate|Bearer\thfst_x|Digest username=x|Bearer hfst_%00|Token x",
    "Content-Type": r"|text/plain|/|;|*/*|\xff/\xff|application/json;;;=;|multipart/form-data"
    r"|application/x-www-form-urlencoded|multipart/form-data; boundary=x"
    r"|application/json; charset=|application/json; charset=utf-8|application/json; charset=zlib"
    r"|application/json; charset=utf-16|application/json; charset=idna"
    r"|application/json; charset=punycode|application/json; charset=\xff"
    r"|application/json; charset*=utf-8''utf-8|application/json; charset*0=utf; charset*1=-8"
    r'|application/json; charset="utf-8',
    "If-Match": r'|*|"1"|W/"1"|"1|1|"\xff"|"1","2"|,,,|"1.x"|""|"-1"|"\xd9\xa1"|W/"x"|w/"1"|*,"1"'
    r'|"1", W/"2.x"|"1" "2"|W/""|W/"\xff"|"1"\t,\t"2"',
    "If-None-Match": r'|*|"1"|W/|"\xff"|"1","2"|,,,',
    "Idempotency-Key": r'| |k|\xff|a\tb|"|\xc3\xbc',
    "X-Request-ID": r"|sane-1|\xff|a b|<b>|{}",
    "Host": r"evil.example|127.0.0.1:x|[::1|a_b|localhost:99999|\xff|127.0.0.1@x",
    "X-Forwarded-For": r"x|1.2.3.4, 5|\xff|::1%eth0|,,,",
    "X-Forwarded-Proto": r"https|\xff",
    "X-Forwarded-Host": r"evil.example",
    "Forwarded": r"for=x",
    "Accept": r"text/html|*/*;q=0|\xff|application/xml|,,,",
    "Accept-Encoding": r"gzip|br;q=1, *;q=0|\xff|identity;q=0",
    "Content-Encoding": r"gzip|nonsense||identity|identity, gzip|\xff|,",
    "Cookie": r"|=|;|sessionid|sessionid=|sessionid=x|sessionid=\xff|theme=<b>|messages=W10:x"
    r'|sessionid="\\000"|csrftoken="\\303\\274"|sessionid=a; sessionid=b|\xff=\xff|a="b'
    r"|sessionid=%00|sessionid=../x|messages=x|csrftoken=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "X-CSRFToken": r"|x|\xff",
    "Origin": r"https://evil.example|null|\xff",
    "Referer": r"\xff|https://evil.example/",
    "HX-Request": r"true|\xff",
    "X-HTTP-Method-Override": r"DELETE",
    "X-Original-URL": r"/admin/",
    "TE": r"trailers",
    "Expect": r"nonsense",
    "Upgrade": r"websocket",
    "Range": r"bytes=0-1",
    "Via": r"\xff",
}
"""With `|` between them."""

LONG = {
    "Authorization": b"Bearer hfst_" + b"a" * 8000,
    "Content-Type": b"multipart/form-data; boundary=" + b"x" * 300,
    "If-Match": b'"' + b"9" * 8000 + b'"',
    "If-None-Match": b"," * 3000,
    "Idempotency-Key": b"k" * 256,
    "X-Request-ID": b"x" * 65,
    "Cookie": b"a=b; " * 900,
    "X-CSRFToken": b"a" * 8000,
    "X-Long": b"x" * 30_000,
}


def _bytes(text: str) -> bytes:
    return text.encode().decode("unicode_escape").encode("latin-1")


HEADERS = [
    *((name, _bytes(value)) for name, values in _VALUES.items() for value in values.split("|")),
    *LONG.items(),
]

METHODS = [
    *b"PATCH OPTIONS TRACE HEAD PROPFIND LOCK PURGE get POST PUT DELETE GET".split(),
    b"X" * 99,
]
