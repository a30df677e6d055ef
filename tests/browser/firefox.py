"""Drive Firefox by its own remote protocol (Marionette): only the browser itself is needed.

A message is its length in bytes, a colon, and JSON: ``[0, id, command, parameters]`` goes out, and
``[1, id, error, result]`` comes back. The commands are those of WebDriver.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE_S

__all__ = ["Firefox", "FirefoxError", "firefox"]

PREFERENCES = {
    "marionette.port": 0,  # any that is free; the profile then says which
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "en-GB",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
START_SECONDS = 60.0


class FirefoxError(RuntimeError):
    """Firefox did not start, or refused a command."""


class Firefox:
    """A window of Firefox.

    Parameters
    ----------
    port : int
        Where it listens on this machine.
    seconds : float
        How long a command, or a wait, may take.
    """

    def __init__(self, port: int, seconds: float = PATIENCE_S) -> None:
        self._seconds = seconds
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._file = self._socket.makefile("rb")
        self._last = 0
        self._read()  # its greeting
        milliseconds = int(1000 * seconds)
        limits = {"pageLoad": milliseconds, "script": milliseconds, "implicit": 0}
        self.tell("WebDriver:NewSession", capabilities={"alwaysMatch": {"timeouts": limits}})

    def tell(self, command: str, **parameters: Any) -> Any:
        """Send a command, and return its result."""
        self._last += 1
        data = json.dumps([0, self._last, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(data), data))
        _kind, number, error, result = self._read()
        assert number == self._last
        if error is not None:
            raise FirefoxError(f"{command}: {error['error']}: {error['message']}")
        return result.get("value", result) if isinstance(result, dict) else result

    def open(self, url: str) -> None:
        """Go to an address, and wait until its page is loaded."""
        self.tell("WebDriver:Navigate", url=url)

    def resize(self, width: int, height: int) -> None:
        """Give the window a size, px."""
        self.tell("WebDriver:SetWindowRect", width=width, height=height)

    @property
    def url(self) -> str:
        """The address of the page."""
        return str(self.tell("WebDriver:GetCurrentURL"))

    def run(self, script: str, *args: object) -> Any:
        """Run the body of a function in the page, with its own globals, and return what it returns."""
        return self.tell("WebDriver:ExecuteScript", script=script, args=list(args), sandbox=None)

    def until(self, script: str, *args: object) -> Any:
        """Repeat the body of a function until it returns a true value, and return that value."""
        deadline = time.monotonic() + self._seconds
        while not (found := self.run(script, *args)):
            if time.monotonic() > deadline:
                raise FirefoxError(f"This did not come true: {script} {args}\n{self.text('body')[:2000]}")
            time.sleep(0.05)
        return found

    def wait_for(self, selector: str) -> str:
        """Wait until the first element of a selector is visible, and return its id."""
        self.until(
            "const box = document.querySelector(arguments[0]); return box?.checkVisibility()", selector
        )
        return self._find(selector)

    def text(self, selector: str) -> str:
        """Return the text of the first element of a selector."""
        return str(self.tell("WebDriver:GetElementText", id=self._find(selector)))

    def click(self, selector: str) -> None:
        """Click the first element of a selector, once it is visible."""
        self.tell("WebDriver:ElementClick", id=self.wait_for(selector))

    def type(self, selector: str, text: str) -> None:
        """Type into the first element of a selector."""
        self.tell("WebDriver:ElementSendKeys", id=self.wait_for(selector), text=text)

    def screenshot(self, path: Path) -> None:
        """Write a screenshot of the window to a PNG."""
        path.write_bytes(base64.b64decode(self.tell("WebDriver:TakeScreenshot", full=False, id=None)))

    def close(self) -> None:
        """Close the connection; the browser keeps running."""
        self._file.close()
        self._socket.close()

    def _find(self, selector: str) -> str:
        return str(self.tell("WebDriver:FindElement", using="css selector", value=selector)[ELEMENT])

    def _read(self) -> Any:
        length = b""
        while (byte := self._file.read(1)) != b":":
            if not byte:
                raise FirefoxError("Firefox has ended.")
            length += byte
        return json.loads(self._file.read(int(length)))


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """Start Firefox without a window on the screen, with a new profile in ``folder``, and end it.

    Raises
    ------
    FirefoxError
        There is none here (``MENTORING_FIREFOX`` may name one), or it does not start.
    """
    named = os.environ.get("MENTORING_FIREFOX")
    program = named or shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        raise FirefoxError("There is no Firefox here (on Debian: apt-get install firefox-esr).")
    profile, home = folder / "profile", folder / "home"
    for path in (profile, home):
        path.mkdir(parents=True)
    lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    # A home of its own: as root it refuses one that is another user's.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "DBUS_"))}
    environ = {**kept, "HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1"}
    command = [program, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    log = folder / "firefox.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
    try:
        window = Firefox(_port(process, profile / "MarionetteActivePort", log))
        try:
            yield window
            with suppress(FirefoxError, OSError):
                window.tell("Marionette:Quit", flags=["eForceQuit"])
        finally:
            window.close()
    finally:
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE_S)


def _port(process: subprocess.Popen[bytes], file: Path, log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if file.exists() and (said := file.read_text()).strip():
            return int(said)
        time.sleep(0.05)
    process.kill()
    raise FirefoxError(f"Firefox did not start:\n{log.read_text()[-2000:]}")
