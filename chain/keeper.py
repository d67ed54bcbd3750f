"""Runs a program and ends it when whoever holds the other end of standard input is gone.

    python keeper.py FOLDER PROGRAM [ARGUMENT]...

A process that is killed has no time to end what it started; its end of a pipe closes all the same. FOLDER,
where the program keeps its files, goes with it then.
"""

import shutil
import subprocess
import sys
import threading

GRACE_SECONDS = 5


def end_with_input(program: "subprocess.Popen[bytes]", ended: threading.Event) -> None:
    """Wait for the end of standard input, then end the program."""
    sys.stdin.buffer.read()
    ended.set()
    program.terminate()
    try:
        program.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()


def main() -> int:
    """Return the program's exit status."""
    folder, *command = sys.argv[1:]
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    ended = threading.Event()
    threading.Thread(target=end_with_input, args=(program, ended), daemon=True).start()
    status = program.wait()
    if ended.is_set():
        shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
