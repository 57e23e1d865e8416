# SPDX-License-Identifier: GPL-2.0-or-later
"""The page in Chromium: one browser and one page for all, whose names are hostile."""

import json
import os
import shutil
import time

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import WebDriverWait

SECTIONS = ["answer", "slowdown", "waterfall", "evidence", "ledger", "threads", "dose",
            "timeline", "flame", "histograms", "environment"]
PATIENCE_S = 180
OWN = ("data:", "chrome:", "chrome-untrusted:")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--disable-background-networking", "--disable-component-update", "--no-first-run",
             "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1280,900",
             "--force-prefers-reduced-motion"]


def options(profile):
    wanted = webdriver.ChromeOptions()
    for argument in ARGUMENTS + [f"--user-data-dir={profile}"]:
        wanted.add_argument(argument)
    wanted.binary_location = shutil.which("chromium")
    wanted.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return wanted


@pytest.fixture(scope="module")
def browser(made, tmp_path_factory):
    driver = shutil.which("chromedriver")
    if not driver or not shutil.which("chromium"):
        pytest.skip("needs chromium and chromium-driver")
    opened = webdriver.Chrome(service=Service(driver),
                              options=options(tmp_path_factory.mktemp("profile")))
    try:
        opened.set_script_timeout(PATIENCE_S)
        opened.get(f"file://{made.page}")
        wait_until(opened, "return document.documentElement.classList.contains('drawn')")
        # A log is handed out once.
        opened.said = opened.get_log("browser")
        opened.asked = opened.get_log("performance")
        yield opened
    finally:
        opened.quit()


def wait_until(browser, script):
    WebDriverWait(browser, PATIENCE_S, 0.1).until(lambda each: each.execute_script(script))


def media(browser, **features):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "media": features.pop("media", ""),
        "features": [{"name": name.replace("_", "-"), "value": value}
                     for name, value in features.items()]})


def width(browser, pixels, mobile=False):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": mobile})


def test_no_message_on_the_console(browser):
    assert browser.said == []


def test_no_request_but_for_the_page_itself(browser, made):
    asked = [json.loads(entry["message"])["message"] for entry in browser.asked]
    urls = [event["params"]["request"]["url"] for event in asked
            if event["method"] == "Network.requestWillBeSent"]
    assert f"file://{made.page}" in urls
    # What lies in the page itself has an address, too, and Chromium's own first tab.
    assert [url for url in urls if not url.startswith(OWN)] == [f"file://{made.page}"]


def test_size(made):
    assert os.path.getsize(made.page) < 6_000_000


def test_every_section_is_there(browser):
    ids = browser.execute_script("return [...document.querySelectorAll('section')].map(s => s.id)")
    assert ids == SECTIONS
    assert browser.find_elements("css selector", ".missing") == []


def test_every_figure_is_drawn_and_has_a_table(browser):
    figures = browser.execute_script("""
        return [...document.querySelectorAll('figure')].map(figure => {
            const plot = figure.querySelector('.plot'), box = plot.getBoundingClientRect();
            return {name: plot.id, drawn: plot.querySelectorAll('svg.main-svg path').length,
                    words: plot.getAttribute('aria-label').length, width: box.width,
                    picture: figure.querySelector('.picture').naturalWidth,
                    alt: figure.querySelector('.picture').alt.length,
                    shown: getComputedStyle(figure.querySelector('.picture')).display,
                    rows: figure.querySelectorAll('tbody tr').length};
        });""")
    assert len(figures) >= 12
    for figure in figures:
        assert figure["drawn"] > 0 and figure["rows"] > 0, figure
        assert figure["words"] and figure["alt"] and figure["picture"] > 0, figure
        assert figure["width"] > 300 and figure["shown"] == "none", figure


def test_the_flame_graph_has_its_boxes(browser):
    names = browser.execute_script("""
        return [...document.querySelectorAll('#flame-difference .slice')].map(
            slice => slice.textContent);""")
    assert len(names) >= 10
    assert any("object_create" in name for name in names)


def test_tables_say_what_the_report_says(browser, made):
    """The exact numbers stand behind the rounded ones; test_figures.py compares them all."""
    with open(os.path.join(made.folder, "report.json"), encoding="utf-8") as file:
        arms = json.load(file)["arms"]
    cells = browser.execute_script("""
        return [...document.querySelectorAll('#slowdown tbody tr')].map(row =>
            [row.cells[0].textContent, Number(row.cells[1].dataset.value),
             row.cells[1].textContent]);""")
    assert [cell[:2] for cell in cells] == [[arm["arm"], arm["wall_ms"]["median"]] for arm in arms]
    for cell, arm in zip(cells, arms):
        shown = float(cell[2].split(" [")[0].replace("\u202f", ""))
        assert shown == pytest.approx(arm["wall_ms"]["median"], abs=0.05 + 1e-9)


def test_hostile_names_are_only_text(browser):
    assert browser.execute_script("return window.hostile") is None
    assert browser.execute_script("return document.querySelectorAll('a[href*=invalid]').length") \
        == 0
    # Icon and pictures of ours, no other image; our scripts, no other script.
    assert browser.execute_script("return document.querySelectorAll('img:not(.picture)').length") \
        == 0
    assert browser.execute_script("return document.scripts.length") == 4
    text = browser.execute_script("return document.getElementById('environment').textContent")
    assert "</script><script>window.hostile=1</script>" in text
    lanes = browser.execute_script("return document.getElementById('timeline-lanes').textContent")
    assert "</script>" in lanes.replace("\n", "") and "<img" in lanes


def ranges(browser):
    return browser.execute_script(
        "return document.getElementById('timeline-lanes')._fullLayout.xaxis.range.slice()")


def test_the_timeline_zooms_by_the_mouse(browser):
    plot = browser.find_element("css selector", "#timeline-lanes .nsewdrag")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    low, high = ranges(browser)
    across = plot.rect["width"] / 4
    ActionChains(browser).move_to_element_with_offset(plot, -int(across), 0).click_and_hold() \
        .move_by_offset(int(across), 0).move_by_offset(int(across), 0).release().perform()
    wait_until(browser, f"return document.getElementById('timeline-lanes')._fullLayout.xaxis"
               f".range[0] > {low}")
    left, right = ranges(browser)
    assert low < left < right < high
    assert (right - left) / (high - low) == pytest.approx(0.5, abs=0.1)


def test_a_stretch_stays_when_the_theme_changes(browser):
    before = ranges(browser)
    media(browser, prefers_color_scheme="dark")
    wait_until(browser, "return getComputedStyle(document.body).backgroundColor"
               " === 'rgb(20, 24, 29)'")
    assert ranges(browser) == before
    media(browser)


# Text whose colour is too near to what is behind it (WCAG 2.1, 1.4.3: 4.5 to 1).
FAINT = """
    const luminance = c => {
        const [r, g, b] = c.map(v => v / 255).map(v =>
            v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const numbers = text => (text.match(/[\\d.]+/g) || []).map(Number);
    function behind(element) {
        for (let at = element; at; at = at.parentElement) {
            const c = numbers(getComputedStyle(at).backgroundColor);
            if (c.length === 3 || c[3] > 0)
                return c.slice(0, 3);
        }
        return [255, 255, 255];
    }
    const faint = [];
    let seen = 0;
    for (const element of document.querySelectorAll('body *')) {
        const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
        if (!own || !element.getClientRects().length || element.closest('.slice'))
            continue;
        const style = getComputedStyle(element), svg = element instanceof SVGElement;
        const fore = numbers(svg ? style.fill : style.color).slice(0, 3);
        const [a, b] = [luminance(fore), luminance(behind(element))].sort((x, y) => y - x);
        seen++;
        if ((a + 0.05) / (b + 0.05) < 4.5)
            faint.push([element.textContent.slice(0, 40), fore, behind(element)]);
    }
    return [seen, faint];
"""


@pytest.mark.parametrize("theme, paper", [("light", "rgb(255, 255, 255)"),
                                          ("dark", "rgb(20, 24, 29)")])
def test_both_themes_can_be_read(browser, theme, paper):
    media(browser, prefers_color_scheme=theme)
    wait_until(browser, f"return getComputedStyle(document.body).backgroundColor === '{paper}'")
    # The figures follow one after the other.
    deadline = time.monotonic() + PATIENCE_S
    while True:
        seen, faint = browser.execute_script(FAINT)
        if not faint or time.monotonic() > deadline:
            break
    assert seen > 200
    assert faint == []
    media(browser)


@pytest.mark.parametrize("pixels", [360, 768])
def test_no_width_is_too_narrow(browser, pixels):
    width(browser, pixels, mobile=True)
    wait_until(browser, "return [...document.querySelectorAll('.plot .main-svg')].every("
               f"svg => svg.getBoundingClientRect().right <= {pixels} + 1)")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= pixels
    wide = browser.execute_script(f"""
        return [...document.querySelectorAll('main *')].filter(element =>
            !element.closest('.scroll, pre, svg') && element.getClientRects().length &&
            element.getBoundingClientRect().right > {pixels} + 1).map(e => e.outerHTML.slice(0, 80))
        """)
    assert wide == []
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_paper_shows_pictures_instead(browser):
    media(browser, media="print")
    shown = browser.execute_script("""
        return [...document.querySelectorAll('figure')].map(figure =>
            ['.plot', '.picture'].map(name =>
                getComputedStyle(figure.querySelector(name)).display));""")
    assert shown and all(pair == ["none", "block"] for pair in shown)
    media(browser)


def test_paper_unfolds_the_tables(browser):
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.find_elements("css selector", "details:not([open])") == []
    browser.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert browser.find_elements("css selector", "details[open]") == []


def test_the_console_is_still_silent(browser):
    assert browser.get_log("browser") == []
