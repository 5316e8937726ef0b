"""A little world to look at. Prints whom one can log in as, and what addresses are made of, as JSON.

python -m tests.browser.demo        with the settings of an installation that is bootstrapped
"""

import json

import django

django.setup()

from accounts.callers import Actor  # noqa: E402
from accounts.models import User  # noqa: E402
from tests.browser.demo.people import gather, hand_out_tokens  # noqa: E402
from tests.browser.demo.places import furnish, names  # noqa: E402
from tests.factories import PASSWORD  # noqa: E402
from volumes.models import Environment  # noqa: E402


def main() -> None:
    environment = Environment.objects.select_related("company").get(name="production")
    alice = User.objects.get(username="alice")
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    actor = Actor(by=alice.ref, via="session", ip="192.0.2.7")
    codes = gather(environment.company, actor)
    hand_out_tokens(alice, environment.pk, actor)
    furnish(environment, alice, actor)
    print(json.dumps({"password": PASSWORD, "codes": codes, "names": names(environment)}))


main()
