"""axe-core, which finds what keeps people from using a page, in a headless Chromium."""

from pathlib import Path

from support import apart, chromium

REQUIREMENTS = Path(__file__).with_suffix(".txt")
GRAVE = ("serious", "critical")


def findings(browser: chromium.Browser) -> list[str]:
    """What is serious or critical on the page that is open: rule, and the elements; skips the test without axe-core."""
    script = apart.folder(REQUIREMENTS, "axe") / "axe_playwright_python" / "axe.min.js"
    browser.chrome("Runtime.evaluate", expression=script.read_text("utf-8"))  # whatever the page's policy is
    found = browser.chrome(
        "Runtime.evaluate", expression="axe.run({resultTypes: ['violations']}).then((all) => all.violations)",
        awaitPromise=True, returnByValue=True,
    )  # fmt: skip
    return [
        f"{each['id']} ({each['impact']}): {', '.join(node['target'][0] for node in each['nodes'][:4])}"
        for each in found["result"]["value"]
        if each["impact"] in GRAVE
    ]
