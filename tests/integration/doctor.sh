# What the kernel has, and what becomes of a launch where it does not: features are really taken away, by a filter (helper
# `without`), by masks over /proc, by a sysctl. Beside each refusal stands the start that works.
# shellcheck shell=bash disable=SC2154

# doctor_without FEATURE [OPTION...]
doctor_without() {
        local feature=$1
        shift
        run "$HELPERS/without" "$feature" "$CORDON" doctor "$@"
}

# Of one feature, whether it is here, the verdict, and the name under which it is done without; from JSON.
feature_is() { # ID "HERE VERDICT ACCEPT"
        is "$(python3 -c '
import json, sys
f = {f["id"]: f for f in json.load(open(sys.argv[1]))["features"]}[sys.argv[2]]
print(f["here"], f["verdict"], f["accept"])' "$T/out" "$1")" "$2" "$1"
}

# A policy of whole trees, which needs no broker.
tree_policy() {
        policy <<-END
		exec /usr
		exec /bin /lib /lib64
		read /etc
		dev null
		audit none
		${1-}
	END
}

test_doctor_finds_what_is_here() {
        need python3
        run "$CORDON" doctor
        [ "$rc" -le 1 ] || fail "no sandbox can be started here: $out"
        matches "$out" 'ok +user namespaces +yes'
        lacks "$out" " missing "
        has "$out" "Namespaces and mounts"
        lacks "$out" "used for "
        run "$CORDON" doctor -v
        has "$out" "used for"
        run "$CORDON" doctor --json
        python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["version"] == 1 and d["status"] in (0, 1) and d["accept"] is None, d
assert all(f["found"] and f["used"] and f["lost"] for f in d["features"]), d
assert len({f["id"] for f in d["features"]}) == len(d["features"]) > 20' <"$T/out"
        run "$CORDON" doctor word
        status_is 2
        run "$CORDON" doctor -p "$T/none.policy"
        status_is 2
        run script -qec "TERM=xterm NO_COLOR= '$CORDON' doctor" /dev/null
        has "$out" $'\033['
        run "$CORDON" doctor
        lacks "$out" $'\033['
}

# FEATURE for `without`, ID of what is missing, the exit status, the verdict and the name.
test_doctor_tells_what_is_taken_away() {
        need python3
        local feature id verdict status
        while read -r feature id status verdict; do
                doctor_without "$feature" --json
                status_is "$status"
                feature_is "$id" "False $verdict"
        done <<-END
		userns userns 1 missing no-userns
		userns pidns 1 missing no-userns
		pidns pidns 2 missing None
		mounts mounts 2 missing None
		pivot mounts 2 missing None
		openat2 openat2 2 missing None
		netns netns 1 missing no-netns
		hostname hostname 1 missing no-hostname
		landlock landlock 1 missing no-landlock
		landlock-on landlock 1 missing no-landlock
		notify notify 1 missing no-notify
		listener notify 1 missing no-notify
		memory memory 1 missing no-notify
		killable notify-killable 1 degraded None
		descriptors descriptors 1 degraded None
		senders senders 0 not used None
	END
        doctor_without landlock-on
        has "$out" "switched off: add landlock to lsm="
        doctor_without listener
        has "$out" "one listener"
        doctor_without userns
        has "$out" "not without this: user namespaces"
        has "$out" "docker run --security-opt"
}

test_doctor_judges_for_a_policy() {
        need python3
        tree_policy "syscalls deny socket socketpair connect bind"
        doctor_without notify -p "$T/policy"
        status_is 0
        matches "$out" 'not used +seccomp notification'
        doctor_without notify
        status_is 1
        matches "$out" 'missing +seccomp notification'
        tree_policy "net host"
        doctor_without netns -p "$T/policy"
        matches "$out" 'not used +network namespaces'
        tree_policy
        doctor_without netns -p "$T/policy"
        matches "$out" 'missing +network namespaces'
}

test_a_sysctl_that_forbids_user_namespaces_is_named() {
        need unshare
        unshare -Ur sh -c 'echo 9 >/proc/sys/user/max_user_namespaces' 2>/dev/null || skip "no user namespaces to forbid them in"
        run unshare -Ur sh -c "echo 0 >/proc/sys/user/max_user_namespaces && exec '$CORDON' doctor"
        status_is 1
        has "$out" "sysctl user.max_user_namespaces is 0"
        has "$out" "sysctl -w user.max_user_namespaces="
}

test_explain_and_require_know_what_is_missing() {
        dev_policy
        run "$HELPERS/without" landlock "$CORDON" explain "$T/policy"
        matches "$out" 'Landlock +NO: .*--accept no-landlock'
        run "$CORDON" explain "$T/policy"
        lacks "$out" "--accept"
        dev_policy "require userns"
        run "$HELPERS/without" userns "$CORDON" run -p "$T/policy" -- true
        status_is 125
        has "$err" "require userns\` is not met: this user cannot make user namespaces"
        launch=may_fail boxed true
        status_is 0
}

# ---- refused, and accepted by name ----------------------------------------------------------------------------------------

# lacking FEATURE NAME: refused with the name, started with it, and -v says so.
lacking() {
        run "$HELPERS/without" "$1" "$CORDON" run -p "$T/policy" -- sh -c 'echo ran'
        status_is 125
        is "$out" ""
        has "$err" "--accept $2"
        run "$HELPERS/without" "$1" "$CORDON" run -p "$T/policy" --accept "$2" -- sh -c 'echo ran'
        status_is 0
        is "$out" ran
        lacks "$err" degraded
        run "$HELPERS/without" "$1" "$CORDON" run -p "$T/policy" -v --accept "$2" -- sh -c 'echo ran'
        has "$err" "degraded: $2"
        run "$HELPERS/without" "$1" "$CORDON" run -p "$T/policy" --status-fd 1 --accept "$2" -- true
        has "$out" "\"degraded\":[\"$2\"]"
        # What is there is used, whatever is accepted.
        run "$CORDON" run -p "$T/policy" -v --accept "$2" -- sh -c 'echo ran'
        status_is 0
        lacks "$err" degraded
}

test_degradations_are_accepted_by_name() {
        dev_policy
        lacking userns no-userns
        lacking landlock no-landlock
        lacking landlock-on no-landlock
        lacking hostname no-hostname
        lacking netns no-netns
        tree_policy
        sed -i '/audit/d' "$T/policy"
        lacking notify no-notify
        lacking listener no-notify
        lacking memory no-notify
}

test_names_of_degradations_are_checked() {
        dev_policy
        run "$CORDON" run -p "$T/policy" --accept no-such-thing -- true
        status_is 125
        one_line "$err"
        has "$err" "no degradation 'no-such-thing'"
        has "$err" no-landlock
        run "$CORDON" run -p "$T/policy" --accept "" -- true
        status_is 125
        run "$CORDON" run -p "$T/policy" --accept no-landlock,no-proc --accept no-netns -- true
        status_is 0
        run "$HELPERS/without" mounts "$CORDON" run -p "$T/policy" --accept no-mounts -- true
        status_is 125
        one_line "$err"
        has "$err" "'no-mounts' cannot be accepted"
        has "$err" "mounts, pivot_root: Function not implemented"
        # One is not the other.
        run "$HELPERS/without" landlock "$CORDON" run -p "$T/policy" --accept no-netns,no-proc -- true
        status_is 125
        # What nothing can replace is not accepted under any name.
        local feature
        for feature in userns pidns mounts pivot openat2; do
                run "$HELPERS/without" "$feature" "$CORDON" run -p "$T/policy" \
                        --accept no-landlock,no-notify,no-proc,no-netns,no-hostname -- true
                status_is 125
                one_line "$err"
        done
}

test_clone3_need_not_be_there() {
        dev_policy
        run "$HELPERS/without" clone3 "$CORDON" run -p "$T/policy" -- sh -c 'kill -TERM $$'
        status_is 143
        run "$HELPERS/without" clone3 "$CORDON" run -p "$T/policy" -- sh -c 'exit 3'
        status_is 3
}

# ---- what holds all the same ------------------------------------------------------------------------------------------------

test_without_landlock_the_policy_holds() {
        plant_secret
        mkdir "$W/new" "$W/listed" "$W/own"
        echo old >"$W/new/old"
        echo listed >"$W/listed/file"
        echo mine >"$W/own/file"
        cp /bin/true "$W/own/program"
        if am_root; then
                chown -R 65534:65534 "$W"
        fi
        policy <<-END
		use @base @dev
		create $W/new
		list $W/listed
		write $W/own
		deny $W/own/closed
	END
        local side
        for side in with without; do
                last="$side Landlock"
                local start=("$CORDON" run -q -p "$T/policy" --accept no-landlock)
                [ $side = with ] || start=("$HELPERS/without" landlock "${start[@]}")
                run "${start[@]}" -- sh -c "
                        cat $S && echo SECRET
                        echo x >$W/new/$side && echo made
                        echo x >$W/new/old; truncate -s 0 $W/new/old; rm $W/new/old; mv $W/new/old $W/new/gone
                        mv $W/new/old $W/own/stolen
                        ls $W/listed && cat $W/listed/file && echo READ
                        echo more >>$W/own/file && mv $W/own/file $W/own/$side && echo wrote
                        mv $W/own/$side $W/own/file
                        $W/own/program && echo EXECUTED
                        echo x >/usr/bin/x && echo PLANTED
                        kill -0 1; echo end"
                is "$out" $'made\nfile\nwrote\nend'
                is "$(cat "$W/new/old")" old
                rm -f "$W/new/$side"
        done
}

test_without_landlock_signals_stay_inside() {
        dev_policy
        # The process group would be the caller's; in a session of its own there is nobody else.
        run "$HELPERS/without" landlock "$CORDON" run -q -p "$T/policy" --accept no-landlock -- sh -c 'kill -KILL 0'
        status_is 137
        run "$HELPERS/without" landlock "$CORDON" run -q -p "$T/policy" --accept no-landlock -- \
                sh -c '[ "$(ps -o sid= -p $$ 2>/dev/null || cut -d" " -f6 /proc/$$/stat)" != 0 ] && echo own session'
        is "$out" "own session"
}

test_without_notification_only_exact_policies_start() {
        plant_secret
        mkdir "$W/own"
        if am_root; then
                chown 65534:65534 "$W/own"
        fi
        tree_policy "write $W/own"
        sed -i '/audit/d' "$T/policy"
        run "$HELPERS/without" notify "$CORDON" run -p "$T/policy" --accept no-notify -- \
                sh -c "cat $S; echo x >$W/own/made && echo made; echo x >/etc/made"
        is "$out" made
        lacks "$err" "$SECRET"
        lacks "$err" "cordon: denied"
        run "$CORDON" run -p "$T/policy" --accept no-notify -- sh -c "cat $S; echo x >$W/own/made && echo made"
        is "$out" made
        has "$err" "cordon: denied"
        local line
        for line in "deny $W/own/*.key" "create $W/own" "unix $W/own/socket" "audit all"; do
                tree_policy "$line"
                [[ $line != audit* ]] || sed -i '/audit none/d' "$T/policy"
                run "$HELPERS/without" notify "$CORDON" run -p "$T/policy" --accept no-notify -- true
                status_is 125
                has "$err" "$T/policy:"
                has "$err" "no seccomp notification"
        done
        tree_policy
        run "$HELPERS/without" notify,landlock "$CORDON" run -p "$T/policy" --accept no-notify,no-landlock -- true
        status_is 125
        has "$err" "cannot both"
}

test_without_network_namespaces_there_is_no_network() {
        need python3
        local try='import socket; socket.socket().connect(("127.0.0.1", 9))'
        policy <<-'END'
		use @base @python
		exec /usr
	END
        run "$HELPERS/without" netns "$CORDON" run -q -p "$T/policy" --accept no-netns -- python3 -c "$try"
        status_is 1
        has "$err" "PermissionError"
        run python3 -c "$try"
        has "$err" "ConnectionRefused"
        # Names that belong to a network namespace are the host's as well: what listens there is not reached.
        local listen='import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind("\0cordon-'$$'"); s.listen()
print("listening", flush=True); sys.stdin.read()'
        local reach='import socket; socket.socket(socket.AF_UNIX).connect("\0cordon-'$$'"); print("reached")'
        mkfifo "$T/stay"
        start sh -c 'exec "$@" <"$0"' "$T/stay" python3 -c "$listen"
        exec {stay}>"$T/stay"
        expect_line listening
        run python3 -c "$reach"
        is "$out" reached
        run "$HELPERS/without" netns "$CORDON" run -q -p "$T/policy" --accept no-netns -- python3 -c "$reach"
        is "$out" ""
        has "$err" "ConnectionRefused"
        echo "net loopback" >>"$T/policy"
        run "$HELPERS/without" netns "$CORDON" run -q -p "$T/policy" --accept no-netns -- true
        status_is 125
        has "$err" "net loopback\` needs network namespaces"
        launch=may_fail boxed true
        status_is 0
}

test_without_a_hostname_none_can_be_asked_for() {
        dev_policy
        run "$HELPERS/without" hostname "$CORDON" run -q -p "$T/policy" --accept no-hostname -- uname -n
        is "$out" "$(uname -n)"
        boxed uname -n
        is "$out" sandbox
        dev_policy "hostname box"
        run "$HELPERS/without" hostname "$CORDON" run -q -p "$T/policy" --accept no-hostname -- uname -n
        status_is 125
        has "$err" "hostname\` cannot be set"
}

# As in a container: something lies over a part of /proc, and the kernel gives nobody a /proc that has it again.
test_where_proc_is_masked_it_can_be_done_without() {
        need bwrap
        local masked=(bwrap --dev-bind / / --ro-bind /dev/null /proc/meminfo)
        "${masked[@]}" true 2>/dev/null || skip "bwrap does not work here"
        dev_policy
        run "${masked[@]}" "$CORDON" run -q -p "$T/policy" -- sh -c 'echo ran'
        status_is 125
        has "$err" "--accept no-proc"
        run "${masked[@]}" "$CORDON" doctor
        status_is 1
        has "$out" "unmask=ALL"
        run "${masked[@]}" "$CORDON" run -q -v -p "$T/policy" --accept no-proc -- sh -c 'echo ran; ls -A /proc; cat /proc/1/comm'
        is "$out" ran
        has "$err" "degraded: no-proc"
        has "$err" "No such file"
        # Also where the policy shows the whole machine, whose /proc it must not be.
        printf 'read /\nexec /usr\n' | policy
        run "${masked[@]}" "$CORDON" run -q -p "$T/policy" --accept no-proc -- ls -A /proc
        is "$out" ""
        status_is 0
        boxed ls -A /proc
        has "$out" self
        # Under `proc none` nothing is missing.
        dev_policy "proc none"
        run "${masked[@]}" "$CORDON" run -q -p "$T/policy" -- sh -c 'echo ran'
        is "$out" ran
}

# ---- an older Landlock --------------------------------------------------------------------------------------------------------

test_older_landlocks_are_used_as_far_as_they_go() {
        local old=$HELPERS/old_landlock
        run "$old" 4 "$CORDON" explain @base
        [ "$rc" = 0 ] && [[ $out == *"ABI 4"* ]] || skip "this machine lets nobody answer in the kernel's stead"
        run "$old" 5 "$CORDON" doctor
        status_is 1
        matches "$out" 'ok +Landlock +ABI 5'
        matches "$out" 'ok +ioctl on devices'
        matches "$out" 'degraded +signals and abstract sockets +ABI 6 is needed'
        has "$out" "without job control"
        run "$old" 1 "$CORDON" doctor
        status_is 1
        matches "$out" 'degraded +moving files'
        mkdir "$W/a" "$W/b" "$W/new"
        echo x >"$W/a/file"
        echo old >"$W/new/old"
        am_root && chown -R 65534:65534 "$W"
        dev_policy "create $W/new"
        sed -i "s|^write exec $W\$|write $W|" "$T/policy"
        local abi
        for abi in 1 2 3 5; do
                run "$old" $abi "$CORDON" run -q -p "$T/policy" -- sh -c "
                        mv $W/a/file $W/b/file; mv $W/b/file $W/a/file
                        echo x >$W/new/$abi && echo made
                        echo x >$W/new/old; truncate -s 0 $W/new/old; rm $W/new/old
                        kill -0 1; echo x >/usr/x; cat $W/a/file"
                is "$out" $'made\nx'
                is "$(cat "$W/new/old")" old
                # The process group would be the caller's.
                run "$old" $abi "$CORDON" run -q -p "$T/policy" -- sh -c 'kill -KILL 0'
                status_is 137
        done
        # Whoever wants more, says so.
        dev_policy "require landlock 6"
        run "$old" 5 "$CORDON" run -q -p "$T/policy" -- true
        status_is 125
        has "$err" "this kernel has Landlock ABI 5"
        run "$old" 6 "$CORDON" run -q -p "$T/policy" -- true
        status_is 0
}
