"""The largest numbers that parameters may hold: far above what anybody needs, far below what hangs or fills a memory.

Every number among options has one of these, or a narrower range of its own, in its annotation; a test sees to that.
"""

SIDE_PX = 16_384
"""Side of a crop or of a tile of an image."""

WINDOW_PX = 4_096
"""Side of a window that slides over an image, and distance between two of them."""

KERNEL_PX = 1_023
"""Side of the square of a morphological filter, or length of a line of one."""

RADIUS_PX = 100
"""Radius of a filter whose time grows with its square."""

REPEATS = 1_000
"""How often a step is repeated."""

IMAGES = 1_000_000
"""Images, crops or patches."""

SHOWN = 10_000
"""Images that are kept or drawn."""

SYNTHETIC_SIDE_PX = 8_192
"""Side of an image that is generated."""

CHANNELS = 4_096
"""Channels of a layer."""

EPOCHS = 100_000
"""Passes over the training items."""

BATCH = 65_536
"""Items a forward pass."""

BATCH_PIXELS = 2**30
"""Pixels of all items of a forward pass together."""

PROCESSES = 1_024
"""Processes, devices or machines."""

TRIALS = 100_000
"""Trials of a study."""

SPACE = 100
"""Options that a study searches, and lists of scales or windows."""

CHOICES = 1_000
"""Choices of an option in a study."""

RESAMPLES = 100_000
"""Resamples of a bootstrap."""

MEGABYTES = 1_000_000
"""Memory that a process keeps."""

SECONDS = 1_000_000
"""Time between two events, some eleven days."""

SEED = 2**63 - 1
"""Seed of a generator that takes more than 32 bits."""

POWER = 100
"""Exponent."""

FACTOR = 1_000_000
"""Weight, divisor, rate or width of a curve."""

NUMBER = 1_000_000_000
"""Any other number, whatever its sign."""
