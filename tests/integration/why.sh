# cordon why: what it says, and what then happens. (For a hundred thousand random questions see tests/differential.)
# shellcheck shell=bash

why() {
        run "$CORDON" why -p "$T/policy" "$@"
}

test_why_names_the_rule_the_losers_and_the_line() {
        mkdir -p "$W/a"
        echo secret >"$W/a/.env"
        echo text >"$W/a/text"
        policy <<-END
		use @base @dev
		read $W
		deny $W/**/.e*   because "secrets: ask a person"
	END
        why read "$W/a/.env"
        status_is 1
        has "$out" "denied   read $W/a/.env: EACCES"
        has "$out" "$T/policy:4  deny $W/**/.e*  because \"secrets: ask a person\""
        has "$out" "over     $T/policy:3  read $W: it reaches less deep"
        has "$out" "to allow read $W/a/.env"
        why read "$W/a/text"
        status_is 0
        has "$out" "allowed  read $W/a/text"
        has "$out" "to deny  deny $W/a/text"
        # and so it is
        boxed cat "$W/a/.env"
        has "$err" "Permission denied"
        boxed cat "$W/a/text"
        status_is 0
        # the line that would change it does
        echo "read $W/a/.env" >>"$T/policy"
        why read "$W/a/.env"
        status_is 0
        boxed cat "$W/a/.env"
        status_is 0
}

test_why_follows_the_links_of_the_view() {
        mkdir -p "$W/in" "$W/out"
        echo x >"$W/out/file"
        ln -s ../out/file "$W/in/link"
        policy <<-END
		use @base @dev
		read $W/in
	END
        why read "$W/in/link"
        status_is 1
        has "$out" "ENOENT"
        has "$out" "that is  $W/out/file"
        has "$out" "no rule covers it"
        boxed cat "$W/in/link"
        has "$err" "No such file"
        echo "read $W/out" >>"$T/policy"
        why read "$W/in/link"
        status_is 0
        boxed cat "$W/in/link"
        status_is 0
}

test_why_says_what_is_not_there() {
        mkdir -p "$W/in"
        policy <<-END
		use @base @dev
		read $W/in
	END
        why read "$W/in/missing"
        status_is 0
        has "$out" "allowed  read $W/in/missing: ENOENT"
        has "$out" "nothing is there"
        why write "$W/in/missing"
        status_is 1
}

# Execution is never brokered: a pattern does not stop it, and why says so.
test_why_exec_answers_what_really_happens() {
        need_plain_build
        mkdir -p "$W/bin"
        cp "$(type -P true)" "$W/bin/one"
        cp "$(type -P true)" "$W/bin/two"
        policy <<-END
		use @base
		exec $W/bin
		deny $W/bin/o*
		deny $W/bin/two
	END
        why exec "$W/bin/one"
        status_is 0
        has "$out" "a pattern does not"
        boxed "$W/bin/one"
        status_is 0
        why exec "$W/bin/two"
        status_is 1
        has "$out" "EACCES"
        launch=may_fail boxed "$W/bin/two"
        status_is 126
}

# Where nothing is brokered, it is the kernel's errno.
test_why_without_a_broker() {
        mkdir -p "$W/in"
        echo x >"$W/in/file"
        chmod 0666 "$W/in/file"
        policy <<-END
		use @base @dev
		read $W/in
	END
        why write "$W/in/file"
        has "$out" "EACCES"
        boxed sh -c "echo y >>$W/in/file"
        has "$err" "Permission denied"
        echo "audit none" >>"$T/policy"
        sed -i 's/ @dev/ @cc/' "$T/policy" # which has no patterns that the broker would have to see to
        why write "$W/in/file"
        has "$out" "EROFS"
        boxed sh -c "echo y >>$W/in/file"
        has "$err" "Read-only file system"
}

test_why_endpoints_sockets_and_questions() {
        policy <<-END
		use @base
		connect example.org:443
		unix /run/s
		ask read $W
	END
        why connect example.org:443
        status_is 0
        why connect example.org:80 example.org:443
        status_is 1
        has "$out" "denied   connect example.org:80"
        has "$out" "to allow connect example.org:80"
        has "$out" "this version starts no program with connect"
        why unix /run/s
        status_is 0
        why unix /run/t
        status_is 1
        why read "$W/x"
        status_is 1
        has "$out" "ask      read $W/x"
        has "$out" "no sandbox can be started with this policy"
}

test_why_relative_paths_and_several() {
        mkdir -p "$W/in"
        echo x >"$W/in/a"
        policy <<-END
		use @base
		read $W/in
	END
        cd "$W/in" || exit 1
        why read a b
        status_is 0
        has "$out" "allowed  read $W/in/a"
        has "$out" "allowed  read $W/in/b: ENOENT"
        why read a ../x
        status_is 1
}

test_why_json() {
        need python3
        mkdir -p "$W/in"
        printf 'x' >"$W/in/a"$'\033'b
        policy <<-END
		use @base
		read $W/in
		deny "$W/in/a\\x1bb" because "not that"
	END
        why --json read "$W/in/a"$'\033'b "$W/in/c"
        status_is 1
        lacks "$out" $'\033'
        printf '%s' "$out" | python3 -c '
import json, sys
a, c = json.load(sys.stdin)
assert a["allowed"] is False and a["errno"] == "EACCES" and a["rules"][0]["because"] == "not that", a
assert a["rules"][0]["lost"] is None and a["rules"][1]["lost"].startswith("it reaches less deep"), a
assert c["allowed"] is True and c["errno"] == "ENOENT" and c["change"].startswith("deny "), c'
}

test_why_cannot_be_asked() {
        policy <<<"use @base"
        why
        status_is 2
        why read
        status_is 2
        why look /etc
        status_is 2
        has "$err" "'look' is nothing that can be asked"
        why connect nowhere
        status_is 2
        has "$err" "no endpoint"
        policy <<<"raed /etc"
        why read /etc
        status_is 2
        has "$err" "did you mean 'read'?"
        run "$CORDON" why -p "$T/none" read /etc
        status_is 2
}
