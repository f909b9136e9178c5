"""The report in a real Chromium: visible at any width, asking nothing of the network."""

import json
import os
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipelines.report.page import SECTIONS, render_report

pytestmark = pytest.mark.browser

SUMMARY = Path(__file__).parents[1] / "unit" / "pipelines" / "report" / "report_summary.json"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"),
    *("--no-first-run", "--disable-sync", "--disable-background-networking"),
    "--disable-component-update",
)
LONG = "Donaudampfschiffahrtsgesellschaft" * 60
HOSTILE = f"<script>document.title='taken'</script><img src=http://192.0.2.1/x> \u202eabc {LONG}"
REVEALED = (
    "return arguments[0].checkVisibility({contentVisibilityAuto: true, opacityProperty: true})"
)


def chromium() -> tuple[str, str]:
    """Paths of the browser and of its driver; without them the test is skipped, in CI it fails."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser and driver:
        return browser, driver
    reason = "no Chromium here: apt-get install chromium chromium-driver"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    binary, driver = chromium()
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a report with hostile and very long texts in every place that a model writes."""
    summary = json.loads(SUMMARY.read_text("utf-8"))
    sample = summary["samples"]["retrieval"][0]
    sample["draft"] = {"query": HOSTILE, "positive": HOSTILE, "negative": LONG}
    sample |= {"task": HOSTILE, "topic": LONG, "reason": HOSTILE}
    summary["stages"][1]["dropped"][LONG] = 1
    summary["recipe"][LONG] = {LONG: LONG}
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(summary), "utf-8")
    return path.as_uri()


def show(browser: Any, page: str, *, width: int = 1400, theme: str = "light") -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    still = {"name": "prefers-reduced-motion", "value": "reduce"}
    features = [{"name": "prefers-color-scheme", "value": theme}, still]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(page)


def requests(browser: Any) -> list[tuple[str, str]]:
    """Asking document and address of every request since the last look."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [each["params"] for each in events if each["method"] == "Network.requestWillBeSent"]
    return [(each["documentURL"], each["request"]["url"]) for each in asked]


def test_asks_nothing_of_the_network_and_logs_no_error(browser: Any, page: str) -> None:
    browser.get_log("browser")
    show(browser, page)
    asked = requests(browser)
    assert [url for document, url in asked if document == page and url != "data:,"] == [page]
    assert not [url for _, url in asked if url.startswith("http")]
    assert browser.get_log("browser") == []
    assert browser.title == "runs/demo · Little Giants"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_each_section_is_visible(browser: Any, page: str, width: int, theme: str) -> None:
    show(browser, page, width=width, theme=theme)
    for id, title in SECTIONS:
        section = browser.find_element("id", id)
        assert section.is_displayed()
        assert section.find_element("tag name", "h2").text == title
        assert section.size["height"] > 80


@pytest.mark.parametrize("width", [360, 768, 1400])
def test_nothing_is_wider_than_the_window(browser: Any, page: str, width: int) -> None:
    show(browser, page, width=width)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    widths = browser.execute_script(
        "const root = document.documentElement; return [root.scrollWidth, root.clientWidth]"
    )
    assert widths[0] <= widths[1] <= width


def test_a_sample_opens_and_closes(browser: Any, page: str) -> None:
    show(browser, page)
    sample = browser.find_elements("css selector", "details.sample")[1]
    body = sample.find_element("class name", "body")
    assert not browser.execute_script(REVEALED, body)
    sample.find_element("tag name", "summary").click()
    assert browser.execute_script(REVEALED, body)
    assert "weights digest" in body.text
    sample.find_element("tag name", "summary").click()
    assert not browser.execute_script(REVEALED, body)


def test_dark_and_light_have_readable_contrast(browser: Any, page: str) -> None:
    for theme in ("light", "dark"):
        show(browser, page, theme=theme)
        for selector in ("h1", ".lead", ".drops b", ".pill.revised", ".pill.kept", ".tile h2"):
            element = browser.find_element("css selector", selector)
            assert browser.execute_script(CONTRAST, element) >= 4.5, (theme, selector)


CONTRAST = """
const brightness = css => {
  const c = css.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255);
  const l = c.map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
};
const ground = element => {
  const style = getComputedStyle(element);
  const shade = style.backgroundImage.match(/rgb\\([^)]*\\)/g);
  if (shade) return shade.at(-1);
  const parts = style.backgroundColor.match(/[\\d.]+/g);
  return parts.length === 4 ? ground(element.parentElement) : style.backgroundColor;
};
const pair = [getComputedStyle(arguments[0]).color, ground(arguments[0])].map(brightness);
return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
"""


def test_charts_have_names_and_tables_have_header_scopes(browser: Any, page: str) -> None:
    show(browser, page)
    for chart in browser.find_elements("css selector", "main svg[role=img], header svg[role=img]"):
        assert chart.get_attribute("aria-label")
    assert not browser.find_elements("css selector", "th:not([scope])")
    levels = [int(h.tag_name[1]) for h in browser.find_elements("css selector", "h1,h2,h3,h4,h5")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_printed_report_shows_every_sample(browser: Any, page: str) -> None:
    show(browser, page)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    bodies = browser.find_elements("css selector", "details.sample .body")
    assert all(browser.execute_script(REVEALED, body) for body in bodies)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
