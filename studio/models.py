"""What the Studio keeps for a person."""

from django.conf import settings
from django.db import models


class Preference(models.Model):
    """How far one person has read and walked: failures marked as seen, and the guided tour."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    seen = models.DateTimeField(null=True)  # failures up to here are marked as seen
    tour_step = models.IntegerField(default=0)
    tour_done = models.BooleanField(default=False)

    def __str__(self):
        return f"preferences of {self.user_id}"


from studio.people.models import Identity, SignedIn  # noqa: E402, F401
from studio.rest.models import Claim  # noqa: E402, F401  (models of the same app)
from studio.saved_views import SavedView  # noqa: E402, F401
