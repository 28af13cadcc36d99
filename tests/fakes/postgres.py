"""A PostgreSQL of the tests' own: its files in a temporary folder, on a free port, gone at the end."""

import getpass
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, or None where it is not installed."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return debian[-1] if debian else None


@contextmanager
def running_postgres(binaries: Path) -> Iterator[str]:
    """Run a server; yield the URL of its database."""
    folder = Path(tempfile.mkdtemp(prefix="refrase-pg-"))
    data = folder / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # PostgreSQL refuses to run as root; Debian's package makes a user for it.
    other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if getpass.getuser() == "root" else []
    if other:
        folder.chmod(0o755)
        shutil.chown(folder, "postgres", "postgres")

    def call(*command: str) -> None:
        subprocess.run([*other, *command], check=True, cwd=folder, capture_output=True)

    call(str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "refrase", "--no-sync", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = str(binaries / "pg_ctl")
    call(control, "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://refrase@127.0.0.1:{port}/postgres"
    finally:
        call(control, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
