# The channel: a cooperating program asks for files by datagram.
# shellcheck shell=bash

channel_policy() {
        policy <<-END
		use @base
		exec $HELPERS
		write $W
		deny $W/denied
		audit none
		env set ASAN_OPTIONS=detect_leaks=0 # where the helper is built so: no ptrace in here
	END
        echo content >"$W/file"
        echo no >"$W/denied"
        [ -x "$HELPERS/client" ] || fail "no helper client"
}

client() {
        run "$CORDON" run -q --channel -p "$T/policy" -- "$HELPERS/client" "$@"
}

test_channel_opens_what_is_allowed() {
        channel_policy
        client open "$W/file" file ./../work/file
        status_is 0
        is "$(grep -c "content='content'" "$T/out")" 3
}

test_channel_refuses_what_is_not() {
        channel_policy
        plant_secret
        client open "$W/denied" "$S" "$W/../secret/secret" /proc/self/environ
        has "$out" "$W/denied: EACCES"
        has "$out" "$S: ENOENT"
        lacks "$out" "$SECRET"
        client write "$W/file"
        has "$out" "flags=1"
}

test_channel_creates_with_mode() {
        channel_policy
        client create "$W/new" 640
        has "$out" "mode=100640"
        has "$out" "cloexec=1"
        is "$(stat -c '%a %u' "$W/new")" "640 $(id -u)"
        client create "$W/new" 640
        has "$out" "EEXIST"
}

test_channel_bad_paths() {
        channel_policy
        client long
        has "$out" "5000 bytes: ENAMETOOLONG"
        has "$out" "no path: ENOENT"
}

test_channel_many_requests_leak_nothing() {
        channel_policy
        client many 5000 "$W/file"
        is "$out" "good=5000 refused=5000 descriptors more=0"
}

test_channel_malformed_datagram_ends_it() {
        channel_policy
        client malformed "$W/file"
        has "$out" "answer: end"
        has "$out" "channel afterwards: EPIPE"
}

test_channel_oversize_datagram_ends_it() {
        channel_policy
        client oversize "$W/file"
        has "$out" "answer: end"
        has "$out" "channel afterwards: EPIPE"
}

test_channel_surplus_descriptor_is_closed() {
        channel_policy
        client surplus "$W/file"
        has "$out" "their copy of my pipe: closed"
        has "$out" "channel afterwards: EPIPE"
}

test_channel_only_where_asked_for() {
        channel_policy
        run "$CORDON" run -q -p "$T/policy" -- "$HELPERS/client" open "$W/file"
        has "$out" "no channel: ENOENT"
}
