"""The deployed stack as the main job sees it: an emulator, outputs, HTTP, function logs."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.request

import boto3
from botocore.config import Config

HERE = pathlib.Path(__file__).parent
STACK = "nachfass-test"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, seconds, look, every=0.5):
    """Looks until something is there; says what was missing when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not seen within {seconds} s")
        time.sleep(every)


@contextlib.contextmanager
def emulator(log_path, **handed_on):
    """Runs the emulator with IAM enforced and yields its address.

    The functions inherit its environment.
    """
    port = free_port()
    environment = {
        **os.environ,
        "AUTH": "true",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",  # handed on to the functions
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "false",
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": os.environ["AWS_DEFAULT_REGION"],
        "PYTHONUNBUFFERED": "1",
        "SFTP_ENABLED": "false",
        **handed_on,
    }
    with open(log_path, "w") as log:
        process = subprocess.Popen(
            [sys.executable, HERE / "emulator.py"], env=environment, stdout=log, stderr=log
        )
    try:
        endpoint = f"http://127.0.0.1:{port}"

        def up():
            assert process.poll() is None, f"the emulator ended: {pathlib.Path(log_path).read_text()}"
            with contextlib.suppress(OSError):
                return urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2)

        wait_for("emulator", 30, up)
        yield endpoint
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


class Stack:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.port = int(endpoint.rsplit(":", 1)[1])

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, config=Config(retries={"max_attempts": 0}))

    def deploy(self, template, **parameters):
        """`sam deploy` of the built template, with nothing but parameter values of our own."""
        subprocess.run(
            ["sam", "deploy", "--config-file", pathlib.Path("samconfig.toml").resolve()]
            + ["--template-file", template, "--stack-name", STACK]
            + ["--no-confirm-changeset", "--no-progressbar"]
            + ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())],
            env={**os.environ, "AWS_ENDPOINT_URL": self.endpoint},
            check=True,
        )
        formation = self.client("cloudformation")
        described = formation.describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in described["Outputs"]}
        resources = formation.describe_stack_resources(StackName=STACK)["StackResources"]
        self.resources = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}
        self.make_numbers()

    def make_numbers(self):
        """AWS reads a number from a parameter as a number; the emulator keeps the text and stumbles."""
        functions = self.client("lambda")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            most = int(mapping["ScalingConfig"]["MaximumConcurrency"])
            functions.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": most}
            )

    def create_routes(self):
        """Makes the HTTP routes that the emulator's CloudFormation leaves out.

        SAM writes the routes as an OpenAPI body, which AWS reads and the emulator ignores.
        They are taken from that very body, so a route missing in the template is missing here.
        """
        template = self.client("cloudformation").get_template(StackName=STACK, TemplateStage="Processed")
        body = template["TemplateBody"]
        body = json.loads(body) if isinstance(body, str) else body
        paths = body["Resources"]["HttpApi"]["Properties"]["Body"]["paths"]
        gateway = self.client("apigatewayv2")
        api = self.resources["HttpApi"]
        routes = []
        for path, methods in paths.items():
            for method, operation in methods.items():
                integration = operation["x-amazon-apigateway-integration"]
                function = re.search(r"\$\{(\w+)\.Arn\}", json.dumps(integration["uri"]))[1]
                arn = self.client("lambda").get_function(FunctionName=self.resources[function])
                target = gateway.create_integration(
                    ApiId=api,
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=arn["Configuration"]["FunctionArn"],
                    PayloadFormatVersion=integration["payloadFormatVersion"],
                )["IntegrationId"]
                verb = {"x-amazon-apigateway-any-method": "ANY"}.get(method, method.upper())
                key = f"{verb} {path}"
                gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{target}")
                routes.append(key)
        return routes

    def http(self, method, path, body=None, headers=None):
        """One request to the public API. Returns status and parsed body."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        host = f"{self.resources['HttpApi']}.execute-api.localhost:{self.port}"
        connection.request(method, path, raw, {"Host": host, "Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        try:
            return answer.status, json.loads(text) if text else None
        except ValueError:
            return answer.status, text.decode(errors="replace")

    def invoke(self, function, payload):
        answer = self.client("lambda").invoke(
            FunctionName=self.resources[function], Payload=json.dumps(payload).encode()
        )
        result = json.loads(answer["Payload"].read() or b"null")
        assert not answer.get("FunctionError"), f"{function} failed: {result}"
        return result

    def schedules(self):
        """The one-shot timers of this stack that wait in EventBridge Scheduler right now."""
        scheduler = self.client("scheduler")
        group = self.resources["ScheduleGroup"]
        waiting = []
        for schedule in scheduler.list_schedules(GroupName=group)["Schedules"]:
            # A timer that fires between the two calls is gone by the second: it waits no longer.
            with contextlib.suppress(scheduler.exceptions.ResourceNotFoundException):
                waiting.append(scheduler.get_schedule(GroupName=group, Name=schedule["Name"]))
        return waiting

    def waiting_messages(self, queue, kind=""):
        """Those that can be received, or the `NotVisible` or `Delayed` ones."""
        name = f"ApproximateNumberOfMessages{kind}"
        attributes = self.client("sqs").get_queue_attributes(
            QueueUrl=self.resources[queue], AttributeNames=[name]
        )
        return int(attributes["Attributes"][name])

    def function_logs(self):
        """Every line that a function of this stack logged, with its log group."""
        logs = self.client("logs")
        for group in logs.describe_log_groups(logGroupNamePrefix=f"/nachfass/{STACK}/")["logGroups"]:
            name = group["logGroupName"]
            for event in logs.filter_log_events(logGroupName=name).get("events", []):
                yield name, event["message"]
