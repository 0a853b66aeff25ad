# SPDX-License-Identifier: Apache-2.0
"""A running `nodal view` and how to ask it."""
import http.client
import json
import signal
import subprocess

from program import command


class Reply:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Of an error."""
        return self.json["error"]["code"]


class Viewer:
    """`with Viewer("slide.tif", "--read-only") as viewer:`; ends by SIGINT, and then must have ended well."""

    def __init__(self, *arguments, **options):
        self.process = subprocess.Popen(command("view", "--no-open", "--json", *arguments), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, **options)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.take(json.loads(line)["address"])

    @classmethod
    def of(cls, process, address):
        """One that was started otherwise."""
        viewer = cls.__new__(cls)
        viewer.process = process
        viewer.take(address)
        return viewer

    def take(self, address):
        self.address = address
        place, self.token = self.address.removeprefix("http://").split("/#t=")
        self.host, _, port = place.rpartition(":")
        self.port = int(port)
        self.errors = None

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.stop()

    def stop(self, number=signal.SIGINT, status=0):
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, self.errors = self.process.communicate(timeout=60)
        assert self.process.returncode == status, self.errors

    def connect(self):
        return http.client.HTTPConnection(self.host.strip("[]"), self.port, timeout=60)

    def ask(self, path, method="GET", body=None, headers=None, token=True):
        """`path` below /api/v1, or of the page if it begins with "//"."""
        connection = self.connect()
        send = {"Authorization": f"Bearer {self.token}"} if token else {}
        send.update(headers or {})
        url = path[1:] if path.startswith("//") else "/api/v1" + path
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection.request(method, url, body=body, headers=send)
        response = connection.getresponse()
        reply = Reply(response, response.read())
        connection.close()
        return reply

    def get(self, path, **more):
        reply = self.ask(path, **more)
        assert reply.status == 200, reply.body
        return reply

    def slide(self, name):
        """The id of the slide whose file is called so."""
        return next(entry["id"] for entry in self.get("/slides").json["slides"] if entry["name"] == name)

    def patch(self, slide, etag, ops, **more):
        return self.ask(f"/slides/{slide}/annotations", "PATCH", {"ops": ops, **more}, {"If-Match": etag})
