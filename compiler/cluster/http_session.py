"""Send HTTP requests with time-outs and bounded retries, and turn every failure into one ClusterError."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from laminar.exceptions import ClusterError

if TYPE_CHECKING:
    import requests

__all__ = ["Endpoint", "HttpSession", "Login"]

ATTEMPTS = 4
"""Attempts after the first: with the waits below about three seconds, enough for a restart of one server of several."""

BUSY = (429, 502, 503, 504)
"""Answers that call for another attempt. 500 is none of them: the Argo server answers a rejected workflow with it (4.1.2)."""

BACKOFF = 0.2
"""Seconds before the second attempt after the first; each later wait is twice as long."""

CONNECT = 10.0
MAX_WAIT = 30.0
"""Seconds that a Retry-After may request; a longer one is reported instead of waited for."""

SHORTEST = 6
"""Characters of the shortest credential that is removed from messages: shorter texts are parts of words."""

Login = Callable[[bool], str]
"""Returns the Authorization header's value, "" for none; its argument is true after the server rejected the one before."""


def _anonymous(_: bool) -> str:
    return ""


@dataclass(frozen=True)
class Endpoint:
    """A server: its URL, its name in messages, the verification of TLS, the credentials.

    ``verify`` is a file of authorities, True for the system's, False for none; ``server_name`` replaces the host's name in TLS.
    """

    url: str
    shown: str
    verify: str | bool = True
    certificate: tuple[str, str] | None = None
    proxy: str = ""
    server_name: str = ""
    login: Login = field(default_factory=lambda: _anonymous, repr=False)
    timeout: float = 30.0


class HttpSession:
    """Requests to one endpoint. Credentials never reach an error's text; redirects are not followed, so that they never leak."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.skew = 0.0
        self._secret = ""

    @cached_property
    def _repeating(self) -> requests.Session:
        return _session(self.endpoint, repeat=True)

    @cached_property
    def _once(self) -> requests.Session:
        return _session(self.endpoint, repeat=False)

    def now(self) -> float:
        """Return the server's time, in seconds since the epoch, as far as its answers have shown it."""
        return time.time() + self.skew

    def json(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        repeat: bool = True,
    ) -> Any:
        """Return the JSON of an answer. ``doing`` is the purpose of the request, as an infinitive; ``repeat`` allows it twice.

        Raises ClusterError for every failure.
        """
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = {"Accept": "application/json", **({"Content-Type": content_type} if data is not None else {})}
        answer = self._send(method, path, doing, repeat=repeat, params=params, data=data, headers=headers)
        try:
            return json.loads(answer.content) if answer.content else {}
        except ValueError:
            raise self._error(f"{self.endpoint.shown} answers with something other than JSON", doing, fix=NOT_AN_API) from None

    def objects(self, path: str, *, doing: str, params: Mapping[str, Any], silence: float | None) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects of an answer, one a line, as they come.

        Raises ClusterError where the request fails, and where the answer ends within a line.
        """
        for line in self.lines(path, doing=doing, params=params, silence=silence):
            if not line.strip():
                continue
            try:
                read = json.loads(line)
            except ValueError:
                raise ClusterError(
                    f"{self.endpoint.shown} breaks off in the middle of a line.", fix="try again.", lost=True
                ) from None
            yield read

    def lines(
        self, path: str, *, doing: str, params: Mapping[str, Any] | None = None, silence: float | None = None
    ) -> Iterator[str]:
        """Yield the lines of an answer as they come; ``silence`` is how many seconds may pass without a byte.

        Raises ClusterError, also where the answer breaks off in the middle.
        """
        import requests
        import urllib3

        answer = self._send("GET", path, doing, params=params, stream=True, silence=silence, headers={"Accept": "*/*"})
        answer.encoding = "utf-8"
        try:
            with answer:
                for line in answer.iter_lines(chunk_size=None):
                    yield line.decode("utf-8", "replace") if isinstance(line, bytes) else line
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unanswered(error, doing) from None

    def _send(
        self,
        method: str,
        path: str,
        doing: str,
        *,
        repeat: bool = True,
        stream: bool = False,
        silence: float | None = None,
        **given: Any,
    ) -> requests.Response:
        import requests

        session = self._repeating if repeat else self._once
        endpoint = self.endpoint
        for again in (False, True):
            self._secret = endpoint.login(again)
            try:
                answer = session.request(
                    method,
                    f"{endpoint.url.rstrip('/')}/{path.lstrip('/')}",
                    auth=_Authorization(self._secret),
                    timeout=(min(CONNECT, endpoint.timeout), silence or endpoint.timeout),
                    verify=os.environ.get("SSL_CERT_FILE", True) if endpoint.verify is True else endpoint.verify,
                    cert=endpoint.certificate,
                    proxies={"http": endpoint.proxy, "https": endpoint.proxy} if endpoint.proxy else None,
                    allow_redirects=False,
                    stream=stream,
                    **given,
                )
            except (requests.RequestException, OSError, ValueError) as error:
                raise self._unanswered(error, doing) from None
            if answer.status_code != 401 or again:
                break
        self._note_time(answer)
        if answer.status_code >= 300:
            raise self._rejected(answer, doing)
        return answer

    def _note_time(self, answer: requests.Response) -> None:
        """Measure how far the server's clock is from this machine's: times in its objects are those of its clock."""
        try:
            self.skew = parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()
        except (KeyError, ValueError, TypeError):
            return
        if abs(self.skew) < 2:  # a Date has whole seconds
            self.skew = 0.0

    def _rejected(self, answer: requests.Response, doing: str) -> ClusterError:
        status = answer.status_code
        try:
            found = json.loads(answer.content)
            said = str(found.get("message") or "") if isinstance(found, dict) else ""
        except (ValueError, OSError):
            said = ""
        said = said or HTTP.get(status, answer.reason or "no reason given")
        fix = FIXES.get(status, FIXES[503] if status >= 500 else "")
        if status == 429 and "Retry-After" in answer.headers:
            fix = f"try again in {answer.headers['Retry-After']} s."
        if 300 <= status < 400:
            said, fix = "the server redirects elsewhere", NOT_AN_API
        return self._error(
            f"{self.endpoint.shown} refuses to {doing}: {said.rstrip('.')} (HTTP {status})", "", status=status, fix=fix
        )

    def _unanswered(self, error: Exception, doing: str) -> ClusterError:
        what, fix, lost, code = _reason(error)
        return self._error(f"{self.endpoint.shown} cannot be reached", doing, said=what, fix=fix, lost=lost, code=code)

    def _error(self, what: str, doing: str, *, said: str = "", **given: Any) -> ClusterError:
        text = f"{what}{f' to {doing}' if doing else ''}{f': {said}' if said else ''}."
        return ClusterError(self._redact(" ".join(text.split())), where=self.endpoint.url, **given)

    def _redact(self, text: str) -> str:
        """Return a text without the credentials that were sent: a server may repeat its input."""
        for secret in (self._secret, self._secret.rpartition(" ")[2]):
            if len(secret) >= SHORTEST:
                text = text.replace(secret, "***")
        return text


NOT_AN_API = "check the server's address and its base path (ARGO_BASE_HREF): this is no API."
HTTP = {
    401: "the credentials are missing, wrong or expired",
    403: "the credentials do not have the right",
    404: "not found",
    409: "it exists, or was changed meanwhile",
    410: "it is gone",
    413: "it is too large",
    429: "too many requests",
    500: "an internal error",
    503: "the service is not available",
}
FIXES = {
    400: "",
    401: "log in again: ARGO_TOKEN for an Argo server, the user of the kubeconfig's context for a cluster.",
    403: "request the right: templates/rbac-people.yaml has the rights of people; `laminar doctor` lists the missing ones.",
    404: "check the namespace (-n) and the cluster; `laminar doctor` checks whether Argo is there.",
    409: "repeat the command: it reads the object again.",
    410: "repeat the command: the server has newer data.",
    413: "submit less: a workflow is at most 1 MiB; `laminar compile --explain` shows its largest parts.",
    429: "try again later.",
    500: "read the message; the server's log may have more.",
    503: "try again in a minute; if that does not help, check the server's pods.",
}


class _Authorization:
    """Set the Authorization header. It is set, empty or not, so that requests never takes credentials from a .netrc file."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.value:
            request.headers["Authorization"] = self.value
        return request


def _session(endpoint: Endpoint, *, repeat: bool) -> requests.Session:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import MaxRetryError
    from urllib3.util import Retry

    class Waiting(Retry):
        """Retries that report a Retry-After that is too long instead of waiting for it."""

        def increment(
            self, method: Any = None, url: Any = None, response: Any = None, error: Any = None, *rest: Any, **more: Any
        ) -> Any:
            if response is not None and (self.get_retry_after(response) or 0) > MAX_WAIT:
                raise MaxRetryError(None, url, None)  # type: ignore[arg-type]
            return super().increment(method, url, response, error, *rest, **more)

    class Adapter(HTTPAdapter):
        """Connections whose certificate is that of another name, where the kubeconfig has a tls-server-name."""

        def init_poolmanager(self, *args: Any, **given: Any) -> None:
            if endpoint.server_name:
                given.update(server_hostname=endpoint.server_name, assert_hostname=endpoint.server_name)
            super().init_poolmanager(*args, **given)

    retries = Waiting(
        total=ATTEMPTS,
        read=1 if repeat else 0,
        other=0,
        status_forcelist=BUSY if repeat else (429,),  # Kubernetes answers 429 before it processes the request
        allowed_methods=None,
        backoff_factor=BACKOFF,
        backoff_jitter=BACKOFF,
        raise_on_status=False,
    )
    if endpoint.verify is False:  # the user requested it; a warning at each request does not help
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    session = requests.Session()
    session.mount("https://", Adapter(max_retries=retries))
    session.mount("http://", Adapter(max_retries=retries))
    return session


def _reason(error: Exception) -> tuple[str, str, bool, int | None]:
    """Return why there was no answer, the fix, whether the request may have arrived, and the exit code where it is no outage."""
    import requests

    text = str(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer", "check HTTPS_PROXY, NO_PROXY and the kubeconfig's proxy-url.", False, None
    if isinstance(error, requests.exceptions.SSLError):
        detail = re.search(r"certificate verify failed: ([^(\\'\"]+)", text)
        said = detail[1].strip() if detail else "the TLS handshake failed"
        fix = (
            "name the authority's file with --certificate-authority, or check the server's name; http:// for a server without TLS."
        )
        return f"its certificate is not trusted: {said}" if detail else said, fix, False, 77
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection within the time-out", "check the address, the network and the VPN.", False, None
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in text.lower():
        return "no answer within the time-out", "try again; --request-timeout allows more time.", True, None
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, ValueError)):
        return "the address is no URL", "write it as host:port or https://host:port.", False, 1
    if any(sign in text for sign in ("NewConnectionError", "NameResolutionError", "refused", "Failed to establish")):
        said = "its name is not known" if "resol" in text.lower() or "not known" in text else "nothing listens there"
        return said, "check the address, the network and the VPN.", False, None
    return "the connection ended before the answer was complete", "try again.", True, None
