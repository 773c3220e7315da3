"""Is the published description of the API valid, and does the API behave as it says?

`infra/openapi.json` is read by openapi-spec-validator, compared with what the local binary serves,
and put to the running binary by schemathesis, which makes up requests, right ones and wrong ones.

    pip install schemathesis==4.32.5 openapi-spec-validator==0.9.0
    python tests/oracles/openapi_check.py [RUN...]

Loopback only, in memory, the same requests every time as far as the answers are the same.
Exit status 0 when no answer is a 5xx, and none is outside the description.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import openapi_spec_validator

from local_binary import KEY, ROOT, Failed, Nachfass, check, main, request
from telegram_round_trip import ANSWER, QUESTION, RULE

SEED = "20261122"
DOCUMENT = ROOT / "infra" / "openapi.json"

# Every check of schemathesis but these, each with the reason.
NOT_CHECKED = {
    "positive_data_acceptance": "the document cannot say all: cursors are ours alone, fields depend on the channel and on each other",
}

# Wrong data is refused with one of these; 412 because the version is looked at before the
# fields, 429 because it may set low limits for itself.
REFUSED = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429]

# It finds real ids in answers, and would soon delete the key it comes with.
NEVER_CALLED = "delete_key"

# With made-up ids nobody gets far, so one run only asks about things that are there.
THERE, ALL = "what is there", "everything"
RUNS = {
    THERE: ["--include-path-regex", r"\{id\}|pending|messages", "--exclude-method", "DELETE"],
    ALL: [],
}
EXAMPLES = "20"


def published(nachfass: Nachfass) -> None:
    document = json.loads(DOCUMENT.read_text())
    openapi_spec_validator.validate(document)
    operations = [method for path in document["paths"].values() for method in path]
    check(f"infra/openapi.json is valid: OpenAPI {document['openapi']}, {len(operations)} operations", True)
    status, served = request(nachfass.url + "/v1/openapi.json")
    check("the binary serves the same document", (status, served) == (200, document), "run the tests of `api`: it is stale")


def lived_in(nachfass: Nachfass) -> dict[str, dict[str, str]]:
    """Makes one of everything; the ids, by the paths they belong to."""
    rule = nachfass.ask("POST", "/v1/rules", RULE)["id"]
    secrets = {"token": "T0ken", "app_secrets": ["S3cret"], "verify_token": "Verify"}
    account = {"channel": "whatsapp", "name": "Salon", "account": "1000", "business_account": "2000", "secrets": secrets}
    connection = nachfass.ask("POST", "/v1/connections", account)["id"]

    said = {"from": "anna", "name": "Anna Berger", "text": QUESTION}
    conversation = nachfass.ask("POST", "/local/loopback", said)["conversation"]
    path = f"/v1/conversations/{conversation}"
    nachfass.ask("PATCH", path, {"assignee": "Mira", "labels": ["Termin"]})
    nachfass.ask("POST", path + "/messages", {"text": "Stammkundin", "hidden": True})
    nachfass.ask("POST", path + "/messages", {"text": ANSWER})
    nachfass.advance("PT5H")
    nachfass.ask("POST", "/local/loopback", said)
    nachfass.ask("POST", path + "/messages", {"text": ANSWER})
    nachfass.advance("PT10M")
    customer = nachfass.ask("GET", path)["customer"]["id"]
    messages = nachfass.ask("GET", path + "/messages")["messages"]
    follow_up = next((message["id"] for message in messages if message["author"]["by"] == "rule"), None)
    pending = nachfass.ask("GET", "/v1/pending")["pending"]
    check("there is a conversation with one follow-up sent and one pending", bool(follow_up and pending), messages)
    return {
        "^/v1/conversations/": {"path.id": conversation, "path.message_id": follow_up},
        "^/v1/customers/": {"path.id": customer},
        "^/v1/connections/": {"path.id": connection},
        "^/v1/rules/": {"path.id": rule},
    }


def settings(ids: dict[str, dict[str, str]]) -> str:
    """What schemathesis has no options for, as its configuration file."""
    lines = ["[checks.negative_data_rejection]", f"expected-statuses = {REFUSED}"]
    for pattern, parameters in ids.items():
        known = ", ".join(f'"{name}" = "{value}"' for name, value in parameters.items())
        lines += ["", "[[operations]]", f'include-path-regex = "{pattern}"', f"parameters = {{ {known} }}"]
    return "\n".join(lines) + "\n"


def run(name: str, nachfass: Nachfass, ids: dict[str, dict[str, str]], folder: pathlib.Path) -> None:
    config = folder / "schemathesis.toml"
    config.write_text(settings(ids if name == THERE else {}))
    command = ["schemathesis", "--config-file", str(config), "--no-color", "run", str(DOCUMENT), *RUNS[name]]
    command += ["--url", nachfass.url, "--header", f"Authorization: Bearer {KEY}", "--request-timeout", "20"]
    command += ["--seed", SEED, "--generation-database", "none", "--max-examples", EXAMPLES, "--workers", "1"]
    command += ["--checks", "all", "--max-failures", "40", "--exclude-operation-id", NEVER_CALLED]
    for excluded in NOT_CHECKED:
        command += ["--exclude-checks", excluded]
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    took = time.monotonic() - started
    count = re.search(r"(\d+) generated", done.stdout)
    if done.returncode != 0 or not count:
        raise Failed(f"{name}:\n{done.stdout}\n{done.stderr}")
    check(f"schemathesis on {name}: {count[1]} requests, none answered otherwise than described ({took:.0f} s)", True)


def work() -> None:
    names = sys.argv[1:] or list(RUNS)
    for name, reason in NOT_CHECKED.items():
        print(f"  not checked: {name}: {reason}")
    with tempfile.TemporaryDirectory() as folder, Nachfass(NACHFASS_SEED=SEED) as nachfass:
        published(nachfass)
        ids = lived_in(nachfass)
        for name in names:
            run(name, nachfass, ids, pathlib.Path(folder))
        status, _ = request(nachfass.url + "/v1/rules", Authorization=f"Bearer {KEY}")
        check("the key still works: the answers were about the API, not about the key", status == 200, status)
        check("no error in the log", nachfass.failures() == [], nachfass.failures()[:5])


if __name__ == "__main__":
    main(work)
