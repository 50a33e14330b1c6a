"""An OpenID Connect issuer of the tests' own, over real HTTP: its discovery document, its keys, its tokens."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Iterator

AUDIENCE: Final = "https://silkway.example"
_ALGORITHMS: Final = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


class Issuer:
    """Publishes the keys it has made; `asked` counts how often each path was asked for."""

    def __init__(self, url: str) -> None:
        self.url = self.says_it_is = url
        self.asked: dict[str, int] = {}
        self.away = False
        self._private: dict[str, tuple[str, Any]] = {}
        self.published: list[dict[str, Any]] = []

    def make_key(self, kid: str, algorithm: str = "RS256", *, publish: bool = True) -> None:
        """A new key, published at once unless told otherwise."""
        private: Any
        if algorithm == "RS256":
            private = rsa.generate_private_key(65537, 2048)
        elif algorithm == "ES256":
            private = ec.generate_private_key(ec.SECP256R1())
        else:
            private = ed25519.Ed25519PrivateKey.generate()
        self._private[kid] = algorithm, private
        if publish:
            public = json.loads(_ALGORITHMS[algorithm].to_jwk(private.public_key()))  # type: ignore[attr-defined]
            self.published.append({**public, "kid": kid, "use": "sig", "alg": algorithm})

    def token(self, kid: str, **claims: Any) -> str:
        """A token of ann's at acme, who may publish, for five minutes; a claim that is None is left out."""
        algorithm, private = self._private[kid]
        now = int(time.time())
        usual = {
            "iss": self.url, "aud": AUDIENCE, "sub": "ann@acme", "tenant": "acme", "scope": "openid publish",
            "iat": now, "nbf": now, "exp": now + 300,
        }  # fmt: skip
        said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(said, private, algorithm, {"kid": kid})

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        """What is served at a path."""
        self.asked[path] = self.asked.get(path, 0) + 1
        if self.away:
            return 503, {}
        if path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.says_it_is, "jwks_uri": f"{self.url}/keys"}
        return (200, {"keys": self.published}) if path == "/keys" else (404, {})


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer that answers on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, document = issuer.answer(self.path)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
