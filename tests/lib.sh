# Helpers for the integration and escape tests; tests/run reads this first.
#
# The world of a test:  $T          a fresh directory of its own, world-readable
#                       $T/work     where the test starts, empty; what policies make writable
#                       $T/home     its $HOME, empty
#                       $T/secret   what no policy here grants; `plant_secret` puts something there
#                       $CORDON     the program under test, $HELPERS the directory of the helper programs
# `run` and `boxed` leave $rc, $out and $err (whole contents), and the files $T/out and $T/err.
# shellcheck shell=bash disable=SC2034
set -Eeuo pipefail
umask 022
shopt -s inherit_errexit

W=$T/work

fail() {
        echo "FAILED: $*"
        local i
        for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
                echo "   at ${BASH_SOURCE[i]##*/}:${BASH_LINENO[i - 1]} ${FUNCNAME[i]}"
        done
        if [ -n "${last-}" ]; then
                echo "   last: ${last:0:600}"
                echo "   status: ${rc-}"
                [ -e "$T/out" ] && echo "   stdout:" && head -c 1500 "$T/out" | sed 's/^/      /'
                [ -e "$T/err" ] && echo "   stderr:" && head -c 2500 "$T/err" | sed 's/^/      /'
        fi
        exit 1
}

# A command that fails where a test expects nothing of the kind is a failure too, with its place.
trap 'echo "FAILED: a command ended with status $? at ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND" >&2' ERR

skip() {
        echo "$*" >"$SKIPPED"
        exit 77
}

need() {
        local p
        for p in "$@"; do
                command -v "$p" >/dev/null || skip "no $p on this machine"
        done
}

# A build with AddressSanitizer needs more memory than a limit gives, in pid 1 of the sandbox already.
need_plain_build() {
        ! grep -q __asan_init "$CORDON" || skip "a limit on memory and AddressSanitizer exclude each other"
}

am_root() {
        [ "$(id -u)" = 0 ]
}

# ---- running --------------------------------------------------------------------------------------------------------

# Runs a command to its end, keeping its output and status. Standard input is /dev/null or the file $stdin.
run() {
        last="$*"
        rc=0
        "$@" <"${stdin-/dev/null}" >"$T/out" 2>"$T/err" || rc=$?
        out=$(tr -d '\0' <"$T/out")
        err=$(tr -d '\0' <"$T/err")
}

# cordon run with the test's policy ($P, by default $T/policy) and no summary in the way. A sandbox that could not be
# started holds everything in, and proves nothing: that is a failure, but where a test says `launch=may_fail`.
boxed() { # with `within=SECONDS`: killed after that
        run ${within:+timeout -s KILL "$within"} "$CORDON" run -q -p "${P-$T/policy}" -- "$@"
        started_at_all
}

# The same with the summary.
told() {
        run "$CORDON" run -p "${P-$T/policy}" -- "$@"
        started_at_all
}

started_at_all() {
        [ $rc != 125 ] || [ "${launch-}" = may_fail ] || fail "the sandbox did not start"
}

# Writes standard input as a policy; its first line is made here.
policy() {
        { echo "cordon 1"; cat; } >"${1-$T/policy}"
}

# What most tests use: a developer's system, this test's work directory.
dev_policy() {
        policy <<-END
		use @base @dev
		write exec $W
		read exec $HELPERS
		${1-}
	END
}

# Without user namespaces, and with that accepted.
hosted() { # hosted [OPTION]... -- PROGRAM...
        run "$HELPERS/without" userns "$CORDON" run -q -p "$T/policy" --accept no-userns "$@"
        started_at_all
}

# As root the program is another user there, to whom the work directory is given.
hosted_policy() {
        dev_policy "${1-}"
        if am_root; then chown -R 65534:65534 "$W"; fi
}

# ---- asserting ------------------------------------------------------------------------------------------------------

is() { # is ACTUAL EXPECTED [WHAT]
        [ "$1" = "$2" ] || fail "${3-value}: got '$1', expected '$2'"
}

status_is() {
        [ "$rc" = "$1" ] || fail "exit status $rc, expected $1"
}

has() { # has TEXT PART
        [[ $1 == *"$2"* ]] || fail "'$2' is missing in: ${1:0:1500}"
}

lacks() {
        [[ $1 != *"$2"* ]] || fail "'$2' is in: ${1:0:1500}"
}

matches() { # matches TEXT REGEX
        [[ $1 =~ $2 ]] || fail "nothing matches '$2' in: ${1:0:1500}"
}

one_line() { # one_line TEXT: exactly one line, and not an empty one
        [ -n "$1" ] && [ "$(printf '%s\n' "$1" | wc -l)" = 1 ] || fail "not one clear line: ${1:0:1500}"
}

# ---- secrets --------------------------------------------------------------------------------------------------------

# A file that anybody on this machine may read, so that only the sandbox can be what refuses it.
plant_secret() {
        S=$T/secret/secret
        SECRET="TOP-SECRET-$RANDOM$RANDOM"
        printf '%s\n' "$SECRET" >"$S"
        chmod 0644 "$S"
}

# ---- attacks: what works outside must fail inside -------------------------------------------------------------------

# The control: outside, the command shows the secret.
leaks_outside() {
        run "$@"
        has "$out" "$SECRET"
}

# The same command inside does not, neither in its output nor in the files it may write.
holds_inside() {
        boxed "$@"
        lacks "$out$err" "$SECRET"
        ! grep -rqsF "$SECRET" "$W" || fail "the secret got into the work directory"
        [ "$rc" -lt 126 ] || [ "$rc" -gt 127 ] || fail "the program did not run at all"
}

leaks_only_outside() {
        leaks_outside "$@"
        holds_inside "$@"
}

# For the helper `attack`: outside it says "reached", inside "refused: ERRNO", with the errno one of a list.
reached_outside() {
        run "$HELPERS/attack" "$@"
        has "$out" "reached"
}

refused_inside() { # refused_inside 'EPERM|ENOSYS' ARGS...
        local errors=$1
        shift
        boxed "$HELPERS/attack" "$@"
        matches "$out" "^refused: ($errors)\$"
}

# ---- same inside as outside -----------------------------------------------------------------------------------------

# Names, types, modes, owners, sizes, link texts and contents of a tree, less what `ignore` (a regex) names.
tree_of() {
        (
                cd "$1"
                find . -mindepth 1 -printf '%P %y %m %u %l\n' | { grep -Ev "${ignore:-^\$}" || true; } | LC_ALL=C sort
                find . -type f -printf '%P\0' | LC_ALL=C sort -z | { grep -zEv "${ignore:-^\$}" || true; } |
                        { xargs -0 -r sha256sum 2>/dev/null || true; } # some may be unreadable on purpose
        )
}

# Runs a command in a copy of $T/seed outside, then in an equal copy at the same place inside, and compares status,
# output and what became of the files.
same() {
        local side
        mkdir -p "$T/seed"
        for side in outside inside; do
                rm -rf "$W"
                cp -a "$T/seed" "$W"
                cd "$W"
                if [ $side = outside ]; then
                        run "$@"
                else
                        boxed "$@"
                fi
                cd "$T"
                mv "$T/out" "$T/$side.out"
                mv "$T/err" "$T/$side.err"
                echo $rc >"$T/$side.rc"
                tree_of "$W" >"$T/$side.tree"
        done
        cp "$T/inside.out" "$T/out"
        cp "$T/inside.err" "$T/err"
        local part
        for part in rc out err tree; do
                diff -u "$T/outside.$part" "$T/inside.$part" >"$T/difference" ||
                        fail "$part differs from the run outside:"$'\n'"$(head -60 "$T/difference")"
        done
        cd "$W"
}

# ---- lists of calls, line by line --------------------------------------------------------------------------------------

# As root the program inside is another user, so outside it runs as that one too, in a tree of its own.
outside_as_child() {
        rm -rf "$W"
        mkdir "$W"
        if am_root; then
                chown 65534:65534 "$W"
                (cd "$W" && run setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$@" &&
                        cp "$T/out" "$T/outside.out")
        else
                (cd "$W" && run "$@" && cp "$T/out" "$T/outside.out")
        fi
        tree_of "$W" >"$T/outside.tree"
}

compare_with_outside() {
        outside_as_child "$@"
        [ -s "$T/outside.out" ] || fail "no output outside"
        rm -rf "$W"
        mkdir "$W"
        if [ -n "${owned_by_child-}" ]; then
                chown 65534:65534 "$W"
        fi
        cd "$W"
        boxed "$@"
        [ "$rc" != 137 ] || last="" fail "it hangs; so far it said: $out"
        status_is 0
        diff -U0 "$T/outside.out" "$T/out" >"$T/difference" || { last=""; fail "the list differs from the run outside:"$'\n'"$(grep '^[-+][^-+]' "$T/difference")"; }
}

# ---- background programs and events ---------------------------------------------------------------------------------

# Starts a command with its output on a pipe: $pid is its process, `expect_line TEXT` waits for a line.
start() {
        mkfifo "$T/pipe.$((++pipes))"
        # A shell without job control starts what is in the background with SIGINT and SIGQUIT ignored.
        env --default-signal=INT,QUIT "$@" </dev/null >"$T/pipe.$pipes" 2>"$T/err" &
        pid=$!
        started+=("$pid")
        exec {lines}<"$T/pipe.$pipes"
}
pipes=0 started=()
# What a test started ends with it, whatever becomes of the test.
trap 'kill -KILL "${started[@]}" 2>/dev/null || true' EXIT

expect_line() {
        local line
        while read -r -t "${2-20}" -u "$lines" line; do
                [[ $line == *"$1"* ]] && return 0
        done
        fail "no line '$1' came; stderr: $(cat "$T/err")"
}

# For looking again and again at what sends no event.
pause() { # pause SECONDS
        [ -p "$T/never" ] || mkfifo "$T/never"
        read -rt "$1" <>"$T/never" || true
}

# One of the same user, whoever that is inside.
start_neighbour() {
        if am_root; then
                start setpriv --reuid 65534 --regid 65534 --clear-groups "$HELPERS/hog" forever
        else
                start "$HELPERS/hog" forever
        fi
        expect_line ready
}

outside_as_neighbour() {
        if am_root; then
                run setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
        else
                run "$@"
        fi
}

# Waits for the end of what `start` started. All that still came is in $rest.
finish() {
        rest=$(timeout 20 cat <&"$lines") || fail "the output did not end"
        rc=0
        wait "$pid" || rc=$?
        exec {lines}<&-
}
