"""URLs that begin with the language of the visitor."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import path

urlpatterns = i18n_patterns(path("chief/", admin.site.urls))
