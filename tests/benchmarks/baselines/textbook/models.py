import uuid

from django.db import models


class Volume(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment_id = models.UUIDField()
    name = models.CharField(max_length=63)
    size = models.BigIntegerField()
    mount_path = models.CharField(max_length=1024)
    description = models.CharField(max_length=500, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    protected = models.BooleanField(default=False)
    status = models.CharField(max_length=8, default="pending")
    status_message = models.CharField(max_length=500, blank=True)
    provisioned_size = models.BigIntegerField(null=True, blank=True)
    used_size = models.BigIntegerField(null=True, blank=True)
    used_size_at = models.DateTimeField(null=True, blank=True)
    is_deleted = models.BooleanField(default=False)
    created_by = models.CharField(max_length=30, editable=False)
    modified_by = models.CharField(max_length=30, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "textbook"
        db_table = "volume"
        ordering = ["id"]
        indexes = [models.Index(fields=["environment_id", "id"], name="volume_list")]
        constraints = [
            models.UniqueConstraint(fields=["environment_id", "name"], name="volume_name_once")
        ]

    def __str__(self) -> str:
        return self.name
