"""Telegram's side of the deployed stack: https on a public address, in a network of its own.

The functions reach public https addresses and nothing else, and that stays so here: `run` puts
this address on the loopback interface of a network namespace that leads nowhere, and the
functions trust the certificate because the emulator hands them `SSL_CERT_FILE`.
"""

import datetime
import http.server
import ipaddress
import json
import os
import pathlib
import signal
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# One of Telegram's own; `run` gives it to this machine.
ADDRESS = "149.154.167.220"


class Platform:
    """Takes messages and remembers them; may kill the sender before it answers."""

    def __init__(self, work):
        self.authority = work / "authority.pem"
        identity = make_certificates(self.authority, work / "platform.pem")
        self.taken = []
        self.sender_to_kill = None
        self.killed = threading.Event()
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                number = platform.take(message)
                if number is None:
                    self.close_connection = True
                    return
                chat = {"id": int(message["chat_id"]), "type": "private"}
                answer = json.dumps({"ok": True, "result": {"message_id": number, "chat": chat}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((ADDRESS, 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://{ADDRESS}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, message):
        """The message's number; none when the sender was killed before it could be told."""
        self.taken.append(message["text"])
        function, self.sender_to_kill = self.sender_to_kill, None
        if function is None:
            return len(self.taken)
        assert kill_function(function), f"no process of {function} to kill"
        self.killed.set()
        return None


def kill_function(name):
    """`kill -9` for every process of this function; returns how many there were."""
    marker, own, killed = f"AWS_LAMBDA_FUNCTION_NAME={name}".encode(), "/bootstrap", 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "exe").endswith(own) and marker in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
                killed += 1
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return killed


def make_certificates(authority_file, identity_file):
    """An authority, and a server certificate of it with its key for our address."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = named("Nachfass deploy test")
    authority = (
        certificate(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        certificate(named("platform"), authority_name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ADDRESS))]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    authority_file.write_bytes(authority.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    identity_file.write_bytes(server.public_bytes(pem) + private)
    return identity_file


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(subject, issuer, key):
    now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
    )
