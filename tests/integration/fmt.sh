# cordon fmt: what it prints, lists and writes, and what it leaves alone.
# shellcheck shell=bash

messy() { # a policy that is not in order, and what it is to become
        printf 'cordon 1\r\n\n\n  read "/usr"   # why\nwrite\t%s\n' "$W" >"${1-$T/policy}"
        printf 'cordon 1\n\nread  /usr                  # why\nwrite %s\n' "$W" >"$T/wanted"
}

same_file() {
        diff -u "$1" "$2" >"$T/difference" || fail "$(cat "$T/difference")"
}

untouched() { # untouched FILE COMMAND…: the very same file afterwards, and nothing beside it
        local file=$1 before names
        shift
        : >>"$T/out" >>"$T/err"
        before=$(stat -c '%i %Y %Z %s' "$file") names=$(ls -A "$(dirname "$file")")
        "$@"
        is "$(stat -c '%i %Y %Z %s' "$file")" "$before" "the file"
        is "$(ls -A "$(dirname "$file")")" "$names" "what lies beside it"
}

test_fmt_prints() {
        messy
        run "$CORDON" fmt "$T/policy"
        status_is 0
        is "$err" ""
        same_file "$T/wanted" "$T/out"
        stdin=$T/policy run "$CORDON" fmt -
        status_is 0
        same_file "$T/wanted" "$T/out"
        untouched "$T/policy" run "$CORDON" fmt "$T/policy"
        [ -s "$T/out" ] || fail "nothing was printed"
}

test_fmt_escapes_for_a_terminal() {
        need python3
        printf 'cordon 1\n# \033]0;title\007 \303\244\tb\n' >"$T/policy"
        run python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$CORDON" fmt "$T/policy"
        has "$out" '# \x1b]0;title\x07 ä'$'\t''b'
        run "$CORDON" fmt "$T/policy"
        has "$out" $'\033]0;title'
}

test_fmt_checks() {
        messy
        cp "$T/wanted" "$T/fine"
        run "$CORDON" fmt --check "$T/fine"
        status_is 0
        is "$out$err" ""
        untouched "$T/policy" run "$CORDON" fmt --check "$T/policy" "$T/fine"
        status_is 1
        is "$out" "$T/policy"
        stdin=$T/policy run "$CORDON" fmt --check - "$T/fine"
        status_is 1
        is "$out" "(standard input)"
}

test_fmt_difference_is_a_patch() {
        need patch
        local n
        seq 1 30 | sed 's/^/# line /' >"$T/middle"
        for n in 1 2 3 4 5; do
                messy
                case $n in
                2) cat "$T/policy" "$T/middle" "$T/policy" >"$T/two" && mv "$T/two" "$T/policy" ;;
                3) printf 'read   /usr' >"$T/policy" ;;
                4) printf ' \n\n\t' >"$T/policy" ;;
                5) printf '\n\n%s\n\n\n\n%s\n\n \n' "$(cat "$T/middle")" "read   /usr" >"$T/policy" ;;
                esac
                untouched "$T/policy" run "$CORDON" fmt -d "$T/policy"
                status_is 1
                cp "$T/out" "$T/patch"
                run "$CORDON" fmt "$T/policy"
                cp "$T/out" "$T/wanted"
                patch --binary -s "$T/policy" "$T/patch" || fail "the patch does not fit: $(cat "$T/patch")"
                [ -e "$T/policy" ] || : >"$T/policy" # patch takes away what is empty
                same_file "$T/wanted" "$T/policy"
                run "$CORDON" fmt -d "$T/policy"
                status_is 0
                is "$out" ""
        done
}

test_fmt_difference_shows_no_more_than_it_must() {
        { echo "cordon 1"; seq 1 50 | sed 's/^/# line /'; echo "read   /usr"; } >"$T/policy"
        run "$CORDON" fmt -d "$T/policy"
        is "$(wc -l <"$T/out")" 8
        has "$out" "@@ -49,4 +49,4 @@"
        has "$out" "-read   /usr"
        has "$out" "+read /usr"
}

test_fmt_writes() {
        messy
        chmod 640 "$T/policy"
        cp "$T/wanted" "$T/fine"
        local before
        before=$(stat -c '%a %u %g' "$T/policy")
        run "$CORDON" fmt -w "$T/policy" "$T/fine"
        status_is 0
        is "$out$err" ""
        same_file "$T/wanted" "$T/policy"
        is "$(stat -c '%a %u %g' "$T/policy")" "$before"
        untouched "$T/policy" run "$CORDON" fmt -w "$T/policy"
        status_is 0
}

test_fmt_keeps_owner_and_attributes() {
        am_root || skip "only root can give files away"
        messy
        chown 65533:65532 "$T/policy"
        chmod 4640 "$T/policy"
        local before attributes=
        before=$(stat -c '%a %u %g' "$T/policy")
        python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"kept")' "$T/policy" 2>/dev/null && attributes=1
        run "$CORDON" fmt -w "$T/policy"
        status_is 0
        same_file "$T/wanted" "$T/policy"
        is "$(stat -c '%a %u %g' "$T/policy")" "$before"
        [ -z "$attributes" ] || python3 -c 'import os, sys; os.getxattr(sys.argv[1], "user.note") == b"kept" or sys.exit(1)' "$T/policy"
}

test_fmt_cannot_keep_the_owner_and_says_so() {
        am_root || skip "a file of somebody else is made by root"
        messy "$W/policy"
        chown 65532:65532 "$W/policy"
        chmod 666 "$W/policy"
        chown 65533:65533 "$W"
        as_nobody() { setpriv --reuid 65533 --regid 65533 --clear-groups "$@"; }
        cp "$CORDON" "$T/cordon"
        untouched "$W/policy" run as_nobody "$T/cordon" fmt -w "$W/policy"
        status_is 2
        has "$err" "not changed: Operation not permitted"
}

test_fmt_writes_through_a_link() {
        mkdir "$W/real"
        messy "$W/real/policy"
        ln -s real/policy "$W/link"
        run "$CORDON" fmt -w "$W/link"
        status_is 0
        [ -L "$W/link" ] || fail "the link is gone"
        same_file "$T/wanted" "$W/real/policy"
        is "$(ls -A "$W/real")" policy
}

test_fmt_leaves_protected_files_alone() {
        ! am_root || skip "nothing is protected from root"
        messy
        chmod 444 "$T/policy"
        untouched "$T/policy" run "$CORDON" fmt -w "$T/policy"
        status_is 2
        has "$err" "Permission denied"
        chmod 644 "$T/policy"
        mkdir "$W/dir"
        messy "$W/dir/policy"
        chmod 555 "$W/dir"
        untouched "$W/dir/policy" run "$CORDON" fmt -w "$W/dir/policy"
        status_is 2
        has "$err" "Permission denied"
        chmod 755 "$W/dir"
}

test_fmt_with_an_error_changes_nothing() {
        messy
        printf 'cordon 1\nread "/never closed\nread   C:\\dir\n' >"$T/bad"
        untouched "$T/bad" untouched "$T/policy" run "$CORDON" fmt -w "$T/policy" "$T/bad"
        status_is 1
        has "$err" "$T/bad:2:6: error: this quote is never closed"
        has "$err" "^ add a closing"
        has "$err" "$T/bad:3:10: error: a backslash"
        has "$err" "no file was changed"
        untouched "$T/policy" run "$CORDON" fmt -w "$T/policy" "$T/nowhere"
        status_is 2
        has "$err" "$T/nowhere: there is no such file"
        run "$CORDON" fmt "$T/bad"
        status_is 1
        is "$out" ""
        run "$CORDON" fmt --check "$T/bad" "$T/policy" # the others are looked at all the same
        status_is 1
        is "$out" "$T/policy"
}

test_fmt_lays_out_what_check_refuses() {
        printf 'cordon 1\nwirte   /tmp/x\nsomething new # of a later version\nread relative\n' >"$T/policy"
        run "$CORDON" check "$T/policy"
        status_is 1
        run "$CORDON" fmt -w "$T/policy"
        status_is 0
        is "$(cat "$T/policy")" $'cordon 1\nwirte /tmp/x\nsomething new               # of a later version\nread  relative'
}

test_fmt_reads_no_devices() {
        mkfifo "$T/fifo"
        run timeout 10 "$CORDON" fmt "$T/fifo"
        status_is 2
        has "$err" "not a regular file"
        run "$CORDON" fmt "$T"
        status_is 2
        has "$err" "directory"
        run "$CORDON" fmt /dev/zero
        status_is 2
        stdin=/dev/zero run "$CORDON" fmt -
        status_is 2
        has "$err" "too large"
        head -c 5000000 /dev/zero | tr '\0' '#' >"$T/large"
        run "$CORDON" fmt "$T/large"
        status_is 2
        has "$err" "too large"
        printf 'read /us\0r' >"$T/nul"
        run "$CORDON" fmt "$T/nul"
        status_is 1
        has "$err" "NUL"
}

test_fmt_usage() {
        local args
        messy
        for args in "" "-w -" "-w --check $T/policy" "-w -d $T/policy" "$T/policy $T/policy" "- -" "--chek $T/policy"; do
                # shellcheck disable=SC2086
                untouched "$T/policy" run "$CORDON" fmt $args
                status_is 2
                one_line "$err"
                is "$out" ""
        done
        run "$CORDON" fmt "$T/policy" -- "$T/policy"
        status_is 2
        if [ -e /dev/full ]; then
                rc=0
                "$CORDON" fmt "$T/policy" >/dev/full 2>"$T/err" || rc=$?
                status_is 2
        fi
}

test_fmt_leaves_what_is_canonical() {
        local file count=0
        for file in "$SHARED_POLICIES"/*.policy "$HERE"/policies/*.policy "$HERE"/../policy/bundles/*.policy \
                "$HERE"/../examples/*.policy; do
                [ -e "$file" ] || continue
                run "$CORDON" fmt -d "$file"
                status_is 0
                count=$((count + 1))
        done
        [ $count -ge 10 ] || fail "only $count files were there to be looked at"
}

test_fmt_keeps_the_meaning_of_every_bundle() {
        local file name
        for file in "$HERE"/../policy/bundles/*.policy; do
                name=$(basename "$file")
                # As somebody might have written it, who cares for no columns.
                sed -E -e '/[#"]/!{s/ +/   /g; s/^(.)/ \1/}' -e 's/$/ \t/' -e 's/^ \t$/\n\n&/' "$file" >"$W/$name"
                cp "$W/$name" "$W/before.policy"
                run "$CORDON" fmt -w "$W/$name"
                status_is 0
                run "$CORDON" diff "$W/before.policy" "$W/$name"
                status_is 0
                "$CORDON" check "$W/before.policy" >"$T/before" 2>/dev/null || fail "$(cat "$T/before")"
                "$CORDON" check "$W/$name" >"$T/after" 2>/dev/null || fail "$(cat "$T/after")"
                is "$(sed 's/^[^ ]*//' "$T/before")" "$(sed 's/^[^ ]*//' "$T/after")"
                same_file "$file" "$W/$name"
        done
}
