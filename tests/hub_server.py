"""A stand-in for the network: the few addresses of the Hugging Face Hub that models go by, on the loopback.

huggingface_hub itself is the real one: it asks this server because ``HF_ENDPOINT`` says so.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


class HubServer:
    """Repositories as a mapping from name to branches, a branch being a mapping from file names to contents."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, dict[str, bytes]]] = {}
        self.private: set[str] = set()
        self.gated: set[str] = set()
        self.fails_with: int | None = None
        self.refuses_cards = False
        #: What was asked of it: ("GET", "/api/models/…").
        self.requests: list[tuple[str, str]] = []
        self.commits: list[dict[str, Any]] = []
        self.tokens: set[str | None] = set()
        self.address = ""

    def commit_of(self, name: str, branch: str) -> str:
        files = self.repositories[name][branch]
        return hashlib.sha1(repr((name, sorted(files.items()))).encode()).hexdigest()

    def branch_of(self, name: str, revision: str) -> str | None:
        """The branch that a revision names, by itself or by its newest commit."""
        branches = self.repositories[name]
        if revision in branches:
            return revision
        return next((branch for branch in branches if self.commit_of(name, branch) == revision), None)


@contextmanager
def running_hub() -> Iterator[HubServer]:
    hub = HubServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one piece: two small ones would wait for each other's acknowledgment.
        wbufsize = -1
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = unquote(urlsplit(self.path).path)
            hub.requests.append((self.command, path))
            hub.tokens.add(self.headers.get("Authorization"))
            if hub.fails_with is not None:
                return self._send(hub.fails_with, {"error": "no"})
            if path == "/api/repos/create":
                return self._create(json.loads(body))
            if path == "/api/validate-yaml":
                if hub.refuses_cards:
                    return self._send(400, {"errors": [{"message": '"license" must be one of\na list'}]})
                return self._send(200, {"warnings": []})
            if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(\w+)(?:/(.+))?)?", path):
                return self._api(found[1], found[2] or "revision", found[3] or "main", body)
            if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
                return self._file(*found.groups())
            return self._send(404, {})

        def _create(self, asked: dict[str, Any]) -> None:
            name = f"{asked.get('organization') or 'somebody'}/{asked['name']}"
            if name in hub.repositories:
                return self._send(409, {"url": f"{hub.address}/{name}", "error": "exists"})
            hub.repositories[name] = {"main": {".gitattributes": b"*.safetensors filter=lfs\n"}}
            if asked.get("private") or asked.get("visibility") == "private":
                hub.private.add(name)
            return self._send(200, {"url": f"{hub.address}/{name}", "name": name})

        def _api(self, name: str, what: str, rest: str, body: bytes) -> None:
            if not self._may(name):
                return None
            branches = hub.repositories[name]
            if what == "branch":
                if rest in branches:
                    return self._send(409, {"error": "exists"})
                branches[rest] = dict(branches["main"])
                return self._send(200, {})
            branch = hub.branch_of(name, rest)
            if branch is None:
                return self._send(404, {}, {"X-Error-Code": "RevisionNotFound"})
            files = branches[branch]
            if what == "revision":
                siblings = [{"rfilename": file} for file in files]
                sha = hub.commit_of(name, branch)
                return self._send(200, {"id": name, "modelId": name, "sha": sha, "siblings": siblings, "tags": []})
            if what == "tree":
                tree = [
                    {"type": "file", "path": file, "size": len(content), "oid": git_hash(content)}
                    for file, content in files.items()
                ]
                return self._send(200, tree)
            if what == "preupload":
                asked = [each["path"] for each in json.loads(body)["files"]]
                return self._send(
                    200,
                    {"files": [{"path": file, "uploadMode": "regular", "shouldIgnore": False} for file in asked]},
                )
            if what == "commit":
                lines = [json.loads(line) for line in body.splitlines()]
                hub.commits.append(lines[0]["value"])
                for line in lines[1:]:
                    path = line["value"]["path"]
                    if line["key"] == "file":
                        files[path] = base64.b64decode(line["value"]["content"])
                    else:
                        assert line["key"] == "deletedFile"
                        del files[path]
                sha = hub.commit_of(name, branch)
                return self._send(200, {"commitUrl": f"{hub.address}/{name}/commit/{sha}", "commitOid": sha})
            return self._send(404, {})

        def _file(self, name: str, revision: str, file: str) -> None:
            if not self._may(name):
                return None
            branch = hub.branch_of(name, revision)
            content = None if branch is None else hub.repositories[name][branch].get(file)
            if branch is None or content is None:
                code = "EntryNotFound" if branch else "RevisionNotFound"
                return self._send(404, {}, {"X-Error-Code": code})
            headers = {"ETag": f'"{git_hash(content)}"', "X-Repo-Commit": hub.commit_of(name, branch)}
            return self._send(200, content, headers)

        def _may(self, name: str) -> bool:
            if name in hub.gated:
                self._send(403, {}, {"X-Error-Code": "GatedRepo"})
                return False
            hidden = name in hub.private and self.headers.get("Authorization") != "Bearer secret"
            if name not in hub.repositories or hidden:
                self._send(404, {}, {"X-Error-Code": "RepoNotFound"})
                return False
            return True

        def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            if not isinstance(content, bytes):
                self.send_header("Content-Type", "application/json")
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def git_hash(content: bytes) -> str:
    """What git, and so the Hub, calls a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
