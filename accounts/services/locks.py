"""The lock under which memberships and invitations of a company change."""

from accounts.errors import Refused
from accounts.models import Company


def lock_company(company: Company) -> Company:
    """Lock the company's row until the transaction ends. Raises Refused if it was removed."""
    try:
        return Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    except Company.DoesNotExist:
        raise Refused("", "This company no longer exists.") from None
