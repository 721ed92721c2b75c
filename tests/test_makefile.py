"""The way in: finding an interpreter, making the environment, and what is pinned."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9a-z.]*)(?P<marker> ; [^/\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
# Who asked for the pin: names of packages, and this project's own file.
REASON = re.compile(r"    # via( [a-z0-9-]+( \(pyproject\.toml\))?)?|    #   [a-z0-9-]+( \(pyproject\.toml\))?")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def fake_python(path: Path, version: tuple[int, int, int], setup: str = "pass", rest: str = "") -> Path:
    """Write an interpreter that runs ``-c CODE`` for real, after changing the version that CODE sees."""
    disguise = f"import sys; sys.version_info = {version}; {setup}; exec(sys.argv[1])"
    return script(path, f'{rest}\nexec "{sys.executable}" -I -c \'{disguise}\' "$2"')


def shim(path: Path) -> Path:
    return script(path, 'echo "pyenv: version 3.13 is not installed" >&2; exit 127')


def clean_environment(**extra: str) -> dict[str, str]:
    # These tests run under make, which hands its own settings down.
    inherited = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTHON", "PYENV_ROOT", "ARGS"}
    return {key: value for key, value in os.environ.items() if key not in inherited} | extra


@pytest.fixture
def find(tmp_path):
    """Run the search on a machine that has only what the test put under tmp_path."""

    def run(*path: str, **extra: str) -> subprocess.CompletedProcess[str]:
        searched = ":".join(str(tmp_path / part) for part in path) or str(tmp_path / "empty")
        environment = {"PATH": searched, "HOME": str(tmp_path / "home"), **extra}
        command = ["/bin/sh", str(ROOT / ".ci" / "find-python")]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


class TestFindPython:
    def test_a_failing_shim_does_not_hide_a_working_interpreter_behind_it(self, find, tmp_path):
        shim(tmp_path / "shims" / "python3")
        good = fake_python(tmp_path / "bin" / "python3", (3, 13, 1))
        assert find("shims", "bin").stdout == f"{good}\n"

    def test_the_newest_wins_whatever_it_is_called(self, find, tmp_path):
        fake_python(tmp_path / "bin" / "python3.12", (3, 12, 9))
        newest = fake_python(tmp_path / "bin" / "python3", (3, 14, 0))
        fake_python(tmp_path / "bin" / "python3.13", (3, 13, 11))
        assert find("bin").stdout == f"{newest}\n"

    def test_the_first_on_path_wins_a_tie(self, find, tmp_path):
        first = fake_python(tmp_path / "a" / "python3.13", (3, 13, 1))
        fake_python(tmp_path / "b" / "python3.13", (3, 13, 1))
        assert find("a", "b").stdout == f"{first}\n"

    @pytest.mark.parametrize("place", ["home/.pyenv", "elsewhere"])
    def test_pyenv_versions_are_looked_at(self, find, tmp_path, place):
        shim(tmp_path / "shims" / "python3.13")
        fake_python(tmp_path / "bin" / "python3", (3, 11, 2))
        fake_python(tmp_path / place / "versions" / "3.12.1" / "bin" / "python3.12", (3, 12, 1))
        fake_python(tmp_path / place / "versions" / "3.13.2" / "bin" / "python3.13", (3, 13, 2))
        newest = fake_python(tmp_path / place / "versions" / "3.13.10" / "bin" / "python3.13", (3, 13, 10))
        # pyenv keeps programs with such names beside the interpreter; this one would win if it were run.
        config = newest.with_name("python3.13-config")
        script(config, "echo yes 3999999")
        extra = {"PYENV_ROOT": str(tmp_path / place)} if place == "elsewhere" else {}
        assert find("shims", "bin", **extra).stdout == f"{newest}\n"

    def test_uv_is_asked_only_when_nothing_else_will_do(self, find, tmp_path):
        from_uv = fake_python(tmp_path / "uv-pythons" / "python3.13", (3, 13, 0))
        script(tmp_path / "bin" / "uv", f'test "$1 $2" = "python find" && echo "{from_uv}"')
        assert find("bin").stdout == f"{from_uv}\n"
        on_path = fake_python(tmp_path / "bin" / "python3.12", (3, 12, 0))
        assert find("bin").stdout == f"{on_path}\n"

    def test_none_at_all_says_so_and_what_to_install(self, find):
        result = find()
        assert result.returncode == 1
        assert result.stdout == ""
        assert "There is no Python on PATH or under" in result.stderr
        assert "To mend it: install Python 3.13" in result.stderr

    def test_each_refusal_is_listed_with_its_reason(self, find, tmp_path):
        broken = shim(tmp_path / "shims" / "python3.13")
        old = fake_python(tmp_path / "bin" / "python3", (3, 11, 2))
        new = fake_python(tmp_path / "bin" / "python", (3, 15, 0))
        bare = fake_python(tmp_path / "bin" / "python3.12", (3, 12, 3), "sys.modules.update(ensurepip=None)")
        threaded = fake_python(
            tmp_path / "bin" / "python3.14",
            (3, 14, 0),
            "import sysconfig; sysconfig.get_config_vars().update(Py_GIL_DISABLED=1)",
        )
        result = find("shims", "bin")
        assert result.returncode == 1
        assert f"{broken} does not run\n" in result.stderr
        assert f"{old} is Python 3.11.2\n" in result.stderr
        assert f"{new} is Python 3.15.0\n" in result.stderr
        assert re.search(f"{bare} is Python 3.12.3 but lacks venv.*python3.12-venv", result.stderr)
        assert f"{threaded} is Python 3.14.0 built without the global lock" in result.stderr

    def test_a_named_interpreter_is_the_only_one_looked_at(self, find, tmp_path):
        fake_python(tmp_path / "bin" / "python3.14", (3, 14, 0))
        named = fake_python(tmp_path / "mine" / "python3", (3, 12, 0))
        assert find("bin", PYTHON=str(named)).stdout == f"{named}\n"
        old = fake_python(tmp_path / "mine" / "old", (3, 9, 0))
        assert find("bin", PYTHON=str(old)).returncode == 1


# Stands in for python -m venv: what it makes takes every pip command, unless PIP_FAILS is set.
MAKES_VENV = """
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p .venv/bin .venv/lib/python3.13/site-packages
    cat >.venv/bin/python <<'END'
#!/bin/sh
echo "$@" >>calls
case "$*" in *pip*) test -z "${PIP_FAILS:-}";; esac
END
    chmod +x .venv/bin/python
    exit 0
fi
"""


@pytest.fixture
def tree(tmp_path):
    """A copy of what set-up needs, with an interpreter that installs nothing."""
    copy = tmp_path / "tree with spaces"
    shutil.copytree(ROOT / ".ci", copy / ".ci")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, copy / name)
    fake_python(copy / "python", (3, 13, 0), rest=MAKES_VENV)
    return copy


def make(tree: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=tree,
        env=clean_environment(PYTHON=str(tree / "python"), **extra),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
class TestSetUp:
    def test_installs_by_hash_then_this_package_alone_and_only_once(self, tree):
        first = make(tree, "setup")
        assert first.returncode == 0, first.stderr
        assert "Ready" in first.stdout
        pins, package = [line for line in (tree / "calls").read_text().splitlines() if "pip install" in line]
        assert "--require-hashes -r constraints.txt" in pins
        assert "--only-binary :all:" in pins
        assert "--no-deps --no-build-isolation --editable ." in package
        assert "Nothing to be done" in make(tree, "setup").stdout

    def test_a_failed_installation_leaves_no_stamp_and_can_be_repeated(self, tree):
        failed = make(tree, "setup", PIP_FAILS="1")
        assert failed.returncode != 0
        assert "could not be installed" in failed.stderr
        assert not (tree / ".venv" / ".installed").exists()
        assert make(tree, "setup").returncode == 0

    def test_new_pins_are_installed(self, tree):
        make(tree, "setup")
        stamp = tree / ".venv" / ".installed"
        os.utime(stamp, (0, 0))
        assert make(tree, "-q", "setup").returncode == 1
        assert make(tree, "setup").returncode == 0
        assert stamp.stat().st_mtime > 0

    def test_a_moved_tree_starts_over(self, tree):
        make(tree, "setup")
        assert make(tree, "-q", "setup").returncode == 0
        moved = tree.rename(tree.with_name("moved"))
        assert make(moved, "-q", "setup").returncode == 1
        assert "Making .venv" in make(moved, "setup").stdout

    def test_an_interpreter_that_is_gone_starts_over(self, tree):
        make(tree, "setup")
        (tree / ".venv" / "bin" / "python").unlink()
        assert "Making .venv" in make(tree, "setup").stdout

    def test_help_lists_every_target(self):
        # stale is not for people: it only marks an environment that must be made again.
        phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert phony is not None
        listed = re.findall(r"^  make (\S+)", make(ROOT, "help").stdout, re.MULTILINE)
        assert sorted(listed) == sorted(set(phony[1].split()) - {"stale"})

    def test_every_make_command_in_the_guide_exists(self):
        named = set(re.findall(r"`make ([a-z-]+)", (ROOT / "CONTRIBUTING.md").read_text()))
        listed = set(re.findall(r"^  make (\S+)", make(ROOT, "help").stdout, re.MULTILINE))
        assert named
        assert named <= listed


class TestConstraints:
    def pins(self) -> dict[str, str]:
        matches = map(PIN.fullmatch, (ROOT / "constraints.txt").read_text().splitlines())
        return {match["name"]: match["version"] for match in matches if match}

    def test_holds_pins_with_hashes_and_the_reasons_and_nothing_else(self):
        header, *lines = (ROOT / "constraints.txt").read_text().splitlines()
        assert header.startswith("# ")
        assert "/" not in header
        hashes: dict[str, int] = {}
        for line in lines:
            if pin := PIN.fullmatch(line):
                latest = pin["name"]
                assert latest not in hashes, f"{latest} is pinned twice"
                hashes[latest] = 0
            elif HASH.fullmatch(line):
                hashes[latest] += 1
            else:
                # So no address, host, option or path can be there.
                assert REASON.fullmatch(line), line
        assert hashes
        assert [name for name, count in hashes.items() if count == 0] == []

    def test_pins_what_the_package_asks_for(self):
        with (ROOT / "pyproject.toml").open("rb") as file:
            settings = tomllib.load(file)
        project = settings["project"]
        wanted = [*project["dependencies"], *settings["build-system"]["requires"]]
        for extra in project["optional-dependencies"].values():
            wanted += extra
        pins = self.pins()
        for requirement in map(Requirement, wanted):
            name = canonicalize_name(requirement.name)
            if name != project["name"]:
                assert name in pins
                assert requirement.specifier.contains(pins[name]), f"{requirement} is pinned to {pins[name]}"
