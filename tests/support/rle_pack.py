"""rle-pack of thi.ng, as Label Studio's brush has it, bit by bit from its description: slow, and nobody's import."""

from collections.abc import Sequence

WORD = 8


def unpacked(stream: Sequence[int]) -> list[int]:
    """The values of a stream of bytes."""
    bits = "".join(f"{byte:08b}" for byte in stream)
    place = 0

    def take(count: int) -> int:
        nonlocal place
        place += count
        return int(bits[place - count : place], 2)

    count, word = take(32), take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    values = list[int]()
    while len(values) < count:
        repeated = take(1)
        many = take(sizes[take(2)]) + 1
        values += [take(word)] * many if repeated else [take(word) for _ in range(many)]
    return values


def packed(values: Sequence[int], sizes: tuple[int, int, int, int]) -> list[int]:
    """Bytes of values; those of equal pairs and more are repeated, the others stand one by one, as few as may be."""
    bits = f"{len(values):032b}{WORD - 1:05b}" + "".join(f"{size - 1:04b}" for size in sizes)
    place = 0
    while place < len(values):
        choice = place % 4
        most = 1 << sizes[choice]
        same = 1
        while same < most and place + same < len(values) and values[place + same] == values[place]:
            same += 1
        many = same if same > 1 else min(most, 3, len(values) - place)
        bits += f"{int(same > 1)}{choice:02b}{many - 1:0{sizes[choice]}b}"
        bits += "".join(f"{value:08b}" for value in values[place : place + (1 if same > 1 else many)])
        place += many
    bits += "0" * (-len(bits) % 8)
    return [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]
