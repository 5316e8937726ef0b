"""One serializer, one viewset, one router."""

from typing import Any

from django.db.models import QuerySet
from django.urls import include, path
from rest_framework import routers, serializers, viewsets

from tests.benchmarks.baselines.textbook.models import Volume


class VolumeSerializer(serializers.ModelSerializer[Volume]):
    class Meta:
        model = Volume
        fields = "__all__"
        read_only_fields = ["environment_id"]


class VolumeViewSet(viewsets.ModelViewSet[Volume]):
    serializer_class = VolumeSerializer

    def get_queryset(self) -> QuerySet[Volume]:
        return Volume._default_manager.filter(environment_id=self.kwargs["environment_id"])

    def perform_create(self, serializer: Any) -> None:
        by = self.request.user.get_username()
        environment_id = self.kwargs["environment_id"]
        serializer.save(environment_id=environment_id, created_by=by, modified_by=by)

    def perform_update(self, serializer: Any) -> None:
        by, version = self.request.user.get_username(), serializer.instance.version + 1
        serializer.save(modified_by=by, version=version)


router = routers.DefaultRouter()
router.register("volumes", VolumeViewSet, basename="volume")

urlpatterns = [path("<uuid:environment_id>/", include(router.urls))]
