"""What nothing else would notice about template.yaml before a customer does.

The emulator enforces neither iam:PassRole nor the permissions of the services themselves
(queue pollers, Scheduler), and a missing `ReportBatchItemFailures` deploys just as well.
"""

import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).parents[2]
CONFIG = ROOT / "shared/app/src/config.rs"
TABLE = ROOT / "shared/store/src/table.rs"
QUEUE_READER = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
# Actions that IAM knows no resource for; each stands in a statement of its own.
WITHOUT_RESOURCE = {"scheduler:ListSchedules"}
FOURTEEN_DAYS = 14 * 24 * 3600

problems = []


def expect(holds, problem):
    if not holds:
        problems.append(problem)


def load():
    """The template with `!Tag value` as `{"Tag": value}`."""

    class Loader(yaml.SafeLoader):
        pass

    def tagged(loader, tag, node):
        if isinstance(node, yaml.ScalarNode):
            return {tag: loader.construct_scalar(node)}
        return {tag: loader.construct_sequence(node, deep=True)}

    Loader.add_multi_constructor("!", tagged)
    return yaml.load((ROOT / "template.yaml").read_text(), Loader)


def as_list(value):
    return value if isinstance(value, list) else [value]


TEMPLATE = load()
RESOURCES = TEMPLATE["Resources"]


def of_type(name):
    return {key: r["Properties"] for key, r in RESOURCES.items() if r["Type"] == name}


FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")
ROLES = of_type("AWS::IAM::Role")
POLICIES = of_type("AWS::IAM::ManagedPolicy")


def statements(document):
    """The statements of a policy document, conditional ones included."""
    for statement in document["Statement"]:
        if "If" in statement:
            yield from (s for s in statement["If"][1:] if "Effect" in s)
        else:
            yield statement


def of_role(role):
    for policy in role.get("Policies", []):
        yield from statements(policy["PolicyDocument"])
    for policy in role.get("ManagedPolicyArns", []):
        yield from statements(POLICIES[policy["Ref"]]["PolicyDocument"])


def actions(found, resource):
    """The actions allowed on exactly this resource."""
    return {
        action
        for statement in found
        if resource in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }


def check_crates():
    crates = {path.parent.name for path in ROOT.glob("functions/*/Cargo.toml")}
    built = {properties["CodeUri"].removeprefix("functions/") for properties in FUNCTIONS.values()}
    expect(crates == built, f"functions/ has {sorted(crates)}, the template builds {sorted(built)}")
    for name in FUNCTIONS:
        method = RESOURCES[name].get("Metadata", {}).get("BuildMethod")
        expect(method == "rust-cargolambda", f"{name}: built by {method}")


def check_variables():
    """Every variable that the configuration reads is set, and no other."""
    code = CONFIG.read_text().split("#[cfg(test)]")[0]
    read = set(re.findall(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"', code))
    given = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
    for properties in FUNCTIONS.values():
        given |= set(properties["Environment"]["Variables"])
    given = {variable for variable in given if not variable.startswith("AWS_")}
    expect(read <= given, f"read by config.rs, set by no function: {sorted(read - given)}")
    expect(given <= read, f"set in the template, read by nobody: {sorted(given - read)}")


def check_permissions():
    for name, role in ROLES.items():
        for statement in of_role(role):
            for action in as_list(statement["Action"]):
                expect("*" not in action, f"{name}: action {action}")
            named = WITHOUT_RESOURCE.isdisjoint(as_list(statement["Action"])) or len(as_list(statement["Action"])) > 1
            expect(not named or "*" not in as_list(statement["Resource"]), f"{name}: any resource for {statement['Action']}")
    for name, properties in FUNCTIONS.items():
        allowed = list(of_role(ROLES[properties["Role"]["GetAtt"].removesuffix(".Arn")]))
        logs = {"GetAtt": properties["LoggingConfig"]["LogGroup"]["Ref"] + ".Arn"}
        expect("logs:PutLogEvents" in actions(allowed, logs), f"{name}: may not write its log")
        if "SCHEDULER_ROLE_ARN" in properties["Environment"]["Variables"]:
            check_timers(name, allowed)


def check_timers(name, allowed):
    timers = [s for s in allowed if "scheduler:CreateSchedule" in as_list(s["Action"])]
    expect(timers and all(s["Resource"]["Sub"].endswith(":schedule/${ScheduleGroup}/*") for s in timers),
           f"{name}: timers of the stack's own group, and no others")
    passes = [s for s in allowed if as_list(s["Action"]) == ["iam:PassRole"]]
    condition = {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    expect(len(passes) == 1, f"{name}: arms timers, so it needs one iam:PassRole statement")
    for statement in passes:
        expect(statement["Resource"] == {"GetAtt": "TimerRole.Arn"}, f"{name}: passes a role that is not TimerRole")
        expect(statement.get("Condition") == condition, f"{name}: iam:PassRole without iam:PassedToService")


def check_timer_role():
    trust = ROLES["TimerRole"]["AssumeRolePolicyDocument"]["Statement"]
    only_ours = {"aws:SourceAccount": {"Ref": "AWS::AccountId"}, "aws:SourceArn": {"GetAtt": "ScheduleGroup.Arn"}}
    for statement in trust:
        expect(statement["Principal"] == {"Service": "scheduler.amazonaws.com"}, "TimerRole: trusts somebody else")
        expect(statement.get("Condition") == {"StringEquals": only_ours}, "TimerRole: trusts foreign schedules")
    for queue in ("DueQueue", "TimerDeadLetters"):
        allowed = actions(of_role(ROLES["TimerRole"]), {"GetAtt": f"{queue}.Arn"})
        expect(allowed == {"sqs:SendMessage"}, f"TimerRole: {sorted(allowed)} on {queue}")


def check_consumers():
    for name, properties in FUNCTIONS.items():
        for event in properties["Events"].values():
            if event["Type"] == "SQS":
                check_consumer(name, properties, event["Properties"])


def check_consumer(name, function, event):
    queue = event["Queue"]["GetAtt"].removesuffix(".Arn")
    expect(event.get("FunctionResponseTypes") == ["ReportBatchItemFailures"], f"{name}: one failure fails the batch")
    shortest = 6 * function["Timeout"]
    visible = QUEUES[queue].get("VisibilityTimeout", 30)
    expect(visible >= shortest, f"{queue}: visibility {visible} s, {name} needs {shortest} s")
    allowed = list(of_role(ROLES[function["Role"]["GetAtt"].removesuffix(".Arn")]))
    missing = QUEUE_READER - actions(allowed, event["Queue"])
    expect(not missing, f"{name}: may not read {queue}: {sorted(missing)}")
    if "sqs:SendMessage" in actions(allowed, event["Queue"]):
        expect(function.get("RecursiveLoop") == "Allow", f"{name}: re-queues itself and would be stopped as a loop")
    redrive = QUEUES[queue].get("RedrivePolicy")
    expect(redrive, f"{queue}: no dead letters")
    if redrive:
        dead = QUEUES[redrive["deadLetterTargetArn"]["GetAtt"].removesuffix(".Arn")]
        expect(redrive["maxReceiveCount"] >= 5, f"{queue}: throttling alone would dead-letter messages")
        expect(dead.get("FifoQueue") == QUEUES[queue].get("FifoQueue"), f"{queue}: dead letters of another type")
        expect(dead.get("MessageRetentionPeriod") == FOURTEEN_DAYS, f"{queue}: dead letters kept too short")


def check_data():
    table = RESOURCES["Table"]
    expect(table.get("DeletionPolicy") == "Retain", "Table: deleted with the stack")
    expect(table.get("UpdateReplacePolicy") == "Retain", "Table: deleted when it is replaced")
    recovery = table["Properties"].get("PointInTimeRecoverySpecification", {})
    expect(recovery.get("PointInTimeRecoveryEnabled"), "Table: no point-in-time recovery")
    local = re.findall(r'\("(\w+)", ProjectionType::(\w+)\)', TABLE.read_text())
    deployed = [
        (index["IndexName"], index["Projection"]["ProjectionType"].replace("_", "").title())
        for index in table["Properties"]["GlobalSecondaryIndexes"]
    ]
    expect(sorted((name, kind.title()) for name, kind in local) == sorted(deployed),
           f"Table: indexes {deployed}, the store expects {local}")
    expect("TableName" not in table["Properties"], "Table: a name of its own would block a second stack")
    for name, group in of_type("AWS::Logs::LogGroup").items():
        expect("RetentionInDays" in group, f"{name}: kept for ever")
    for name, parameter in TEMPLATE["Parameters"].items():
        expect("Default" in parameter, f"parameter {name} must be given")


for check in (check_crates, check_variables, check_permissions, check_timer_role, check_consumers, check_data):
    check()
for problem in problems:
    print(f"template.yaml: {problem}", file=sys.stderr)
print(f"template.yaml: {len(problems)} problems")
sys.exit(bool(problems))
