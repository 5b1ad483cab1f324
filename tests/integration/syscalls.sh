# What `syscalls` lines do to real programs, and the commands that show it. Each call that is taken away is made outside first.
# shellcheck shell=bash

number() { # the number of a call on this machine
        "$CORDON" syscalls "$1" | awk 'NR == 1 { print $2 }'
}

# calls CALL [ARGUMENT]... [, CALL ...]: by name, inside; one word for each result.
results() { # results PREFIX... : CALL...
        local prefix=() words=() next=name
        while [ "$1" != : ]; do
                prefix+=("$1")
                shift
        done
        shift
        for word; do
                if [ "$word" = , ]; then
                        next=name
                elif [ $next = name ]; then
                        word=$(number "$word")
                        next=argument
                fi
                words+=("$word")
        done
        run "${prefix[@]}" "$HELPERS/call" "${words[@]}"
        out=${out//$'\n'/ }
}

outside() {
        results : "$@"
}

inside() {
        results "$CORDON" run -q -p "$T/policy" -- : "$@"
        started_at_all
}

with_lines() { # with_lines LINE...
        dev_policy "$(printf '%s\n' "$@")"
}

test_deny_with_an_errno() {
        with_lines 'syscalls deny sysinfo errno ENODEV' 'syscalls deny uname'
        outside sysinfo 0 , uname 0 , umask 18
        is "$out" "EFAULT EFAULT 18"
        inside sysinfo 0 , uname 0 , umask 18
        is "$out" "ENODEV EPERM 18"
}

test_deny_a_group() {
        with_lines 'syscalls deny @scheduling errno ENOLINK' 'syscalls @default'
        outside sched_setparam 0 0 , setpriority 0 0 19
        is "$out" "EINVAL 0"
        inside sched_setparam 0 0 , setpriority 0 0 19
        is "$out" "ENOLINK ENOLINK"
        with_lines 'syscalls deny @scheduling errno ENOLINK' 'syscalls @default setpriority'
        inside sched_setparam 0 0 , setpriority 0 0 19
        is "$out" "ENOLINK 0" "a name beats a group"
}

test_kill() {
        with_lines 'syscalls kill sysinfo'
        outside umask 18 , sysinfo 0
        is "$out" "18 EFAULT"
        inside umask 18 , sysinfo 0
        status_is $((128 + 31))
        is "$out" "18"
        with_lines 'syscalls kill ptrace'
        inside ptrace 99 0 0 0
        status_is $((128 + 31))
        with_lines
        inside ptrace 99 0 0 0
        is "$out" "EPERM" "refused in every sandbox"
}

test_log_allows() {
        with_lines 'syscalls @basic' 'syscalls log sysinfo @scheduling'
        inside sysinfo 0 , setpriority 0 0 19 , sched_setparam 0 0
        is "$out" "EFAULT 0 EINVAL"
        with_lines 'syscalls @basic'
        inside sysinfo 0 , setpriority 0 0 19
        is "$out" "EFAULT EPERM"
}

test_allowed_only_where_the_tests_hold() {
        with_lines 'syscalls @default' 'syscalls allow umask arg0 in 022 077' 'syscalls allow umask arg0 & 0700 == 0700'
        outside umask 18 , umask 63 , umask 448 , umask 0
        is "$out" "18 18 63 448"
        inside umask 18 , umask 63 , umask 448 , umask 0
        is "$out" "18 18 63 EPERM"
}

# The kernel takes an int from the low half of the register: so do tests of one.
test_ints_have_32_bits() {
        with_lines 'syscalls deny umask arg0 == 5 errno ENOLINK'
        outside umask 5 , umask 0x100000005
        is "$out" "18 5"
        inside umask 5 , umask 0x100000005 , umask 6
        is "$out" "ENOLINK ENOLINK 18"
        with_lines 'syscalls deny umask arg0:64 == 5 errno ENOLINK'
        inside umask 5 , umask 0x100000005
        is "$out" "ENOLINK 18"
}

test_order_and_64_bits() {
        with_lines 'syscalls deny lseek arg1 > 0xffffffff and arg2 == SEEK_SET errno EFBIG'
        outside lseek 0 5 0 , lseek 0 0x100000000 0 , lseek 0 0x100000000 1
        is "$out" "0 0 0"
        inside lseek 0 5 0 , lseek 0 0x100000000 0 , lseek 0 0x100000000 1 , lseek 0 0xffffffff 0
        is "$out" "0 EFBIG 0 0"
}

# ioctl is one that pid 1 of the sandbox may need: a part of it stays, and programs start.
test_ioctl_by_request() {
        with_lines 'syscalls @default' 'syscalls allow ioctl arg1 in TCGETS TIOCGWINSZ'
        outside ioctl 0 0x5401 , ioctl 0 0x541b
        is "$out" "ENOTTY ENOTTY"
        inside ioctl 0 0x5401 , ioctl 0 0x541b , ioctl 0 0x5412
        is "$out" "ENOTTY EPERM EPERM"
        boxed sh -c 'echo started'
        is "$out" started
}

test_conditions_on_brokered_opens() {
        echo content >"$W/f"
        with_lines
        boxed sh -c "cat $W/f; echo more >$W/g"
        is "$out" content
        is "$(cat "$W/g")" more
        rm "$W/g"
        with_lines 'syscalls @default' 'syscalls allow openat arg2 & O_ACCMODE == O_RDONLY'
        boxed sh -c "cat $W/f; echo more >$W/g"
        is "$out" content
        has "$err" "not permitted"
        [ ! -e "$W/g" ] || fail "the file was made"
        # and what the policy does not grant is still refused by the broker
        plant_secret
        boxed cat "$T/secret/file"
        [ "$rc" != 0 ] || fail "the secret was read"
}

test_calls_that_cannot_be_taken_away() {
        local line
        for line in 'deny execve' 'kill read' 'deny write arg0 == 1' 'allow kill arg1 == 0' 'deny ioctl'; do
                with_lines "syscalls $line"
                run "$CORDON" run -p "$T/policy" -- true
                status_is 125
                has "$err" "without it"
                has "$err" "/policy:"
        done
        for line in 'allow ptrace' 'log @mount' 'allow bpf arg0 == 1'; do
                with_lines "syscalls $line"
                run "$CORDON" run -p "$T/policy" -- true
                status_is 125
                has "$err" "refused in every sandbox"
        done
        with_lines 'syscalls deny prctl arg0 == PR_SET_MM' 'syscalls kill @debug' 'syscalls log @process'
        boxed true
        status_is 0
}

# ---- the commands ------------------------------------------------------------------------------------------------------

test_syscalls_lists_groups() {
        local group
        run "$CORDON" syscalls
        status_is 0
        for group in @basic @default @file-system @network-io @process @system-service @known; do
                matches "$out" "(^|"$'\n'")$group +[^ ]"
        done
        # Every group that is listed can be printed.
        for group in $(awk '{ print $1 }' "$T/out"); do
                run "$CORDON" syscalls "$group"
                status_is 0
                [ -n "$out" ] || fail "nothing is in $group"
                is "$(awk '$2 !~ /^([0-9]+|-)$/' "$T/out")" ""
        done
}

test_syscalls_knows_calls() {
        run "$CORDON" syscalls openat
        status_is 0
        matches "$out" "^openat +[0-9]+"
        has "$out" @file-system
        has "$out" @file-open
        lacks "$out" @network-io
        run "$CORDON" syscalls ptrace
        has "$out" "refused in every sandbox"
        run "$CORDON" syscalls execve
        has "$out" "needed in every sandbox"
        run "$CORDON" syscalls opnat
        status_is 1
        has "$err" "did you mean 'openat'?"
        run "$CORDON" syscalls @nonsense
        status_is 1
        one_line "$err"
        run "$CORDON" syscalls --jsn
        status_is 2
}

test_syscalls_in_json() {
        need python3
        "$CORDON" syscalls --json openat @swap >"$T/json"
        run python3 -c '
import json, sys
call, group = json.load(open(sys.argv[1]))
assert call["name"] == "openat" and call["number"] > 0 and call["group"] == "@file-open" and call["fate"] == "free", call
assert "@file-system" in call["groups"] and "@network-io" not in call["groups"], call
assert group["name"] == "@swap" and group["text"] == "swap devices" and [c["name"] for c in group["calls"]] == ["swapon", "swapoff"], group
assert all(c["fate"] == "refused" and c["reason"] for c in group["calls"]), group
print("fine")' "$T/json"
        is "$out" fine
        "$CORDON" syscalls --json >"$T/json"
        run python3 -c '
import json, sys
groups = {g["name"]: g["text"] for g in json.load(open(sys.argv[1]))}
assert len(groups) > 50 and groups["@basic"], groups
print("fine")' "$T/json"
        is "$out" fine
}

test_explain_seccomp_shows_each_call_and_why() {
        policy <<-END
		use @base @dev
		syscalls @basic
		syscalls allow ioctl arg1 in TCGETS TIOCGWINSZ
		syscalls deny sysinfo errno ENODEV
	END
        run "$CORDON" explain --seccomp "$T/policy"
        status_is 0
        is "$err" ""
        matches "$out" "  ioctl [0-9]+"
        matches "$out" "allow +arg1:32 in TCGETS TIOCGWINSZ +[^ ]*/policy:4  syscalls allow ioctl"
        matches "$out" "EPERM +arg1:32 == TIOCSTI +in every sandbox"
        matches "$out" "ENODEV: [^ ]*/policy:5  syscalls deny sysinfo errno ENODEV"
        matches "$out" "ask the broker: [^ ]*/policy:3  syscalls @basic"
        # Each call that is known is there.
        local call
        for call in $("$CORDON" syscalls @known | awk '$2 != "-" { print $1 }'); do
                matches "$out" "[ ,]$call [0-9]"
        done
        # The default has a filter that was made at build time, and is explained all the same.
        run "$CORDON" explain --seccomp @base
        status_is 0
        matches "$out" "allow: @default"
        run "$CORDON" explain --seccomp --json @base
        status_is 2
        one_line "$err"
        policy <<<"syscalls ptrace"
        run "$CORDON" explain --seccomp "$T/policy"
        status_is 1
        has "$out$err" "refused in every sandbox"
}
