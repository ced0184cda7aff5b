"""Lengths, widths and areas as people read them."""

MINUS = "\N{MINUS SIGN}"


def number(value: float, digits: int = 3) -> str:
    """A number to three significant digits, never in powers of ten.

    >>> number(1234.5), number(0.12345), number(12.0), number(0)
    ('1,234', '0.123', '12.0', '0')
    """
    if not value:
        return "0"
    before = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    decimals = max(0, digits - before) if abs(value) >= 0.01 else 4
    return f"{value:,.{decimals}f}"


def length(value: float, mm_per_px: float | None) -> str:
    """A length, given in pixels, in metres or millimetres where the scale is known.

    >>> length(500, 0.2), length(50_000, 0.2), length(500, None)
    ('100 mm', '10.0 m', '500 px')
    """
    if mm_per_px is None:
        return f"{number(value)} px"
    return millimetres(value * mm_per_px)


def millimetres(value: float) -> str:
    """Millimetres, in metres from one on."""
    return f"{number(value / 1000)} m" if value >= 1000 else f"{number(value)} mm"


def width(value: float, mm_per_px: float | None) -> str:
    """A width, given in pixels, in millimetres where the scale is known."""
    return f"{number(value)} px" if mm_per_px is None else f"{number(value * mm_per_px)} mm"


def area(value: float, mm_per_px: float | None) -> str:
    """An area, given in pixels, in square centimetres or millimetres where the scale is known."""
    if mm_per_px is None:
        return f"{number(value)} px"
    square = value * mm_per_px**2
    return f"{number(square / 100)} cm²" if square >= 100 else f"{number(square)} mm²"
