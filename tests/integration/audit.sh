# The audit log: what is in a record, where it goes, and that nobody who reads it holds anything up.
# shellcheck shell=bash

all_policy() {
        policy <<-END
		use @base @dev
		exec $HELPERS
		write exec $W
		hide $W/**/*.hid
		audit all
	END
}

fields_check() {
        cat >"$T/check.py" <<'END'
import json, re, sys
log, want = sys.argv[1], set(sys.argv[2:])
every = {"v": int, "kind": str, "time": str, "monotonic": int, "child": str}
verdict = {"pid": int, "host_pid": int, "host_tid": int, "comm": str, "program": str, "call": str, "op": str, "path": str,
           "asked": str, "flags": str, "verdict": str, "latency": int}
seen, last = set(), 0
for line in open(log, "rb").read().decode("utf-8").splitlines():
    r = json.loads(line)
    assert r["v"] == 2 and r["kind"] == "verdict", r
    need = dict(every, **verdict)
    for key, kind in need.items():
        assert type(r.get(key)) is kind, (key, r)
    extra = set(r) - set(need)
    assert extra <= {"errno", "rule"}, extra
    assert (r["verdict"] == "deny") == ("errno" in r), r
    assert r["verdict"] in ("allow", "deny") and r["call"] != "other"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", r["time"]), r["time"]
    assert r["pid"] > 0 and r["host_pid"] > 0 and r["host_pid"] != r["pid"] and r["program"].startswith("/"), r
    assert r["path"].startswith("/") and r["latency"] < 60e9
    if "rule" in r:
        assert set(r["rule"]) - {"because"} == {"file", "line", "text"}, r
    seen.add(r["call"])
assert want <= seen, want - seen
END
        python3 "$T/check.py" "$@"
}

test_every_call_is_recorded_with_every_field() {
        need python3
        all_policy
        cat >"$W/calls.py" <<'END'
import os, socket
os.mkdir("d"); os.mknod("f"); os.symlink("f", "s"); os.link("f", "l"); os.rename("l", "m"); os.truncate("f", 3)
os.chmod("f", 0o600); os.chown("f", os.getuid(), os.getgid()); os.utime("f"); os.stat("f"); os.access("f", os.R_OK); os.readlink("s")
os.statvfs("f"); os.unlink("m"); os.rmdir("d")
for call in (lambda: os.setxattr("f", "user.a", b"x"), lambda: os.getxattr("f", "user.a"), lambda: os.listxattr("f"),
             lambda: os.removexattr("f", "user.a")):
    try: call()
    except OSError: pass
s = socket.socket(socket.AF_UNIX); s.bind("sock"); s.listen()
c = socket.socket(socket.AF_UNIX); c.connect("sock")
open("f", "w").close()
for path in ("/etc/shadow-of-nothing", "x.hid", "/\x1b[2J\n\udcff"):
    try: open(path)
    except OSError: pass
END
        cd "$W" || fail "no $W"
        run "$CORDON" run -q --audit "$T/log" -D "X=1" -p "$T/policy" -- python3 calls.py
        [ "$rc" = 0 ] || run "$CORDON" run -q --audit "$T/log" -p "$T/policy" -- python3 calls.py
        status_is 0
        fields_check "$T/log" open mkdir mknod symlink link rename remove truncate chmod chown utimes access readlink \
                setxattr bind >"$T/out" 2>&1 || fail "$(cat "$T/out")"
        grep -qF '/\\x1b[2J\\x0a\\xff' "$T/log" || fail "a hostile name is not there, or raw"
        LC_ALL=C grep -q $'[^ -~]' "$T/log" && fail "raw bytes"
        return 0
}

# A pipe that nobody reads while the program works, and is read afterwards: the work is done, the rest is counted.
test_a_reader_that_stops_holds_nothing_up() {
        need python3
        all_policy
        mkfifo "$W/done" "$W/go"
        cat >"$T/drive.py" <<'END'
import json, os, subprocess, sys
cordon, policy, w = sys.argv[1:]
r, out = os.pipe()
script = 'for i in {1..4000}; do read -r x <policy; done 2>/dev/null; echo x >done; read -r x <go; read -r x <policy; true'
open(w + "/policy", "w").write("x\n")
p = subprocess.Popen([cordon, "run", "--audit-fd", str(out), "-p", policy, "--", "bash", "-c", script], pass_fds=[out], cwd=w,
                     stderr=subprocess.PIPE)
os.close(out)
open(w + "/done").read()          # all of it was served, though nobody has read a line
left, lost, lines = b"", 0, 0
while True:
    got = os.read(r, 65536)
    if not got:
        break
    left += got
    *whole, left = left.split(b"\n")
    for line in whole:
        record = json.loads(line)
        lines += record["kind"] == "verdict"
        if record["kind"] == "dropped" and not lost:
            lost = record["dropped"]
            open(w + "/go", "w").write("x\n")
assert left == b"" and lost > 0 and lines > 100, (left, lost, lines)
err = p.communicate()[1].decode()
assert p.returncode == 0 and "records were not written" in err, (p.returncode, err)
assert record["path"].endswith("/policy") or record["kind"] == "dropped", record
END
        run timeout 60 python3 "$T/drive.py" "$CORDON" "$T/policy" "$W"
        status_is 0
        # and nothing is lost where somebody reads
        run bash -c 'cd "$1" && "$2" run --audit-fd 5 -p "$3" -- bash -c "for i in {1..300}; do read -r x <policy; done" 5>&1 | grep -c policy' \
                sh "$W" "$CORDON" "$T/policy"
        [ "$out" -ge 300 ] || fail "$out lines"
        lacks "$err" "not written"
}

test_audit_options_that_make_no_sense() {
        all_policy
        run "$CORDON" run --audit "$T/a" --audit-fd 1 -p "$T/policy" -- true
        status_is 125
        has "$err" "do not go together"
        run "$CORDON" run --audit-fd 77 -p "$T/policy" -- true
        status_is 125
        run "$CORDON" run --audit-fd 0 -p "$T/policy" -- true </dev/null
        status_is 125
        has "$err" "writing"
}

test_syslog_gets_records() {
        need python3 unshare
        am_root || skip "a /dev/log of one's own takes root"
        all_policy
        cat >"$T/log.py" <<'END'
import os, re, json, socket, subprocess, sys
top = sys.argv[1]
subprocess.run(["mount", "--make-rprivate", "/"], check=True)
os.mkdir(top)
subprocess.run(["mount", "-t", "tmpfs", "none", top], check=True)
for name in os.listdir("/dev"):
    if name == "log": continue
    path = "/dev/" + name
    if os.path.islink(path): os.symlink(os.readlink(path), top + "/" + name); continue
    if os.path.isdir(path): os.mkdir(top + "/" + name)
    else: open(top + "/" + name, "w").close()
    subprocess.run(["mount", "--rbind", path, top + "/" + name], check=True)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(top + "/log")
s.settimeout(20)
subprocess.run(["mount", "--rbind", top, "/dev"], check=True)
args = sys.argv[2:]
p = subprocess.Popen(args)
while True:
    m = re.fullmatch(rb"<14>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d cordon\[\d+\]: (\{.*\})", s.recv(65536))
    assert m
    if json.loads(m[1])["path"] == "/etc/shadow-of-nothing": break
assert p.wait() == 1
s.close(); os.unlink("/dev/log")
r = subprocess.run(args, stderr=subprocess.PIPE)
assert r.returncode == 125 and b"/dev/log" in r.stderr, r
END
        run timeout 60 unshare -m python3 "$T/log.py" "$T/dev" "$CORDON" run -q --audit syslog -p "$T/policy" -- cat /etc/shadow-of-nothing
        status_is 0
}
