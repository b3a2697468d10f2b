"""
Records the fixtures below testdata/queues/postfix/ from a real Postfix.

Not a test. Run it when a case is added or a new Postfix version is wanted:
    testdata/lab/root.sh capture 600 postfix -- python3 formats/postfix/live/capture.py [CASE...]
Each case is one folder: `tree/` the files of the queue, `modes` the mode, mtime
and path of each (git keeps neither), `postqueue.json` what postqueue -j said of
it, `about` what is odd about it and which Postfix wrote it.
"""

import os
import shutil
import sys
import time

import config
import instance
import tool
from cases import CASES
from filter import Filter
from milter import Milter
from sink import Sink

FOLDERS = ("maildrop", "incoming", "active", "deferred", "hold", "defer", "bounce", "trace")
LARGEST = 30000


def record(name):
    function, about, rest, settings = CASES[name]
    postfix = instance.Instance(queue=f"/lab/spool/{name}", **settings)
    with postfix:
        function(postfix)
        # Two rounds: a content filter or a bounce starts a second message.
        for _ in range(2 if rest else 0):
            time.sleep(0.5)
            if not postfix.wait_rest(20):
                raise RuntimeError(f"{name}: the queue does not come to rest")
    save(name, about, postfix)


def save(name, about, postfix):
    case_folder = os.path.join(tool.TOP, "testdata/queues/postfix", name)
    shutil.rmtree(case_folder, ignore_errors=True)
    modes, size = [], 0
    for top in FOLDERS:
        for folder, _, files in os.walk(os.path.join(postfix.queue, top)):
            for file in files:
                path = os.path.join(folder, file)
                relative = os.path.relpath(path, postfix.queue)
                copy = os.path.join(case_folder, "tree", relative)
                os.makedirs(os.path.dirname(copy), exist_ok=True)
                shutil.copyfile(path, copy)
                status = os.stat(path)
                size += status.st_size
                modes.append(f"{status.st_mode & 0o7777:04o} {int(status.st_mtime)} {relative}\n")
    if not modes or size > LARGEST:
        raise RuntimeError(f"{name}: {len(modes)} files, {size} bytes")
    lines, warnings = postfix.list_lines()
    if warnings:
        raise RuntimeError(f"{name}: {warnings}")
    _write(case_folder, "modes", "".join(sorted(modes, key=lambda line: line.split()[2])))
    _write(case_folder, "postqueue.json", "".join(line + "\n" for line in lines))
    _write(case_folder, "about", f"{about}\nPostfix {postfix.version()}\n")
    print(f"{name}: {len(modes)} files, {size} bytes, {len(lines)} messages", flush=True)


def _write(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)


def main():
    with Sink(config.SINK), Sink(config.SINK_STALL, stall=True), \
            Filter(config.FILTER_XFORWARD, config.REINJECT, xforward=True), \
            Filter(config.FILTER_PLAIN, config.REINJECT, xforward=False), \
            Milter():
        for name in sys.argv[1:] or CASES:
            record(name)


if __name__ == "__main__":
    main()
