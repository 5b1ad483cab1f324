# Ways around a rule by changing names: what a pattern or a rule on something that is not there yet takes away must not come back
# under another name. Each is run outside first, in an equal tree, where it works.
# shellcheck shell=bash

# .env and dir/.env match a floating pattern; keys/, p/q/ and later/ are named by rules.
plant_names() {
        rm -rf "${W:?}"/* "$W"/.env
        mkdir -p "$W/dir" "$W/keys" "$W/p/q" "$W/plain" "$W/empty"
        local f
        for f in .env dir/.env keys/a.pem p/q/b.pem; do
                printf '%s\n' "$SECRET" >"$W/$f"
        done
        echo harmless >"$W/plain/file"
        chmod -R a+rwX "$W"
}

names_policy() {
        plant_secret
        policy <<-END
		use @base @dev
		exec $HELPERS
		write $W
		deny $W/**/.env
		deny $W/keys/*.pem
		deny $W/p/q/b.pem*
		deny $W/later/x
	END
}

secrets_in_place() {
        (cd "$W" && grep -rlF "$SECRET" . | LC_ALL=C sort | tr '\n' ' ')
}

# dodge SCRIPT: outside it shows the secret or gives it another place; inside neither.
dodge() {
        plant_names
        cd "$W"
        local where
        where=$(secrets_in_place)
        run sh -c "$1" sh "$HELPERS/attack"
        [[ $out == *"$SECRET"* ]] || [ "$(secrets_in_place)" != "$where" ] || fail "it works nowhere: $1"
        cd "$T"
        plant_names
        cd "$W"
        boxed sh -c "$1" sh "$HELPERS/attack"
        lacks "$out$err" "$SECRET"
        is "$(secrets_in_place)" "$where" "where the secret is, after: $1"
        [ "$rc" -lt 126 ] || fail "the program did not run at all"
}

test_vet_the_object_names_renamed_file() {
        names_policy
        dodge 'mv .env x; cat x'
        dodge 'mv dir/.env plain/'
        dodge 'mv keys/a.pem keys/a; cat keys/a'
        dodge 'mv p/q/b.pem /tmp/b.$$; cat /tmp/b.$$; rm -f /tmp/b.$$'
        dodge 'mv plain/../.env x'
        dodge '$1 rename .env x; cat x'
        dodge '$1 rename_at keys a.pem ../x; cat x'
        dodge '$1 rename_at plain ../keys/a.pem file; cat plain/file'
        dodge 'cd keys && $1 rename ../keys/./a.pem ../plain/file'
        dodge '$1 rename $PWD/.env $PWD/x'
        dodge 'exec 3<. && $1 rename /proc/self/fd/3/.env /proc/self/cwd/x'
}

test_vet_the_object_names_renamed_directory() {
        names_policy
        dodge 'mv keys open; cat open/a.pem'
        dodge 'mv keys plain/; cat plain/keys/a.pem'
        dodge 'mv p r; cat r/q/b.pem'
        dodge 'mv p/q r; cat r/b.pem'
        dodge 'mv p/q p/r; cat p/r/b.pem'
        dodge '$1 exchange keys plain; cat plain/a.pem'
        dodge '$1 exchange plain p; cat plain/q/b.pem'
        dodge '$1 exchange plain/file .env; cat plain/file'
        dodge 'cd keys; mv ../keys ../open; cat a.pem'
        dodge 'cd p/q; mv ../../p ../../r; cat b.pem'
        dodge '$1 rename_at keys ../keys ../open; cat open/a.pem'
        dodge 'mv keys/ open/; cat open/a.pem'
        dodge 'mv -T keys empty; cat empty/a.pem'
        dodge '$1 whiteout keys/a.pem x; cat x'
        # under the floating pattern a directory may move: the pattern goes along
        plant_names
        cd "$W"
        boxed sh -c 'mv dir moved && cat moved/.env'
        status_is 1
        has "$err" "moved/.env: Permission denied"
}

test_vet_the_object_names_second_name() {
        names_policy
        dodge 'ln .env x; cat x'
        dodge 'ln keys/a.pem plain/x; cat plain/x'
        dodge 'ln -f p/q/b.pem plain/file; cat plain/file'
        dodge '$1 link_fd .env x; cat x'
        dodge 'cd keys && $1 link_fd a.pem ../plain/x; cat ../plain/x'
        dodge 'exec 3<. && ln /proc/self/fd/3/.env x; cat x'
        plant_names
        boxed "$HELPERS/attack" link_empty .env x
        matches "$out" '^refused: (EACCES|ENOENT)$'
        [ ! -e x ] || fail "there is a second name"
}

test_vet_the_object_names_symlinks() {
        names_policy
        dodge 'ln -s .env x; cat x'
        dodge 'ln -s keys k; cat k/a.pem'
        dodge 'ln -s . here; mv here/keys here/open; cat open/a.pem'
        dodge 'ln -s p/q q; mv q/b.pem x; cat x'
        dodge 'ln -s keys k; ln k/a.pem x; cat x'
        dodge 'ln -s keys k; cd k && mv a.pem ../x; cat ../x'
}

# What is taken away is not changed, emptied or removed either, and nothing is put where a rule keeps it out.
test_vet_the_object_names_kept_as_they_are() {
        names_policy
        dodge 'rm .env'
        dodge 'rm -r keys'
        dodge 'rm -rf p'
        dodge 'truncate -s 0 .env'
        dodge '$1 truncate keys/a.pem'
        dodge 'mv plain/file .env'
        dodge 'cp plain/file keys/a.pem'
        dodge 'ln -f plain/file p/q/b.pem'
        local way
        for way in 'chmod 600 .env' 'touch -d 2001-01-01 .env' '$1 chmod keys/a.pem' '$1 utimes p/q/b.pem' 'ln -s .env l; chmod 600 l'; do
                plant_names
                cd "$W"
                touch -d 2020-01-01 .env keys/a.pem p/q/b.pem
                stat -c '%n %a %Y' .env keys/a.pem p/q/b.pem >"$T/before"
                boxed sh -c "$way" sh "$HELPERS/attack"
                stat -c '%n %a %Y' .env keys/a.pem p/q/b.pem >"$T/after"
                cmp -s "$T/before" "$T/after" || fail "it changed something: $way"
                run sh -c "$way" sh "$HELPERS/attack"
                stat -c '%n %a %Y' .env keys/a.pem p/q/b.pem >"$T/after"
                ! cmp -s "$T/before" "$T/after" || fail "it works nowhere: $way"
        done
}

test_vet_the_object_names_planted() {
        names_policy
        local way
        for way in 'mkdir later; echo planted >later/x' 'mkdir d; echo planted >d/x; mv d later' 'mkdir d; echo planted >d/x; ln -s d later' \
                'echo planted >y; mkdir later; ln y later/x' 'echo planted >y; mkdir later; $1 rename y later/x' \
                'mkdir d later; echo planted >d/x; $1 exchange d later' 'mkdir d; echo planted >d/x; ln -s d l; mv l later' \
                'mkdir later; cd later; echo planted >../y; mv ../y x' 'mkdir later; ln -s ../y later/x; echo planted >y'; do
                plant_names
                cd "$W"
                run sh -c "$way" sh "$HELPERS/attack"
                is "$(cat later/x)" planted
                cd "$T"
                plant_names
                cd "$W"
                boxed sh -c "$way" sh "$HELPERS/attack"
                [ ! -e later/x ] && [ ! -L later/x ] || fail "it was planted by: $way"
        done
}

# ---- races ----------------------------------------------------------------------------------------------------------

test_never_continue_link_path_changed() {
        names_policy
        mkdir "$W/links"
        echo "allowed" >"$W/links/allowed"
        echo "secret" >"$W/links/xxx.env"
        sed -i "s|^deny $W/keys.*|deny $W/links/*.env|" "$T/policy"
        chmod -R a+rwX "$W"
        run "$HELPERS/race" link-checked "$W/new" "$W/links/allowed" "$W/links/xxx.env" 30000
        matches "$out" 'secret=[1-9]'
        boxed "$HELPERS/race" link "$W/new" "$W/links/allowed" "$W/links/xxx.env" 3000 ar
        matches "$out" 'allowed=[1-9][0-9]* secret=0 refused=[1-9][0-9]* other=0'
}

test_vet_the_object_link_directory_swapped() {
        names_policy
        echo "secret" >"$S"
        plant_names
        mkdir "$W/a" "$W/hold.env"
        echo "allowed" >"$W/a/f"
        echo "secret" >"$W/hold.env/f"
        ln -s hold.env "$W/b"
        echo "deny $W/*.env/*" >>"$T/policy"
        chmod -R a+rwX "$W"
        run "$HELPERS/race" linkswap-checked "$W/new" "$W/a" "$W/b" "$W/a/f" 20000
        matches "$out" 'secret=[1-9]'
        boxed "$HELPERS/race" linkswap "$W/new" "$W/a" "$W/b" "$W/a/f" 3000
        matches "$out" 'allowed=[1-9][0-9]* secret=0 refused=[1-9][0-9]* other=0'
}

# ---- what the sandbox cannot borrow from the broker -----------------------------------------------------------------

# The broker is no confused deputy: what the program's own id may not do to a file, is not done for it.
test_view_bounds_broker_names_by_file_mode() {
        am_root || skip "as an ordinary user all files are one's own"
        names_policy
        mkdir "$W/closed"
        echo x >"$W/closed/f"
        chown 1234:1234 "$W/closed" "$W/closed/f"
        chmod 0755 "$W/closed"
        local way
        for way in 'rm closed/f' 'mv closed/f x' 'mkdir closed/d' 'ln -s x closed/s' 'chmod 666 closed/f' 'touch -d 2001-01-01 closed/f' \
                'truncate -s 0 closed/f' 'mknod closed/p p'; do
                cd "$W"
                boxed sh -c "$way"
                [ "$rc" != 0 ] || fail "worked: $way"
        done
        is "$(cat closed/f)" x
        is "$(ls -A closed)" f
}

test_view_bounds_broker_no_devices_and_no_owners() {
        names_policy
        plant_names
        cd "$W"
        refused_inside 'EPERM' mknod_device "$W/device"
        refused_inside 'EPERM' mknod_setuid "$W/suid"
        refused_inside 'EPERM' chmod_setuid "$W/plain/file"
        refused_inside 'EPERM' whiteout "$W/plain/file" "$W/x"
        boxed sh -c 'chown 0:0 plain/file; chgrp 1 plain/file'
        has "$err" "Invalid argument"
        boxed sh -c 'chown "$(id -u):$(id -g)" plain/file'
        status_is 0
}

# A limit on the size of files holds for what the broker does as well.
test_bounded_truncate_by_limit() {
        need python3
        names_policy
        plant_names
        printf 'use @python\nlimit fsize 1M\n' >>"$T/policy"
        cd "$W"
        boxed python3 -c 'import os; os.truncate("plain/file", 2 << 20)'
        status_is 1
        has "$err" "File too large"
        is "$(cat plain/file)" harmless
        boxed python3 -c 'import os; os.truncate("plain/file", 1 << 20)'
        status_is 0
        is "$(stat -c %s plain/file)" 1048576
}
