"""The addresses of a municipality's page; forms post below it and lead back to it."""

from __future__ import annotations

from aiohttp import web

from gateway.site import conversing, leaving, showing

PAGE = "/{municipality}"


def add_site(app: web.Application) -> None:
    """Register the page; its addresses begin with a name that a municipality alone may have."""
    router = app.router
    router.add_get(PAGE, showing.conversation)
    router.add_get(f"{PAGE}/", showing.without_slash)
    router.add_get(f"{PAGE}/accessibility", showing.accessibility)
    router.add_get(f"{PAGE}/privacy", showing.privacy)
    router.add_get(f"{PAGE}/erase", showing.erase_question)
    router.add_post(f"{PAGE}/erase", conversing.erase)
    router.add_get(f"{PAGE}/case", leaving.case_form)
    router.add_post(f"{PAGE}/case", leaving.leave_case)
    router.add_get(f"{PAGE}/copy", leaving.copy_form)
    router.add_post(f"{PAGE}/copy", leaving.mail_copy)
    router.add_get(f"{PAGE}/transcript", leaving.transcript)
    router.add_post(f"{PAGE}/continue", conversing.carry_over)
    for part, handler in (
        ("messages", conversing.write),
        ("person", conversing.ask_for_person),
        ("feedback", conversing.rate),
        ("close", conversing.close),
    ):
        router.add_post(f"{PAGE}/{part}", handler)
        router.add_get(f"{PAGE}/{part}", showing.back)
    router.add_get(f"{PAGE}/continue", showing.back)
