"""The main job on Telegram, with a Telegram server on the other end that we did not write.

A customer asks for an appointment on npm's telegram-test-api, staff answer through our API, the
customer falls silent, and the follow-up of the first source's first example arrives there, once.

    npm ci --prefix tests/oracles
    python tests/oracles/telegram_round_trip.py

Everything runs on this machine. Exit status 0 when all of it is so.
"""

from __future__ import annotations

import datetime
import json
import subprocess

from local_binary import ROOT, Failed, Nachfass, Process, check, free_port, main, request, until

TOKEN = "42:test-token-of-the-bot"
SECRET = "Webhook-Secret_1"
USER = "5208831190"
QUESTION = "Hallo, habt ihr diese Woche noch einen Termin frei?"
ANSWER = "Hallo Anna, gern! Dienstag um 10:00 oder Donnerstag um 17:00?"
FOLLOW_UP = "Hallo Anna, wir haben noch Termine frei: Dienstag um 10:00 oder 15:30 und Donnerstag um 17:00. Welcher passt dir?"
YES = "Super, dann Dienstag um 10:00!"
NOTED = "Ist notiert, bis Dienstag!"

RULE = {
    "name": "Erinnerung an ausstehenden Termin - 4 Stunden",
    "colour": "blue",
    "trigger": {
        "type": "silence",
        "description": "Nachfassaktion senden, wenn ein Kunde Interesse an der Vereinbarung eines Termins zeigt, aber Datum und Uhrzeit nicht bestätigt",
    },
    "stop": {
        "description": "Stoppen, wenn der Kunde den Termin bestätigt, die Anfrage storniert oder anzeigt, dass er nicht mehr interessiert ist"
    },
    "delay": {"mode": "manual", "minutes": 240},
    "message": {"mode": "custom", "text": FOLLOW_UP.replace("Anna", "##{{first_name}}")},
}


class Telegram(Process):
    """The test server, and a customer on it."""

    def __init__(self) -> None:
        self.port = str(free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(["node", "telegram_server.mjs", "serve", "--port", self.port], self.url, ROOT / "tests/oracles")

    def ask(self, *command: str) -> object:
        asked = ["node", "telegram_server.mjs", *command, "--port", self.port, "--token", TOKEN]
        done = subprocess.run(asked, cwd=ROOT / "tests/oracles", capture_output=True, text=True)
        if done.returncode == 2 or not done.stdout:
            raise Failed(f"{' '.join(command)}: {done.stderr}")
        return json.loads(done.stdout)

    def say(self, text: str, now: str) -> None:
        at = int(datetime.datetime.fromisoformat(now).timestamp())
        self.ask("say", "--user", USER, "--name", "Anna", "--text", text, "--at", str(at))

    def received(self) -> list[str]:
        """What the bot sent to the customer, oldest first."""
        return [message["text"] for message in self.ask("sent", "--user", USER)]


def update(number: int) -> dict:
    """An update as Telegram posts it."""
    person = {"id": int(USER), "first_name": "Anna"}
    message = {
        "message_id": number,
        "from": person | {"is_bot": False},
        "chat": person | {"type": "private"},
        "date": int(datetime.datetime.now().timestamp()),
        "text": QUESTION,
    }
    return {"update_id": number, "message": message}


def refuses_strangers(nachfass: Nachfass, webhook: str) -> None:
    wrong = {"a wrong secret": {"X_Telegram_Bot_Api_Secret_Token": SECRET + "x"}, "no secret": {}}
    for number, (what, header) in enumerate(wrong.items()):
        status, problem = request(webhook, "POST", update(9000 + number), **header)
        check(f"an update with {what} is refused with 401", status == 401, (status, problem))
    nachfass.advance("PT5M")
    stored = nachfass.ask("GET", "/v1/conversations")["conversations"]
    check("and nothing of it is stored", stored == [], stored)
    queues = nachfass.ask("GET", "/local/queues")
    check("or waits in a queue", all(count == 0 for count in numbers(queues)), queues)


def numbers(value: object) -> list[int]:
    """Every number in it, and the length of every list."""
    if isinstance(value, dict):
        return [number for item in value.values() for number in numbers(item)]
    if isinstance(value, list):
        return [len(value)]
    return [value] if isinstance(value, int) else []


def work() -> None:
    with Telegram() as telegram, Nachfass(TELEGRAM_BASE_URL=telegram.url) as nachfass:
        secrets = {"token": TOKEN, "webhook_secrets": [SECRET]}
        connection = nachfass.ask("POST", "/v1/connections", {"channel": "telegram", "name": "Bot", "secrets": secrets})
        shown = json.dumps(connection)
        check("the connection is made, and shows none of its secrets", TOKEN not in shown and SECRET not in shown, shown)
        webhook = nachfass.url + connection["webhook_path"]
        nachfass.ask("POST", "/v1/rules", RULE)

        refuses_strangers(nachfass, webhook)

        telegram.ask("webhook", "--url", webhook, "--secret", SECRET)
        telegram.say(QUESTION, nachfass.ask("GET", "/local/clock")["now"])
        conversations = lambda: nachfass.ask("GET", "/v1/conversations?view=waiting")["conversations"]
        conversation = until("the customer's message arriving", conversations)[0]
        path = f"/v1/conversations/{conversation['id']}"
        seen = (conversation["channel"], conversation["user"], conversation["customer"]["name"], conversation["preview"]["text"])
        check("what the customer says on Telegram is a conversation here", seen == ("telegram", USER, "Anna", QUESTION), seen)

        nachfass.ask("POST", path + "/messages", {"text": ANSWER})
        check("the answer of staff arrives on Telegram", telegram.received() == [ANSWER], telegram.received())

        nachfass.advance("PT3H59M")
        check("nothing more arrives for 3 h 59 min", telegram.received() == [ANSWER], telegram.received())
        nachfass.advance("PT31M")
        check("the follow-up arrives within 4 h 30 min", telegram.received() == [ANSWER, FOLLOW_UP], telegram.received())
        messages = nachfass.ask("GET", path + "/messages")["messages"]
        recorded = (messages[0]["text"], messages[0]["status"], messages[0]["attempts"])
        check("and is recorded as accepted by the platform", recorded == (FOLLOW_UP, "accepted", 1), messages[0])
        nachfass.advance("PT1H")
        check("once", telegram.received() == [ANSWER, FOLLOW_UP], telegram.received())

        telegram.say(YES, nachfass.ask("GET", "/local/clock")["now"])
        until("the customer's second message arriving", conversations)
        nachfass.advance("P2D")
        check("after the customer answered, nothing arrives in two days", telegram.received() == [ANSWER, FOLLOW_UP], telegram.received())
        nachfass.ask("POST", path + "/messages", {"text": NOTED})
        nachfass.advance("P2D")
        expected = [ANSWER, FOLLOW_UP, NOTED]
        check("nor after staff wrote again: the appointment is confirmed", telegram.received() == expected, telegram.received())

        pending = nachfass.ask("GET", "/v1/pending")["pending"]
        check("nothing is pending", pending == [], pending)
        outbox = json.dumps(nachfass.ask("GET", "/local/outbox"))
        check("the bot's token shows nowhere", TOKEN not in outbox and TOKEN not in nachfass.said(), outbox)
        check("no error in the log", nachfass.failures() == [], nachfass.failures())


if __name__ == "__main__":
    main(work)
