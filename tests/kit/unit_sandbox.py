"""`python -m tests.kit.unit_sandbox UNIT STATE COMMAND …`: run a command under the restrictions of a unit.

For machines where systemd does not run. Needs root, util-linux, libseccomp and `systemd-analyze`, which lists
the system calls of a group. The command runs as `nobody`. Every directive of the unit is either applied here
as systemd.exec(5) describes it, or in NOT_APPLIED; one that is in neither ends the program.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Mapping
from ctypes import c_int, c_uint, c_uint32, c_uint64
from pathlib import Path
from typing import Any

NOBODY = 65_534
SETTINGS = "[Service]"
# What says how systemd starts and stops the program, or is the same as something else that is applied.
NOT_APPLIED = {
    "Type", "ExecStart", "User", "Group", "StateDirectory", "StateDirectoryMode", "RuntimeDirectory",
    "RuntimeDirectoryMode", "Restart", "RestartSec", "TimeoutStartSec", "TimeoutStopSec", "ReadWritePaths",
    "RemoveIPC", "AmbientCapabilities", "ProtectClock", "ProtectHostname", "ProtectKernelLogs",
    "ProtectKernelModules", "ProtectControlGroups", "SystemCallArchitectures", "SystemCallErrorNumber",
}  # fmt: skip
APPLIED = {
    "UMask", "LimitNOFILE", "LimitCORE", "NoNewPrivileges", "CapabilityBoundingSet", "PrivateTmp",
    "PrivateDevices", "ProtectSystem", "ProtectHome", "ProtectKernelTunables", "ProtectProc",
    "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
    "LockPersonality", "MemoryDenyWriteExecute", "SystemCallFilter",
}  # fmt: skip
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
CLONE_NEWNS, ALL_NAMESPACES = 0x0002_0000, 0x7E02_0080
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
PROT_WRITE, PROT_EXEC, SET_ID_BITS = 2, 4, 0o6000
ALLOW, REFUSE = 0x7FFF_0000, 0x0005_0000  # SCMP_ACT_ALLOW, SCMP_ACT_ERRNO (seccomp.h)
EPERM, EAFNOSUPPORT, ENOSYS = 1, 97, 38
NOT_EQUAL, EQUAL, GREATER, MASKED_EQUAL = 1, 4, 6, 7  # enum scmp_compare
libc = ctypes.CDLL(None, use_errno=True)


class Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`: a condition on an argument of a system call."""

    _fields_ = (("arg", c_uint), ("op", c_int), ("a", c_uint64), ("b", c_uint64))


def read_settings(unit: str) -> dict[str, list[str]]:
    """Return the values of each directive. Raises ValueError for one that this program does not know."""
    settings: dict[str, list[str]] = {}
    for line in unit.partition(SETTINGS)[2].partition("\n[")[0].splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            settings.setdefault(name, []).append(value)
    if unknown := settings.keys() - NOT_APPLIED - APPLIED:
        raise ValueError(f"not applied: {sorted(unknown)}")
    return settings


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def close_files(settings: Mapping[str, list[str]], state: Path) -> None:
    """Give the process its own view of the files, in which it can write its state and nothing else."""
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    _mount("--make-rprivate", "/")
    if settings["ProtectHome"] == ["yes"]:
        _hide_home(Path(sys.base_prefix))
    if settings["PrivateDevices"] == ["yes"]:
        _replace_devices()
    _mount("--bind", str(state), str(state))
    if settings["ProtectSystem"] == ["strict"]:
        for line in Path("/proc/self/mounts").read_text().splitlines():
            place = line.split()[1]
            if place != str(state) and not place.startswith(("/proc", "/sys", "/dev")):
                _mount("-o", "remount,bind,ro", place)
    if settings["PrivateTmp"] == ["yes"]:
        for folder in ("/tmp", "/var/tmp"):
            if Path(sys.prefix).is_relative_to(folder):
                # The interpreter of the test would be hidden with the rest.
                _mount("--bind", folder, folder)
                _mount("-o", "remount,bind,rw", folder)
                continue
            _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder)
    if settings["ProtectProc"] == ["invisible"]:
        _mount("-t", "proc", "-o", "hidepid=invisible", "proc", "/proc")
    if settings["ProtectKernelTunables"] == ["yes"]:
        for folder in ("/proc/sys", "/sys"):
            _mount("--rbind", folder, folder)
            _mount("-o", "remount,bind,ro", folder)


def _hide_home(interpreter: Path) -> None:
    """Hide the homes, except for the Python that runs the test if it is in one."""
    kept = Path("/mnt")
    in_home = interpreter.is_relative_to("/root") or interpreter.is_relative_to("/home")
    if in_home:
        _mount("--bind", str(interpreter), str(kept))
    for folder in ("/root", "/home"):
        if Path(folder).is_dir():
            _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    if in_home:
        interpreter.mkdir(parents=True)
        _mount("--move", str(kept), str(interpreter))


def _replace_devices() -> None:
    """Leave the devices that every program may use (systemd.exec(5), PrivateDevices=)."""
    kept = Path("/mnt")
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(kept))
    for name in DEVICES:
        (kept / name).touch()
        _mount("--bind", f"/dev/{name}", str(kept / name))
    for name in ("shm", "pts"):
        (kept / name).mkdir()
        _mount("--rbind", f"/dev/{name}", str(kept / name))
    (kept / "fd").symlink_to("/proc/self/fd")
    _mount("--move", str(kept), "/dev")


def drop_rights(settings: Mapping[str, list[str]]) -> None:
    """Become `nobody`, without capabilities and the means to get any."""
    # Not above what this machine gives to anyone.
    files = min(int(settings["LimitNOFILE"][0]), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    core = int(settings["LimitCORE"][0])
    resource.setrlimit(resource.RLIMIT_CORE, (core, core))
    os.umask(int(settings["UMask"][0], 8))
    assert settings["CapabilityBoundingSet"] == [""]
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails for those that the kernel does not know
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    assert settings["NoNewPrivileges"] == ["yes"]
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def list_calls(group: str) -> set[str]:
    """Return the system calls of a group, as `@system-service`, and of the groups in it."""
    output = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], check=True, capture_output=True, text=True
    ).stdout
    names = {line.strip() for line in output.splitlines()[1:]} - {""}
    groups = {name for name in names if name.startswith("@")}
    plain = {name for name in names - groups if not name.startswith("#")}
    return plain.union(*(list_calls(name) for name in groups))


def list_allowed_calls(settings: Mapping[str, list[str]]) -> set[str]:
    """Return what SystemCallFilter= allows: groups in their order, with ~ for those that are taken away."""
    allowed: set[str] = set()
    for group in settings["SystemCallFilter"]:
        calls = list_calls(group.lstrip("~"))
        allowed = allowed - calls if group.startswith("~") else allowed | calls
    return allowed


class Filter:
    """A filter of system calls that refuses what `refuse` says, and allows or refuses all others."""

    def __init__(self, otherwise: int) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._library.seccomp_init.argtypes = [c_uint32]
        self._context = ctypes.c_void_p(self._library.seccomp_init(otherwise))

    def add(self, action: int, call: str, *conditions: tuple[int, int, int, int]) -> None:
        """Add a rule for a system call; those of other machines and kernels are left out."""
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:
            return
        array = (Comparison * max(1, len(conditions)))(*(Comparison(*values) for values in conditions))
        status = self._library.seccomp_rule_add_array(
            self._context, c_uint32(action), c_int(number), c_uint(len(conditions)), array
        )
        if status:
            raise OSError(-status, f"seccomp_rule_add: {call}")

    def load(self) -> None:
        """Begin to filter; a filter cannot be taken back."""
        if status := self._library.seccomp_load(self._context):
            raise OSError(-status, "seccomp_load")


def filter_calls(settings: Mapping[str, list[str]], allowed: set[str]) -> None:
    """Refuse the system calls, and the arguments of calls, that the unit forbids."""
    for name in ("RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality"):
        assert settings[name] == ["yes"], name
    assert settings["MemoryDenyWriteExecute"] == ["yes"]
    detailed = Filter(ALLOW)
    refused = REFUSE | EPERM
    families = [int(getattr(socket, name)) for name in settings["RestrictAddressFamilies"][0].split()]
    for family in set(range(max(families))) - set(families):
        detailed.add(REFUSE | EAFNOSUPPORT, "socket", (0, EQUAL, family, 0))
    detailed.add(REFUSE | EAFNOSUPPORT, "socket", (0, GREATER, max(families), 0))
    for flag in (1 << bit for bit in range(32) if ALL_NAMESPACES >> bit & 1):
        detailed.add(refused, "clone", (0, MASKED_EQUAL, flag, flag))
        detailed.add(refused, "unshare", (0, MASKED_EQUAL, flag, flag))
    detailed.add(REFUSE | ENOSYS, "clone3")  # its flags are in memory, where a filter cannot look
    detailed.add(refused, "setns")
    detailed.add(refused, "sched_setscheduler", (1, EQUAL, 1, 0))  # SCHED_FIFO
    detailed.add(refused, "sched_setscheduler", (1, EQUAL, 2, 0))  # SCHED_RR
    for call, place in (
        ("chmod", 1),
        ("fchmod", 1),
        ("fchmodat", 2),
        ("mkdir", 1),
        ("mknod", 1),
        ("creat", 1),
    ):
        for bit in (0o4000, 0o2000):
            detailed.add(refused, call, (place, MASKED_EQUAL, bit, bit))
    detailed.add(refused, "personality", (0, NOT_EQUAL, 0, 0))
    both = PROT_WRITE | PROT_EXEC
    detailed.add(refused, "mmap", (2, MASKED_EQUAL, both, both))
    detailed.add(refused, "mprotect", (2, MASKED_EQUAL, PROT_EXEC, PROT_EXEC))
    detailed.add(refused, "pkey_mprotect", (2, MASKED_EQUAL, PROT_EXEC, PROT_EXEC))
    # The list of calls last: the first filter needs some of those that it refuses.
    listed = Filter(refused)
    for call in sorted(allowed | {"execve"}):
        listed.add(ALLOW, call)
    detailed.load()
    listed.load()


def main(unit: str, state: str, *command: str) -> Any:
    """Apply the restrictions and become the command."""
    settings = read_settings(Path(unit).read_text())
    allowed = list_allowed_calls(settings)
    close_files(settings, Path(state))
    os.chdir(state)
    drop_rights(settings)
    filter_calls(settings, allowed)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
