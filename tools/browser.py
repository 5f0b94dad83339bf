"""Opens pages in headless Chromium through its DevTools protocol, over a pipe and with Python's own modules alone."""

import base64
import contextlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time


def find_chromium():
    """Returns the path of a Chromium, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


class Browser:
    """A running Chromium with one page. Every call waits for its answer; events are kept in `events`."""

    def __init__(self, program, timeout=60):
        self.timeout = timeout
        self.events = []
        self._answers = {}
        self._rest = b""
        self._number = 0
        self._profile = tempfile.TemporaryDirectory()
        to_read, self._write = os.pipe()  # Chromium reads commands from 3 and writes answers to 4
        self._read, to_write = os.pipe()

        def give_pipes():
            commands, answers = os.dup(to_read), os.dup(to_write)
            os.dup2(commands, 3)
            os.dup2(answers, 4)
            for descriptor in (3, 4):  # which they need not be yet if they are copies of themselves
                os.set_inheritable(descriptor, True)

        self._process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=give_pipes)
        os.close(to_read)
        os.close(to_write)
        pages = [target for target in self._send("Target.getTargets")["targetInfos"] if target["type"] == "page"]
        self._session = self._send("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")

    def close(self):
        with contextlib.suppress(Exception):
            self._send("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)
        with contextlib.suppress(OSError):  # a helper of Chromium may still write there
            self._profile.cleanup()

    def call(self, method, **arguments):
        """Calls a method of the page and returns its result."""
        return self._send(method, self._session, **arguments)

    def evaluate(self, expression):
        """Returns the value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def open(self, path, width, dark=False, media="screen"):
        """Loads a file in a window of this width, as a phone or a screen would show it."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                  mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.events.clear()
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        self._wait_for("Page.loadEventFired")

    def press(self, key, code):
        """Presses and releases a key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def screenshot(self, path, scale=1):
        """Saves the whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        highest = 16000 / scale  # pixels of a picture
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], highest), "scale": scale}
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        pathlib.Path(path).write_bytes(base64.b64decode(picture["data"]))

    def _send(self, method, session=None, **arguments):
        self._number += 1
        message = {"id": self._number, "method": method, "params": arguments}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + self.timeout
        while self._number not in self._answers:
            self._receive(end, method)
        answer = self._answers.pop(self._number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _wait_for(self, event):
        end = time.monotonic() + self.timeout
        while not any(seen["method"] == event for seen in self.events):
            self._receive(end, event)

    def _receive(self, end, waiting_for):
        ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
        piece = os.read(self._read, 1 << 20) if ready else b""
        if not piece:
            raise RuntimeError(f"Chromium did not answer within {self.timeout} s, or has ended: {waiting_for}")
        *messages, self._rest = (self._rest + piece).split(b"\0")
        for text in messages:
            message = json.loads(text)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self.events.append(message)
