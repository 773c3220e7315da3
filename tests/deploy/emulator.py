"""Runs the AWS emulator, with three things about its IAM put right.

It says aloud what it refuses: the emulator answers a missing permission as AWS does but writes
no line about it, and a function may swallow the answer. It checks a schedule under its own
group: the emulator takes every schedule to be in the group `default`. And a batch call to SQS
needs the permission of the single call, as on AWS: there is no action `sqs:SendMessageBatch`.
"""

import json
import os
import sys

from ministack.app import main
from ministack.core import iam_actions

answer = iam_actions.access_denied_response
resource = iam_actions.extract_resource_arn
action = iam_actions.extract_iam_action


def answer_aloud(service, action, principal_arn, request_id, **rest):
    print(f"IAM DENIED {action} on {rest.get('resource_arn')} to {principal_arn}", file=sys.stderr, flush=True)
    return answer(service, action, principal_arn, request_id, **rest)


def resource_with_group(service, method, path, headers, body, query, *rest):
    arn = resource(service, method, path, headers, body, query, *rest)
    if service != "scheduler" or ":schedule/default/" not in arn:
        return arn
    group = json.loads(body or b"{}").get("GroupName") or query.get("groupName") or "default"
    group = group[0] if isinstance(group, list) else group
    return arn.replace(":schedule/default/", f":schedule/{group}/")


def action_without_batch(service, *rest):
    found = action(service, *rest)
    return found.removesuffix("Batch") if service == "sqs" and found else found


iam_actions.access_denied_response = answer_aloud
iam_actions.extract_iam_action = action_without_batch
iam_actions.extract_resource_arn = resource_with_group

if os.environ.get("AUTH") != "true":
    sys.exit("start with AUTH=true: without it nothing is refused")
main()
