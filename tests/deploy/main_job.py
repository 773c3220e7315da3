"""The main job on the deployed stack, over its public HTTP API.

An owner makes a rule, a customer writes and is answered, falls silent, and gets the follow-up
through EventBridge Scheduler. Then a sender is killed, see `killed_sender`. Along the way nothing
may be refused by IAM, dead-lettered or logged as an error.
"""

import hashlib
import hmac
import json
import pathlib
import sys
import time

from killed_sender import killed_sender
from platform_stub import Platform
from stack import Stack, emulator, wait_for

# The first example of the source, with a delay of two minutes instead of four hours: a timer
# less than a minute away never goes to EventBridge Scheduler.
RULE = {
    "name": "Erinnerung an ausstehenden Termin - 4 Stunden",
    "colour": "blue",
    "enabled": True,
    "priority": 10,
    "trigger": {
        "type": "silence",
        "description": "Nachfassaktion senden, wenn ein Kunde Interesse an der Vereinbarung eines "
        "Termins zeigt, aber Datum und Uhrzeit nicht bestätigt",
    },
    "stop": {
        "description": "Stoppen, wenn der Kunde den Termin bestätigt, die Anfrage storniert oder "
        "anzeigt, dass er nicht mehr interessiert ist",
    },
    "delay": {"mode": "manual", "minutes": 2},
    "message": {
        "mode": "custom",
        "text": "Hallo ##{{first_name}}, möchten Sie den Termin noch? Dienstag 10 Uhr oder Donnerstag 15 Uhr wären frei.",
    },
}
FOLLOW_UP = "Dienstag 10 Uhr oder Donnerstag 15 Uhr wären frei."

started = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - started:6.1f} s] {text}", flush=True)


class Owner:
    """Somebody with a key."""

    def __init__(self, stack, key):
        self.stack, self.headers = stack, {"Authorization": f"Bearer {key}"}

    def call(self, method, path, body=None, expect=200, headers=None):
        status, answer = self.stack.http(method, path, body, {**self.headers, **(headers or {})})
        assert status == expect, f"{method} {path}: {status} instead of {expect}: {answer}"
        return answer

    def get(self, path):
        return self.call("GET", path)


class Customer:
    """Somebody on the loopback channel."""

    def __init__(self, stack, loopback, user):
        self.stack, self.loopback, self.user = stack, loopback, user

    def write(self, text, secret=None):
        body = json.dumps({"from": self.user, "name": "Anna Beispiel", "first_name": "Anna", "text": text}).encode()
        secret = self.loopback["secret"] if secret is None else secret
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Nachfass-Signature": f"sha256={signature}"}
        return self.stack.http("POST", self.loopback["webhook_path"], body, headers)[0]


def texts(messages):
    return [json.dumps(message, ensure_ascii=False) for message in messages["messages"]]


def main_job(stack):
    bootstrap = stack.invoke("ApiFunction", {"nachfass": "create_key", "role": "owner"})
    owner = Owner(stack, bootstrap["key"])
    customer = Customer(stack, bootstrap["loopback"], "anna-1")
    say(f"first key made, workspace {bootstrap['workspace']}")

    assert stack.http("GET", "/health")[0] == 200
    status, problem = stack.http("GET", "/v1/rules")
    assert status == 401, f"no key: {status} {problem}"
    assert stack.http("GET", "/v1/openapi.json")[0] == 200

    # This runs at any hour of the day; a new workspace sends nothing at night.
    owner.call("PATCH", "/v1/settings", {"quiet_hours": None})
    rule = owner.call("POST", "/v1/rules", RULE, expect=201)
    say(f"rule {rule['id']} made")

    assert customer.write("Hallo", secret="not the secret") == 401, "a wrong signature was accepted"
    assert owner.get("/v1/conversations")["conversations"] == [], "a refused message was stored"
    say("a wrong signature is refused")

    assert customer.write("Hallo, ich hätte gern einen Termin zum Haareschneiden. Was ist noch frei?") == 200
    conversation = wait_for(
        "the conversation", 30, lambda: owner.get("/v1/conversations?view=waiting")["conversations"]
    )[0]["id"]
    say(f"conversation {conversation} waits for an answer")

    messages = f"/v1/conversations/{conversation}/messages"
    answer = {"text": "Gern! Am Dienstag um 10 Uhr oder am Donnerstag um 15 Uhr. Was passt Ihnen?"}
    owner.call("POST", messages, answer, expect=202, headers={"Idempotency-Key": "answer-1"})
    answered = time.monotonic()
    say("staff answered; the customer falls silent")

    seen = {}

    def follow_up():
        for schedule in stack.schedules():
            seen[schedule["ScheduleExpression"]] = schedule
        return [text for text in texts(owner.get(messages)) if FOLLOW_UP in text]

    sent = wait_for("the follow-up", 240, follow_up, every=1)
    say(f"the follow-up is there, {time.monotonic() - answered:.0f} s after the answer")
    assert time.monotonic() - answered >= 120, "the follow-up came before the rule's delay was over"
    assert len(sent) == 1 and "Hallo Anna" in sent[0], sent

    assert seen, "EventBridge Scheduler was never used"
    for expression, schedule in seen.items():
        say(f"timer seen: {expression}, {schedule['Target']['Input']}")
        assert schedule["ActionAfterCompletion"] == "DELETE", schedule
        assert schedule["Target"]["Arn"].endswith("-due"), schedule
        assert schedule["Target"]["DeadLetterConfig"]["Arn"].endswith("-timer-dead"), schedule

    why = owner.get(f"/v1/conversations/{conversation}/why")
    assert rule["id"] in json.dumps(why), f"the receipt does not name the rule: {why}"
    say("the receipt names the rule")

    assert customer.write("Dienstag um 10 passt, danke!") == 200
    wait_for("the reply", 30, lambda: len(owner.get(messages)["messages"]) >= 4)
    stack.invoke("SweepFunction", {})
    say("the reply is stored, the sweep ran")
    time.sleep(15)  # longer than one tick of the emulator's scheduler: nothing more may come
    assert len([text for text in texts(owner.get(messages)) if FOLLOW_UP in text]) == 1, "sent twice"
    say("the main job works on the deployed stack")
    return owner


def public_pages(stack, owner):
    """A mail program unsubscribes with one click; looking at the page had changed nothing."""
    anna = owner.call("POST", "/v1/customers", {"emails": [{"value": "anna@example.org"}]}, expect=201)
    wanted = {"for": "unsubscribe", "class": "email_marketing"}
    link = owner.call("POST", f"/v1/customers/{anna['id']}/links", wanted, expect=201)["url"]
    assert link.startswith("https://"), link
    path = "/l/" + link.rsplit("/l/", 1)[1]
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    def said():
        return [entry["change"] for entry in owner.get(f"/v1/customers/{anna['id']}/consents")["entries"]]

    status, page = stack.http("GET", path)
    assert status == 200 and "Werbe-E-Mails abbestellen" in page, f"{status} {page}"
    assert said() == [], "looking unsubscribed somebody"
    for _ in range(2):
        status, page = stack.http("POST", path, b"List-Unsubscribe=One-Click", form)
        assert status == 200, f"{status} {page}"
        assert said() == ["refuse"], said()
    status, page = stack.http("GET", "/l/" + "0" * 40)
    assert status == 404, f"{status} {page}"
    say("the public pages work on the deployed stack")


def nothing_went_wrong(stack, emulator_log):
    problems = [line for line in emulator_log.read_text().splitlines() if "IAM DENIED" in line]
    for queue in ("EventsDeadLetters", "DueDeadLetters", "TimerDeadLetters"):
        if stack.waiting_messages(queue):
            problems.append(f"{queue} is not empty")
    for group, line in stack.function_logs():
        if "AccessDenied" in line or '"level":"ERROR"' in line or "panicked at" in line:
            problems.append(f"{group}: {line.strip()}")
    return problems


def main(template, work):
    work.mkdir(parents=True, exist_ok=True)
    log = work / "emulator.log"
    platform = Platform(work)
    with emulator(log, SSL_CERT_FILE=str(platform.authority.resolve())) as endpoint:
        say(f"emulator on {endpoint}, IAM enforced")
        stack = Stack(endpoint)
        stack.deploy(
            template,
            SqsHorizonSeconds=0,
            AssessDelaySeconds=5,
            DeletionProtection="false",
            TelegramBaseUrl=platform.url,
        )
        say(f"deployed; routes: {', '.join(stack.create_routes())}")
        try:
            owner = main_job(stack)
            public_pages(stack, owner)
            killed_sender(stack, owner, platform, say)
        except Exception:
            for group, line in stack.function_logs():
                print(group, line.strip(), file=sys.stderr)
            print(*nothing_went_wrong(stack, log), sep="\n", file=sys.stderr)
            raise
        problems = nothing_went_wrong(stack, log)
    for problem in problems:
        print(problem, file=sys.stderr)
    say("failed" if problems else "nothing went wrong along the way")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
