"""What every answer says to browsers about what they may do with it."""

from __future__ import annotations

from aiohttp import hdrs, web

from gateway.keys import SETTINGS

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        # The design system's style sheet draws its signs from data: addresses.
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
YEAR = 365 * 24 * 3600


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add them; what a conversation or a session answered is kept by nobody."""
    response.headers[hdrs.SERVER] = "Svar"  # without the versions that aiohttp would tell
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app[SETTINGS].public_origin.startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    if request.path.startswith("/api/"):
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    elif request.path.startswith("/static/"):
        # Browsers ask each time and get 304: a new build is seen at once.
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-cache")
