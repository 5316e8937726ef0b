"""Users, companies, memberships and recovery codes."""

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
    """A person. Staff may use the admin; access to a company requires a membership."""

    credentials_version = models.PositiveIntegerField(default=1, editable=False)
    """Part of every session's hash. Incrementing it ends all sessions."""
    must_change_password = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether an operator set the password, so that the person must change it at the next login."""

    class Meta(AbstractUser.Meta):
        indexes = [
            # The filters of the admin's list of users. Few users are staff, and few are inactive.
            models.Index(fields=["username"], condition=Q(is_staff=True), name="user_staff"),
            models.Index(fields=["username"], condition=Q(is_active=False), name="user_off"),
            # The account that an invitation to an e-mail address is for.
            models.Index(Lower("email"), name="user_email"),
        ]

    @property
    def ref(self) -> str:
        """The person's id in the API and in the history."""
        return f"user-{self.pk}"

    def confirmed_device(self) -> TOTPDevice | None:
        """Return the second factor, or None. Recovery codes alone do not count."""
        device: TOTPDevice | None = (
            TOTPDevice.objects.filter(user=self, confirmed=True).order_by("pk").first()
        )
        return device

    def end_sessions(self) -> None:
        """End every session of this person. The caller may keep its own with `refresh_session`."""
        User.objects.filter(pk=self.pk).update(credentials_version=F("credentials_version") + 1)
        self.refresh_from_db(fields=["credentials_version"])

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        # Django hashes the password only, but a changed second factor must end the sessions too.
        return salted_hmac(
            "accounts.User.session",
            f"{self.password}:{self.credentials_version}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class Company(models.Model):
    """A tenant. The name is unique, so that repeating `bootstrap` finds the company."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, unique=True)
    storage_quota = models.BigIntegerField(
        null=True, blank=True, help_text="MB (MiB); empty for none"
    )
    storage_used = models.BigIntegerField(default=0, editable=False)
    """MiB of all volumes whose data still exists. Changed only under the lock of this row."""
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
    """What a member may do. Each role includes the rights of the one above it in this list."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, required: Role) -> bool:
        """Whether this role has all rights of `required`."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(required)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def admins(self) -> Self:
        return self.filter(role=Role.ADMIN)

    def accepted_admins(self) -> Self:
        """Return the admins who accepted that role or were added by an operator in it."""
        return self.admins().filter(is_promoted=False)


class Membership(models.Model):
    """One person's role in one company."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    is_promoted = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether another admin promoted the member to admin.

    The member has the full rights of an admin. But the company is never the default of
    `POST /environments`, because others must not change what the member's programs do by default.
    """
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "company"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=list(Role)), name="membership_role_known"),
        ]
        indexes = [
            # The members of a company, oldest membership first.
            models.Index(fields=["company", "id"], name="membership_list"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.company} ({self.role})"


class RecoveryCode(models.Model):
    """Replaces a code of a lost device, once. Using it deletes the row."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    """SHA-256 of the code. Its 120 random bits need no slow hash."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once"),
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.user}"
