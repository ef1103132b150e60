"""A headless Chromium that looks at the admin."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from tests.system.waiting import LIMIT_SECONDS

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--window-size=1280,760",
    "--lang=en",
)


class Browser:
    """One window.

    :param profile: An empty directory for what it remembers.
    :param address: What paths are relative to.
    """

    def __init__(self, profile: Path, address: str) -> None:
        options = Options()
        options.binary_location = _program("chromium", "chromium")
        for argument in (*_ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        # Its path is given, so that nobody looks for another one in the network.
        service = Service(executable_path=_program("chromedriver", "chromium-driver"))
        self._driver = webdriver.Chrome(options=options, service=service)
        self._driver.set_page_load_timeout(LIMIT_SECONDS)
        self._address = address

    def open(self, path: str) -> None:
        """Go to a page, and wait until it is there with all it shows."""
        self._driver.get(self._address + path)

    def log_in(self, user: str, password: str) -> None:
        """Fill in the form of the admin, and send it."""
        self.open("/admin/login/?next=/admin/")
        self.find("#id_username").send_keys(user)
        self.find("#id_password").send_keys(password)
        self.press("[type=submit]")

    def find(self, selector: str) -> WebElement:
        """The first element of a page."""
        return self._driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, selector: str) -> None:
        """Press a button that leads to another page, and wait for that."""
        button = self.find(selector)
        button.click()
        WebDriverWait(self._driver, LIMIT_SECONDS).until(staleness_of(button))

    def text(self, selector: str = "body") -> str:
        """What can be read there."""
        return self.find(selector).text

    def style(self, selector: str, name: str) -> str:
        """How an element is drawn."""
        return str(self.find(selector).value_of_css_property(name))

    def prefer(self, scheme: str) -> None:
        """Prefer a light or a dark look."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def complaints(self) -> list[str]:
        """What the page could not load or run."""
        entries = self._driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium does not say
        severe = [entry["message"] for entry in entries if entry["level"] == "SEVERE"]
        return [message for message in severe if "/favicon.ico" not in message]  # which no page asked for

    def keep(self, name: str) -> None:
        """Keep a picture, in the directory that SCREENSHOTS names; none if that is not set."""
        directory = os.environ.get("SCREENSHOTS")
        if directory:
            self._driver.save_screenshot(os.path.join(directory, f"{name}.png"))

    def close(self) -> None:
        """Close the window, and end the browser."""
        self._driver.quit()


def _program(command: str, package: str) -> str:
    found = shutil.which(command)
    if found is None:
        reason = f"no {command} here; install it with: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found
