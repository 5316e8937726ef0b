"""The lock under which memberships and invitations of a company change."""

from accounts.models import Company
from config.errors import Refused


def lock_company(company: Company) -> Company:
    """Lock the company's row until the transaction ends. Raises Refused if it was removed."""
    try:
        return Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    except Company.DoesNotExist:
        raise Refused.because("", "wrong_status", "This company no longer exists.") from None
