"""QR codes of addresses, drawn on the server: phones read them from a screen or from paper."""

from __future__ import annotations

from fedserver.on_demand import on_demand

segno = on_demand("segno")


def render_qr_code(address: str) -> str:
    """Return the SVG of a QR code, dark on white in every theme, as readers expect it."""
    code = segno.make(address, error="m", micro=False)
    svg: str = code.svg_inline(scale=5, border=3, light="#fff", omitsize=True)
    return svg
