"""Fixtures of the account pages."""

import pytest

from accounts.models import Company, Role, User
from tests.factories import MembershipFactory, UserFactory


@pytest.fixture
def dora(company: Company) -> User:
    """Views the company, without a second factor."""
    dora = UserFactory.create(username="dora")
    MembershipFactory.create(user=dora, company=company, role=Role.VIEWER)
    return dora
