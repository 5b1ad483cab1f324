# What a refusal looks like: the errno, the summary, the line that would allow it, the audit file.
# shellcheck shell=bash

setup() {
        plant_secret
        mkdir -p "$W/in"
        echo input >"$W/in/data"
        echo "$SECRET" >"$W/in/secret.key"
        policy <<-END
		use @base @dev
		read $W/in
		deny $W/in/**/*.key because "keys are not input"
	END
}

test_uncovered_path_does_not_exist() {
        setup
        boxed cat "$S"
        status_is 1
        has "$err" "No such file or directory"
        run cat "$S"
        is "$out" "$SECRET"
}

test_denied_path_is_permission_denied() {
        setup
        boxed cat "$W/in/secret.key"
        status_is 1
        has "$err" "Permission denied"
        boxed cat "$W/in/data"
        is "$out" input
        run cat "$W/in/secret.key"
        is "$out" "$SECRET"
}

test_summary_names_path_and_allowing_line() {
        setup
        told sh -c "cat $S; cat $S; cat $S; true"
        status_is 0
        has "$err" "cordon: denied"
        has "$err" "read $S"
        has "$err" "×3"
        has "$err" "cat"
        has "$err" "no rule in"
        has "$err" "policy"
        matches "$err" "to allow: read "
        is "$(grep -c 'to allow' "$T/err")" 1
}

# No rule is about the directory itself: what stands in the way is one about what could be in it.
test_summary_names_the_rule_that_holds_a_directory() {
        policy <<-END
		use @base @dev
		write $W
		deny $W/kept/**/.env
	END
        mkdir -p "$W/kept/one"
        told mv "$W/kept/one" "$W/two"
        status_is 1
        has "$err" "write $W/kept/one"
        has "$err" "deny $W/kept/**/.env"
        lacks "$err" "no rule in"
        lacks "$err" "to allow"
        told mv "$W/kept/one" "$W/kept/two"
        status_is 0
        lacks "$err" "denied"
}

# A directory that can be written already is no advice about a name in it.
test_summary_advises_nothing_that_does_not_help() {
        policy <<-END
		use @base @dev
		write $W
		read $W/kept
	END
        told sh -c "echo >$W/kept"
        has "$err" "create $W/kept"
        lacks "$err" "to allow"
}

# Its relative names are then looked for in the wrong place, where there is nothing to be refused.
test_summary_names_a_directory_that_is_not_there() {
        setup
        mkdir "$W/elsewhere"
        echo near >"$W/elsewhere/near"
        cd "$W/elsewhere" || fail "no directory"
        told cat near
        status_is 1
        has "$err" "$W/elsewhere is not in the sandbox, so the program began in / and looked there for near"
        told sh -c 'echo new > far; cat missing'
        has "$err" "looked there for far"
        told cat missing
        lacks "$err" "is not in the sandbox"
        cd "$W/in" || fail "no directory"
        told cat data near
        is "$out" input
        lacks "$err" "is not in the sandbox"
        cd / || fail "no directory"
        told cat near
        lacks "$err" "is not in the sandbox"
}

test_summary_names_the_rule_and_because() {
        setup
        told cat "$W/in/secret.key"
        has "$err" "read $W/in/secret.key"
        has "$err" "policy:4"
        has "$err" "deny "
        has "$err" 'keys are not input'
}

test_the_suggested_line_really_allows_it() {
        setup
        told cat "$S"
        status_is 1
        local line
        line=$(sed -n 's/^ *to allow: //p' "$T/err" | head -1)
        [ -n "$line" ] || fail "no line was suggested"
        echo "$line" >>"$T/policy"
        told cat "$S"
        status_is 0
        is "$out" "$SECRET"
        lacks "$err" "denied"
}

test_the_suggested_line_for_odd_names_allows_too() {
        setup
        local name line
        for name in 'a b' 'star*' '#hash' '{a,b}' '$HOME' '~' "it's" 'x"y' 'back\slash' '[x]'; do
                setup
                echo content >"$T/secret/$name"
                told cat "$T/secret/$name"
                [ "$rc" = 1 ] || fail "'$name' was not refused"
                line=$(sed -n 's/^ *to allow: //p' "$T/err" | head -1)
                [ -n "$line" ] || fail "no line was suggested for '$name'"
                echo "$line" >>"$T/policy"
                told cat "$T/secret/$name"
                [ "$rc" = 0 ] || fail "'$line' does not allow '$name'"
        done
}

test_the_suggested_line_for_writing() {
        setup
        mkdir -p "$T/other"
        am_root && chmod 777 "$T/other"
        told sh -c "echo x >$W/in/data"
        [ "$rc" != 0 ] || fail "a read tree was written"
        has "$err" "write $W/in/data"
        is "$(cat "$W/in/data")" input
        local line
        line=$(sed -n 's/^ *to allow: //p' "$T/err" | head -1)
        [ -z "$line" ] || {
                echo "$line" >>"$T/policy"
                told sh -c "echo x >$W/in/data"
                is "$(cat "$W/in/data")" x
        }
}

test_no_denial_no_summary() {
        setup
        told cat "$W/in/data"
        status_is 0
        is "$err" ""
}

test_quiet_prints_nothing() {
        setup
        run "$CORDON" run -q -p "$T/policy" -- sh -c "cat $S 2>/dev/null; true"
        is "$err" ""
        status_is 0
}

test_refusals_of_what_is_not_there_are_no_noise() {
        setup
        told sh -c "cat /no/such/file 2>/dev/null; true"
        lacks "$err" "/no/such/file"
        run "$CORDON" run -v -p "$T/policy" -- sh -c "cat /no/such/file 2>/dev/null; true"
        has "$err" "/no/such/file"
}

# ---- names that are attacks themselves ----

ugly_names() {
        ugly=$'esc\e]0;owned\a\e[31m' newline=$'new\nline\ncordon: denied  read fake' bad=$'bad\xff\xfeutf8' control=$'c1\xc2\x9b31m'
        local n
        for n in "$ugly" "$newline" "$bad" "$control"; do
                echo content >"$T/secret/$n"
        done
}

test_names_never_reach_the_terminal_raw() {
        setup
        ugly_names
        told sh -c 'for f; do read -r x <"$f"; done 2>/dev/null; true' sh "$T/secret/$ugly" "$T/secret/$newline" "$T/secret/$bad" "$T/secret/$control"
        has "$err" "denied"
        [ "$(grep -c '^cordon: denied' "$T/err")" = 4 ] || fail "not four denials"
        ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$T/err" || fail "a control character came out raw"
        iconv -f UTF-8 -t UTF-8 "$T/err" >/dev/null 2>&1 || fail "the summary is not UTF-8"
        LC_ALL=C grep -q $'\xc2\x9b' "$T/err" && fail "a C1 control character came out raw"
        return 0
}

test_audit_file_is_json_lines() {
        need python3
        setup
        ugly_names
        run "$CORDON" run -q --audit "$T/audit" -p "$T/policy" -- sh -c 'for f; do read -r x <"$f"; done 2>/dev/null; true' sh \
                "$T/secret/$ugly" "$T/secret/$newline" "$T/secret/$bad" "$S" "$W/in/secret.key" "$W/in/data"
        [ -s "$T/audit" ] || fail "no audit file"
        last="the audit file"
        cat >"$T/check.py" <<'END'
import json, sys
text = open(sys.argv[1], "rb").read()
assert text.endswith(b"\n")
rows = [json.loads(line.decode("utf-8")) for line in text.splitlines()]
assert all(isinstance(r, dict) for r in rows)
print(len(rows))
flat = [json.dumps(r, ensure_ascii=False) for r in rows]
for want in sys.argv[2:]:
    assert any(want in f for f in flat), want
END
        run python3 "$T/check.py" "$T/audit" "$S" "$W/in/secret.key"
        status_is 0
        [ "$out" -ge 5 ] || fail "$out records for 5 denials"
        ! grep -q '/in/data' "$T/audit" || fail "what was allowed is in the audit file though audit is 'denied'"
}

test_audit_all_and_none() {
        setup
        echo "audit all" >>"$T/policy"
        run "$CORDON" run -q --audit "$T/audit" -p "$T/policy" -- cat "$W/in/data"
        if [ "$rc" = 0 ]; then
                grep -q '/in/data' "$T/audit" || fail "audit all did not record what was allowed"
        fi
        setup
        echo "audit none" >>"$T/policy"
        rm -f "$T/audit"
        run "$CORDON" run --audit "$T/audit" -p "$T/policy" -- cat "$S"
        status_is 1
        [ ! -s "$T/audit" ] || fail "audit none recorded something"
}

test_audit_file_that_cannot_be_made() {
        setup
        run "$CORDON" run --audit "$T/nowhere/audit" -p "$T/policy" -- echo ran
        status_is 125
        one_line "$err"
        is "$out" ""
}

# 64 MB and a last line that says so, however long a program goes on.
test_audit_file_is_bounded() {
        dev_policy
        local size script='
                printf -v part "%200s" ""
                for i in {1..18}; do path+=/${part// /$1}; done
                for ((i = 0; i < $2; i++)); do read -r x <$path; done 2>/dev/null
                echo done'
        for size in 20 20000; do
                run "$CORDON" run -q -p "$T/policy" --audit "$T/$size" -- bash -c "$script" bash $'\001' $size
                is "$out" done
        done
        is "$(wc -l <"$T/20")" 20
        lacks "$(cat "$T/20")" truncated
        has "$(tail -n 1 "$T/20000")" '"truncated"'
        is "$(grep -c '"truncated"' "$T/20000")" 1
        size=$(stat -c %s "$T/20000")
        [ "$size" -gt 60000000 ] && [ "$size" -lt 68000000 ] || fail "$size bytes"
}

test_hidden_path_is_not_found_and_told() {
        setup
        mkdir -p "$W/in/sub"
        echo x >"$W/in/sub/hidden"
        echo "hide $W/in/sub/hidden" >>"$T/policy"
        told cat "$W/in/sub/hidden"
        has "$err" "No such file"
        has "$err" "hide "
}

test_never_cannot_be_reopened() {
        setup
        printf 'never %s\nread %s\n' "$T/secret" "$S" >>"$T/policy"
        told cat "$S"
        [ "$rc" = 1 ] || fail "a never was reopened"
        lacks "$out" "$SECRET"
}

test_writes_denied_are_told_as_writes() {
        setup
        told sh -c "echo x >$W/in/new"
        matches "$err" "denied  (create|write) $W/in/new"
        [ ! -e "$W/in/new" ] || fail "made after all"
}

# What is missed in the sandbox's own /tmp is told where the host has it, and only there.
test_summary_tells_of_the_hosts_tmp_where_something_is_there() {
        need python3
        policy <<-END
		use @base @python
		tmp private
	END
        local file=/tmp/cordon-test-$$
        local reads=(python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDWR)' "$file")
        told "${reads[@]}"
        status_is 1
        lacks "$err" "cordon: denied"
        (umask 077 && echo text >"$file")
        # shellcheck disable=SC2064
        trap "rm -f $file" EXIT
        told "${reads[@]}"
        status_is 1
        has "$err" "cordon: denied  write $file"
}
