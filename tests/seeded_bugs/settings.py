"""The product's settings, with a switch by which a test breaks the product while it serves.

Only tests name this module (DJANGO_SETTINGS_MODULE); the product knows nothing of it.
"""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as APPS
from config.settings import MIDDLEWARE as OF_THE_PRODUCT

INSTALLED_APPS = [*APPS, "tests.seeded_bugs.apps.Planted"]
MIDDLEWARE = ["tests.seeded_bugs.switch.middleware", *OF_THE_PRODUCT]
