# cordon diff: what one policy grants and another does not.
# shellcheck shell=bash

compared() { # compared OPTION…: of $T/a and $T/b
        run "$CORDON" diff "$@" "$T/a" "$T/b"
}

test_the_same_whatever_the_text() {
        policy "$T/a" <<-END
		use @base
		read $W /srv
		limit time 60s
	END
        policy "$T/b" <<-END
		limit time 1m   # the same
		let DIR=$W
		use @base
		read /srv
		read \$DIR
	END
        compared
        status_is 0
        is "$out" "A and B grant the same"
        compared -q
        status_is 0
        is "$out$err" ""
}

test_more_and_less() {
        policy "$T/a" <<-END
		use @base
		read $W
		write $W/old
		net none
	END
        policy "$T/b" <<-END
		use @base
		read $W
		write $W/new
		net loopback
	END
        compared
        status_is 1
        has "$out" "+ create write  $W/new   ($T/a:3 -> $T/b:4)"
        has "$out" "- create write  $W/old   ($T/a:4 -> $T/b:3)"
        has "$out" "+ net  none -> loopback   ($T/a:5 -> $T/b:5)"
        matches "$out" "B grants more: [0-9]+, less: 1\$"
        local forth=$out
        run "$CORDON" diff "$T/b" "$T/a"
        status_is 1
        is "$(wc -l <<<"$out")" "$(wc -l <<<"$forth")"
        has "$out" "- create write  $W/new"
        has "$out" "+ create write  $W/old"
        compared -q
        status_is 1
        is "$out$err" ""
}

# What is told is what happens: the program does it under the one policy and not under the other.
test_what_is_told_is_what_happens() {
        mkdir "$W/d"
        echo content >"$W/d/f.key"
        echo content >"$W/d/f.txt"
        policy "$T/a" <<-END
		use @base @dev
		read $W
	END
        policy "$T/b" <<-END
		use @base @dev
		read $W
		deny $W/**/*.key
	END
        compared
        status_is 1
        has "$out" "- list read  $W/**/*.key"
        has "$out" "B grants more: 0, less: 1"
        P=$T/a boxed cat "$W/d/f.key"
        status_is 0
        P=$T/b boxed cat "$W/d/f.key"
        status_is 1
        P=$T/b boxed cat "$W/d/f.txt"
        status_is 0
}

test_exceptions_are_told() {
        policy "$T/a" <<<"read $W/a"
        policy "$T/b" <<<"read $W"
        compared
        status_is 1
        has "$out" "+ list read  $W/**   ($T/b:2)"
        has "$out" "      but not  $W/a"
        has "$out" "+ read  $W  (itself alone)"
}

test_bundles_and_params() {
        run "$CORDON" diff @base @base
        status_is 0
        run "$CORDON" diff @base @dev
        status_is 1
        has "$out" "@dev:"
        policy "$T/a" <<-'END'
		param X
		read $X
	END
        policy "$T/b" <<-'END'
		param X
		param Y
		read $X
		write $Y
	END
        compared -D "X=$W" -D "Y=$W/y"
        status_is 1
        has "$out" "$W/y"
        compared -D "X=$W" -D "Y=$W/y" -D Z=1
        status_is 2
        has "$err" "Z=1"
        compared -D "X=$W"
        status_is 2
        has "$err" "'Y' has no value"
}

test_what_cannot_be_asked() {
        policy "$T/a" <<<"read /usr"
        run "$CORDON" diff "$T/a"
        status_is 2
        run "$CORDON" diff "$T/a" "$T/a" "$T/a"
        status_is 2
        run "$CORDON" diff "$T/a" "$T/nowhere"
        status_is 2
        has "$err" "no such file"
        policy "$T/b" <<<"wirte /usr"
        compared
        status_is 2
        has "$err" "did you mean 'write'?"
        is "$out" ""
}

json() { # json EXPRESSION
        python3 -c 'import json, sys
o = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$T/out" "$1"
}

test_json() {
        need python3
        policy "$T/a" <<-END
		read $W
		limit memory 1G
	END
        policy "$T/b" <<-END
		read $W
		deny $W/**/.env because "secrets"
		limit memory 2G
	END
        compared --json
        status_is 1
        is "$(json '(o["version"], o["more"], o["less"], o["other"])')" "(1, 1, 1, 0)"
        is "$(json '[(d["sign"], d["kind"], d["operations"]) for d in o["differences"]]')" \
                "[('-', 'path', ['list', 'read']), ('+', 'limit', [])]"
        is "$(json 'o["differences"][0]["subject"]')" "$W/**/.env"
        is "$(json 'o["differences"][0]["b"]["line"], o["differences"][0]["a"]["line"]')" "(3, 2)"
        is "$(json 'o["differences"][1]["a"]["value"], o["differences"][1]["b"]["value"]')" "('1G', '2G')"
        run "$CORDON" diff --json "$T/a" "$T/a"
        status_is 0
        is "$(json 'o["differences"]')" "[]"
}

test_odd_names_do_not_reach_a_terminal() {
        need python3
        policy "$T/a" <<<"read /usr"
        policy "$T/b" <<-'END'
		read /usr
		read "/x\x1b[31m\xff"
	END
        compared
        status_is 1
        lacks "$out" $'\e'
        compared --json
        status_is 1
        lacks "$out" $'\e'
        is "$(json 'len(o["differences"]) > 0')" True
}

test_large_policies() {
        { echo "cordon 1"; for n in $(seq 20000); do echo "read /data/$n/x"; done; echo "deny **/*.key"; } >"$T/a"
        { cat "$T/a"; echo "write /data/7/x/y"; } >"$T/b"
        within=60 compared
        status_is 1
        has "$out" "+ create write  /data/7/x/y"
        is "$(wc -l <<<"$out")" 3
}

# What a `proc` line brings has places that are closed, of which no line of either policy tells.
test_closed_places_of_proc() {
        printf 'proc own\n' | policy "$T/a"
        printf 'proc own\nread /proc/kallsyms\n' | policy "$T/b"
        printf 'proc own\ndeny /proc/kallsyms\n' | policy "$T/c"
        printf 'proc own\nread /proc/k*\n' | policy "$T/d"
        run "$CORDON" diff "$T/a" "$T/b"
        status_is 1
        is "$out" "+ read  /proc/kallsyms   ($T/a:2 -> $T/b:3)
B grants more: 1, less: 0"
        run "$CORDON" diff "$T/b" "$T/a"
        has "$out" "- read  /proc/kallsyms"
        run "$CORDON" diff "$T/a" "$T/c" # reading it was closed before
        has "$out" "- list  /proc/kallsyms"
        lacks "$out" read
        run "$CORDON" diff "$T/a" "$T/d"
        has "$out" "+ read  /proc/kcore   ($T/a:2 -> $T/d:3)"
        lacks "$out" interrupts
        run "$CORDON" diff "$T/a" "$T/a"
        status_is 0
}
