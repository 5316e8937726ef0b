"""What operators may do to people. No staff permission leads to more rights than its holder has.

Superusers may do everything. The permissions of other staff reach only plain people: those who are
neither staff nor an admin of a company. Nobody but a superuser sets a password of their choice.
"""

from django.db.models import Q

from accounts.models import Company, Membership, Role, User


def is_privileged(person: User) -> bool:
    """Whether only superusers may touch the account: of staff, superusers and company admins."""
    return person.is_staff or person.is_superuser or person.memberships.admins().exists()


def owned_beyond_reach(operator: User) -> Q:
    """Return which rows with an `owner` this operator may not touch: those of other privileged people."""
    if operator.is_superuser:
        return Q(pk__in=())
    admins = Membership.objects.admins().values("user")
    privileged = Q(owner__is_staff=True) | Q(owner__is_superuser=True) | Q(owner__in=admins)
    return privileged & ~Q(owner=operator)


def may_reset_password(operator: User, person: User) -> bool:
    if operator.is_superuser:
        return True
    return operator.has_perm("accounts.change_user") and not is_privileged(person)


def may_change_membership(operator: User, membership: Membership) -> bool:
    """Whether the operator may change or end it, their permissions aside."""
    return operator.is_superuser or not is_privileged(membership.user)


def membership_problem(
    operator: User, *, person: User, company: Company, role: Role
) -> tuple[str, str] | None:
    """Return the field and the reason why the operator may not give this role, or None.

    The first admin of a company is any operator's to add: that is how companies begin.
    """
    if operator.is_superuser:
        return None
    if person.is_staff or person.is_superuser:
        return "user", "Only superusers change the memberships of staff, and their own."
    if role == Role.ADMIN and company.memberships.admins().exists():
        return "role", f"{company} has an admin. Only they and superusers make others admins."
    return None
