# The five canonical policies, in words of our own, and the shared ones where they are at hand.
# shellcheck shell=bash

accepted() { # accepted FILE -D…
        run "$CORDON" check "$@"
        status_is 0
        lacks "$err" "error"
}

refused_word() { # refused_word WORD FILE -D…
        local word=$1
        shift
        run "$CORDON" check "$@"
        [ "$rc" != 0 ] || fail "accepted"
        has "$out$err" "$word"
        has "$out$err" "^~"
}

test_text_extractor_policy() {
        accepted "$HERE/policies/text-extractor.policy" -D "DOC=$W/a.pdf"
        run "$CORDON" check "$HERE/policies/text-extractor.policy"
        [ "$rc" != 0 ] || fail "accepted without its param"
        has "$out$err" "DOC"
}

test_text_extractor_runs() {
        need_plain_build
        echo "some text" >"$W/doc"
        echo other >"$W/other"
        run "$CORDON" run -q -p "$HERE/policies/text-extractor.policy" -D "DOC=$W/doc" -- cat "$W/doc"
        status_is 0
        is "$out" "some text"
        run "$CORDON" run -q -p "$HERE/policies/text-extractor.policy" -D "DOC=$W/doc" -- cat "$W/other"
        status_is 1
}

test_data_script_policy() {
        mkdir "$W/from" "$W/to"
        accepted "$HERE/policies/data-script.policy" -D "FROM=$W/from" -D "TO=$W/to"
}

test_data_script_runs() {
        need_plain_build
        need python3
        mkdir "$W/from" "$W/to"
        echo 1,2 >"$W/from/t.csv"
        echo key >"$W/from/s.key"
        cat >"$W/from/s.py" <<'END'
import os, sys
open(sys.argv[2] + "/r", "w").write(open(sys.argv[1] + "/t.csv").read() + os.environ["HOME"])
open("/tmp/" + sys.argv[3], "w").write("x")
try:
    open(sys.argv[1] + "/s.key")
except PermissionError as e:
    print(e.strerror)
END
        run "$CORDON" run -q -p "$HERE/policies/data-script.policy" -D "FROM=$W/from" -D "TO=$W/to" -- python3 "$W/from/s.py" "$W/from" "$W/to" "cordon-test-$$"
        status_is 0
        is "$out" "Permission denied"
        is "$(cat "$W/to/r")" $'1,2\n/tmp'
        [ ! -e "/tmp/cordon-test-$$" ] || fail "the private /tmp is the host's"
}

test_build_job_policy() {
        mkdir "$W/source" "$W/result"
        accepted "$HERE/policies/build-job.policy" -D "SOURCE=$W/source" -D "RESULT=$W/result"
}

test_build_job_runs() {
        need_plain_build
        need gcc
        mkdir -p "$W/source/.git" "$W/result"
        echo 'url = secret' >"$W/source/.git/config"
        echo 'int main(void) { return 3; }' >"$W/source/main.c"
        local p=("$CORDON" run -q -p "$HERE/policies/build-job.policy" -D "SOURCE=$W/source" -D "RESULT=$W/result" --)
        run "${p[@]}" gcc -o "$W/result/prog" "$W/source/main.c"
        status_is 0
        run "$W/result/prog"
        status_is 3
        run "${p[@]}" "$W/result/prog"
        status_is 126
        echo '#include "'"$W"'/source/.git/config"' >"$W/source/spy.c"
        run gcc -E "$W/source/spy.c"
        has "$out" "url = secret"
        run "${p[@]}" gcc -E "$W/source/spy.c"
        [ "$rc" != 0 ] || fail "a hidden file was read"
        lacks "$out" "url = secret"
}

test_image_decoder_policy_is_accepted() {
        accepted "$HERE/policies/image-decoder.policy"
        accepted "$HERE/policies/image-decoder-now.policy"
}

test_image_decoder_runs() {
        need_plain_build
        run "$CORDON" run -q -p "$HERE/policies/image-decoder-now.policy" -- cat <<<decoded
        status_is 0
}

# What can't be enforced yet can be written and checked; starting a program with it is refused by name.
test_assistant_policy_is_accepted_and_not_started() {
        accepted "$HERE/policies/assistant.policy" -D "REPO=$W"
        run "$CORDON" run -q -p "$HERE/policies/assistant.policy" -D "REPO=$W" -- true
        status_is 125
        has "$err" "connect api.example.org:443"
}

shared() {
        [ -d "${SHARED_POLICIES-}" ] || skip "the shared policies are not beside this checkout"
        accepted "$SHARED_POLICIES/pdf2text.policy" -D "IN=$W/in.pdf"
        mkdir -p "$W/in" "$W/out"
        accepted "$SHARED_POLICIES/py-inout.policy" -D "IN=$W/in" -D "OUT=$W/out"
        accepted "$SHARED_POLICIES/cc-job.policy" -D "SRC=$W/in" -D "OUT=$W/out"
        accepted "$SHARED_POLICIES/thumbnail.policy"
        accepted "$SHARED_POLICIES/agent.policy" -D "REPO=$W"
}

test_shared_policies() {
        shared
}

# A policy that could be enforced only by half is refused, with its line.
test_grant_by_pattern_to_write_is_refused() {
        policy <<-END
		use @base
		exec $W
		write $W/*.log
	END
        run "$CORDON" run -q -p "$T/policy" -- true
        status_is 125
        has "$err" "policy:4"
}

test_floating_grant_is_refused() {
        policy <<-END
		use @base
		read **/x
	END
        run "$CORDON" check "$T/policy"
        [ "$rc" != 0 ] || fail "accepted"
        has "$out$err" "policy:3"
}

test_precedence_deepest_wins_whatever_the_order() {
        mkdir -p "$W/a/b/c"
        echo x >"$W/a/b/c/f"
        echo x >"$W/a/f"
        local order
        for order in "" -r; do
                { echo "cordon 1"; printf '%s\n' "use @base @dev" "read $W" "deny $W/a" "read $W/a/b" "deny $W/a/b/c/*.k" | sort $order; } >"$T/policy"
                echo x >"$W/a/b/c/z.k"
                boxed cat "$W/a/b/c/f"
                status_is 0
                boxed cat "$W/a/f"
                status_is 1
                boxed cat "$W/a/b/c/z.k"
                status_is 1
        done
}
