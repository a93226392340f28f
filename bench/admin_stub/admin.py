"""The changelist with the desk's columns, its rows a page, and its search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from .models import Contact

if TYPE_CHECKING:  # Django's own class takes no type parameters when it runs
    ModelAdmin = admin.ModelAdmin[Contact]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Contact)
class ContactAdmin(ModelAdmin):
    """Nothing tuned, nothing spoiled: what five lines of Django give."""

    list_display = ("number", "region", "channels", "opt_out", "created", "updated")
    search_fields = ("national",)
    list_per_page = 50
    ordering = ("id",)
