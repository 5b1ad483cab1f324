# A program of a Debian package under a policy of at most ten lines: status, output and files are the same as outside,
# nothing is refused that is not told in the case, and nothing beside the grant can be reached under that policy.
# tests/run makes a test of each tests/compat/NAME.case: `compat/case:NAME`.
# shellcheck shell=bash disable=SC2154
. "$HERE/compat/read.sh"

# Runs the lines of the case one by one, each with a command in front of it. Their statuses are a part of the output. What
# cordon says at the end of each is put aside, in `told`.
run_lines() {
        local line rc
        while IFS= read -r line; do
                rc=0
                eval "\"\$@\" $line" </dev/null >>"$T/out" 2>"$T/said" || rc=$?
                echo "$line: $rc" >>"$T/rc"
                sed -n '/^cordon: /,$p' "$T/said" >>"$T/told"
                sed '/^cordon: /,$d' "$T/said" >>"$T/err"
        done <<<"${C[run]%$'\n'}"
}

# One run of the case in a fresh copy of what it begins with. SIDE.out, .err, .rc, .tree are what came of it.
run_side() {
        local side=$1
        shift
        rm -rf "$W" "$T/out" "$T/err" "$T/rc" "$T/told"
        cp -a "$T/seed" "$W"
        : >"$T/out" >"$T/err"
        cd "$W"
        run_lines "$@"
        cd "$T"
        for part in out err; do
                sed -E "${C[blur]-}" "$T/$part" >"$T/$side.$part"
        done
        mv "$T/rc" "$T/$side.rc"
        ignore=${C[ignore]-} tree_of "$W" >"$T/$side.tree"
}

# As root the program inside is another user. A case where that makes a difference says `as child`.
outside() {
        if am_root && [ "${C[as]-}" = child ]; then
                chown -R 65534:65534 "$T/seed"
                run_side outside setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all
        else
                run_side outside
        fi
}

compare() {
        local part
        for part in rc out err tree; do
                diff -u "$T/outside.$part" "$T/inside.$part" >"$T/difference" ||
                        fail "$part differs from the run outside:"$'\n'"$(head -40 "$T/difference")"$'\n'"$(cat "$T/told")"
        done
}

# What the end of the run told of must be in the case, with its reason: `denied`, lines of `WHAT: reason`.
nothing_else_was_refused() {
        local line known expected
        while IFS= read -r line; do
                [[ $line == "cordon: "* ]] || continue
                known=
                while IFS= read -r expected; do
                        # shellcheck disable=SC2053
                        [ -n "$expected" ] && [[ $line == "cordon: denied  "${expected%%: *}"  "* ]] && known=1
                done <<<"${C[denied]-}"
                [ -n "$known" ] || fail "the program works, but: $line"
        done <"$T/told"
}

# The opposite. Outside all of this can be reached; under the policy of the case, none.
nothing_beside_is_reached() {
        local dir seen
        for dir in "$T/secret" "$HOME"; do
                echo secret >"$dir/secret"
                chmod 644 "$dir/secret"
        done
        run "$HELPERS/beside-static" "$T/secret" "$HOME"
        is "$(grep -c ': reached$' "$T/out")" 8 "what can be reached outside"
        rm -f "$T/secret/made" "$HOME/made"
        policy "$T/probe" <<<"exec $HELPERS/beside-static"
        cd "$W"
        run "$CORDON" run -q -p "$T/policy" -p "$T/probe" -- "$HELPERS/beside-static" "$T/secret" "$HOME"
        status_is 0
        seen=$(grep -Ec ': (ENOENT|EACCES|EROFS)$' "$T/out") || true
        is "$seen" 8 "what is refused inside"
        [ ! -e "$T/secret/made" ] && [ ! -e "$HOME/made" ] || fail "something was made beside the grant"
        is "$(cat "$T/secret/secret" "$HOME/secret")" $'secret\nsecret'
}

prepare() {
        local name
        mkdir -p "$T/seed"
        for name in "${inputs[@]}"; do
                mkdir -p "$(dirname "$T/seed/$name")"
                printf %s "${C[input $name]}" >"$T/seed/$name"
        done
        [ -n "${C[prepare]-}" ] || return 0
        run sh -ec 'cd "$1"; eval "$2"' sh "$T/seed" "${C[prepare]}"
        status_is 0
}

run_case() {
        read_case "$HERE/compat/$1.case"
        [ -z "${C[waits]-}" ] || skip "${C[waits]}"
        # shellcheck disable=SC2086
        need ${C[needs]-${C[program]}}
        policy <<<"${C[policy]%$'\n'}"
        [ "$(grep -c . <<<"${C[policy]}")" -le 10 ] || fail "the policy has more than ten lines"
        prepare
        outside
        run_side inside "$CORDON" run -p "$T/policy" --
        compare
        nothing_else_was_refused
        nothing_beside_is_reached
}
