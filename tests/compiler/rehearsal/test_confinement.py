"""Pods whose volumes are at their paths, and whose root file system is read-only."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar.compiler.rehearsal import Mount
from laminar.compiler.rehearsal.confinement import is_possible
from laminar.compiler.rehearsal.processes import Processes
from tests.support.local_pods import python, site


@pytest.mark.skipif(not is_possible(), reason="this machine allows no namespaces")
@pytest.mark.parametrize(("options", "writes"), [({}, False), ({"confine": False}, True)])
def test_a_read_only_root_is_read_only_but_for_volumes_and_store(tmp_path, options, writes):
    code = (
        "import os, sys\n"
        "for name in ('/tmp/volume', os.environ['LAMINAR_DATASTORE'] + '/store', 'cwd'):\n"
        "    try: open(name, 'w').write('1'); print('wrote', os.path.basename(name))\n"
        "    except OSError as error: print(error.strerror, os.path.basename(name))\n"
        "sys.exit(75)"
    )
    pod = python(code, read_only=True, env=(("LAMINAR_DATASTORE", "s3://x/y"),))
    outcome = Processes(site(tmp_path), **options)(pod)
    last = "wrote cwd" if writes else "Read-only file system cwd"
    assert outcome.log.splitlines() == ["wrote volume", "wrote store", last]
    assert outcome.code == 75


@pytest.mark.skipif(not is_possible(), reason="this machine allows no namespaces")
def test_a_confined_pod_may_work_in_its_volume(tmp_path):
    pod = python("open('x', 'w').write('v')", read_only=True, workdir="/tmp", paths={"x": "/tmp/x"})
    assert Processes(site(tmp_path))(pod).files == {"x": "v"}


@pytest.mark.skipif(not is_possible(), reason="this machine allows no namespaces")
def test_a_secret_is_read_only_whatever_its_mount_says(tmp_path):
    mount = Mount("/no-such-folder", "token", {"secret": {"secretName": "api"}})
    code = "import sys; open(sys.argv[1], 'w')"
    pod = python(code, "/no-such-folder/key", mounts=(mount,), read_only=True)
    assert "Read-only file system" in Processes(site(tmp_path, volumes={"api": tmp_path}))(pod).log


@pytest.mark.skipif(not is_possible(), reason="this machine allows no namespaces")
@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("path", ["/no-such-folder/deep", "/mnt/no-such-folder", "/mnt", "/no-such-file"])
def test_a_volume_is_at_its_path_and_nothing_of_it_is_seen_outside(path, read_only, tmp_path):
    (tmp_path / "given").mkdir()
    (tmp_path / "given/key").write_text("k")
    sub_path, key = ("key", path) if path.endswith("file") else ("", f"{path}/key")
    mount = Mount(path, "v", {"hostPath": {"path": "/x"}}, sub_path=sub_path)
    code = (
        "import os\n"
        f"key = {key!r}\n"
        "print(open(''.join(key)).read(), os.path.exists('/etc/passwd'), os.path.isdir('/usr/lib'))\n"
        "open(''.join(key), 'a').write('w')\n"
        "print(os.getcwd())\n"
    )
    before = sorted(Path(path).parent.iterdir()) if Path(path).parent.exists() else None
    pod = python(code.replace(repr(key), repr(list(key))), mounts=(mount,), read_only=read_only)
    outcome = Processes(site(tmp_path, volumes={"v": tmp_path / "given"}))(pod)
    assert (outcome.code, outcome.log) == (0, f"k True True\n{tmp_path}\n")
    assert (tmp_path / "given/key").read_text() == "kw"
    assert (sorted(Path(path).parent.iterdir()) if Path(path).parent.exists() else None) == before


@pytest.mark.skipif(not is_possible(), reason="this machine allows no namespaces")
@pytest.mark.parametrize("read_only", [True, False])
def test_a_read_only_volume_is_read_only_at_its_path(read_only, tmp_path):
    mount = Mount("/no-such-folder", "v", {"hostPath": {"path": "/x"}}, read_only=True)
    code = "open('/no-such' + '-folder/x', 'w')"
    pod = python(code, mounts=(mount,), read_only=read_only)
    assert "Read-only file system" in Processes(site(tmp_path, volumes={"v": tmp_path}))(pod).log


def test_a_volume_that_would_hide_the_project_is_not_bound(tmp_path):
    local = site(tmp_path).bring(python("", mounts=(Mount(str(tmp_path.parent), "v", {"emptyDir": {}}),)))
    assert local.binds == ()
