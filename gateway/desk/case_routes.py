"""The desk's routes for cases."""

from __future__ import annotations

from gateway.desk import case_views
from gateway.desk.case_models import CaseHandOver, CaseList, CaseReply, CaseView
from gateway.endpoints import Endpoint, Guard

CASES = "/api/v1/desk/cases"
CASE = f"{CASES}/{{reference}}"
BODY = (400, 413, 415, 422)

ENDPOINTS = (
    Endpoint(
        "GET",
        CASES,
        case_views.cases,
        "Questions left as cases: the open ones by deadline, then the last closed ones",
        "desk",
        Guard.SESSION,
        {200: CaseList},
    ),
    Endpoint(
        "GET",
        CASE,
        case_views.case,
        "A case with its thread",
        "desk",
        Guard.SESSION,
        {200: CaseView},
        problems=(404,),
    ),
    Endpoint(
        "POST",
        f"{CASE}/reply",
        case_views.reply,
        "Answer the resident by e-mail, and close the case if wished. 409: closed, written in "
        "since `seen`, or the address is no longer kept",
        "desk",
        Guard.CHANGE,
        {200: CaseView},
        body=CaseReply,
        problems=(404, 409, *BODY),
    ),
    Endpoint(
        "POST",
        f"{CASE}/department",
        case_views.hand_over,
        "Hand a case to a department, which is told by mail",
        "desk",
        Guard.CHANGE,
        {200: CaseView},
        body=CaseHandOver,
        problems=(404, 409, *BODY),
    ),
    Endpoint(
        "POST",
        f"{CASE}/close",
        case_views.close,
        "Close a case; the resident is told by mail and may write back",
        "desk",
        Guard.CHANGE,
        {200: CaseView},
        problems=(404, 409),
    ),
)
