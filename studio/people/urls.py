"""Addresses of what people do with their accounts, and administrators with people."""

from django.urls import path

from areas.allowed import anybody, strangers
from studio.pages import account
from studio.people.pages import groups, keys, roles, signing_in, users

urlpatterns = [
    path("sign-in/", strangers(account.SignIn.as_view()), name="login"),
    path("sign-in/oidc/", signing_in.begin_oidc, name="oidc"),
    path("sign-in/oidc/callback/", signing_in.finish_oidc, name="oidc-callback"),
    path("sign-in/link/<uidb64>/<token>/", strangers(signing_in.Invitation.as_view()), name="invitation"),
    path("sign-out/", signing_in.sign_out, name="logout"),
    path("admin/login/", account.admin_login),
    path("settings/password/", anybody(account.ChangePassword.as_view()), name="password_change"),
    path("settings/sessions/", signing_in.show_sessions, name="sessions"),
    path("settings/sessions/end/", signing_in.end_session, name="session-end"),
    path("settings/keys/", keys.show, name="keys"),
    path("settings/keys/everybody/", keys.show_everybodys, name="everybodys-keys"),
    path("settings/keys/everybody/revoke/", keys.revoke_anybodys, name="everybodys-keys-revoke"),
    path("settings/keys/<str:key_id>/revoke/", keys.revoke, name="key-revoke"),
    path("settings/users/", users.show_list, name="users"),
    path("settings/users/create/", users.create, name="user-create"),
    path("settings/users/<int:user_id>/", users.show, name="user"),
    path("settings/users/<int:user_id>/access/", users.show_access, name="user-access"),
    path("settings/users/<int:user_id>/roles/", users.give, name="user-give"),
    path("settings/users/<int:user_id>/<slug:action>/", users.act, name="user-act"),
    path("settings/grants/<int:grant_id>/take/", users.take, name="grant-take"),
    path("settings/groups/", groups.show_list, name="groups"),
    path("settings/groups/<int:group_id>/", groups.show, name="group"),
    path("settings/groups/<int:group_id>/members/", groups.change_member, name="group-members"),
    path("settings/groups/<int:group_id>/roles/", groups.give, name="group-give"),
    path("settings/groups/<int:group_id>/delete/", groups.delete, name="group-delete"),
    path("settings/roles/", roles.show_list, name="roles"),
    path("settings/roles/create/", roles.create, name="role-create"),
    path("settings/roles/<int:role_id>/", roles.edit, name="role"),
    path("settings/roles/<int:role_id>/delete/", roles.delete, name="role-delete"),
]
