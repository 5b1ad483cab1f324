# Real programs under real policies: status, output and what becomes of the files are the same as outside.
# shellcheck shell=bash

seed() { # seed NAME: standard input becomes a file of the seed tree
        mkdir -p "$(dirname "$T/seed/$1")"
        cat >"$T/seed/$1"
}

test_python_imports_40_modules() {
        need python3
        policy <<-END
		use @python
		exec \$PROG
		write $W
	END
        seed prog.py <<'END'
import importlib, sys, hashlib
names = """abc argparse array ast asyncio base64 bisect calendar cmath collections configparser contextlib copy csv ctypes
dataclasses datetime decimal difflib email enum fnmatch fractions functools glob gzip hashlib heapq html http.client inspect
itertools json logging lzma math multiprocessing pathlib pickle random re sqlite3 ssl statistics subprocess tempfile textwrap
threading tokenize unittest urllib.request uuid xml.etree.ElementTree zipfile zlib""".split()
for n in names:
    importlib.import_module(n)
print(len(names), hashlib.sha256(b"x").hexdigest())
open("made.txt", "w").write("by python\n")
try:
    open("/nonexistent/file")
except OSError as e:
    print(e)
END
        same python3 prog.py
        [ -e "$W/made.txt" ] || fail "python made no file"
        matches "$(cat "$T/inside.out")" '^5[0-9] '
}

test_python_subprocess_and_tempfile() {
        need python3
        dev_policy
        seed prog.py <<'END'
import os, subprocess, tempfile, threading, shutil
print(subprocess.run(["sort"], input=b"b\na\n", capture_output=True).stdout)
with tempfile.TemporaryDirectory() as d:
    open(os.path.join(d, "x"), "w").write("1")
    print(sorted(os.listdir(d)))
    shutil.copytree(d, "copied")
print(subprocess.run("echo $((6*7)) | tr 4 5", shell=True, capture_output=True, text=True))
with tempfile.NamedTemporaryFile(dir=".") as f:
    f.write(b"y"); f.flush()
    print(os.path.getsize(f.name))
END
        same python3 prog.py
}

c_program() {
        seed part.c <<'END'
#include <math.h>
#include "part.h"
double part(double x) { return sqrt(x) + ADD; }
END
        seed part.h <<<'#define ADD 1.5
double part(double x);'
        seed main.c <<'END'
#include <stdio.h>
#include <errno.h>
#include <string.h>
#include "part.h"
int main(void)
{
        FILE *f = fopen("input", "r");
        double x = 0;
        if (!f || fscanf(f, "%lf", &x) != 1)
                return 3;
        printf("%.3f %s\n", part(x), fopen("/root/.ssh/id_rsa", "r") ? "open" : "closed");
        return 7;
}
END
        seed input <<<16
}

test_gcc_compiles_links_and_runs() {
        need gcc
        policy <<-END
		use @base @cc @dev
		write exec $W
	END
        c_program
        same sh -c 'gcc -O1 -c part.c && gcc -O1 -o prog main.c part.o -lm && ./prog'
        status_is 7
        has "$(cat "$T/inside.out")" "5.500 closed"
}

test_gcc_without_exec_in_its_output() {
        need gcc
        policy <<-END
		use @base @cc
		exec \$PROG
		write $W
	END
        c_program
        mkdir -p "$T/seed"
        cp -a "$T/seed/." "$W/"
        boxed sh -c 'gcc -o prog main.c part.c -lm'
        status_is 0
        boxed sh -c './prog'
        status_is 126
        P=$T/other
        policy "$P" <<-END
		use @base @cc
		exec \$PROG
		write exec $W
	END
        boxed "$W/prog"
        status_is 7
}

test_make_builds() {
        need make gcc
        dev_policy 'use @cc'
        c_program
        printf 'prog: main.o part.o\n\tgcc -o $@ $^ -lm\n%%.o: %%.c part.h\n\tgcc -c $<\nclean:\n\trm -f *.o prog\n' | seed Makefile
        same sh -c 'make -j2 && ./prog; make && make clean && ls'
}

test_bash_pipes_and_redirections() {
        dev_policy
        seed lines <<<$'b\na\nc'
        seed prog.sh <<'END'
cat <<HERE | sort | tr a-z A-Z
here $(wc -l <lines) lines
$(printf 'x\ny\n')
HERE
cat <<<"a string"
diff <(sort lines) <(printf 'a\nb\nc\n') && echo same
paste -d, <(seq 3) <(seq 4 6)
seq 3 | tee >(wc -l >counted) | cat; while [ ! -s counted ]; do :; done; cat counted
printf 'to stdin\n' | cat /dev/stdin
printf 'by number\n' | cat /dev/fd/0
echo out >/dev/stdout | cat; { echo err >/dev/stderr; } 2>&1 | cat; echo gone >/dev/null
exec 5>five; echo five >&5; cat /dev/fd/3 3<lines; exec 5>&-
{ echo one; echo two >&2; } >both 2>&1; cat both
set -o pipefail; false | true; echo "$?"
mapfile -t all <lines; echo "${#all[@]} ${all[0]}"
[ -r lines ] && [ ! -e nothing ] && [ -w . ] && echo tests
read -r first <lines; echo "$first" >>lines; tail -1 lines
set -C; echo x >lines || echo noclobber
wait
END
        same bash prog.sh
        has "$(cat "$T/inside.out")" "by number"
}

test_fifo_between_two_processes() {
        dev_policy
        seed prog.sh <<'END'
mkfifo a b
cat <a >b & cat <b >result & seq 1000 >a; wait
tail -1 result; rm a b
END
        same bash prog.sh
        has "$(cat "$T/inside.out")" "1000"
}

test_shell_tools_change_a_tree() {
        dev_policy
        seed tree/a/one <<<one
        seed tree/a/b/two <<<two
        seed tree/c/three <<<three
        seed prog.sh <<'END'
find tree -type f | sort; grep -r t tree | sort
cp -a tree copy; diff -r tree copy && echo equal
mv copy/a copy/z; ln -s z/one copy/link; cat copy/link; ln copy/c/three copy/hard; stat -c %h copy/hard
rm -rf tree; ls; chmod 700 copy/c; touch -d 2020-01-01 copy/hard; stat -c %Y copy/hard
f=$(mktemp -p .); [ -e "$f" ] && rm "$f"; d=$(mktemp -d); [ -d "$d" ] && rmdir "$d"
mkdir -p deep/er/still; rmdir -p deep/er/still; truncate -s 5 copy/z/b/two; wc -c <copy/z/b/two
install -m 600 copy/hard installed; readlink -f copy/link | sed 's|.*/work/||'; du -a copy | wc -l; sed -i s/one/ONE/ copy/z/one; cat copy/z/one
dd if=/dev/zero of=zeros bs=1k count=3 2>/dev/null; head -c 5 /dev/urandom | wc -c; sort -o copy/z/one copy/z/one; tee t1 <copy/z/one
END
        same bash prog.sh
}

test_tar_and_xz_roundtrip() {
        need tar xz
        dev_policy
        seed tree/a/file <<<content
        seed tree/b/other <<<more
        ln -s a/file "$T/seed/tree/link"
        chmod 640 "$T/seed/tree/b/other"
        same sh -c 'tar cJf all.tar.xz tree && rm -r tree && tar xvJf all.tar.xz && rm all.tar.xz && xz -k tree/a/file && xz -dc tree/a/file.xz &&
                    rm tree/a/file.xz && gzip -n tree/b/other && zcat tree/b/other.gz'
}

test_git_init_commit_clone() {
        need git
        policy <<-END
		use @base @dev
		write exec $W
		env keep PATH HOME LC_* GIT_*
	END
        seed file <<<content
        export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
        export GIT_AUTHOR_DATE='2026-01-01 00:00:00 +0000' GIT_COMMITTER_DATE='2026-01-01 00:00:00 +0000' GIT_CONFIG_GLOBAL=/dev/null
        ignore='(^|/)index' # has times and inode numbers
        same sh -ec 'git init -q -b main r; cp file r; cd r; git add file; git commit -q -m one; echo more >>file; git commit -qam two
                git log --format="%H %s"; git status --short; cd ..; git clone -q r s; git -C s log --oneline; git -C s checkout -q -b side
                echo z >s/z; git -C s add z; git -C s commit -qm three; git -C s push -q origin side; git -C r branch -a; git -C r gc -q; git -C r fsck'
        has "$(cat "$T/inside.out")" "side"
}

test_sqlite_with_wal() {
        need sqlite3
        dev_policy
        seed prog.sql <<'END'
PRAGMA journal_mode=WAL;
CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1000) INSERT INTO t SELECT i, 'row ' || i FROM n;
BEGIN; DELETE FROM t WHERE a % 2; ROLLBACK;
UPDATE t SET b = upper(b) WHERE a < 3; SELECT count(*), max(b) FROM t; SELECT * FROM t LIMIT 3;
PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE; PRAGMA integrity_check; VACUUM;
END
        same sh -c 'sqlite3 db <prog.sql && sqlite3 -readonly db "select count(*) from t" && sqlite3 db .dump | tail -3'
        has "$(cat "$T/inside.out")" "1000"
}

test_node_script() {
        need node
        policy <<-END
		use @node @dev
		write exec $W
	END
        seed prog.js <<'END'
const fs = require('fs'), path = require('path'), os = require('os'), zlib = require('zlib'), cp = require('child_process');
fs.mkdirSync('d/e', {recursive: true});
fs.writeFileSync('d/e/f', 'x'.repeat(1000), {mode: 0o640});
console.log(fs.readdirSync('d', {recursive: true}), fs.statSync('d/e/f').size);
try { fs.readFileSync('/nonexistent'); } catch (e) { console.log(e.code); }
console.log(cp.execSync('echo from a child').toString());
Promise.all([...Array(100).keys()].map(i => fs.promises.writeFile('d/' + i, String(i)).then(() => fs.promises.readFile('d/' + i, 'utf8'))))
  .then(all => { console.log(all.join()); fs.rmSync('d', {recursive: true}); console.log(zlib.gzipSync('y').length); });
END
        same node prog.js
        has "$(cat "$T/inside.out")" "98,99"
}

test_perl_and_awk() {
        need perl awk
        dev_policy
        seed data <<<$'3 c\n1 a\n2 b'
        same sh -c "perl -MFile::Find -MData::Dumper -e 'open(F, \"<\", \"data\") or die; print sort <F>; find(sub { print \"\$_\\n\" if -f }, \".\");
                    open(G, \">\", \"made\") or die; print G \"x\"; close G; print -s \"made\", \"\\n\"'
                    awk '{ s += \$1; print >(\"out.\" \$2) } END { print s; \"date -u -d @0 +%Y\" | getline y; print y }' data; cat out.*"
}

test_static_busybox() {
        need busybox
        policy <<-END
		use @base
		exec \$PROG
		write $W
	END
        seed lines <<<$'b\na'
        same busybox sh -c 'busybox sort lines | busybox tee sorted | busybox sha1sum; busybox mkdir d; busybox cp lines d/; busybox tar c d |
                busybox tar t; busybox find . | busybox sort; busybox vi --help >/dev/null 2>&1; busybox sed s/a/z/ lines >d/z; busybox cat d/z
                busybox ln -s lines l; busybox readlink l; busybox cat l; busybox rm -r d; busybox dd if=lines bs=1 count=1 2>/dev/null; busybox awk "{print NR}" lines
                busybox cat missing; echo $?'
}

test_static_programs_with_raw_calls() {
        local helper
        policy <<-END
		use @base
		exec \$PROG
		read $W
	END
        seed file <<<"read by raw calls"
        for helper in rawcat rawcat-static rawcat-musl; do
                [ -x "$HELPERS/$helper" ] || [ $helper != rawcat-musl ] || continue
                same "$HELPERS/$helper" file ./../work/file /etc/hostname-that-is-not-there
                status_is 1
                has "$(cat "$T/inside.out")" "read by raw calls"
        done
}

test_musl_program() {
        [ -x "$HELPERS/rawcat-musl" ] || skip "no musl-gcc on this machine"
        policy <<-END
		exec \$PROG
		read $W
	END
        seed file <<<"read by raw calls"
        same "$HELPERS/rawcat-musl" file
        status_is 0
}

test_static_go_program() {
        [ -x "$HELPERS/gocat" ] || skip "no Go compiler on this machine"
        policy <<-END
		use @base
		exec \$PROG
		write $W
	END
        seed a <<<"file a"
        seed b <<<"file b"
        same "$HELPERS/gocat" a b missing a b
        status_is 0
}

test_64_threads_open_at_once() {
        dev_policy
        same "$HELPERS/threads" . 60
        status_is 0
        has "$(cat "$T/inside.out")" "wrong=0"
}

test_vfork_and_spawn_file_actions() {
        dev_policy
        seed in <<<"by a file action"
        same "$HELPERS/spawn" in out
        is "$(cat "$W/out")" "by a file action"
}

test_working_directory_and_dirfds() {
        dev_policy
        mkdir -p "$T/seed/x/y"
        seed x/y/f <<<deep
        same sh -c 'cd x/y && cat f ../y/f && cd - >/dev/null && (cd x && mv y z && cd z && cat f && mv ../z ../w && cat f && pwd -P | sed "s|.*/work||") && rm -rf x && ls'
}

test_own_executable_and_descriptors() {
        dev_policy
        seed file <<<content
        same bash -c 'head -c 4 /proc/self/exe | od -c; exec 3<file 4>made; echo x >&4; cat <&3; cat /dev/fd/3; ls /proc/self/fd | wc -l; readlink /proc/self/exe'
}

test_large_output_and_exit_codes() {
        dev_policy
        same sh -c 'seq 200000; exit 42'
        status_is 42
        same sh -c 'kill -SEGV $$'
        status_is 139
        same sh -c 'echo to stderr >&2; exit 255'
}

test_standard_input_is_passed() {
        dev_policy
        stdin=$T/in
        seq 1000 >"$stdin"
        same sh -c 'read a; echo "$a"; sort -n | tail -1'
        has "$(cat "$T/inside.out")" 1000
}

test_mmap_and_shared_memory() {
        need python3
        dev_policy 'use @python'
        seed prog.py <<'END'
import mmap, os, multiprocessing as mp
from multiprocessing import shared_memory
with open("m", "w+b") as f:
    f.truncate(4096)
    m = mmap.mmap(f.fileno(), 4096); m[0:3] = b"abc"; m.flush()
print(open("m", "rb").read(3))
s = shared_memory.SharedMemory(create=True, size=100); s.buf[0] = 7
t = shared_memory.SharedMemory(name=s.name); print(t.buf[0]); t.close(); s.close(); s.unlink()
def work(q): q.put(os.getpid() > 0)
q = mp.Queue(); p = mp.Process(target=work, args=(q,)); p.start(); print(q.get()); p.join()
with mp.Pool(4) as pool: print(sum(pool.map(abs, range(-100, 0))))
END
        same python3 prog.py
}

test_tree_in_var_tmp() {
        local dir
        dir=$(mktemp -d /var/tmp/cordon-test.XXXXXX)
        # shellcheck disable=SC2064
        trap "rm -rf $dir" EXIT
        chmod 755 "$dir"
        policy <<-END
		use @base @dev
		write $dir
	END
        boxed sh -c "echo made >$dir/file && cat $dir/file && ls $dir"
        is "$out" $'made\nfile'
        is "$(cat "$dir/file")" made
        # While the view is built, a link in it must not lead what is made into the host's tree.
        [ ! -e "/tmp/${dir##*/}" ] || fail "something was made in the host's /tmp"
}
