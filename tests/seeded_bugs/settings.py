"""The product's settings, with a switch by which a test breaks the product while it serves.

Only tests name this module (DJANGO_SETTINGS_MODULE); the product knows nothing of it.
"""

from config.settings import *  # noqa: F403
from config.settings import BEARER_MIDDLEWARE as BY_TOKEN
from config.settings import INSTALLED_APPS as APPS
from config.settings import MIDDLEWARE as ALL

INSTALLED_APPS = [*APPS, "tests.seeded_bugs.apps.SeededBugs"]
MIDDLEWARE = ["tests.seeded_bugs.switch.middleware", *ALL]
BEARER_MIDDLEWARE = ["tests.seeded_bugs.switch.middleware", *BY_TOKEN]
