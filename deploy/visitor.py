"""A student, as a hub sees one: logs in by its form, waits for a server, runs a notebook over a websocket."""

from __future__ import annotations

import json
import time
import uuid
from urllib.parse import urlsplit

import requests
import websocket


class Refused(RuntimeError):
    """The hub gives this student no server. The message is the hub's."""


class KernelEnded(RuntimeError):
    """The kernel ended while a cell ran."""


class Visitor:
    """One student; all waiting is limited by ``patience`` seconds."""

    def __init__(self, hub: str, name: str, patience: float = 600):
        self.hub, self.name, self.patience = hub.rstrip("/"), name, patience
        self.web = requests.Session()
        self.home = f"{self.hub}/user/{name}"

    def log_in(self, password: str) -> None:
        """By the form of the hub's page. Raises Refused for a wrong password."""
        self.web.get(f"{self.hub}/hub/login", timeout=self.patience).raise_for_status()
        words = {"username": self.name, "password": password, "_xsrf": self._token("/hub/")}
        # The page that comes after it would start the server.
        page = self.web.post(f"{self.hub}/hub/login?next=/hub/home", data=words, timeout=self.patience)
        if not page.url.endswith("/hub/home"):
            raise Refused(f"{self.name} could not log in: status {page.status_code}")

    def start_server(self) -> None:
        """Ask for a server and wait until its page is there. Raises Refused."""
        end = time.monotonic() + self.patience
        page = self.web.get(f"{self.hub}/hub/spawn/{self.name}", timeout=self.patience)
        while "/spawn-pending/" in page.url and page.ok and time.monotonic() < end:
            time.sleep(0.5)
            page = self.web.get(f"{self.hub}/hub/spawn-pending/{self.name}", timeout=self.patience)
        if not page.ok or not page.url.startswith(self.home):
            raise Refused(f"{self.name} got no server: status {page.status_code} at {page.url}")

    def read(self, path: str) -> dict:
        """A notebook of the student's, through the server."""
        answer = self.web.get(f"{self.home}/api/contents/{path}", timeout=self.patience)
        answer.raise_for_status()
        return answer.json()["content"]

    def open_kernel(self, path: str) -> Kernel:
        """A notebook's kernel, as JupyterLab starts it when the notebook is opened."""
        wanted = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        answer = self.web.post(
            f"{self.home}/api/sessions",
            json=wanted,
            headers={"X-XSRFToken": self._token(f"/user/{self.name}/")},
            timeout=self.patience,
        )
        answer.raise_for_status()
        return Kernel(self, answer.json()["kernel"]["id"])

    def cookies(self) -> str:
        """What a browser would send along to the student's server."""
        path = urlsplit(self.home).path
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.web.cookies if path in cookie.path)

    def _token(self, path: str) -> str:
        return next(cookie.value for cookie in self.web.cookies if cookie.name == "_xsrf" and cookie.path == path)


class Kernel:
    """A kernel behind the hub's proxy."""

    def __init__(self, visitor: Visitor, number: str):
        self.session, self.patience = uuid.uuid4().hex, visitor.patience
        address = f"{visitor.home.replace('http', 'ws', 1)}/api/kernels/{number}/channels?session_id={self.session}"
        self.socket = websocket.create_connection(address, cookie=visitor.cookies(), timeout=visitor.patience)

        self._wait()

    def run(self, code: str) -> str:
        """Run a cell; returns the name of the exception that it raised, "" where it raised none.

        Raises KernelEnded, and TimeoutError where nothing comes for as long as the visitor has patience.
        """
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
        number = self._send("execute_request", content | {"user_expressions": {}})
        reply, idle = None, False
        while reply is None or not idle:
            answer = self._receive()
            state = answer["content"].get("execution_state")
            if state in ("restarting", "dead", "autorestarting"):
                raise KernelEnded(f"the kernel is {state}")
            if answer.get("parent_header", {}).get("msg_id") != number:
                continue
            idle = idle or state == "idle"
            if answer["header"]["msg_type"] == "execute_reply":
                reply = answer["content"]
        return reply.get("ename", "") if reply["status"] != "ok" else ""

    def _wait(self) -> None:
        """Until it answers: what is sent to a kernel that has not started yet can be lost."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            self._send("kernel_info_request", {})
            self.socket.settimeout(10)
            try:
                while self._receive()["header"]["msg_type"] != "kernel_info_reply":
                    pass
                self.socket.settimeout(self.patience)
                return
            except TimeoutError:
                continue
        raise TimeoutError("the kernel does not start")

    def _send(self, kind: str, content: dict) -> str:
        """Send a message; returns its number."""
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": kind, "session": self.session, "username": "", "date": ""}
        message = {"header": header | {"version": "5.4"}, "content": content, "channel": "shell"}
        self.socket.send(json.dumps(message | {"parent_header": {}, "metadata": {}}))
        return number

    def _receive(self) -> dict:
        try:
            return json.loads(self.socket.recv())
        except websocket.WebSocketTimeoutException:
            raise TimeoutError("the kernel says nothing any more") from None
