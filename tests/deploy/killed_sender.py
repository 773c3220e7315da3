"""A sender that dies between send and record: the platform has the message, nobody noted it.

The dispatch function is killed by the platform itself, which has just taken the follow-up and
does not answer any more. The queue delivers the task again, the sweep finds the conversation,
and neither may send a second time: the message ends as `unknown`, with a receipt that says why.
"""

import json
import time

from stack import wait_for

RULE = {
    "name": "Termin bestätigen",
    "colour": "green",
    "priority": 20,
    "channels": ["telegram"],
    "trigger": {
        "type": "silence",
        "description": "Nachfassaktion senden, wenn ein Kunde Interesse an der Vereinbarung eines "
        "Termins zeigt, aber Datum und Uhrzeit nicht bestätigt",
    },
    "stop": {
        "description": "Stoppen, wenn der Kunde den Termin bestätigt, die Anfrage storniert oder "
        "anzeigt, dass er nicht mehr interessiert ist",
    },
    "delay": {"mode": "manual", "minutes": 1},
    "message": {"mode": "custom", "text": "Hallo ##{{first_name}}, welcher Termin passt Ihnen am besten?"},
}
FOLLOW_UP = "Hallo Ben, welcher Termin passt Ihnen am besten?"
ANSWER = "Gern! Am Dienstag um 10 Uhr oder am Donnerstag um 15 Uhr. Was passt Ihnen?"
SECRET = "word-between-telegram-and-us"
CHAT = 520883112

# As the functions have them: how long a claim may take, and how late the sweep lets things be.
PATIENCE = 120
OVERDUE_AFTER = 120
# Redelivered after this instead of six minutes; the function's own time-out is the least.
VISIBILITY = 60


def killed_sender(stack, owner, platform, say):
    stack.client("sqs").set_queue_attributes(
        QueueUrl=stack.resources["DueQueue"], Attributes={"VisibilityTimeout": str(VISIBILITY)}
    )
    secrets = {"token": "42:token-of-the-bot", "webhook_secrets": [SECRET]}
    bot = {"channel": "telegram", "name": "Bot", "secrets": secrets}
    connection = owner.call("POST", "/v1/connections", bot, expect=201)
    owner.call("POST", "/v1/rules", RULE, expect=201)
    person = {"id": CHAT, "first_name": "Ben"}
    update = {"update_id": 1, "message": {
        "message_id": 1, "date": int(time.time()), "from": person | {"is_bot": False},
        "chat": person | {"type": "private"}, "text": "Hallo, habt ihr diese Woche noch einen Termin frei?",
    }}
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    assert stack.http("POST", connection["webhook_path"], update, headers)[0] == 200

    def waiting():
        found = owner.get("/v1/conversations?view=waiting")["conversations"]
        return [one for one in found if one["channel"] == "telegram"]

    conversation = f"/v1/conversations/{wait_for('the customer on Telegram', 30, waiting)[0]['id']}"
    owner.call("POST", f"{conversation}/messages", {"text": ANSWER}, expect=202)
    wait_for("the answer on Telegram", 60, lambda: platform.taken == [ANSWER])
    say("Telegram has the answer of staff; its next message will cost the sender its life")

    platform.sender_to_kill = stack.resources["DispatchFunction"]
    wait_for("the follow-up on Telegram", 150, platform.killed.is_set)
    killed = time.monotonic()
    say("the platform has the follow-up, and dispatch was killed before it was told so")
    in_flight = stack.waiting_messages("DueQueue", "NotVisible")
    assert in_flight, "the task of the killed function is gone"

    def redelivered():
        return not stack.waiting_messages("DueQueue", "NotVisible") and not stack.waiting_messages("DueQueue")

    wait_for("the redelivered task to be done", VISIBILITY + 60, redelivered)
    say(f"the queue delivered its task again after {time.monotonic() - killed:.0f} s")
    assert follow_up(owner, conversation)["status"] == "sending", "settled before the claim's deadline"
    stack.invoke("SweepFunction", {})

    def unknown():
        stack.invoke("SweepFunction", {})
        message = follow_up(owner, conversation)
        return message["status"] != "sending" and message

    message = wait_for("an end of the send", PATIENCE + OVERDUE_AFTER + 60, unknown, every=5)
    say(f"the sweep found it {time.monotonic() - killed:.0f} s after the kill: {message['status']}")
    assert message["status"] == "unknown", message
    assert message["why"]["reason"]["code"] == "outcome_unknown", message
    receipts = owner.get(f"{conversation}/why")["receipts"]
    entries = [entry for receipt in receipts for entry in receipt["entries"] if entry["message"] == message["id"]]
    explained = [entry for entry in entries if "unknown" in json.dumps(entry["verdict"])]
    assert explained and explained[0]["remark"], entries
    say(f"its receipt: {explained[0]['explanation']} ({explained[0]['remark']})")
    assert platform.taken == [ANSWER, FOLLOW_UP], platform.taken
    say("the platform got it once")


def follow_up(owner, conversation):
    """The one message that the rule wrote."""
    messages = owner.get(f"{conversation}/messages")["messages"]
    found = [message for message in messages if message["author"]["by"] == "rule"]
    assert len(found) == 1, found
    return found[0]
