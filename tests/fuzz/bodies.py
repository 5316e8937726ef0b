"""Hand-made bodies that have broken servers, or could."""

from __future__ import annotations

import gzip
import json
from typing import Any

DEEP = 5000
LONG = 60_000

FIELDS = b"""
    name size mountPath description labels protected version id resourceRequests attachedAppsRefs
    restoreFrom appIdRef readOnly resourceQuota companyIdRef usedSize unknown
""".split()

VALUES = [
    *rb"""
    null true 0 -1 1.0 1e3 1e999 -0 NaN Infinity 9223372036854775808 -9223372036854775809
    "" "7" "/" "." "/proc/self" "/a:b" "../../etc/passwd" "%00" "'--" "<b>" "a-" "${x}" "x=y"
    "\u0000" "\ud800" "\udc00\ud800" "\u2028" "\u202e" "\x" "\u12"
    [] {} [[]] [null,1,"x",{}] {"":""} {"a":null} {"__proto__":1} {"a":{"a":{}}} {"k":"\ud800"}
    {"storage":"1GB"} {"storage":"9"} {"storage":null} {"storage":1} {"storage":-1}
    ["app-00000000-0000-0000-0000-000000000000"] "snap-00000000-0000-0000-0000-000000000000"
    """.split(),
    *(b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\xf4\x90\x80\x80"', b'"a\x00b"', b'"a\nb"'),
    *('"Ünïcode"'.encode(), '"🦀"'.encode(), b'" "', b'{"storage":"\xd9\xa1GB"}'),
    *(b"9" * 25, b"9" * 4301, b'{"storage":"%sTB"}' % (b"9" * 400), b'"%s"' % (b"x" * LONG)),
    *(b"[" * 40 + b"]" * 40, b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    *(b"[%s]" % b",".join([b"1"] * 9000), b"{%s}" % b",".join(b'"k%d":""' % n for n in range(99))),
]


def _spec(**fields: Any) -> bytes:
    return json.dumps({"name": "made-by-hand", "size": 1, **fields}).encode()


def _with(field: bytes, value: bytes) -> bytes:
    return b'{"name": "made-by-hand", "size": 1, "%s": %s}' % (field, value)


BODIES = [
    *rb"""
    nonsense { } [ " null [] 1 "x" {}{} {'name':'x'} {"name":"x",} {"size":1,"size":2} {1:2} <a/>
    {"a\u0000":1} {"\ud800":1} {"":1} a=b&c=d
    """.split(),
    *(b"", b" ", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}", gzip.compress(b"{}")),
    *(b"\xef\xbb\xbf", b"\xef\xbb\xbfnull", b" null ", b"\xef\xbb\xbf" + _spec()),
    *("{}".encode("utf-16"), "{}".encode("utf-32"), b" " * LONG + b"{}", b"[" * LONG),
    *(b'{"x":' * 10_000, b"x" * 65537, b'{"a": "' + b"x" * 200_000 + b'"}'),
    b"--x\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--x--",
    *(_spec(), _spec(description="x" * 500), _spec(description="x" * 501), _spec(size="10GB")),
    *(_with(field, value) for field in FIELDS for value in VALUES),
]
