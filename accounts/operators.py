"""What operators may do to users. No staff permission lets its holder gain further rights.

Superusers may do everything. The permissions of other staff apply only to users who are neither staff
nor an admin of a company. Only superusers can choose a password for a user.
"""

from django.db.models import Q

from accounts.models import Company, Membership, Role, User
from config.errors import Problem


def is_privileged(person: User) -> bool:
    """Whether only superusers may change the account: it is staff, a superuser or a company's admin."""
    return person.is_staff or person.is_superuser or person.memberships.admins().exists()


def owned_beyond_reach(operator: User) -> Q:
    """Return the condition for rows that this operator may not change.

    These are the rows whose `owner` is another privileged user.
    """
    if operator.is_superuser:
        return Q(pk__in=())
    admins = Membership.objects.admins().values("user")
    privileged = Q(owner__is_staff=True) | Q(owner__is_superuser=True) | Q(owner__in=admins)
    return privileged & ~Q(owner=operator)


def may_reset_password(operator: User, person: User) -> bool:
    """Whether the operator may replace the person's password by a random one."""
    if operator.is_superuser:
        return True
    return operator.has_perm("accounts.change_user") and not is_privileged(person)


def may_change_membership(operator: User, membership: Membership) -> bool:
    """Whether the operator, given the model permission, may change or delete the membership."""
    return operator.is_superuser or not is_privileged(membership.user)


def membership_problem(
    operator: User, *, person: User, company: Company, role: Role
) -> Problem | None:
    """Return why the operator may not assign this role, or None.

    Any operator may add the first admin of a company, because a new company has no members.
    """
    if operator.is_superuser:
        return None
    if person.is_staff or person.is_superuser:
        return Problem(
            "user", "forbidden", "Only superusers change the memberships of staff, and their own."
        )
    if role == Role.ADMIN and company.memberships.admins().exists():
        message = f"{company} has an admin. Only they and superusers make others admins."
        return Problem("role", "forbidden", message)
    return None
