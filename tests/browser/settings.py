"""How the little world is served: deletes can be undone, and its past is not measured away."""

SETTINGS = {"VOLUME_DELETE_GRACE": "3600", "MEASURE_EVERY": "0"}
