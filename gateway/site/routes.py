"""The addresses of a municipality's page; forms post below it and lead back to it."""

from __future__ import annotations

from aiohttp import web

from gateway.site import views

PAGE = "/{municipality}"


def add_site(app: web.Application) -> None:
    """Register the page; its addresses begin with a name that a municipality alone may have."""
    router = app.router
    router.add_get(PAGE, views.conversation)
    router.add_get(f"{PAGE}/", views.without_slash)
    router.add_get(f"{PAGE}/accessibility", views.accessibility)
    router.add_get(f"{PAGE}/privacy", views.privacy)
    router.add_get(f"{PAGE}/erase", views.erase_question)
    router.add_post(f"{PAGE}/erase", views.erase)
    router.add_get(f"{PAGE}/case", views.case_form)
    router.add_post(f"{PAGE}/case", views.leave_case)
    router.add_get(f"{PAGE}/copy", views.copy_form)
    router.add_post(f"{PAGE}/copy", views.mail_copy)
    router.add_get(f"{PAGE}/transcript", views.transcript)
    router.add_post(f"{PAGE}/continue", views.carry_over)
    for part, handler in (
        ("messages", views.write),
        ("person", views.ask_for_person),
        ("feedback", views.rate),
        ("close", views.close),
    ):
        router.add_post(f"{PAGE}/{part}", handler)
        router.add_get(f"{PAGE}/{part}", views.back)
    router.add_get(f"{PAGE}/continue", views.back)
