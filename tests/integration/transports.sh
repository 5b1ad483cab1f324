# The same call by each way there is to the broker: as a notification, as a request of the client, and trapped by SIGSYS. Verdict,
# errno and effect are the same; for what nobody hides or denies they are those of the plain call.
# shellcheck shell=bash

transport_policy() { # transport_policy RULE
        policy <<-END
		use @base @dev
		exec $HELPERS
		write exec $W
		$1
		env set ASAN_OPTIONS=detect_leaks=0 # where the helper is built so: no ptrace in here
	END
}

# What differs for good reasons: a line is a descriptor, so all numbers above it are others.
blur() { # blur FILE [SCRIPT]
        sed -E -e 's/fd=[0-9]+/fd=N/' -e "${2-}" -i "$1"
}

by() { # by HOW PROGRAM [ARGUMENT]...
        run "$CORDON" run -q --channel -p "$T/policy" -- env ${1:+VIA="$1"} "${@:2}"
        started_at_all
}

# A list of calls outside, and inside by each way.
compare_each_way() { # compare_each_way PROGRAM RULE [SCRIPT]
        local way
        transport_policy "$2"
        outside_as_child "$1"
        [ -s "$T/outside.out" ] || fail "no output outside"
        blur "$T/outside.out" "${3-}"
        for way in channel trap; do
                rm -rf "$W"
                mkdir "$W"
                am_root && chown 65534:65534 "$W"
                cd "$W"
                by $way "$1"
                status_is 0
                blur "$T/out" "${3-}"
                diff -U0 "$T/outside.out" "$T/out" >"$T/difference" ||
                        fail "by $way the list differs from the run outside:"$'\n'"$(grep '^[-+][^-+]' "$T/difference")"
        done
}

test_opens_by_each_way() {
        compare_each_way "$HELPERS/opens-via" "deny $W/**/*.no"
}

test_names_by_each_way() {
        compare_each_way "$HELPERS/names-via" "deny $W/**/*.no" # makes the broker see to names
}

test_metadata_by_each_way() {
        compare_each_way "$HELPERS/looks-via" "hide $W/**/*.hid" # and this to metadata
}

test_paths_by_each_way() {
        compare_each_way "$HELPERS/paths-via" "hide $W/**/*.hid"
}

# ---- under rules that refuse -----------------------------------------------------------------------------------------

# A tree with one of everything; as root it belongs to whom the program is.
seed_tree() {
        rm -rf "$W"
        mkdir -p "$W"/{dir,sub/dir,a,no,hid,shut}
        local place
        for place in . dir sub a no hid sub/dir; do
                echo content >"$W/$place/file"
                echo x >"$W/$place/x.no"
                echo x >"$W/$place/x.hid"
                echo x >"$W/$place/m.mk"
                echo x >"$W/$place/t.csv"
                ln -s file "$W/$place/link"
                ln -s ../sub "$W/$place/dirlink"
                ln -s /etc/hostname "$W/$place/outlink"
                ln -s nowhere/at/all "$W/$place/dangling"
                ln -s loop "$W/$place/loop"
        done
        chmod -R a+rwX "$W"
        chmod 0 "$W/shut"
        am_root && chown -R 65534:65534 "$W"
        return 0
}

# Random calls, by each way: line by line the same, and the same tree afterwards. One line for each errno that was seen.
compare_random() { # compare_random COUNT RULE...
        local way seed
        seed_tree
        policy <<-END
		use @base @dev
		exec $HELPERS
		env set ASAN_OPTIONS=detect_leaks=0
		$(printf '%s\n' "${@:2}")
	END
        run "$CORDON" explain -p "$T/policy"
        has "$out" "metadata    stat" # or the first way would be none
        has "$out" "names       mkdir"
        : >"$T/seen"
        for seed in ${WAYS:-1 2 3}; do
                for way in "" channel trap; do
                        seed_tree
                        cd "$W"
                        within=60 by "$way" "$HELPERS/ways-via" "$seed" "$1"
                        status_is 0
                        cd "$T"
                        mv "$T/out" "$T/by-${way:-notify}"
                        find "$W" -type d -perm 0 -exec chmod 700 {} \; # so that we see into it
                        tree_of "$W" >"$T/tree-${way:-notify}"
                done
                for way in channel trap; do
                        diff -U2 "$T/by-notify" "$T/by-$way" >"$T/difference" && diff -U0 "$T/tree-notify" "$T/tree-$way" >>"$T/difference" ||
                                fail "seed $seed by $way differs from notifications:"$'\n'"$(head -30 "$T/difference")"
                done
                sed -nE 's/.*: ([A-Z]+|0|flags|text).*/\1/p' "$T/by-notify" >>"$T/seen"
        done
        sort "$T/seen" | uniq -c | sort -rn
}

# Each kind of answer must have come, or nothing was compared.
saw() {
        local what
        for what; do
                grep -qx "$what" "$T/seen" || fail "$what was never seen"
        done
}

test_random_calls_in_a_writable_tree() {
        compare_random 600 "write exec $W" "deny $W/**/*.no" "hide $W/**/*.hid" "mask $W/**/*.mk" "deny $W/no" "hide $W/hid"
        saw 0 flags EACCES ENOENT EEXIST ENOTDIR EISDIR ELOOP EINVAL ENOTEMPTY EBUSY EPERM EBADF ENAMETOOLONG
}

test_random_calls_in_a_tree_for_reading() {
        compare_random 600 "read $W" "write $W/dir" "hide $W/**/*.hid" "deny $W/no" "list $W/sub"
        saw 0 flags EACCES ENOENT ENOTDIR EINVAL
}

test_random_calls_where_new_files_may_be_made() {
        compare_random 600 "create $W" "read $W/sub" "hide $W/**/*.hid"
        saw 0 flags EACCES ENOENT EEXIST
}

test_random_calls_where_neighbours_are_not_seen() {
        compare_random 600 "read $W/**/*.csv" "write $W/a" "hide $W/a/**/*.hid"
        saw 0 flags EACCES ENOENT
}

# ---- many at once ----------------------------------------------------------------------------------------------------

crowd() { # crowd WAY HOW COUNT
        local i
        transport_policy "hide $W/**/*.hid"
        echo "deny $W/**/*.no" >>"$T/policy"
        cd "$W"
        for ((i = 0; i <= 64; i++)); do
                echo $i >f$i
                truncate -s $((10000 + i)) f$i
        done
        echo x >denied.no
        echo x >hidden.hid
        by "$1" "$HELPERS/crowd-via" "$2" "$3"
        is "$err" ""
        status_is 0
        has "$out" "wrong=0 descriptors=few"
}

# 16 lines in a client, 32 in a broker, and more who ask than either.
test_many_threads_ask_at_once() {
        crowd "" threads 8
        crowd "" threads 48
        crowd trap threads 24
}

test_forked_processes_share_a_channel() {
        crowd "" forks 12
        crowd trap forks 6
        crowd "" vforks 50
        crowd trap vforks 50
}

test_signal_handlers_ask_within_a_request() {
        crowd "" signals 500
        crowd trap signals 300
}

test_more_clients_than_lines() {
        crowd "" lines 64
}

test_questions_that_nobody_waits_for() {
        crowd "" left 60
}

test_opens_that_nobody_waits_for_any_more() {
        mkfifo "$W/fifo"
        chmod 666 "$W/fifo"
        crowd "" waits 200
}

test_no_descriptor_left() {
        crowd "" full 1
        has "$out" "no line: EMFILE"
        has "$out" "stat: 0"
        has "$out" "open: EMFILE"
        has "$out" "stat again: 0"
}

# ---- who asks --------------------------------------------------------------------------------------------------------

# A process asks for a directory while its broker is stopped, and is gone before that goes on: nobody has asked. Beside it one that
# waits.
asker_is_gone() { # asker_is_gone COMMAND...
        need python3
        transport_policy "deny $W/**/*.no"
        chmod 777 "$W"
        mkfifo "$W/go"
        chmod 666 "$W/go"
        sed -i 's/use @base/& @python/' "$T/policy"
        cd "$W"
        start "$@" "$CORDON" run -q --channel -p "$T/policy" -- python3 -u -c 'import os, socket, struct
go = os.open("go", os.O_RDWR)
c = socket.socket(fileno=os.dup(3))
def line():
    c.send(struct.pack("<IIQ", 2, 1, 0))
    return socket.socket(fileno=socket.recv_fds(c, 100, 1)[1][0])
def mkdir(l, name):
    p = os.fsencode(os.getcwd() + "/" + name)
    l.send(struct.pack("<IIQIIQQQI", 2, 8, 1, 0, 0, 0, 0o755, 0, len(p)) + p + struct.pack("<I", 0))
def answer(l):
    try: return "answered" if l.recv(100) else "ended"
    except ConnectionError: return "ended"
lines = [line(), line()]
mkdir(lines[0], "alive")
print("alive:", answer(lines[0]))
print("ready")
os.read(go, 1)
child = os.fork()
if child == 0:
    mkdir(lines[1], "gone")
    os._exit(0)
os.waitpid(child, 0)
print("sent")
print("gone:", answer(lines[1]))
l = line()
mkdir(l, "later")
print("later:", answer(l))'
        expect_line "alive: answered"
        expect_line ready
        kill -STOP "$pid"
        echo >"$W/go"
        expect_line sent
        kill -CONT "$pid"
        expect_line "gone: ended"
        expect_line "later: answered"
        wait "$pid"
        is "$(ls -d alive gone later 2>&1 | tr '\n' ' ')" "ls: cannot access 'gone': No such file or directory alive later "
}

test_asker_that_is_gone_has_not_asked() {
        asker_is_gone
}

# As before Linux 6.5, where the kernel tells the number alone.
test_asker_that_is_gone_by_its_number() {
        asker_is_gone "$HELPERS/without" senders
}

test_channel_where_senders_are_numbers() {
        transport_policy "hide $W/**/*.hid"
        echo content >"$W/file"
        run "$HELPERS/without" senders "$CORDON" run -q --channel -p "$T/policy" -- "$HELPERS/client" open "$W/file" "$W/x.hid"
        has "$out" "content='content'"
        has "$out" "ENOENT"
}
