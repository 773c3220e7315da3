"""Does Twilio's own description of its API take the requests that we build?

The description is the official one, a file of npm's @twilio/cli-core; npm's prism answers
in Twilio's place and refuses what does not fit. That it does refuse is asked, too.

    npm ci --ignore-scripts --prefix tests/oracles
    cargo run -q -p channels --example dump > dump.json
    python tests/oracles/twilio_openapi.py dump.json

Nothing but the package is fetched; the requests stay on this machine. Exit status 0 when every request is taken.
"""

from __future__ import annotations

import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
from urllib.parse import parse_qsl, urlencode, urlsplit

from local_binary import ROOT, Process, check, free_port, main

PRISM = ROOT / "tests" / "oracles" / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
# Of this package one file is wanted, not the 200 packages that it would install.
PACKAGE = "@twilio/cli-core@8.3.2"
SHA512 = "qRTAZS15i/nseKHu2zZIb1BD78WFRVOWM65iC9JqjZdNpz5KQaiEI1klsLcWDi1pwXH9JG6pbFXJrIiYRJw/dw=="
MEMBER = "package/src/services/twilio-api/twilio_api_v2010.json"
# The dump holds address and body only.
AUTHORISATION = "Basic " + base64.b64encode(b"AC00000000000000000000000000000001:geheim").decode()


def post(url: str, body: str, **headers: str) -> tuple[int, dict]:
    fields = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **headers}
    asked = urllib.request.Request(url, body.encode(), fields, method="POST")
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def changed(body: str, **fields: str | None) -> str:
    """The form with other values; `None` leaves a field out."""
    form = [(name, value) for name, value in parse_qsl(body, keep_blank_values=True) if name not in fields]
    return urlencode(form + [(name, value) for name, value in fields.items() if value is not None])


def description(folder: str) -> bytes:
    """Twilio's description, from exactly the package that was looked at."""
    subprocess.run(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, PACKAGE],
                   check=True, stdout=subprocess.DEVNULL)
    [archive] = pathlib.Path(folder).glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    check(f"{PACKAGE} is the one that was looked at", digest == SHA512, digest)
    with tarfile.open(archive) as files:
        return files.extractfile(MEMBER).read()


def names(described: bytes, kind: str) -> set[str]:
    """The fields that the description knows. It allows others, which Twilio would ignore in silence."""
    what = {"sms": "Messages", "call": "Calls"}[kind]
    content = json.loads(described)["paths"][f"/2010-04-01/Accounts/{{AccountSid}}/{what}.json"]["post"]["requestBody"]["content"]
    return set(content["application/x-www-form-urlencoded"]["schema"]["properties"])


def work() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)["providers"]["twilio_requests"]
    check("there are requests for SMS and for calls", {case["kind"] for case in cases} == {"sms", "call"})
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        described = description(folder)
        path = pathlib.Path(folder) / "twilio.json"
        path.write_bytes(described)
        command = ["node", str(PRISM), "mock", "--host", "127.0.0.1", "--port", str(port), str(path)]
        with Process(command, base + "/"):
            ask(base, cases, {kind: names(described, kind) for kind in ("sms", "call")})


def ask(base: str, cases: list[dict], known: dict[str, set[str]]) -> None:
    for number, case in enumerate(cases):
        what = f"{case['kind']} {number}"
        unknown = {name for name, _ in parse_qsl(case["body"])} - known[case["kind"]]
        check(f"{what} has fields that are described", not unknown, unknown)
        url, body = base + urlsplit(case["url"]).path, case["body"]
        if case["kind"] == "call":
            # Of a name that is given twice, as the description asks for here, prism reads the last only.
            answer = post(url, body, Authorization=AUTHORISATION)
            wrong = [problem["location"] for problem in answer[1].get("validation", [])]
            check(f"{what} is refused for its list alone", wrong == [["body", "StatusCallbackEvent"]], answer)
            body = changed(body, StatusCallbackEvent=None)
        answer = post(url, body, Authorization=AUTHORISATION)
        check(f"{what} is taken", answer[0] == 201, answer)

    sms = next(case for case in cases if case["kind"] == "sms")
    url = base + urlsplit(sms["url"]).path
    for what, fields in [
        ("without a recipient", {"To": None}),
        ("with a callback that is no address", {"StatusCallback": "no address"}),
        ("with a validity that is no number", {"ValidityPeriod": "soon"}),
    ]:
        answer = post(url, changed(sms["body"], **fields), Authorization=AUTHORISATION)
        check(f"an SMS {what} is refused", answer[0] == 422, answer)
    answer = post(url, sms["body"])
    check("an SMS without authorisation is refused", answer[0] == 401, answer)


if __name__ == "__main__":
    main(work)
