from __future__ import annotations

import datetime
import ipaddress
import time
from pathlib import Path

import pytest

from laminar.compiler.cluster.http_session import Endpoint, HttpSession
from laminar.exceptions import ClusterError
from tests.compiler.cluster.conftest import transport_to, workflow
from tests.support.fake_argo_server import FakeArgoServer
from tests.support.fake_kubernetes import FakeKubernetes

GET = "^/(api|apis)/.*workflows"

# status, headers, body; the exit code, a part of the message, the number of requests
ANSWERS = [
    (401, {}, b"", 77, "missing, wrong or expired (HTTP 401)", 2),
    (403, {}, b'{"message": "User x cannot get"}', 77, "User x cannot get (HTTP 403)", 1),
    (404, {}, b'{"message": "workflows nope not found"}', 1, "workflows nope not found (HTTP 404)", 1),
    (409, {}, b'{"message": "it already exists"}', 1, "it already exists (HTTP 409)", 1),
    (410, {}, b"", 1, "it is gone (HTTP 410)", 1),
    (422, {}, b'{"message": "Too many: 201"}', 1, "Too many: 201 (HTTP 422)", 1),
    (429, {"Retry-After": "3600"}, b"", 69, "too many requests (HTTP 429)", 1),
    (500, {}, b'{"code": 2, "message": "undefined"}', 69, "undefined (HTTP 500)", 1),
    (503, {}, b"", 69, "the service is not available (HTTP 503)", 5),
    (503, {}, b"<html>bad</html>", 69, "the service is not available (HTTP 503)", 5),
    (302, {"Location": "https://login.example/"}, b"", 1, "the server redirects elsewhere (HTTP 302)", 1),
]


@pytest.mark.parametrize(("status", "headers", "body", "code", "said", "requests"), ANSWERS)
def test_each_answer_is_one_line_with_its_exit_code(server, transport, status, headers, body, code, said, requests):
    server.fault(path=GET, times=9, status=status, headers=headers, body=body)
    with pytest.raises(ClusterError) as caught:
        transport.get("Workflow", "nope")
    error = caught.value
    assert said in error.what and "\n" not in error.what and "refuses to read Workflow nope" in error.what
    assert (error.exit_code, error.status, len(server.requests)) == (code, status, requests)
    assert error.fix or status in (404, 409, 410, 422)


def test_a_busy_server_is_asked_again_after_the_time_that_it_names(server, transport):
    server.fault(path=GET, times=1, status=429, headers={"Retry-After": "1"})
    began = time.monotonic()
    assert transport.objects("Workflow") == []
    assert time.monotonic() - began >= 1 and len(server.requests) == 2


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_outage_of_three_answers_is_not_seen(server, transport, status):
    server.fault(path=GET, times=3, status=status)
    assert transport.objects("Workflow") == []


def test_a_time_that_is_too_long_is_said_instead_of_waited_for(server, transport):
    server.fault(path=GET, status=429, headers={"Retry-After": "120"})
    with pytest.raises(ClusterError) as caught:
        transport.objects("Workflow")
    assert caught.value.fix == "try again in 120 s."


def test_an_object_without_a_name_is_created_once_when_the_answer_is_lost(server, transport, cluster):
    server.fault(method="POST", kind="lose")
    with pytest.raises(ClusterError) as caught:
        transport.create(workflow())
    assert caught.value.lost and caught.value.exit_code == 69
    assert len(cluster.workflows) == 1 and len(server.requests) == 1


def test_a_named_object_is_sent_again_when_the_answer_is_lost(server, transport, cluster):
    server.fault(method="POST", kind="lose")
    with pytest.raises(ClusterError) as caught:  # the first request has arrived
        transport.create(workflow(name="two-1"))
    assert (caught.value.status, cluster.workflows) == (409, ["two-1"])


def test_a_slow_server_ends_the_request(server):
    server.fault(path=GET, times=2, kind="slow", seconds=0.5)
    with pytest.raises(ClusterError) as caught:
        transport_to(server, timeout=0.1).objects("Workflow")
    assert "no answer within the time-out" in caught.value.what and caught.value.lost and caught.value.exit_code == 69


def test_a_port_that_nobody_listens_at_is_one_line(server):
    address = server.url
    server.close()
    with pytest.raises(ClusterError) as caught:
        HttpSession(Endpoint(url=address, shown="The server")).json("GET", "x", doing="show its version")
    assert caught.value.what == "The server cannot be reached to show its version: nothing listens there."
    assert (caught.value.exit_code, caught.value.lost) == (69, False)


def test_a_host_that_does_not_exist_is_one_line():
    with pytest.raises(ClusterError) as caught:
        HttpSession(Endpoint(url="http://nowhere.invalid", shown="The server", timeout=2)).json("GET", "x", doing="look")
    assert "its name is not known" in caught.value.what


@pytest.mark.parametrize("url", ["http://[::1", "ftp://host", "http://"])
def test_an_address_that_is_no_url_is_said_so(url):
    with pytest.raises(ClusterError) as caught:
        HttpSession(Endpoint(url=url, shown="The server")).json("GET", "x", doing="look")
    assert "the address is no URL" in caught.value.what and caught.value.exit_code == 1


def test_an_answer_that_is_no_json_is_said_so(server, transport):
    server.fault(path=GET, status=200, body=b"<html>login</html>")
    with pytest.raises(ClusterError, match="something other than JSON"):
        transport.objects("Workflow")


def test_a_token_is_in_no_error_even_where_the_server_repeats_it(server):
    from laminar.compiler.cluster.credentials import bearer

    server.fault(path=GET, times=2, status=403, body=b'{"message": "Bearer s3cret is no good: s3cret"}')
    with pytest.raises(ClusterError) as caught:
        transport_to(server, login=bearer("s3cret")).objects("Workflow")
    assert "s3cret" not in str(caught.value) and "***" in caught.value.what
    assert server.requests[0].headers["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(Endpoint(url="http://x", shown="x", login=bearer("s3cret")))


def test_a_login_is_renewed_once_after_a_401(server, cluster):
    server.token = "new"
    asked = []

    def login(rejected: bool) -> str:
        asked.append(rejected)
        return "Bearer new" if rejected else "Bearer old"

    assert transport_to(server, login=login).objects("Workflow") == []
    assert asked == [False, True]


def test_credentials_of_netrc_are_not_sent(server, transport, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    transport.objects("Workflow")
    assert "Authorization" not in server.requests[0].headers


def test_a_proxy_that_does_not_answer_is_named(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(ClusterError, match="the proxy does not answer"):
        HttpSession(Endpoint(url="http://argo.example", shown="The server", timeout=2)).json("GET", "x", doing="look")


def test_the_servers_clock_is_what_times_are_compared_with(server, transport, cluster):
    cluster.skew = 7200.0
    transport.objects("Workflow")
    assert abs(transport.session.now() - time.time() - 7200) < 3


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A server's certificate, signed by itself, for 127.0.0.1 and for the name argo.internal."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("tls")
    made = {}
    for name, address in (("right", x509.IPAddress(ipaddress.ip_address("127.0.0.1"))), ("named", x509.DNSName("argo.internal"))):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fake")])
        now = datetime.datetime.now(datetime.timezone.utc)
        built = x509.CertificateBuilder(
            subject, subject, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(days=1)
        )
        built = built.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        signed = built.sign(key, hashes.SHA256())
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{name}.key").write_bytes(private)
        (folder / f"{name}.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        made[name] = str(folder / name)
    return made


def test_a_certificate_of_an_unknown_authority_is_one_line(cluster, certificates):
    server = FakeArgoServer(cluster, tls=(certificates["right"] + ".crt", certificates["right"] + ".key"))
    with pytest.raises(ClusterError) as caught:
        transport_to(server).version()
    server.close()
    assert "its certificate is not trusted: self-signed certificate" in caught.value.what.replace("self signed", "self-signed")
    assert (caught.value.exit_code, server.requests) == (77, [])


def test_an_authoritys_file_makes_a_certificate_trusted(cluster, certificates):
    server = FakeArgoServer(cluster, tls=(certificates["right"] + ".crt", certificates["right"] + ".key"))
    assert transport_to(server, verify=certificates["right"] + ".crt").version() == "v4.1.2"
    assert transport_to(server, verify=False).version() == "v4.1.2"
    server.close()


def test_a_certificate_of_another_name_is_refused_unless_the_name_is_given(cluster, certificates):
    server = FakeKubernetes(cluster, tls=(certificates["named"] + ".crt", certificates["named"] + ".key"))
    authority = certificates["named"] + ".crt"
    with pytest.raises(ClusterError, match="its certificate is not trusted"):
        transport_to(server, verify=authority).version()
    assert transport_to(server, verify=authority, server_name="argo.internal").version() == "v1.34.4"
    server.close()


def test_an_authoritys_file_in_the_environment_is_known(cluster, certificates, monkeypatch):
    server = FakeArgoServer(cluster, tls=(certificates["right"] + ".crt", certificates["right"] + ".key"))
    monkeypatch.setenv("SSL_CERT_FILE", str(Path(certificates["right"] + ".crt")))
    assert transport_to(server).version() == "v4.1.2"
    server.close()
