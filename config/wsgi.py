"""The WSGI application that `manage.py serve` runs."""

import os

import django

from config import startup
from config.encoding import refuse_other_encodings

refuse_other_encodings([])  # for other servers than `manage.py serve`, which has checked already
startup.prepare("serve")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.http.handlers import Handler  # noqa: E402
from volumes.api.fast_path import fast_path  # noqa: E402

application = Handler(fast_path)
