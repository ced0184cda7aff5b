import configparser
import re

import plots_page


def test_the_page_of_dvc_plots_has_the_scripts_that_dvc_asks_for_and_asks_nobody() -> None:
    page, config = plots_page.PAGE.read_text(encoding="utf-8"), configparser.ConfigParser()
    config.read(plots_page.PAGE.parents[1] / "config", encoding="utf-8")
    assert plots_page.PAGE.parents[1] / config["plots"]["html_template"] == plots_page.PAGE
    assert set(plots_page.wanted()) == {"vega", "vega-lite", "vega-embed"}
    assert re.findall(r"<!-- (\S+), BSD", page) == list(plots_page.wanted().values())
    assert (
        "{plot_divs}" in page
        and "{scripts}" not in page
        and not re.findall(r"<(?:script|link)[^>]*(?:src|href)=", page)
    )
