"""A process that has imported everything once and forks a copy of itself for each fitting job.

Importing torch, scikit-learn and the boosters takes seconds of processor time, and hundreds of
jobs of the reproduction fit for less. Where Snakemake runs jobs on its own machine it starts one
`WarmProcess`; a script that calls `in_warm_copy` first runs in a copy of that process, where
every import is done, and anywhere else (a cluster, Windows, a script run by hand) runs as it is.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from tabmixbench.threads import THREADS, with_threads

#: Where jobs find the warm process: the threads of its libraries, and the path of its socket.
ADDRESS = "TABMIXBENCH_WARM"
#: What the script of a fitting job imports, besides the adapter's package.
JOB_IMPORTS = ("snakemake.iocontainers", "snakemake.logging", "tabmixbench.runs")


def in_warm_copy(script: str) -> None:
    """Run the calling script in a copy of the warm process and exit as it does; else return.

    Call it before anything slow is imported.

    Parameters
    ----------
    script : str
        The caller's name, for the message when its copy is killed.

    Raises
    ------
    SystemExit
        With the copy's status, when there was one.
    """
    threads, _, server = os.environ.pop(ADDRESS, "").partition(":")  # a copy asks for no other
    if not server or os.environ.get(THREADS[0]) != threads:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        request = json.dumps({"script": sys.argv[0], "cwd": os.getcwd(), "env": dict(os.environ)})
        try:
            channel.connect(server)
            socket.send_fds(channel, [len(request.encode()).to_bytes(4, "big")], [1, 2])
            channel.sendall(request.encode())
        except OSError:  # it has ended, and what it has not read whole it has not begun
            return
        answer = channel.recv(1)
    if not answer:
        raise SystemExit(f"error: {script} was killed before it was done; is memory short?")
    raise SystemExit(answer[0])


def imports_of(adapters: Iterable[str]) -> list[str]:
    """Modules that the fitting jobs of some adapters import, by the adapters' names."""
    from tabmixbench.adapters import available

    own = [module for name in sorted(set(adapters)) for module in available()[name].imports]
    return list(dict.fromkeys([*JOB_IMPORTS, *own]))


class WarmProcess:
    """The process that is copied; it ends with the one that started it, however that ends.

    Parameters
    ----------
    modules : iterable of str
        What it imports, once the first job asks. One that is not installed is left to the jobs
        that want it.
    threads : int
        Threads that the numerical libraries of every copy may use.
    """

    def __init__(self, modules: Iterable[str], threads: int) -> None:
        path = Path(tempfile.mkdtemp(prefix="tabmixbench-")) / "socket"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.bind(str(path))
            server.listen(64)
            # Its standard input is a pipe from here, which closes when this process is no more.
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(server.fileno()), *modules],
                env=with_threads(threads),
                stdin=subprocess.PIPE,
                pass_fds=[server.fileno()],
            )
        os.environ[ADDRESS] = f"{threads}:{path}"

    def close(self) -> None:
        """End it; copies that still run go on."""
        os.environ.pop(ADDRESS, None)
        self._process.stdin.close()
        self._process.wait()


def serve(server: socket.socket, modules: Iterable[str]) -> None:
    """Fork a copy for each script that asks, until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for Snakemake, which ends this process
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # copies report for themselves
    while _asked(server):
        _import(modules)
        channel, _ = server.accept()
        if os.fork() == 0:
            server.close()
            _run_copy(channel)
        channel.close()
    shutil.rmtree(Path(server.getsockname()).parent)


def _asked(server: socket.socket) -> bool:
    """Wait for the next script: False when the process that started this one has ended."""
    ready, _, _ = select.select([server, sys.stdin], [], [])
    return sys.stdin not in ready


def _import(modules: Iterable[str]) -> None:
    for module in modules:
        with suppress(ImportError):
            import_module(module)
    gc.freeze()  # or the first collection in each copy would write to all that it shares


def _run_copy(channel: socket.socket) -> None:
    """In the copy: become the script that asked, tell it the status, and end."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        length, outputs, _, _ = socket.recv_fds(channel, 4, 2)
        for theirs, ours in zip(outputs, (1, 2), strict=True):
            os.dup2(theirs, ours)
            os.close(theirs)
        request = json.loads(_receive(channel, int.from_bytes(length, "big")))
        threading.Thread(target=_end_with, args=(channel,), daemon=True).start()
        status = _run_script(**request)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):  # the job that asked may be no more
            sys.stdout.flush()
            sys.stderr.flush()
            channel.sendall(bytes([status]))
        os._exit(0)


def _receive(channel: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        if not (part := channel.recv(length - len(received))):
            raise ConnectionError("the job ended before it had asked")
        received += part
    return received


def _end_with(channel: socket.socket) -> None:
    """End when the job that asked is no more: Snakemake, or a person, has killed it."""
    channel.recv(1)
    os._exit(1)


def _run_script(script: str, cwd: str, env: dict[str, str]) -> int:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = [script]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return _status(end.code)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _status(code: Any) -> int:
    """Exit status of a ``SystemExit``, whose sentence is printed as the interpreter would."""
    if code is None or isinstance(code, int):
        return (code or 0) & 255
    print(code, file=sys.stderr)
    return 1


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        serve(listening, sys.argv[2:])
