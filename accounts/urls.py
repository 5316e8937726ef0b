"""URLs of login, settings, members and invitations."""

from django.urls import path

from accounts.views import invitations, login, members, security, site, tokens

urlpatterns = [
    path("login", login.login, name="login"),
    path("logout", login.logout, name="logout"),
    path("theme", site.theme, name="theme"),
    path("favicon.ico", site.favicon),
    path("settings/security", security.security, name="security"),
    path("settings/tokens/<uuid:token_id>/revoke", tokens.revoke, name="revoke_token"),
    path("settings/members", members.members, name="members"),
    path("settings/members/<int:member_id>/role", members.change_role, name="change_role"),
    path("settings/members/<int:member_id>/remove", members.remove, name="remove_member"),
    path(
        "settings/members/invitation/<uuid:invitation_id>/withdraw",
        invitations.withdraw,
        name="withdraw_invitation",
    ),
    path("settings/invitations", invitations.invitations, name="invitations"),
    path(
        "settings/invitations/<uuid:invitation_id>/accept",
        invitations.accept,
        name="accept_invitation",
    ),
    path(
        "settings/invitations/<uuid:invitation_id>/decline",
        invitations.decline,
        name="decline_invitation",
    ),
]
