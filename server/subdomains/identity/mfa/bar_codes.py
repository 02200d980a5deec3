"""Draws the bar codes that authenticator apps read."""

import asyncio


async def draw(text: str) -> str:
    """A QR code of a text, as an SVG image."""
    return await asyncio.to_thread(_draw, text)  # some milliseconds, in which others are not to wait


def _draw(text: str) -> str:
    # Not above: only whoever associates an app needs it.
    import segno  # noqa: PLC0415

    svg: str = segno.make(text, micro=False).svg_inline(scale=4, title="Scan this with your authenticator app")
    return svg
