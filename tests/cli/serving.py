"""Starts `cenote serve`, and asks it."""

import http.client
import json
import signal
import subprocess
import urllib.parse

from command_line import CENOTE


class Server:
    """On a port that was free; ends with the test."""

    def __init__(self, test, *words):
        self.process = subprocess.Popen([CENOTE, "serve", "--port", "0", *map(str, words)], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        test.addCleanup(self.end)
        self.url = self.process.stdout.readline().split(" ")[0]
        test.assertRegex(self.url, r"^http://\S+:\d+/$")
        self.address = urllib.parse.urlsplit(self.url)

    def ask(self, path, method="GET", **headers):
        """(status, type, body, headers)"""
        status, kind, body, said = self.ask_bytes(path, method, **headers)
        return status, kind, body.decode(), said

    def ask_bytes(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=20)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read(), answer.headers
        finally:
            connection.close()

    def get(self, path):
        status, _, body, _ = self.ask(path)
        if status != 200:
            raise AssertionError(f"{path}: {status} {body}")
        return json.loads(body)

    def refused(self, path, **options):
        status, _, body, _ = self.ask(path, **options)
        return status, json.loads(body)["error"]

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
