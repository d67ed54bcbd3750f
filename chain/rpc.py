"""JSON-RPC to a node: batches of requests over a socket of this machine or over HTTP.

web3.py would do the same with much more care for what comes back; here it is the hot path, and what comes
back is read by ``node`` alone.
"""

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from .types import ChainUnreachable

Call = tuple[str, Sequence[Any]]
"""A method and its parameters."""

LARGEST_BATCH = 500
"""Requests sent at once; public software stops at 1,000 or less."""


class RpcError(Exception):
    """A node's refusal.

    Attributes:
        code: JSON-RPC's error code.
        message: The node's words.
        data: What it gave with them: for a call that reverted, somewhere in here is what it returned.
    """

    def __init__(self, code: int, message: str, data: Any = None):
        self.code, self.message, self.data = code, message, data
        super().__init__(message)

    @property
    def is_unknown_method(self) -> bool:
        """Whether the node lacks the method; nodes differ in how they say so."""
        words = ("not found", "not exist", "not supported", "not available", "any variant", "not implemented")
        return self.code in (-32601, -32004) or any(word in self.message.lower() for word in words)


class Transport(Protocol):
    """A way to a node.

    Attributes:
        place: Where the node is, for people.
    """

    place: str

    def exchange(self, request: bytes) -> Any:
        """Send a request and return the parsed answer; raises ``OSError`` if the node is gone."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class SocketTransport:
    """A Unix socket, the fastest way to a node on this machine.

    Args:
        path: The socket's file.
        patience_seconds: How long an answer may take.
    """

    def __init__(self, path: Path, patience_seconds: float):
        self.place = str(path)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(patience_seconds)
        self._socket.connect(str(path))

    def exchange(self, request: bytes) -> Any:
        """Send a request and return the parsed answer."""
        self._socket.sendall(request)
        received = bytearray()
        while True:
            piece = self._socket.recv(1 << 20)
            if not piece:
                raise ConnectionResetError("it closed the connection")
            received += piece
            # Answers have no length before them: one is whole when it parses, and it ends with its bracket.
            if piece.rstrip()[-1:] in (b"]", b"}"):
                try:
                    return json.loads(received)
                except ValueError:
                    continue

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class HttpTransport:
    """HTTP with a connection that stays open.

    Args:
        url: Of the node.
        patience_seconds: How long an answer may take.
    """

    def __init__(self, url: str, patience_seconds: float):
        from requests import Session

        self.place = url
        self._patience = patience_seconds
        self._session = Session()
        self._session.headers["Content-Type"] = "application/json"

    def exchange(self, request: bytes) -> Any:
        """Send a request and return the parsed answer."""
        answer = self._session.post(self.place, data=request, timeout=self._patience)
        try:
            return answer.json()
        except ValueError:
            raise OSError(f"it answers with HTTP status {answer.status_code} and no JSON") from None

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


class Rpc:
    """Requests to one node.

    Args:
        transport: The way to it.
    """

    def __init__(self, transport: Transport):
        self._transport = transport
        self.place = transport.place

    @property
    def is_replaying(self) -> bool:
        """Whether the next answers were given before."""
        return False

    def ask(self, method: str, *parameters: Any) -> Any:
        """Return one answer.

        Raises:
            RpcError: The node refused.
            ChainUnreachable: The node is gone.
        """
        [answer] = self.batch([(method, parameters)])
        if isinstance(answer, RpcError):
            raise answer
        return answer

    def batch(self, calls: Sequence[Call], at_once: int = LARGEST_BATCH) -> list[Any]:
        """Return the answers to several requests, in their order; a refusal is an ``RpcError`` in its place.

        A node may work on what it gets at once in any order, so none of that may depend on another.

        Raises:
            ChainUnreachable: The node is gone.
        """
        answers: list[Any] = []
        for first in range(0, len(calls), at_once):
            answers += self._exchange(calls[first : first + at_once])
        return answers

    def close(self) -> None:
        """Give the connection back."""
        self._transport.close()

    def _exchange(self, calls: Sequence[Call]) -> list[Any]:
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
            for number, (method, parameters) in enumerate(calls)
        ]
        try:
            answers = self._transport.exchange(json.dumps(requests).encode())
        except (OSError, RecursionError) as error:
            raise ChainUnreachable(f"the node at {self.place} is gone: {reason_of(error)}") from None
        if isinstance(answers, dict):  # one refusal for the whole batch
            answers = [answers | {"id": number} for number in range(len(calls))]
        if not isinstance(answers, list) or not all(isinstance(answer, dict) for answer in answers):
            raise ChainUnreachable(f"what answers at {self.place} is no node")
        by_id = {answer.get("id"): answer for answer in answers}
        return [_result(by_id.get(number, {})) for number in range(len(calls))]


def connect(place: str, patience_seconds: float) -> Rpc:
    """Return a connection to a node by its URL or the path of its socket.

    Raises:
        ChainUnreachable: Nobody listens there.
    """
    if place.lower().startswith(("http://", "https://")):
        return Rpc(HttpTransport(place, patience_seconds))
    try:
        return Rpc(SocketTransport(Path(place), patience_seconds))
    except OSError as error:
        raise ChainUnreachable(f"no node listens at {place}: {reason_of(error)}") from None


def reason_of(error: BaseException) -> str:
    """Return the shortest words for what went wrong with a connection."""
    text = str(getattr(error, "strerror", None) or error)
    for known in (
        "Connection refused",
        "Remote end closed connection",
        "closed the connection",
        "Connection reset",
        "Connection aborted",
        "timed out",
        "Name or service not known",
        "WRONG_VERSION_NUMBER",
        "CERTIFICATE_VERIFY_FAILED",
    ):
        if known in text:
            return known.lower()
    # What libraries add in brackets are their own classes and arguments.
    return " ".join(text.split()).partition("(")[0].strip(" :")[:200] or type(error).__name__


def _result(answer: dict[str, Any]) -> Any:
    if "result" in answer:
        return answer["result"]
    error = answer.get("error")
    if not isinstance(error, dict):
        return RpcError(0, "it did not answer" if error is None else str(error))
    return RpcError(error.get("code", 0), str(error.get("message", "it did not answer")), error.get("data"))
