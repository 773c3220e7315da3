"""Runs the AWS emulator and says aloud what it refuses.

The emulator answers a missing permission as AWS does, but writes no line about it, and a
function may swallow the answer. So the one place that builds such an answer is wrapped here.
"""

import os
import sys

from ministack.app import main
from ministack.core import iam_actions

answer = iam_actions.access_denied_response


def answer_aloud(service, action, principal_arn, request_id, **rest):
    resource = rest.get("resource_arn", "*")
    print(f"IAM DENIED {action} on {resource} to {principal_arn}", file=sys.stderr, flush=True)
    return answer(service, action, principal_arn, request_id, **rest)


iam_actions.access_denied_response = answer_aloud

if os.environ.get("AUTH") != "true":
    sys.exit("start with AUTH=true: without it nothing is refused")
main()
