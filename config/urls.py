"""The root URL configuration: health, API, admin, console and account pages."""

from django.urls import include, path
from django.views.generic import RedirectView

from accounts.admin.site import site
from accounts.views.tokens import tokens
from volumes.monitoring.health import healthz, readyz
from volumes.monitoring.metrics import metrics
from volumes.queries.environments import company_of_environment, environment_choices

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("", include("volumes.api.openapi.views")),
    # Before the admin, which answers every path below it: `/admin/volume` is a path of the API.
    path("", include("volumes.api.urls")),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", site.urls),
    # Accounts must not import volumes, so the view gets what it needs of environments from here.
    path(
        "settings/tokens",
        tokens,
        {"environments": environment_choices, "company_of": company_of_environment},
        name="tokens",
    ),
    path("", include("volumes.console.urls")),
    path("", include("accounts.urls")),
]

handler400 = "config.http.error_responses.bad_request"
handler403 = "config.http.error_responses.forbidden"
handler404 = "config.http.error_responses.not_found"
handler500 = "config.http.error_responses.server_error"
