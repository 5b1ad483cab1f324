"""Makes an OCI bundle of this machine's own system, as a container engine would run it: bundle.py DIRECTORY OPTIONS -- COMMAND...

The root file system has the host's /usr, /etc and what is named by --bind; /proc, /dev and /sys are the container's own.
Capabilities, masks and the seccomp profile are those that podman has by default; the profile is the one that is installed
(/usr/share/containers/seccomp.json).

  --uid N        who runs the command (default 1000)
  --user-ns      the container has a user namespace in which that is the caller: without root
  --unmasked     nothing is mounted over parts of /proc, and nothing in it is read-only
  --seccomp P    default; none; or strict, which is the default without namespaces and mounts, as docker has it
  --cap CAP      one more capability
  --bind DIR     one more directory of the host, writable"""
import argparse
import json
import os

PROFILE = "/usr/share/containers/seccomp.json"
CAPS = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
        "SYS_CHROOT"]
NAMESPACES_AND_MOUNTS = {"clone3", "unshare", "setns", "mount", "umount", "umount2", "pivot_root", "open_tree", "move_mount",
                         "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"}
MASKED = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug",
          "/proc/scsi", "/proc/meminfo", "/sys/firmware"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
NEWUSER = 0x10000000


def holds(rule, caps):
    inside, outside = rule.get("includes") or {}, rule.get("excludes") or {}
    arch = inside.get("arches")
    return (all(c in caps for c in inside.get("caps") or []) and not any(c in caps for c in outside.get("caps") or [])
            and (not arch or "amd64" in arch or "x86_64" in arch))


def seccomp(kind, caps):
    """The engine's profile as the runtime takes it."""
    profile = json.load(open(PROFILE))
    calls = []
    for rule in profile["syscalls"]:
        if not holds(rule, caps):
            continue
        names = [n for n in rule["names"] if kind != "strict" or n not in NAMESPACES_AND_MOUNTS | {"clone"}]
        if not names:
            continue
        out = {"names": names, "action": rule["action"]}
        if rule.get("args"):
            out["args"] = rule["args"]
        if rule.get("errnoRet") is not None:
            out["errnoRet"] = rule["errnoRet"]
        calls.append(out)
    if kind == "strict":
        calls.append({"names": ["clone"], "action": "SCMP_ACT_ALLOW",
                      "args": [{"index": 0, "value": NEWUSER, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]})
        calls.append({"names": sorted(NAMESPACES_AND_MOUNTS - {"clone3"}), "action": "SCMP_ACT_ERRNO", "errnoRet": 1})
    result = {"defaultAction": profile["defaultAction"], "defaultErrnoRet": profile.get("defaultErrnoRet", 38), "syscalls": calls}
    result["architectures"] = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    return result


def mounts(binds):
    out = [{"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
           {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
           {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777"]}]
    for path, mode in binds:
        out.append({"destination": path, "type": "bind", "source": path, "options": ["rbind", mode]})
    return out


def root_file_system(at):
    """Directories for what is mounted, and the links of the host's root."""
    binds = []
    os.makedirs(at, exist_ok=True)
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink("/" + name):
            os.symlink(os.readlink("/" + name), f"{at}/{name}")
        elif os.path.isdir("/" + name):
            binds.append(("/" + name, "ro"))
    for path, _ in binds + [("/usr", ""), ("/etc", ""), ("/proc", ""), ("/dev", ""), ("/tmp", ""), ("/run", "")]:
        os.makedirs(at + path, exist_ok=True)
    open(at + "/run/.containerenv", "w").close()
    return binds + [("/usr", "ro"), ("/etc", "ro")]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("directory")
    p.add_argument("--uid", type=int, default=1000)
    p.add_argument("--user-ns", action="store_true")
    p.add_argument("--unmasked", action="store_true")
    p.add_argument("--seccomp", choices=("default", "none", "strict"), default="default")
    p.add_argument("--cap", action="append", default=[])
    p.add_argument("--bind", action="append", default=[])
    p.add_argument("command", nargs="+")
    o = p.parse_args()
    caps = ["CAP_" + c for c in CAPS + o.cap]
    kept = caps if o.uid == 0 else []
    system = root_file_system(o.directory + "/rootfs")
    for path in o.bind:
        os.makedirs(o.directory + "/rootfs" + path, exist_ok=True)
    linux = {"namespaces": [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount")]}
    if o.user_ns:
        linux["namespaces"].append({"type": "user"})
        linux["uidMappings"] = [{"containerID": o.uid, "hostID": os.getuid(), "size": 1}]
        linux["gidMappings"] = [{"containerID": o.uid, "hostID": os.getgid(), "size": 1}]
    if not o.unmasked:
        linux["maskedPaths"], linux["readonlyPaths"] = MASKED, READ_ONLY
    if o.seccomp != "none":
        linux["seccomp"] = seccomp(o.seccomp, caps)
    config = {
        "ociVersion": "1.0.0", "hostname": "container", "root": {"path": "rootfs", "readonly": True},
        "process": {"terminal": False, "user": {"uid": o.uid, "gid": o.uid}, "args": o.command, "cwd": o.bind[0] if o.bind else "/",
                    "env": ["PATH=/usr/bin:/bin", "HOME=/", "container=podman"], "noNewPrivileges": False,
                    "capabilities": {"bounding": caps, "effective": kept, "permitted": kept, "inheritable": [], "ambient": []}},
        "mounts": mounts(system + [(b, "rw") for b in o.bind]), "linux": linux}
    json.dump(config, open(o.directory + "/config.json", "w"), indent=1)


if __name__ == "__main__":
    main()
