"""API tokens. Only the digest of the secret is stored."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from accounts.models.people import Company


class Scope(models.TextChoices):
    READ = "read"
    WRITE = "write"


class TokenQuerySet(models.QuerySet["Token"]):
    def usable(self) -> TokenQuerySet:
        """Return the tokens that are neither revoked nor expired."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=Now()),
            revoked_at__isnull=True,
        )


class Token(models.Model):
    """Lets a program act for a person. See accounts/auth/token_format.py for the format of its secret."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens", db_index=False
    )
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(max_length=5, choices=Scope)
    # No foreign key, because accounts must not depend on volumes. Purging an environment revokes it.
    environment_id = models.UUIDField(null=True, blank=True)
    # Only members of this company see the token's changes; accounts cannot look it up by environment.
    company = models.ForeignKey(
        Company, null=True, on_delete=models.CASCADE, related_name="+", editable=False
    )
    """The company of the environment that the token is bound to; null for an unbound token."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=list(Scope)), name="token_scope_known"),
        ]
        indexes = [
            # The tokens of one person, and those bound to one environment, in creation order.
            models.Index(fields=["owner", "id"], name="token_list"),
            models.Index(
                fields=["environment_id", "id"],
                condition=Q(environment_id__isnull=False),
                name="token_list_by_environment",
            ),
            # purging.purge_expired()
            models.Index(
                fields=["revoked_at"],
                condition=Q(revoked_at__isnull=False),
                name="token_revoked",
            ),
            # The tokens that expire next. Most tokens have no expiry.
            models.Index(
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False, revoked_at__isnull=True),
                name="token_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.owner}"
