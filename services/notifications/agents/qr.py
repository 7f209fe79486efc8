"""A QR code as SVG, drawn here: the link in it reaches no other server."""

import io

import segno


def as_svg(text: str) -> str:
    """The code as a whole SVG document that a page may hold or a browser show."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", scale=6, border=3, light="white", dark="black", xmldecl=False, svgns=True
    )
    return drawn.getvalue().decode().strip()
