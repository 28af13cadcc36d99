"""Refrase as a shell meets it: a real process in a folder of its own, and a reply for whatever it asks."""

import os
import subprocess
import sys
from pathlib import Path

PROMPT = "I want you to sort {{list}} by name and give the 3 longest ones."
AFTER = "Sort {{list}} by name and give the 3 longest ones."


def reply(request: dict, after: str = AFTER) -> str:
    """Answer in the form asked for, with the mark of the request."""
    mark = request["messages"][1]["content"].partition("<message-")[2].partition(" ")[0]
    account = f"<changes-{mark}>\nrequest-wrapped | The verb comes late.\n</changes-{mark}>"
    return f'<message-{mark} n="1">\n{after}\n</message-{mark}>\n{account}'


class Shell:
    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("REFRASE") and "API_KEY" not in name
        }
        self.environ = {**kept, "REFRASE_DATA_DIR": str(folder / "data"), **environ}

    def start(self, *args: str, **options) -> subprocess.Popen:
        command = [sys.executable, "-m", "refrase", *args]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=self.folder, env=self.environ, **pipes, **options)

    def run(self, *args: str, stdin: bytes = b"") -> tuple[int, str, str]:
        process = self.start(*args)
        out, err = process.communicate(stdin, timeout=60)
        assert b"Traceback" not in err, err.decode()
        return process.returncode, out.decode(), err.decode()
