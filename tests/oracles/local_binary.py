"""Starts the local binary for a check and talks to it. Nothing but Python's own library.

The binary is built with cargo; NACHFASS_BINARY names one that is built already.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = "nf_oracle_0123456789abcdefghijklmnopqrst"
PATIENCE = 60.0


class Failed(Exception):
    """The other side and we disagree."""


def check(claim: str, holds: bool, seen: object = "") -> None:
    """Prints what was checked, or ends the check with what was seen instead."""
    if not holds:
        raise Failed(f"{claim}\n         seen: {seen}")
    print(f"  ok  {claim}")


def main(work) -> None:
    """Runs a check; the exit status tells how it ended."""
    try:
        work()
    except Failed as failure:
        print(f"  FAILED  {failure}")
        sys.exit(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def built() -> str:
    """The path of the local binary."""
    if given := os.environ.get("NACHFASS_BINARY"):
        return given
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--package", "nachfass"], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target"))
    return str(ROOT / target / "debug" / "nachfass")


def until(what: str, look, patience: float = PATIENCE):
    """What `look` returns as soon as that is something."""
    deadline = time.monotonic() + patience
    while True:
        if found := look():
            return found
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not happen within {patience:.0f} s")
        time.sleep(0.1)


def request(url: str, method: str = "GET", body: object = None, **headers: str) -> tuple[int, dict]:
    """Status and body. Whatever the status, the body must be JSON or nothing."""
    data = None if body is None else json.dumps(body).encode()
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = urllib.request.Request(url, data, {"Content-Type": "application/json", **fields}, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    return status, json.loads(text) if text else {}


class Process:
    """A program that runs as long as the `with` block."""

    def __init__(self, command: list[str], ready: str, cwd: pathlib.Path = ROOT, **environment: str) -> None:
        self.log = tempfile.TemporaryFile()
        self.program = subprocess.Popen(
            command, cwd=cwd, env=os.environ | environment, stdout=self.log, stderr=subprocess.STDOUT
        )
        self.name, self.ready = command[0], ready

    def __enter__(self):
        try:
            until(f"{self.name} answering {self.ready}", self._answers, patience=600.0)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.program.terminate()
        try:
            self.program.wait(10)
        except subprocess.TimeoutExpired:
            self.program.kill()
            self.program.wait()

    def said(self) -> str:
        """Everything it printed."""
        # The program shares our place in the file, so it must not move.
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0).decode(errors="replace")

    def _answers(self) -> bool:
        if self.program.poll() is not None:
            raise Failed(f"{self.name} ended with {self.program.returncode}:\n{self.said()}")
        try:
            request(self.ready)
        except json.JSONDecodeError:
            return True
        except OSError:
            return False
        return True


class Nachfass(Process):
    """The local binary, in memory, on a free port of this machine only."""

    def __init__(self, **environment: str) -> None:
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        settings = {"NACHFASS_ADDR": address, "NACHFASS_DATA": ":memory:", "NACHFASS_API_KEY": KEY}
        super().__init__([built()], f"{self.url}/health", **settings, **environment)

    def ask(self, method: str, path: str, body: object = None) -> dict:
        """The body of an answer that must be a success."""
        status, answer = request(self.url + path, method, body, Authorization=f"Bearer {KEY}")
        if not 200 <= status < 300:
            raise Failed(f"{method} {path} answered {status}: {answer}")
        return answer

    def advance(self, by: str) -> str:
        """Moves the clock; everything due on the way happens. The time then."""
        return self.ask("POST", "/local/clock", {"advance": by})["now"]

    def failures(self) -> list[str]:
        """Errors in its log: there should be none."""
        return [line for line in self.said().splitlines() if re.search(r"\b(ERROR|panicked)\b", line)]
