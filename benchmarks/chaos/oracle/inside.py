"""Runs as root on a host, with its Python's standard library alone, and tells what it sees as JSON.

``lasting PLACES`` lists the app's long-running processes; ``see PLACES`` asks for answers, effective settings,
processes and what the app's own workers do; ``restart PLACES`` ends everything that could remember something and
starts it again. PLACES is a JSON object: sites (of each app: app, base, storage, address of its pool, service, doors),
token, lasting (what ``lasting`` told).
"""

import base64
import hashlib
import http.client
import json
import os
import pwd
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

_JSON: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_FUNCTION: Final = "/api/retell/function"
_REQUESTS: Final = (
    ("GET", "/", ""),
    ("GET", "/api/status", ""),
    ("GET", "/api/conversation-flows", ""),
    ("GET", "/api/conversation-flows/booking", ""),
    ("POST", "/api/conversation-flows/booking/validate", "{}"),
    ("GET", "/api/v1/agents", ""),
    ("PUT", "/api/v1/agents/7", "{}"),
    ("GET", "/robots.txt", ""),
    ("GET", "/index.php", ""),
    ("GET", "/nope", ""),
    ("GET", "/.env", ""),
    ("POST", _FUNCTION, '{"name":"test_function","call":{"call_id":"c1"}}'),
    ("POST", _FUNCTION, '{"name":"check_availability","args":{"date":"2030-01-02"}}'),
    ("POST", _FUNCTION, '{"name":"no_such_function"}'),
    ("POST", "/api/retell/webhook", '{"event":"call_started","call":{"call_id":"c1"}}'),
    ("POST", "/api/retell/webhook", '{"event":"nonsense"}'),
    ("POST", "/api/retell/webhook", "large"),
)
_TIMES: Final = 4
_LARGE: Final = '{"event":"call_ended","filler":"' + "x" * 1_500_000 + '"}'
# Written into the document root after the check: what `.user.ini` and the pool say holds there.
_ASK: Final = """<?php
usleep(120000);
$ini = ini_get_all(null, false); ksort($ini);
$extensions = get_loaded_extensions(); sort($extensions);
echo json_encode(['pid' => getmypid(), 'ini' => $ini, 'extensions' => $extensions, 'environment' => getenv(),
    'php' => PHP_VERSION, 'user' => posix_geteuid(), 'umask' => umask()]);
"""
# systemd's words for one start of a unit, and the parameters of the request itself.
_PASSING: Final = re.compile(
    r"INVOCATION_ID|JOURNAL_STREAM|MAINPID|MANAGERPID|NOTIFY_SOCKET|SYSTEMD_EXEC_PID|MEMORY_PRESSURE_.*|FDSTORE.*|LISTEN_.*"
    r"|REQUEST_.*|REMOTE_.*|SCRIPT_.*|QUERY_STRING|DOCUMENT_ROOT|GATEWAY_INTERFACE|SERVER_.*|FCGI_.*|CONTENT_.*|_"
)
_MEMORY: Final = re.compile(r"/dev/|/memfd:|/SYSV|\[|/proc/|/\[aio")


def see(places: dict[str, Any]) -> dict[str, Any]:
    """Everything that a cold restart must not change."""
    sites = [
        {"answers": _answers(site["doors"]), "settings": _settings(site, places["token"])} for site in places["sites"]
    ]
    processes = _processes()
    for seen, site in zip(sites, places["sites"], strict=True):
        seen["jobs"] = _jobs(site, places)
    return {"sites": sites, "processes": processes, "sockets": _listening()}


# ---------------------------------------------------------------------------------------------------------- answers
def _answers(doors: list[Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for door in doors:
        found |= _answers_at(door)
    return found


def _answers_at(door: list[Any]) -> dict[str, list[dict[str, Any]]]:
    deadline = time.monotonic() + 20
    # One after the other first: Laravel shows half a page where two requests compile the same view at once.
    came = [_answer(door, asked, deadline) for asked in _REQUESTS]
    jobs = [request for request in _REQUESTS for _ in range(_TIMES)]
    with ThreadPoolExecutor(6) as pool:
        came += pool.map(lambda asked: _answer(door, asked, deadline), jobs)
    jobs = [*_REQUESTS, *jobs]
    found: dict[str, list[dict[str, Any]]] = {}
    where = f"{door[0]}://{door[2]} " if door[2] else ""
    for (method, path, body), answer in zip(jobs, came, strict=True):
        found.setdefault(f"{where}{method} {path} {body}".strip(), []).append(answer)
    return found


def _answer(door: list[Any], asked: tuple[str, str, str], deadline: float) -> dict[str, Any]:
    method, path, body = asked
    timeout = min(8.0, max(0.5, deadline - time.monotonic()))
    scheme, port, name = door
    connection: http.client.HTTPConnection
    if scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        sent = _LARGE if body == "large" else body
        connection.request(
            method,
            path,
            body=sent.encode() or None,
            headers={**(_JSON if body else {}), **({"Host": name} if name else {})},
        )
        answer = connection.getresponse()
        return {"status": answer.status, "headers": answer.getheaders(), "body": answer.read(200_000).decode("latin-1")}
    except (OSError, http.client.HTTPException) as error:
        # A refused body may be told by a reset as well as by 413: which of both, is chance.
        cut = isinstance(error, ConnectionResetError | BrokenPipeError | http.client.RemoteDisconnected)
        return {
            "status": 413 if cut and body == "large" else 0,
            "headers": [],
            "body": "" if cut else type(error).__name__,
        }
    finally:
        connection.close()


# --------------------------------------------------------------------------------------------------------- settings
def _settings(site: dict[str, Any], token: str) -> list[dict[str, Any]]:
    """What PHP says of itself in as many of the pool's workers as answer, asked past nginx."""
    script = os.path.realpath(f"{site['app']}/public") + f"/{token}.php"
    try:
        with open(script, "x", encoding="ascii") as file:
            file.write(_ASK)
        os.chmod(script, 0o644)
    except OSError as error:
        return [{"error": f"the question cannot be put there: {type(error).__name__}"}]
    try:
        with ThreadPoolExecutor(8) as pool:
            came = list(pool.map(lambda _: _ask(site["address"], script), range(16)))
    finally:
        with suppress(OSError):
            os.unlink(script)
    workers = {answer.get("pid", 0): answer for answer in came}
    for answer in workers.values():
        answer.pop("pid", None)
        kept = {
            name: value for name, value in (answer.get("environment") or {}).items() if not _PASSING.fullmatch(name)
        }
        answer["environment"] = dict(sorted(kept.items()))
    return list(workers.values())


def _ask(address: str, script: str) -> dict[str, Any]:
    params = {
        "REQUEST_METHOD": "GET", "SCRIPT_FILENAME": script, "SCRIPT_NAME": "/ask.php", "REQUEST_URI": "/ask.php",
        "DOCUMENT_ROOT": os.path.dirname(script), "SERVER_PROTOCOL": "HTTP/1.1", "QUERY_STRING": "",
    }  # fmt: skip
    packed = b"".join(
        struct.pack(">II", len(name) | 1 << 31, len(value) | 1 << 31) + name.encode() + value.encode()
        for name, value in params.items()
    )
    sent = _record(1, struct.pack(">HB5x", 1, 0)) + _record(4, packed) + _record(4, b"") + _record(5, b"")
    try:
        with _connected(address) as pool:
            pool.sendall(sent)
            text = b"".join(part for kind, part in _records(pool) if kind == 6)
        return json.loads(text.partition(b"\r\n\r\n")[2])  # type: ignore[no-any-return]
    except ValueError:
        return {"error": f"no JSON: {re.sub(rb'[0-9]+', b'N', text)[:200]!r}"}
    except OSError as error:
        return {"error": type(error).__name__}


def _connected(address: str) -> socket.socket:
    unix = address.startswith("/")
    made = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    made.settimeout(8)
    try:
        made.connect(address if unix else (address.rpartition(":")[0], int(address.rpartition(":")[2])))
    except OSError:
        made.close()
        raise
    return made


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def _records(pool: socket.socket) -> Iterator[tuple[int, bytes]]:
    with pool.makefile("rb") as file:
        while len(head := file.read(8)) == 8:
            _, kind, _, size, padding = struct.unpack(">BBHHBx", head)
            content = file.read(size)
            file.read(padding)
            if kind == 3:
                return
            yield kind, content


# -------------------------------------------------------------------------------------------------------- processes
def _role(pid: str) -> str:
    """What a process is, in words that stay the same when it is started again; empty where it is none of ours."""
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        words = file.read().replace(b"\0", b" ").decode("latin-1").strip()
    if words.startswith(("nginx: master", "nginx: worker")):
        return words[:13]
    if words.startswith("php-fpm: "):
        return words.split("(")[0].strip()
    if "/supervisord -n" in words:
        return "supervisord"
    program = os.path.basename(words.split(" ")[0])
    return f"php {words.partition(' ')[2]}" if program.startswith("php") and "artisan" in words else ""


def _ours() -> Iterator[tuple[str, str]]:
    for pid in sorted(filter(str.isdigit, os.listdir("/proc")), key=int):
        with suppress(OSError):
            if (role := _role(pid)) and "schedule" not in role:
                yield pid, role


def _processes() -> dict[str, Any]:
    found: dict[str, Any] = {}
    sums: dict[str, str] = {}
    for pid, role in _ours():
        with suppress(OSError, ValueError):
            seen = found.setdefault(role, {"count": 0, "traits": [], "files": {}})
            seen["count"] += 1
            traits = _traits(pid)
            if traits not in seen["traits"]:
                seen["traits"].append(traits)
            for path, digest in _files(pid, sums):
                kept = seen["files"].setdefault(path, [])
                if digest not in kept:
                    kept.append(digest)
    return found


def _traits(pid: str) -> dict[str, str]:
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        limits = {line[:26].strip(): " ".join(line[26:].split()[:2]) for line in file if line.startswith("Max ")}
    with open(f"/proc/{pid}/oom_score_adj", encoding="ascii") as file:
        oom = file.read().strip()
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        nice = file.read().rpartition(")")[2].split()[16]
    own = [place for place in ("/tmp", "/home", "/var/www") if not _same(place, f"/proc/{pid}/root{place}")]
    return {
        "stopped": str(status["State"][:1] in "Tt"), "uid": status["Uid"], "groups": status.get("Groups", "").strip(),
        "umask": status.get("Umask", ""), "directory": os.readlink(f"/proc/{pid}/cwd"),
        "root": os.readlink(f"/proc/{pid}/root"), "program": os.readlink(f"/proc/{pid}/exe"),
        "files": limits.get("Max open files", ""), "core": limits.get("Max core file size", ""), "oom": oom,
        "nice": nice,
        "places of its own": ", ".join(own),
    }  # fmt: skip


def _same(one: str, other: str) -> bool:
    """Whether both paths lead to the same directory, or both to none."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return not os.path.exists(one) and not os.path.exists(other)


def _files(pid: str, sums: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Path and digest of every file that a process has mapped, or open for reading alone."""
    links = [f"/proc/{pid}/map_files/{name}" for name in os.listdir(f"/proc/{pid}/map_files")]
    for name in os.listdir(f"/proc/{pid}/fd"):
        with open(f"/proc/{pid}/fdinfo/{name}", encoding="ascii") as file:
            flags = next(int(line.split()[1], 8) for line in file if line.startswith("flags:"))
        if flags & os.O_ACCMODE == os.O_RDONLY:
            links.append(f"/proc/{pid}/fd/{name}")
    for link in links:
        with suppress(OSError):
            path = os.readlink(link)
            if not path.startswith("/") or _MEMORY.match(path) or not os.path.isfile(link):
                continue
            status = os.stat(link)
            key = f"{status.st_dev}:{status.st_ino}:{status.st_mtime_ns}"
            if key not in sums:
                with open(link, "rb") as mapped:
                    sums[key] = hashlib.file_digest(mapped, "md5").hexdigest()
            yield path, sums[key]


def _listening() -> list[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError), open(f"/proc/net/{table}", encoding="ascii") as file:
            found |= {f"{table} {words[1]}" for words in map(str.split, file) if words[3] == "0A"}
    return sorted(found)


# ---------------------------------------------------------------------------------------------------------- lasting
def lasting() -> list[dict[str, Any]]:
    """The app's long-running processes that nobody else of them started: words, user, directory, environment, unit."""
    ours = {pid for pid, role in _ours() if role.startswith(("php ", "supervisord"))}
    found = []
    for pid in ours:
        with suppress(OSError, KeyError, IndexError):
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                parent = file.read().rpartition(")")[2].split()[1]
            if parent in ours:
                continue
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                argv = file.read().decode("latin-1").rstrip("\0").split("\0")
            with open(f"/proc/{pid}/environ", "rb") as file:
                pairs = [each.partition("=") for each in file.read().decode("latin-1").rstrip("\0").split("\0")]
            with open(f"/proc/{pid}/cgroup", encoding="ascii") as file:
                group = file.read().strip().rpartition("/")[2]
            environment = {name: value for name, _, value in pairs}
            # By the path that was typed: `current` may lead elsewhere by now, and the directory may be deleted.
            directory = environment.get("PWD") or os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)")
            user = pwd.getpwuid(os.stat(f"/proc/{pid}").st_uid).pw_name
            unit = group if group.endswith(".service") else ""
            found.append({"argv": argv, "user": user, "directory": directory, "environment": environment, "unit": unit})
    return found


# ------------------------------------------------------------------------------------------------------------- jobs
def _jobs(site: dict[str, Any], places: dict[str, Any]) -> str:
    """What the app's own workers write of a job: ``version release``; or that nobody does it."""
    lasting = places["lasting"]
    if len(places["sites"]) > 1:
        lasting = [known for known in lasting if known["directory"].startswith(site["base"])]
    if not any(re.search("queue|horizon|/supervisord$", word) for known in lasting for word in known["argv"]):
        return "no worker"
    call = f"{places['token']}-{os.getpid()}"
    sent = json.dumps({"name": "book_appointment", "call": {"call_id": call}})
    answer = _answer(site["doors"][0], ("POST", _FUNCTION, sent), time.monotonic() + 8)
    if answer["status"] != 200:
        return f"cannot be queued: {answer['status']}"
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with suppress(OSError), open(f"{site['storage']}/logs/queue.log", encoding="utf-8", errors="replace") as file:
            for line in file:
                if f"call={call} " in line:
                    return re.sub(r"^\S+ pid=\d+ | call=\S+", "", line.strip())
        time.sleep(0.05)
    return "nobody did it"


# ---------------------------------------------------------------------------------------------------------- restart
def restart(places: dict[str, Any]) -> dict[str, Any]:
    """End nginx, PHP-FPM and the app's long-running processes with all that they remember; start them again."""
    units = ["nginx.service", *sorted({site["service"] for site in places["sites"]})]
    started = [known for known in places["lasting"] if not known["unit"]]
    units += sorted({known["unit"] for known in places["lasting"] if known["unit"]})
    # As at the next boot: a unit file that systemd has not read yet counts as well.
    _run("systemctl", "daemon-reload")
    _run("systemctl", "stop", "--no-block", *units)
    for number in (signal.SIGCONT, signal.SIGKILL):
        for pid, _ in list(_ours()):
            with suppress(OSError):
                os.kill(int(pid), number)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (list(_ours()) or _busy(units)):
        for pid, _ in list(_ours()):
            with suppress(OSError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.1)
    _run("systemctl", "reset-failed")
    failed = {unit: said for unit in units if (said := _run("systemctl", "start", unit))}
    for known in started:
        _again(known)
    time.sleep(0.3)
    return {"failed": failed}


def _busy(units: list[str]) -> bool:
    told = subprocess.run(["systemctl", "is-active", *units], capture_output=True, text=True, check=False).stdout
    return any(word in told for word in ("deactivating", "activating", "\nactive")) or told.startswith("active")


def _run(*argv: str) -> str:
    """What went wrong; empty where nothing did."""
    try:
        ran = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return "takes more than 30 s"
    return ran.stderr.strip()[:300] if ran.returncode else ""


def _again(known: dict[str, Any]) -> None:
    """Start a process of no unit as it was started: its words, user and directory, by the path that was typed then."""
    user = pwd.getpwnam(known["user"])
    groups = os.getgrouplist(known["user"], user.pw_gid)
    with open("/dev/null", "r+b") as null:
        try:
            subprocess.Popen(
                known["argv"], cwd=known["directory"], env=known["environment"], start_new_session=True,
                user=user.pw_uid, group=user.pw_gid, extra_groups=groups, stdin=null, stdout=null, stderr=null,
            )  # fmt: skip
        except OSError as error:
            print(f"cannot start {known['argv']}: {error}", file=sys.stderr)


if __name__ == "__main__":
    _asked = json.loads(base64.b64decode(sys.argv[2]))
    _verbs = {"lasting": lambda _: lasting(), "see": see, "restart": restart}
    print(json.dumps(_verbs[sys.argv[1]](_asked)))
