"""Rights of operators over accounts, how rights end, and attacks on a login."""

from tests.mutants.guard import Guard

MATRIX = (
    "admin/test_operators_rights.py::test_staff_can_change_only_models_they_have_permission_for"
)
NAMES = "admin/test_operators_rights.py::test_names_are_shown_only_with_permission_to_view_users"
DEACTIVATE = "accounts/test_deactivate.py"
RESET = "accounts/test_reset_password.py"
KNOWN = "accounts/test_known_browser.py"

GUARDS = [
    Guard(
        "an entry that contradicts others is not pruned",
        "volumes/models/history_baseline.py",
        "        if change.version != self.version + 1:\n            return False\n",
        "",
        "management/test_prune_history.py::test_entries_that_verify_reports_are_not_removed",
    ),
    Guard(
        "the quota in force is not pruned",
        "volumes/reconciler/history_pruning.py",
        "    return in_force is not None and in_force.pk == entry.pk",
        "    return False",
        "management/test_prune_history.py::test_the_quota_in_force_stays_and_verify_holds_below_it",
    ),
    Guard(
        "nothing is removed that the export does not have",
        "volumes/services/history_export.py",
        "            if sum(len(batch) for batch in self.ids()) != self.count:",
        "            if False:",
        "management/test_prune_history.py::test_an_export_that_lost_entries_removes_nothing",
    ),
    Guard(
        "purging by itself keeps what is in its grace",
        "volumes/reconciler/purging.py",
        "expired_volumes(older_than).filter(status=VolumeStatus.DELETED)",
        "expired_volumes(older_than)",
        "reconciler/test_retention.py::test_a_volume_in_its_grace_keeps_its_data",
    ),
    Guard(
        "protected volumes keep their company",
        "volumes/rules/deletion.py",
        "_first_names(volumes.filter(protected=True))",
        "_first_names(volumes.none())",
        "management/test_remove_company.py::test_a_protected_volume_is_never_deleted",
    ),
    Guard(
        "former names are erased too",
        "accounts/pseudonyms.py",
        "{*_present_names(person), *_former_names(person)}",
        "{*_present_names(person)}",
        "management/test_erase_person.py::test_nothing_in_the_database_names_the_person",
    ),
    Guard(
        "the last superuser is not erased",
        "accounts/services/erasure.py",
        "    if is_last_superuser(person) and person.is_active:",
        "    if False:",
        "management/test_erase_person.py::test_the_last_superuser_stays",
    ),
    Guard(
        "only superusers set passwords",
        "accounts/admin/users.py",
        "        return operator_of(request).is_superuser\n",
        "        return operator_of(request).has_perm('accounts.change_user')\n",
        f"{MATRIX}[set the password]",
    ),
    Guard(
        "resets reach plain people only",
        "accounts/operators.py",
        " and not is_privileged(person)",
        "",
        f"{MATRIX}[reset the password]",
    ),
    Guard(
        "company admins are privileged",
        "accounts/operators.py",
        " or person.memberships.admins().exists()",
        "",
        f"{MATRIX}[reset the password]",
    ),
    Guard(
        "memberships of privileged people",
        "accounts/operators.py",
        "operator.is_superuser or not is_privileged(membership.user)",
        "True",
        f"{MATRIX}[remove]",
    ),
    Guard(
        "whoever adds members may see people",
        "accounts/admin/memberships.py",
        " and may_view(self, request, User)",
        "",
        f"{NAMES}[form for a member]",
    ),
    Guard(
        "filters name only whom the operator may see",
        "accounts/admin/changelists.py",
        "        if not may_view(model_admin, request, self.model):\n",
        "        if False:\n",
        f"{NAMES}[filter of members]",
    ),
    Guard(
        "adding accounts is a throttled look-up",
        "accounts/admin/users.py",
        "            throttling.lookup_throttle(actor.by, actor.ip).take()\n",
        "",
        "admin/test_operators_rights.py"
        "::test_probing_for_usernames_is_limited_without_permission_to_view_users",
    ),
    Guard(
        "offers to a deactivated person end",
        "accounts/services/accounts.py",
        "    Invitation.objects.all().unbind(person)\n",
        "",
        f"{DEACTIVATE}::test_deactivation_silently_ends_invitations_to_the_person",
    ),
    Guard(
        "staff add neither staff nor themselves",
        "accounts/operators.py",
        "    if person.is_staff or person.is_superuser:",
        "    if False:",
        f"{MATRIX}[add as editor]",
    ),
    Guard(
        "staff make nobody an admin beside another",
        "accounts/operators.py",
        "    if role == Role.ADMIN and company.memberships.admins().exists():",
        "    if False:",
        f"{MATRIX}[add as admin]",
    ),
    Guard(
        "tokens of privileged people",
        "accounts/operators.py",
        "    return privileged & ~Q(owner=operator)",
        "    return Q(pk__in=())",
        f"{MATRIX}[revoke the token]",
    ),
    Guard(
        "a new account's password must be changed",
        "accounts/forms/operators.py",
        "person.must_change_password = True",
        "person.must_change_password = False",
        "admin/test_operators_rights.py"
        "::test_accounts_created_by_staff_have_no_rights_and_a_generated_password",
    ),
    Guard(
        "staff choose no password for a new account",
        "accounts/admin/users.py",
        '            kwargs["form"] = NewAccountForm',
        "            pass",
        "admin/test_operators_rights.py"
        "::test_accounts_created_by_staff_have_no_rights_and_a_generated_password",
    ),
    Guard(
        "deactivating ends access",
        "accounts/admin/users.py",
        "            services.end_access(person=obj, actor=actor_of(request))",
        "            pass",
        f"{DEACTIVATE}::test_deactivation_revokes_tokens_for_good",
    ),
    Guard(
        "deactivating revokes tokens",
        "accounts/services/accounts.py",
        "    revoke_all(person, actor)\n",
        "",
        f"{DEACTIVATE}::test_deactivation_revokes_tokens_for_good",
    ),
    Guard(
        "deactivating ends sessions",
        "accounts/services/accounts.py",
        "    person.end_sessions()\n",
        "",
        f"{DEACTIVATE}::test_deactivation_ends_sessions_for_good",
    ),
    Guard(
        "deactivating ends offers",
        "accounts/services/accounts.py",
        "        withdraw_invitations_of(inviter=person, company=lock_company(company), actor=actor)",
        "        pass",
        f"{DEACTIVATE}::test_deactivation_withdraws_the_persons_invitations",
    ),
    Guard(
        "the form of an account writes no other column",
        "accounts/admin/users.py",
        "        obj.save(update_fields=[name for name in form.changed_data if name in COLUMNS])",
        "        obj.save()",
        f"{DEACTIVATE}::test_user_form_writes_only_changed_fields",
    ),
    Guard(
        "a password of an operator's must be changed",
        "accounts/views/login.py",
        "    if not person.must_change_password:",
        "    if True:",
        f"{RESET}::test_first_login_must_change_the_password",
    ),
    Guard(
        "the same password is no change",
        "accounts/forms/security.py",
        "        if self.person.check_password(password):",
        "        if False:",
        f"{RESET}::test_reusing_the_reset_password_is_refused",
    ),
    Guard(
        "a second reset ends a change that was begun",
        "accounts/auth/sessions.py",
        "    return person if same else None",
        "    return person",
        f"{RESET}::test_second_reset_ends_a_pending_password_change",
    ),
    Guard(
        "a known browser's own throttle",
        "accounts/auth/throttling.py",
        "        if self.browser is not None:",
        "        if False:",
        f"{KNOWN}::test_known_browser_logs_in_when_others_fill_the_throttles",
    ),
    Guard(
        "a known browser's throttle is bounded",
        "accounts/auth/throttling.py",
        '_window("browser", 10)',
        '_window("browser", 100)',
        f"{KNOWN}::test_known_browser_has_ten_attempts",
    ),
    Guard(
        "a known browser ends with the credentials",
        "accounts/auth/known_browsers.py",
        "        if user == person.pk and constant_time_compare(tag, _tag(person, browser)):",
        "        if user == person.pk:",
        f"{KNOWN}::test_browser_is_unknown_after_a_change_of_credentials",
    ),
    Guard(
        "a known browser expires",
        "accounts/auth/known_browsers.py",
        " if entry[3] > time.time())",
        ")",
        f"{KNOWN}::test_it_expires",
    ),
    Guard(
        "no script reads the cookie of a known browser",
        "accounts/auth/known_browsers.py",
        "        httponly=True,\n",
        "",
        f"{KNOWN}::test_known_browser_cookie_is_http_only_and_same_site",
    ),
    Guard(
        "the browser that changed the password stays known",
        "accounts/views/security.py",
        "        remember_browser(request, response, request.user)",
        "        pass",
        f"{KNOWN}::test_browser_that_changed_the_password_remains_known",
    ),
    Guard(
        "no cell of an export is a formula",
        "config/csv_cells.py",
        """    safe = _FORMULA.sub("'", text)""",
        "    safe = text",
        "config/test_csv_cells.py::test_no_field_begins_a_formula",
    ),
    Guard(
        "no cell of an export begins with a control character",
        "config/csv_cells.py",
        """f"'{safe}" if safe.startswith(CONTROL_STARTS) else safe""",
        "safe",
        "config/test_csv_cells.py::test_no_cell_begins_with_a_control_character",
    ),
]
