"""How the little world is served: as always, with a few addresses more, at which things break."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.browser.urls"
