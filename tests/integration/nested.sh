# cordon where it is not alone: in its own sandbox, in bwrap's, in an OCI container with the seccomp profile that podman has by default.
# Each works, or is refused with the reason and what helps.
# shellcheck shell=bash disable=SC2154

# What cordon and a policy need to be found inside of something else.
nested_policy() {
        dev_policy "${1-}"
        cat >>"$T/policy" <<-END
		read exec $(dirname "$CORDON")
		read $T/policy
		env keep PATH HOME
		env set ASAN_OPTIONS=detect_leaks=0
	END
}

# ---- cordon in cordon -----------------------------------------------------------------------------------------------------

test_in_cordon_the_reason_and_the_remedy_are_told() {
        nested_policy
        local audit
        for audit in "" "audit none"; do
                nested_policy "$audit"
                launch=may_fail boxed "$CORDON" run -p "$T/policy" -- echo inner
                status_is 125
                one_line "$err"
                has "$err" "a sandbox of cordon has no namespaces to give"
                has "$err" "cordon run -p A -p B"
                is "$out" ""
                # No variable says so, and none can say otherwise.
                boxed env -i PATH="$PATH" "$CORDON" doctor
                status_is 2
                matches "$out" 'this runs +in a sandbox of cordon'
        done
        run env CORDON_CHANNEL=3 container=cordon "$CORDON" doctor
        lacks "$out" "in a sandbox of cordon"
        # What helps, works.
        printf 'deny %s/closed\n' "$W" | policy "$T/more"
        echo x >"$W/closed"
        run "$CORDON" run -q -p "$T/policy" -p "$T/more" -- cat "$W/closed"
        status_is 1
        has "$err" "Permission denied"
}

# ---- cordon in bwrap ------------------------------------------------------------------------------------------------------

in_bwrap() { # in_bwrap OPTION... -- ARGUMENTS of cordon
        local options=()
        while [ "$1" != -- ]; do
                options+=("$1")
                shift
        done
        shift
        run bwrap --dev-bind / / "${options[@]}" "$CORDON" "$@"
}

test_in_bwrap() {
        need bwrap
        bwrap --dev-bind / / true 2>/dev/null || skip "bwrap does not work here"
        plant_secret
        dev_policy
        local try=(run -q -p "$T/policy" -- sh -c "echo ran; cat $S; ls /proc | grep -c '^[0-9]'")
        in_bwrap -- "${try[@]}"
        has "$out" ran
        lacks "$out" "$SECRET"
        in_bwrap --unshare-all --uid 1000 --gid 1000 --proc /proc -- "${try[@]}"
        has "$out" ran
        lacks "$out" "$SECRET"
        # The view of bwrap bounds ours: what it has not is not there.
        in_bwrap --tmpfs "$W" -- run -q -p "$T/policy" -- sh -c "ls -A $W | wc -l"
        is "$out" 0
}

test_in_bwrap_without_user_namespaces() {
        need bwrap
        bwrap --unshare-user --disable-userns --dev-bind / / true 2>/dev/null || skip "this bwrap does not know --disable-userns"
        dev_policy
        in_bwrap --unshare-user --uid 1000 --disable-userns -- run -p "$T/policy" -- echo ran
        status_is 125
        one_line "$err"
        is "$out" ""
        has "$err" "leave --disable-userns out"
        in_bwrap --unshare-user --uid 1000 -- run -p "$T/policy" -- echo ran
        is "$out" ran
        # Root of a namespace that has no other ids cannot become somebody else.
        in_bwrap --unshare-user --uid 0 -- run -p "$T/policy" -- echo ran
        if am_root; then
                status_is 125
                has "$err" "start cordon as an ordinary user"
        fi
}

# ---- cordon in a container --------------------------------------------------------------------------------------------------

# contained OPTION... -- ARGUMENTS of cordon: as a user without privileges, in a container as podman makes it.
contained() {
        local options=(--bind "$T/work") here=()
        while [ "$1" != -- ]; do
                options+=("$1")
                shift
        done
        shift
        am_root || options+=(--user-ns)
        # crun does not like a mixture of old and new cgroups; none is needed.
        [ ! -e /sys/fs/cgroup/unified ] || here=(bwrap --dev-bind / / --tmpfs /sys/fs/cgroup)
        rm -rf "$T/bundle"
        mkdir -p "$T/bundle" "$T/crun"
        cp "$CORDON" "$W/cordon"
        cp "$T/policy" "$W/policy"
        python3 "$HERE/helpers/bundle.py" "$T/bundle" "${options[@]}" -- "$W/cordon" "$@"
        run env ASAN_OPTIONS=detect_leaks=0 "${here[@]}" crun --root "$T/crun" --cgroup-manager=disabled run -b "$T/bundle" \
                "cordon-$$-$((++containers))"
}
containers=0

need_containers() {
        need crun python3
        [ -e /usr/share/containers/seccomp.json ] || skip "no default seccomp profile on this machine"
        policy <<<"use @base @dev"
        contained -- --version
        [[ $rc = 0 && $out == "cordon "* ]] || skip "crun does not work here: $err"
        policy <<-END
		use @base @dev
		read $W
	END
}

test_in_a_container() {
        need_containers
        echo visible >"$W/file"
        local try=(-p "$W/policy" -- sh -c "echo ran; cat $W/file; echo x >$W/made")
        contained -- run "${try[@]}"
        status_is 125
        one_line "$err"
        has "$err" "--accept no-hostname"
        contained -- doctor
        status_is 1
        has "$out" "--accept no-proc,no-hostname"
        has "$out" "in a container of podman (/run/.containerenv)"
        has "$out" "unmask=ALL"
        contained -- run --accept no-hostname "${try[@]}"
        status_is 125
        has "$err" "--accept no-proc"
        contained -- run -q --accept no-proc,no-hostname "${try[@]}"
        is "$out" $'ran\nvisible'
        [ ! -e "$W/made" ] || fail "the policy did not hold"
        # With a whole /proc, and a filter that lets it set the name, nothing has to be accepted.
        contained --unmasked -- run -q --accept no-hostname "${try[@]}"
        is "$out" $'ran\nvisible'
        contained --unmasked --seccomp none -- run -q "${try[@]}"
        is "$out" $'ran\nvisible'
        contained --unmasked --seccomp none -- doctor
        [ "$rc" -le 1 ] && lacks "$out" " missing "
}

test_in_a_container_without_namespaces() {
        need_containers
        contained --seccomp strict -- run -q -p "$W/policy" --accept no-proc,no-hostname -- echo ran
        status_is 125
        one_line "$err"
        has "$err" "user namespaces"
        # They are done without where that is accepted, and the policy holds.
        echo visible >"$W/file"
        contained --seccomp strict -- run -q -p "$W/policy" --accept no-userns -- \
                sh -c "echo ran; cat $W/file; echo x >$W/made; cat /proc/1/comm; kill -KILL 1; echo end"
        is "$out" $'ran\nvisible\nend'
        [ ! -e "$W/made" ] || fail "the policy did not hold"
        if am_root; then
                contained --seccomp strict --uid 0 -- run -q -p "$W/policy" --accept no-userns -- sh -c 'id -u; cat file'
                is "$out" $'65534\nvisible'
        fi
        contained --seccomp strict -- doctor
        status_is 1
        has "$out" "--accept no-userns"
        has "$out" "podman's own profile allows them"
        has "$out" "docker run --security-opt seccomp=unconfined"
}

test_in_a_container_root_is_told_to_be_somebody() {
        need_containers
        am_root || skip "needs a container in which there is more than one user"
        contained --uid 0 -- run -q -p "$W/policy" --accept no-proc,no-hostname -- echo ran
        status_is 125
        one_line "$err"
        has "$err" "podman run --user 1000"
        contained --uid 1000 -- run -q -p "$W/policy" --accept no-proc,no-hostname -- echo ran
        is "$out" ran
}
