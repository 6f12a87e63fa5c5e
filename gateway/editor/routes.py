"""The editor's routes."""

from __future__ import annotations

from gateway.editor import views
from gateway.editor.models import (
    Article,
    Articles,
    ChangedArticle,
    Contradictions,
    NewArticle,
    Preview,
    PreviewText,
    Publication,
    Revision,
)
from gateway.endpoints import Endpoint, Guard, Query

ARTICLES = "/api/v1/editor/articles"
ARTICLE = f"{ARTICLES}/{{article}}"
BODY = (400, 413, 415, 422)

ENDPOINTS = (
    Endpoint(
        "GET",
        ARTICLES,
        views.list_articles,
        "Find articles",
        "editor",
        Guard.SESSION,
        {200: Articles},
        problems=(422, 503),
        queries=(
            Query("query", "Words to look for in titles and addresses."),
            Query("limit", "At most so many.", "integer"),
        ),
    ),
    Endpoint(
        "POST",
        ARTICLES,
        views.create_article,
        "Keep a new draft",
        "editor",
        Guard.CHANGE,
        {201: Article},
        body=NewArticle,
        problems=(503, *BODY),
    ),
    Endpoint(
        "GET",
        ARTICLE,
        views.show_article,
        "An article with its newest text and its history",
        "editor",
        Guard.SESSION,
        {200: Article},
        problems=(404, 503),
    ),
    Endpoint(
        "PUT",
        ARTICLE,
        views.change_article,
        "Keep a new draft revision; 409 with both texts when it was changed meanwhile",
        "editor",
        Guard.CHANGE,
        {200: Article},
        body=ChangedArticle,
        problems=(404, 409, 503, *BODY),
    ),
    Endpoint(
        "POST",
        f"{ARTICLE}/publish",
        views.publish_article,
        "Publish a revision; the next answer sees it",
        "editor",
        Guard.CHANGE,
        {200: Article},
        body=Publication,
        problems=(404, 503, *BODY),
    ),
    Endpoint(
        "GET",
        f"{ARTICLE}/revisions/{{revision}}",
        views.show_revision,
        "One saved version, whole",
        "editor",
        Guard.SESSION,
        {200: Revision},
        problems=(404, 503),
    ),
    Endpoint(
        "GET",
        "/api/v1/editor/contradictions",
        views.list_contradictions,
        "Published articles that contradict each other in a figure",
        "editor",
        Guard.SESSION,
        {200: Contradictions},
        problems=(404, 503),
    ),
    Endpoint(
        "POST",
        "/api/v1/editor/preview",
        views.preview,
        "Markdown as safe HTML",
        "editor",
        Guard.CHANGE,
        {200: Preview},
        body=PreviewText,
        problems=BODY,
    ),
)
