"""Pages that delete one or several volumes, and undo a delete during the grace period."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Role
from config.errors import Refused
from volumes.console import bulk_actions
from volumes.console.access import EnvironmentContext, environment_view
from volumes.console.forms.environment import ConfirmNameForm
from volumes.console.panels.delete_impact import delete_impact, undo_until
from volumes.models import Volume
from volumes.presentation import formatting, results
from volumes.presentation.results import Progress, Result
from volumes.rules.deletion import delete_blockers
from volumes.services.snapshots import expected_consistency
from volumes.services.volumes import delete_volume, restore_volume


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def delete(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    volume, post = visit.volume(volume_id), visit.request.POST
    cascade = "cascade" in post
    form = ConfirmNameForm(post or None, name=volume.name)
    if form.is_valid():
        try:
            delete_volume(
                environment=visit.environment,
                volume_id=volume.pk,
                cascade=cascade,
                actor=visit.actor,
            )
        except Refused as refused:
            reasons = refused.problems
        else:
            _tell_deleted(visit, [volume])
            return redirect("environment", visit.environment.pk)
    else:
        reasons = delete_blockers([volume], cascade=cascade)[volume.pk]
    context = {
        "visit": visit,
        "environment": visit.environment,
        "volume": volume,
        "impact": delete_impact(volume),
        "form": form,
        # If only snapshots block the delete, a checkbox includes them.
        "reasons": [reason for reason in reasons if reason.code != "has_snapshots"],
        "snapshots_left": post
        and next((one for one in reasons if one.code == "has_snapshots"), None),
    }
    return render(visit.request, "console/delete_volume.html", context)


@require_POST
@environment_view(Role.EDITOR)
def undelete(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    environment = visit.environment
    try:
        volume = restore_volume(environment=environment, volume_id=volume_id, actor=visit.actor)
    except Refused as refused:
        messages.error(visit.request, str(refused))
        return redirect("environment", environment.pk)
    results.restored(volume).tell(visit.request)
    return redirect("volume", environment.pk, volume.pk)


@require_POST
@environment_view(Role.EDITOR)
def selected(visit: EnvironmentContext) -> HttpResponse:
    """Show what would happen to each volume; run the action if `confirmed` is sent."""
    post, environment = visit.request.POST, visit.environment
    action = bulk_actions.ACTIONS.get(post.get("do", ""))
    if action is None:
        raise Http404
    volumes = bulk_actions.selected_volumes(visit, post.getlist("volume"))
    if not volumes:
        messages.warning(visit.request, "Tick the volumes first.")
        return redirect("environment", environment.pk)
    if action.name == "delete" and len(volumes) == 1 and "confirmed" not in post:
        return redirect("delete_volume", environment.pk, volumes[0].pk)
    plan = bulk_actions.BulkPlan(action, volumes, typed=post.get("count", "").strip())
    if "confirmed" in post and plan.is_confirmed:
        _do(visit, plan)
        return redirect("environment", environment.pk)
    context = {
        "visit": visit,
        "environment": environment,
        "plan": plan,
        "again": "confirmed" in post,
        "undo_until": undo_until(),
        "consistency": formatting.CONSISTENCY[expected_consistency()],
    }
    return render(visit.request, "console/selected.html", context)


def _do(visit: EnvironmentContext, plan: bulk_actions.BulkPlan) -> None:
    """Run the action for each volume, and show the results."""
    done, refused = bulk_actions.execute(visit, plan)
    if plan.action.name == "delete":
        _tell_deleted(visit, [volume for volume, _ in done])
    else:
        for result in results.snapshots_taken(done):
            result.tell(visit.request)
    for candidate in refused:
        messages.error(
            visit.request, f"{candidate.volume.name} {plan.action.refused} {candidate.why}"
        )


def _tell_deleted(visit: EnvironmentContext, volumes: list[Volume]) -> None:
    """Show the result for each volume, with an undo button during the grace period."""
    kept = Volume.objects.filter(pk__in=[one.pk for one in volumes], grace_until__isnull=False)
    until = dict(kept.values_list("pk", "grace_until"))
    for result in results.deleted(volume for volume in volumes if volume.pk not in until):
        result.tell(visit.request)
    for volume in volumes:
        if at := until.get(volume.pk):
            text = f"Deleted {volume.name}. Its data is kept until {at:%-d %B, %H:%M} UTC."
            undo = reverse("undelete_volume", args=[visit.environment.pk, volume.pk])
            # The message list shows this as a button.
            Result(Progress.DONE, text).tell(visit.request, undo=undo)
