"""Chromium without a window, for pages that the package writes."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

_OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--no-first-run"),
    *("--hide-scrollbars", "--mute-audio", "--autoplay-policy=no-user-gesture-required"),
)


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser without a network."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    helper = shutil.which("chromedriver")
    assert browser, "Chromium is missing; run scripts/system_packages.sh"
    assert helper, "chromedriver is missing; run scripts/system_packages.sh"
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for option in _OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(helper))
    try:
        driver.set_script_timeout(30)
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
        )
        yield driver
    finally:
        driver.quit()


class Page:
    """A report in a browser.

    Args:
        driver: the browser.
        path: the page.
        width: width of the window in CSS pixels.
        height: height of the window in CSS pixels.
        phone: whether it is a phone: touched, not clicked.
        dark: whether the user prefers dark colours.
    """

    def __init__(
        self,
        driver: webdriver.Chrome,
        path: Path,
        width: int = 1280,
        height: int = 800,
        *,
        phone: bool = False,
        dark: bool = False,
    ) -> None:
        self.driver = driver
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self.cdp("Emulation.setDeviceMetricsOverride", **size)
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.cdp("Emulation.setEmulatedMedia", features=[scheme])
        driver.get(path.as_uri())
        self.wait("video.readyState >= 2 && !video.seeking")

    def cdp(self, command: str, **arguments: Any) -> Any:
        """Send a command of Chromium's DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def js(self, expression: str, *arguments: Any) -> Any:
        """The value of a JavaScript expression."""
        return self.driver.execute_script(f"return {expression}", *arguments)

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript condition holds."""
        WebDriverWait(self.driver, 20, 0.02).until(lambda _: self.js(condition), condition)

    def box(self, selector: str) -> dict[str, float]:
        """The rectangle of an element in the window: x, y, width, height."""
        found: dict[str, float] = self.js(
            "document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", selector
        )
        return found

    def text(self, selector: str) -> str:
        """The text that an element shows."""
        return str(self.js("document.querySelector(arguments[0]).innerText", selector)).strip()

    def mouse(self, kind: str, x: float, y: float) -> None:
        """Press, move or release the mouse: `Pressed`, `Moved`, `Released`."""
        button = {"button": "left", "buttons": int(kind != "Released"), "clickCount": 1}
        self.cdp("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **button)

    def click(self, x: float, y: float) -> None:
        """Click at a place of the window."""
        self.mouse("Pressed", x, y)
        self.mouse("Released", x, y)

    def touch(self, kind: str, *places: tuple[float, float]) -> None:
        """Touch places of the window: `Start`, `Move`, `End`."""
        points = [{"x": x, "y": y} for x, y in places]
        self.cdp("Input.dispatchTouchEvent", type=f"touch{kind}", touchPoints=points)

    def key(self, name: str, **more: Any) -> None:
        """Press a key and release it."""
        text = {"text": name} if len(name) == 1 else {}
        self.cdp("Input.dispatchKeyEvent", type="keyDown", key=name, **text, **more)
        self.cdp("Input.dispatchKeyEvent", type="keyUp", key=name, **more)

    def screenshot(self) -> npt.NDArray[np.uint8]:
        """The window's pixels, (height, width, 3), red, green and blue."""
        png = base64.b64decode(self.cdp("Page.captureScreenshot")["data"])
        return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR))[..., ::-1]

    def video_picture(self) -> npt.NDArray[np.uint8]:
        """The picture that the video shows, (240, 256, 3)."""
        self.wait("!video.seeking && wantedTime === null")
        shown = self.driver.execute_async_script(
            """const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => {
              const canvas = document.createElement("canvas");
              [canvas.width, canvas.height] = [256, 240];
              canvas.getContext("2d").drawImage(video, 0, 0, 256, 240);
              done(canvas.toDataURL());
            }));"""
        )
        png = base64.b64decode(shown.partition(",")[2])
        return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR))[..., ::-1]

    def errors(self) -> list[str]:
        """What the browser's console says of errors and warnings."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["level"] != "INFO"]

    def requests(self) -> list[str]:
        """Addresses that were asked for, except the page itself and what is in it."""
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        asked = [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith(("file:", "blob:", "data:"))]
