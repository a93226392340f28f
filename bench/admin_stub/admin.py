"""Admin changelist with the desk's columns, page size and search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from .models import Contact

if TYPE_CHECKING:  # the class takes no type parameters at run time
    ModelAdmin = admin.ModelAdmin[Contact]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Contact)
class ContactAdmin(ModelAdmin):
    """Changelist with Django's defaults."""

    list_display = ("number", "region", "channels", "opt_out", "created", "updated")
    search_fields = ("national",)
    list_per_page = 50
    ordering = ("id",)
