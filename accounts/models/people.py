"""People, companies, and who belongs where."""

from __future__ import annotations

from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_totp.models import TOTPDevice
from uuid_utils.compat import uuid7


class User(AbstractUser):
    """A person. Being staff opens the admin; only memberships open companies."""

    credentials_version = models.PositiveIntegerField(default=1, editable=False)
    """Part of every session's hash: raising it ends the sessions."""
    must_change_password = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether the password was made by an operator, so that the next log-in must change it."""

    class Meta(AbstractUser.Meta):
        indexes = [
            # Operators look for these among all. Few are either.
            models.Index(fields=["username"], condition=Q(is_staff=True), name="user_staff"),
            models.Index(fields=["username"], condition=Q(is_active=False), name="user_off"),
            # Whom an invitation to an e-mail address is for.
            models.Index(Lower("email"), name="user_email"),
        ]

    @property
    def ref(self) -> str:
        """The name by which the API knows this person."""
        return f"user-{self.pk}"

    def confirmed_device(self) -> TOTPDevice | None:
        """The second factor. Recovery codes alone are none."""
        device: TOTPDevice | None = (
            TOTPDevice.objects.filter(user=self, confirmed=True).order_by("pk").first()
        )
        return device

    def end_sessions(self) -> None:
        """Ends every session of this person; the caller may keep its own alive."""
        User.objects.filter(pk=self.pk).update(credentials_version=F("credentials_version") + 1)
        self.refresh_from_db(fields=["credentials_version"])

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        # Django mixes in the password only: a changed second factor must end sessions as well.
        return salted_hmac(
            "accounts.User.session",
            f"{self.password}:{self.credentials_version}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class Company(models.Model):
    """The tenant. Its name is unique so that `bootstrap` can be repeated."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, unique=True)
    storage_quota = models.BigIntegerField(
        null=True, blank=True, help_text="MB (MiB); empty for none"
    )
    storage_used = models.BigIntegerField(default=0, editable=False)
    """MB of all volumes whose data still exists; moved under this row's lock only."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.CheckConstraint(
                condition=Q(storage_quota__isnull=True) | Q(storage_quota__gte=0),
                name="company_quota_not_negative",
            ),
            models.CheckConstraint(condition=Q(storage_used__gte=0), name="company_used_sane"),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do, each including the one before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, needed: Role) -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def admins(self) -> Self:
        return self.filter(role=Role.ADMIN)

    def accepted_admins(self) -> Self:
        """Admins who accepted that role, or whom an operator added in it."""
        return self.admins().filter(is_promoted=False)


class Membership(models.Model):
    """One person's place in one company."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    is_promoted = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether the member became an admin by somebody else's later change of the role.

    It changes nothing in the company. But it must not change what the member's programs do in
    others: such a company is never the default of `POST /environments`.
    """
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "company"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=list(Role)), name="membership_role_known"),
        ]
        indexes = [
            # The members of a company, in the order in which they came.
            models.Index(fields=["company", "id"], name="membership_list"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.company} ({self.role})"


class RecoveryCode(models.Model):
    """One way back in without the device. Used once: the row goes with its use."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    """SHA-256 of the code, which is random enough to need no slow hash."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once"),
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.user}"
