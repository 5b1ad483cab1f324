# Without user namespaces, and with that accepted: what could be reached by a way round, and what the host's own objects must not lend
# to the program. Each is reached outside.
# shellcheck shell=bash disable=SC2154

test_hosted_generations_that_run_ahead() {
        hosted_policy
        local way
        # Outside they go on when the one that started them is gone.
        run "$HELPERS/ahead" "$W/lock" 8 32
        is "$out" "running ahead"
        ! flock -n "$W/lock" true || fail "they hold no lock"
        printf x 1<>"$W/lock"
        timeout 60 flock "$W/lock" true || fail "they did not end when told to"
        rm "$W/lock"
        for way in "1 1" "8 32" "32 8"; do
                # shellcheck disable=SC2086
                hosted -- "$HELPERS/ahead" "$W/lock" $way
                is "$out" "running ahead"
                flock -n "$W/lock" true || fail "some of $way run when cordon has ended"
                rm "$W/lock"
        done
        start "$HELPERS/without" userns "$CORDON" run -q -p "$T/policy" --accept no-userns -- \
                sh -c "$HELPERS/ahead $W/lock 8 32; exec $HELPERS/hog deaf"
        expect_line "running ahead"
        kill -KILL "$pid"
        timeout 20 flock "$W/lock" true || fail "they outlived a cordon that was killed"
        wait "$pid" || true
}

# pid 1 signals "all", which are the sandbox's as long as Landlock says so. Where it were not true, nothing would start.
test_hosted_scope_is_tried_first() {
        dev_policy 'user own'
        start "$HELPERS/hog" forever
        expect_line ready
        run "$HELPERS/without" userns,landlock-mute "$CORDON" run -p "$T/policy" --accept no-userns -- true
        status_is 125
        has "$err" "beyond its scope"
        kill -0 "$pid" || fail "it was killed"
        hosted -- true
        status_is 0
        kill -0 "$pid" || fail "it was killed"
}

