"""Permissions: separate companies, separate environments, roles."""

from tests.mutants.guard import Guard

ROUTES = "api/test_routes.py"
FOREIGN = f"{ROUTES}::test_a_foreign_object_in_ones_own_environment_is_a_404"

GUARDS = [
    Guard(
        "environments of one's own companies",
        "volumes/models/environment.py",
        "self.filter(company__memberships__user=caller.user)",
        "self.filter(company__memberships__isnull=False)",
        "api/test_routes.py::test_a_foreign_environment_gets_the_same_response_as_an_unknown_one",
    ),
    Guard(
        "environment that a token is bound to",
        "volumes/models/environment.py",
        "            rows = rows.filter(pk=caller.environment_id)\n",
        "            pass\n",
        "api/test_authentication.py::test_a_bound_token_sees_only_its_environment",
    ),
    Guard(
        "environment that a token is bound to, for snapshots",
        "volumes/models/snapshot.py",
        "            rows = rows.filter(volume__environment=caller.environment_id)\n",
        "            pass\n",
        "api/test_authentication.py::test_a_bound_token_cannot_restore_from_snapshots_elsewhere",
    ),
    Guard(
        "snapshots of this company",
        "volumes/rules/volumes.py",
        "        snapshots.filter(volume__environment__company=environment.company_id)\n        .filter(",
        "        snapshots.filter(",
        "api/test_snapshots.py::test_a_snapshot_of_another_company_of_the_user_is_refused",
    ),
    Guard(
        "volumes of this environment",
        "volumes/services/locking.py",
        ".filter(environment=_ENVIRONMENT, pk=_PK)",
        ".filter(pk=_PK)",
        FOREIGN,
    ),
    Guard(
        "volumes of this environment, for restoring",
        "volumes/services/volumes.py",
        "environment.volumes.select_for_update()",
        "Volume.objects.select_for_update()",
        FOREIGN,
    ),
    Guard(
        "applications of this environment, in a volume's body",
        "volumes/rules/volumes.py",
        "environment.applications.live().in_bulk(",
        "Application.objects.live().in_bulk(",
        "api/test_create.py::test_a_foreign_application_gets_the_same_error_as_an_unknown_one",
    ),
    Guard(
        "applications of this environment, for attaching",
        "volumes/rules/attachments.py",
        "volume.environment.applications.live().filter(pk=spec.application_id)",
        "Application.objects.live().filter(pk=spec.application_id)",
        "api/test_attachments.py::test_an_application_of_another_environment_is_a_404",
    ),
    Guard(
        "role",
        "accounts/callers.py",
        "        return Role(role).includes(required)",
        "        return True",
        f"{ROUTES}::test_every_caller_gets_the_response_of_the_contract",
    ),
    Guard(
        "role of the fast path",
        "volumes/services/create_requests.py",
        "not caller.may(Role.EDITOR, role=environment.role)",
        "False",
        "api/test_fast_path.py::test_roles_are_checked_the_same_on_both_paths",
    ),
    Guard(
        "environment of a volume that is read",
        "volumes/queries/volume_rows.py",
        "volumes.filter(environment=ENVIRONMENT, pk=",
        "volumes.filter(pk=",
        FOREIGN,
    ),
    Guard(
        "environments that a token reaches of the fast path",
        "volumes/queries/volume_rows.py",
        ".filter(environment__in=environments)",
        ".all()",
        "api/test_fast_path.py::test_roles_are_checked_the_same_on_both_paths",
    ),
    Guard(
        "token that is bound to nothing of the fast path",
        "accounts/auth/authentication.py",
        "        environment_id__isnull=True,\n",
        "",
        "api/test_fast_path.py::test_tokens_are_checked_the_same_on_both_paths",
    ),
    Guard(
        "lesser roles",
        "accounts/models/people.py",
        "ranks.index(self) >= ranks.index(required)",
        "self in ranks",
        "api/test_update.py::test_viewer_cannot_update",
    ),
    Guard(
        "someone else's token",
        "accounts/views/tokens.py",
        "get_object_or_404(Token, pk=token_id, owner=request.user)",
        "get_object_or_404(Token, pk=token_id)",
        "accounts/test_tokens_page.py::test_bob_cannot_revoke_alices_token",
    ),
]
