"""Starting the command: help, streams, and what is not loaded."""

import contextlib
import io
import re
import time

import pytest

from forecast.commands.output import print_table
from forecast.commands.stages import waiting
from forecast.decision.reading import load_values
from forecast.evidence import default_evidence
from forecast.libya.world import LIBYA
from tests.forecast.command_line import call, process

COMMANDS = ("run", "decide", "sensitivity", "sweep", "priors", "classes", "options", "model")


# Start, help and streams


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command):
    status, text, err = call(command, "--help")
    assert (status, err) == (0, "")
    assert text.startswith(f"usage: forecast {command} ")
    expected = {
        "run": "--out --world --beliefs --evidence --options --options-file --worlds --months --seed --sampler "
        "--baseline --values --no-structures --no-classes --force --json --no-figures --quiet",
        "decide": "FORECAST --world --values --out --force --json --no-figures --quiet",
        "sensitivity": "OUTCOME --world --option --baseline --values --methods --groups --beliefs --evidence "
        "--options-file --worlds --months --seed --out --force --json --no-figures --quiet",
        "sweep": "FILE --world --store --dry-run --out --force --json --no-figures --quiet",
        "priors": "NAME --world --beliefs --plot --json",
        "classes": "SET --world --evidence --worlds --seed --gates --plot --force --json --quiet",
        "options": "NAME --world --options-file --json",
        "model": "PART --world --claim --json",
    }
    found = set(re.findall(r"^  (?:-h, )?(--[\w-]+|NAME|FORECAST|FILE|OUTCOME|SET|PART)", text, re.MULTILINE))
    assert found == {*expected[command].split(), "--help"}


def test_help_names_every_command():
    status, text, _ = call("--help")
    assert status == 0
    assert tuple(re.findall(r"^    (\w+)  +\S", text, re.MULTILINE)) == COMMANDS


def test_defaults_are_those_of_the_contract():
    text = " ".join(call("run", "--help")[1].split())
    for default in ("forecast-out", "10000"):
        assert f"default {default}" in text
    for default in ("the world's own", "the world's first", "the world's null option, or else the first option"):
        assert f"default: {default}" in text
    assert (LIBYA.beliefs, default_evidence(LIBYA), load_values(world=LIBYA).name) == ("article", "article", "balanced")


def test_help_loads_nothing_heavy(tmp_path):
    code = (
        "import sys\nfrom forecast.cli import main\n"
        "assert main(['--help']) == main(['run', '--help']) == main(['options', '--help']) == 0\n"
        "assert main(['sweep', '--help']) == main(['sensitivity', '--help']) == 0\n"
        "assert main(['run', '--worlds', 'x']) == 2\n"
        "heavy = {'numpy', 'scipy', 'xarray', 'pandas', 'rich', 'matplotlib', 'pymc', 'arviz', 'h5py', 'priors'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    with process("-c", code, cwd=tmp_path) as running:
        _, err = running.communicate(timeout=60)
    assert running.returncode == 0
    assert err.splitlines()[-1] == "[]"


def test_module_is_the_command(tmp_path):
    from forecast.versions import package_version

    with process("-m", "forecast", "--version", cwd=tmp_path) as running:
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, f"forecast {package_version()}\n", "")
    assert call("--version") == (0, out, "")


def test_a_reader_that_stops_reading(tmp_path):
    with process("-m", "forecast", "priors", "--beliefs", "article", "--json", cwd=tmp_path) as running:
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 141


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_table_on_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    screen = Terminal()
    columns = LIBYA.columns
    headings = ["Option", *columns.values()]
    rows = [[f"An option with a long title {i}", *(f"{i}{j}.5 ± 0.5 %" for j in range(len(columns)))] for i in range(3)]
    with contextlib.redirect_stdout(screen):
        print_table(headings, rows, right=range(1, 9), keep=1)
    text = screen.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    for row in rows:
        for cell in row[1:]:
            assert text.count(cell) == 1
    assert text.count("Option") > 1


def test_table_for_a_file_is_plain_and_whole():
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print_table(["A", "Number", "Words"], [["x", "1.5", "one two " * 20], ["long", "10", ""]], right=[1])
    lines = out.getvalue().splitlines()
    assert lines[0] == "A     Number  Words"
    assert lines[2].startswith("x        1.5  one two one")
    assert lines[3].startswith("              two one") or lines[3].startswith("              one two")
    assert lines[-1] == "long      10"
    assert out.getvalue().split().count("one") == 20
    assert max(map(len, lines)) <= 100


def test_encoding_without_a_sign():
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with contextlib.redirect_stdout(out):
        print_table(["A"], [["1 ± 2"]])
    out.flush()
    assert out.buffer.getvalue().splitlines()[-1] == b"1 ? 2"


def test_waiting_shows_only_on_a_terminal_and_after_a_while(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")

    def shown(stream, patience, seconds, show=True):
        with contextlib.redirect_stderr(stream), waiting("saving", show=show, patience=patience):
            time.sleep(seconds)
        return stream.getvalue()

    assert "saving" in shown(Terminal(), 0.0, 0.4)
    assert shown(Terminal(), 30.0, 0.0) == ""
    assert shown(Terminal(), 0.0, 0.1, show=False) == ""
    assert shown(io.StringIO(), 0.0, 0.1) == ""
