# cordon check: warnings with their names and places, what counts for the exit status, JSON.
# shellcheck shell=bash

checked() { # checked OPTION…: of $T/policy
        run "$CORDON" check "$@" "$T/policy"
}

# Each warning once with the name in brackets, then the same policy without what it is about.
warns() { # warns NAME PLACE
        checked
        status_is 0
        has "$err" "[$1]"
        has "$err" "policy:$2: warning: "
        checked --strict
        status_is 1
}

does_not_warn() { # does_not_warn NAME
        checked
        status_is 0
        lacks "$err" "[$1]"
}

test_shadowed_rule() {
        policy <<-END
		never $W
		read $W/x
	END
        mkdir "$W/x"
        warns shadowed-rule 3:6
        policy <<<"read $W/x"
        does_not_warn shadowed-rule
}

test_redundant_rule() {
        mkdir "$W/x"
        policy <<-END
		read $W
		read $W/x
	END
        warns redundant-rule 3:6
        has "$err" "grants what \`read $W\`"
        policy <<-END
		read $W
		exec $W/x
	END
        does_not_warn redundant-rule
}

test_duplicate_rule() {
        policy <<-END
		read $W
		read $W
	END
        warns duplicate-rule 3:6
        policy <<<"read $W"
        does_not_warn duplicate-rule
}

test_writable_exec() {
        policy <<<"write exec $W"
        warns writable-exec 2:12
        policy <<<"write exec $W because \"a build runs what it made\""
        does_not_warn writable-exec
        policy <<<"write $W"
        does_not_warn writable-exec
}

test_floating_system() {
        policy <<-'END'
		use @base
		deny **/*.so
	END
        warns floating-system 3:6
        policy <<-'END'
		use @base
		deny **/.env
	END
        does_not_warn floating-system
}

test_proc_grant() {
        policy <<<"read /proc/cpuinfo"
        warns proc-grant 2:6
        policy <<<"proc self"
        does_not_warn proc-grant
}

test_missing_path() {
        policy <<<"read $W/nowhere"
        warns missing-path 2:6
        mkdir "$W/nowhere"
        does_not_warn missing-path
        policy <<<"use @base @cc @python @node" # for all distributions: most of it is nowhere
        does_not_warn missing-path
}

test_not_startable() {
        policy <<-'END'
		read /usr
		syscalls @default ptrace
	END
        warns not-startable 3:19
        launch=may_fail boxed true
        status_is 125
        policy <<<"syscalls @default"
        does_not_warn not-startable
}

test_unused_variable() {
        policy <<-'END'
		param A=1
		let B=/usr
		read $B
	END
        warns unused-variable 2:7
        policy <<-'END'
		let B=/usr
		read $B
	END
        does_not_warn unused-variable
}

test_wide_grant() {
        export HOME=$T/home
        policy <<<"write ~"
        warns wide-grant 2:7
        has "$err" "all of your home"
        mkdir "$T/home/src" "$T/home/bin"
        policy <<<"write ~/src ~/bin"
        does_not_warn wide-grant
        PATH=$T/home/bin:$PATH warns wide-grant 2:13
        export HOME=/nonexistent
        policy <<<"write $T"
        warns wide-grant 2:7
        has "$err" "changing this policy itself"
}

test_duplicate_use() {
        policy <<-'END'
		use @base
		use @python @base
	END
        warns duplicate-use 3:13
        policy <<<"use @base @python" # which uses @base, too
        does_not_warn duplicate-use
}

test_all_in_the_order_of_lines_with_carets() {
        export HOME=$T/home
        policy <<-END
		let NOBODY=1
		write exec $W
		read $W/nowhere
		expect deny read $W/a
	END
        checked
        status_is 1
        is "$(grep -o 'policy:[0-9]*:[0-9]*: [a-z]*' "$T/err" | tr '\n' ' ')" \
                "policy:2:5: warning policy:3:12: warning policy:4:6: warning policy:5:1: error "
        is "$(grep -c '\^' "$T/err")" 4
        has "$err" "1 of 1 expectations do not hold; 3 warnings"
}

test_quiet_and_strict() {
        policy <<<"use @base"
        checked -q --strict
        status_is 0
        is "$out$err" ""
        policy <<<"write exec $W"
        checked -q
        status_is 0
        is "$out" ""
        checked -q --strict
        status_is 1
        has "$err" "--strict"
        lacks "$out" "fine"
}

test_statuses() {
        policy <<<"use @base"
        run "$CORDON" check "$T/policy" "$T/nowhere"
        status_is 2
        policy "$T/bad" <<<"wirte /x"
        run "$CORDON" check "$T/policy" "$T/bad"
        status_is 1
        run "$CORDON" check "$T/bad" "$T/nowhere"
        status_is 2
        run "$CORDON" check
        status_is 2
}

# What we ship and what our tests use is clean, where the paths are there.
test_bundles_and_examples_are_clean() {
        local b
        mkdir "$W/in" "$W/out"
        touch "$W/doc"
        for b in @base @python @cc @node @dev @default @basic @java @rust @go @shell @secrets @gui-none; do
                run "$CORDON" check --strict "$b"
                status_is 0
                is "$err" ""
        done
        run "$CORDON" check --strict "$HERE/policies/build-job.policy" -D "SOURCE=$W/in" -D "RESULT=$W/out"
        status_is 0
        run "$CORDON" check --strict "$HERE/policies/data-script.policy" -D "FROM=$W/in" -D "TO=$W/out"
        status_is 0
}

json() { # json EXPRESSION: of the output `o`, printed by python
        python3 -c 'import json, sys
o = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$T/out" "$1"
}

test_json() {
        need python3
        policy <<-END
		let NOBODY=1
		read $W/nowhere
		expect deny read /etc/shadow
	END
        run "$CORDON" check --json "$T/policy" @base "$T/missing"
        status_is 2
        is "$err" ""
        is "$(json 'o["version"], o["status"], len(o["files"])')" "(1, 2, 3)"
        is "$(json '[f["status"] for f in o["files"]]')" "[0, 0, 2]"
        is "$(json '[(f["id"], f["line"], f["column"], f["width"], f["severity"]) for f in o["files"][0]["findings"]]')" \
                "[('unused-variable', 2, 5, 6, 'warning'), ('missing-path', 3, 6, $((${#W} + 8)), 'warning')]"
        is "$(json 'o["files"][0]["expectations"]')" "{'total': 1, 'failed': 0}"
        is "$(json 'o["files"][0]["file"]')" "$T/policy"
        is "$(json 'o["files"][2]["findings"][0]["message"]')" "there is no such file"
        run "$CORDON" check --json --strict "$T/policy"
        status_is 1
        is "$(json 'o["status"]')" 1
}

# Whatever a name is, the output is JSON, and a terminal gets nothing raw.
test_json_of_odd_names() {
        need python3
        local odd=$T/$'a\e[31m\n\xff"b'
        printf 'cordon 1\nlet X=1\n' >"$odd"
        run "$CORDON" check --json "$odd"
        status_is 0
        is "$(json 'o["files"][0]["findings"][0]["id"]')" unused-variable
        lacks "$out" $'\e'
        run "$CORDON" check "$odd"
        status_is 0
        lacks "$out$err" $'\e'
}
