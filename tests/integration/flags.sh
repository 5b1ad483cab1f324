# The flags in force on each mount of a view, by kind of rule, as the kernel tells them: also on what the host has mounted below a
# granted tree, and with the sources of many rules side by side in one directory.
# shellcheck shell=bash disable=SC2154

# Checks the mountinfo in $out: each argument is PATH=FLAGS, where FLAGS are what must be there; the rest of ro, noexec, nodev and
# nosuid must not. All of the view is private.
flags_are() {
        printf '%s\n' "$out" >"$T/mountinfo"
        python3 - "$T/mountinfo" "$@" <<-'END' || fail "other flags are in force"
		import sys
		real = {}
		for line in open(sys.argv[1]):
		    words = line.split()
		    real[words[4]] = set(words[5].split(","))
		    tags = words[6:words.index("-")]
		    assert not tags, ("shared with others", line)
		for want in sys.argv[2:]:
		    path, flags = want.split("=")
		    flags = set(flags.split(","))
		    assert path in real, (path, "is no mount", sorted(real))
		    for flag in ("ro", "noexec", "nodev", "nosuid"):
		        assert (flag in flags) == (flag in real[path]), (path, flag, real[path])
	END
}

flags_policy() {
        mkdir -p "$W"/in/sub/deep "$W"/out/sub "$W"/tools/sub "$W"/both/sub "$W"/new "$W"/hidden
        touch "$W"/file-1 "$W"/file-2 "$W"/own-1 "$W"/own-2 "$W"/in/no "$W"/in/no.conf
        cp /bin/true "$W/tool-1"
        cp /bin/true "$W/tool-2"
        policy <<-END
		use @base @dev
		read $W/in $W/file-1 $W/file-2
		write $W/out $W/own-1 $W/own-2
		exec $W/tools $W/tool-1 $W/tool-2
		exec write $W/both
		create $W/new
		deny $W/in/no
		file $W/in/no.conf "x"
		tmp private 3M
	END
}

of_each_kind() {
        echo "$W/in=ro,noexec,nodev,nosuid" "$W/file-1=ro,noexec,nodev,nosuid" "$W/file-2=ro,noexec,nodev,nosuid" \
                "$W/out=noexec,nodev,nosuid" "$W/own-1=noexec,nodev,nosuid" "$W/own-2=noexec,nodev,nosuid" \
                "$W/tools=ro,nodev,nosuid" "$W/tool-1=ro,nodev,nosuid" "$W/tool-2=ro,nodev,nosuid" \
                "$W/both=nodev,nosuid" "$W/new=noexec,nodev,nosuid" "$W/in/no=ro,noexec,nodev,nosuid" "$W/in/no.conf=ro,noexec,nodev,nosuid" \
                "/=ro,noexec,nodev,nosuid" "/tmp=noexec,nodev,nosuid" "/proc=ro,noexec,nodev,nosuid" \
                "/dev/null=ro,noexec,nosuid" "/dev/pts=noexec,nosuid"
}

test_each_kind_of_rule_has_its_flags() {
        flags_policy
        boxed cat /proc/self/mountinfo
        status_is 0
        # shellcheck disable=SC2046
        flags_are $(of_each_kind)
}

# A kernel before 6.15 needs two calls for what is one now.
test_each_kind_has_its_flags_on_older_kernels() {
        flags_policy
        run "$HELPERS/without" tree-attr "$CORDON" run -q -p "$T/policy" -- cat /proc/self/mountinfo
        status_is 0
        # shellcheck disable=SC2046
        flags_are $(of_each_kind)
}

# What is mounted there on the host has no flag of its own, and is shared.
test_submounts_of_the_host_have_the_flags_of_their_tree() {
        am_root || skip "only root mounts here; see the next test"
        flags_policy
        run unshare -m sh -c "
                for at in in/sub out/sub tools/sub both/sub; do
                        mount -t tmpfs -o exec,suid,dev,rw none $W/\$at && mkdir -p $W/\$at/deep &&
                                mount -t tmpfs -o exec,suid,dev,rw none $W/\$at/deep || exit 99
                done
                mount --make-rshared / && exec $CORDON run -p $T/policy -- cat /proc/self/mountinfo"
        status_is 0
        local wanted at
        wanted=$(of_each_kind)
        for at in sub sub/deep; do
                wanted+=" $W/in/$at=ro,noexec,nodev,nosuid $W/out/$at=noexec,nodev,nosuid"
                wanted+=" $W/tools/$at=ro,nodev,nosuid $W/both/$at=nodev,nosuid"
        done
        # shellcheck disable=SC2086
        flags_are $wanted
}

test_what_the_host_has_mounted_below_sys_is_not_weaker() {
        policy <<-END
		use @base @dev
		read /sys
	END
        grep -q ' /sys/[^ ]* ' /proc/self/mountinfo || skip "nothing is mounted below /sys on this machine"
        boxed cat /proc/self/mountinfo
        status_is 0
        # shellcheck disable=SC2046
        flags_are $(awk '$5 ~ "^/sys(/|$)" { print $5 "=ro,noexec,nodev,nosuid" }' <<<"$out")
        has "$out" " /sys/"
}

# A mount that is a granted path itself, whatever lies under it, comes as it is, or not at all.
test_a_granted_mount_is_not_what_lies_under_it() {
        am_root || skip "only root mounts here"
        mkdir "$W/a" "$W/b" "$W/c"
        touch "$W/a/under" "$W/b/under" "$W/c/under"
        policy <<-END
		use @base @dev
		read $W/a $W/b $W/c
	END
        run unshare -m sh -c "
                mount -t tmpfs none $W/b && touch $W/b/over || exit 99
                exec $CORDON run -p $T/policy -- ls $W/a $W/b $W/c"
        status_is 0
        has "$out" "over"
        is "$(grep -c under <<<"$out")" 2
        run unshare -m sh -c "
                mount -t tmpfs none $W/b && touch $W/b/over && mount --make-unbindable $W/b || exit 99
                exec $CORDON run -p $T/policy -- ls $W/a $W/b $W/c"
        [ "$rc" != 0 ] || fail "a mount that is not to be bound was shown"
        lacks "$out" "under"
        has "$err" "$W/b"
}

# Also where their flags differ.
test_many_sources_in_one_directory_are_each_their_own() {
        local i
        mkdir "$W/d"
        for i in 1 2 3 4 5 6; do
                echo "text $i" >"$W/d/$i"
        done
        policy <<-END
		use @base @dev
		read $W/d/1 $W/d/3 $W/d/5
		write $W/d/2 $W/d/4
	END
        boxed sh -c "cat $W/d/1 $W/d/2 $W/d/3 $W/d/4 $W/d/5; ls $W/d; echo new >$W/d/4; echo new >$W/d/3; cat $W/d/4 $W/d/3"
        is "$(grep -c '^text [1-5]$' <<<"$out")" 6
        is "$(grep -c '^new$' <<<"$out")" 1
        lacks "$out" "6"
        is "$(cat "$W/d/4")" new
        is "$(cat "$W/d/3")" "text 3"
}
