# open(2) keeps its meaning through the broker: long lists of calls, compared line by line with a run outside.
# shellcheck shell=bash

opens_policy() {
        policy <<-END
		use @base @dev
		exec $HELPERS
		write $W
	END
}

test_open_semantics_dynamic() {
        opens_policy
        compare_with_outside "$HELPERS/opens"
}

test_open_semantics_static() {
        opens_policy
        compare_with_outside "$HELPERS/opens-static"
}

test_open_semantics_in_a_tree_of_the_child() {
        am_root || skip "as an ordinary user every tree is the child's own; test_open_semantics_dynamic covers it"
        opens_policy
        owned_by_child=1 compare_with_outside "$HELPERS/opens"
        is "$(stat -c %u "$W/file")" 65534 "owner"
}

test_made_files_belong_to_the_owner_of_the_tree() {
        opens_policy
        cd "$W"
        boxed "$HELPERS/opens"
        status_is 0
        is "$(find "$W" ! -user "$(id -u)" | head -3)" "" "files of somebody else"
}

test_paths_long_and_unreadable() {
        opens_policy
        compare_with_outside "$HELPERS/paths"
}

test_fifo_opens_in_both_orders() {
        opens_policy
        compare_with_outside "$HELPERS/blocking" pairs
}

test_waiting_open_interrupted_by_a_signal() {
        opens_policy
        within=20 compare_with_outside "$HELPERS/blocking" interrupted
}

test_waiting_open_restarted_after_a_signal() {
        opens_policy
        within=20 compare_with_outside "$HELPERS/blocking" restarted
}

test_waiting_open_can_be_killed() {
        opens_policy
        compare_with_outside "$HELPERS/blocking" killed
}

test_storm_of_signals() {
        opens_policy
        compare_with_outside "$HELPERS/blocking" storm
}

# The whole of a tree for reading only: what writes fails with the errno of a refusal, what reads works.
test_read_tree_is_for_reading() {
        echo content >"$W/file"
        chmod 0777 "$W"
        chmod 0666 "$W/file"
        policy <<-END
		use @base @dev
		read $W
	END
        cd "$W"
        boxed cat file
        is "$out" content
        local attempt
        for attempt in 'echo x >file' 'echo x >>file' 'echo x >new' ': <>file'; do
                boxed sh -c "$attempt"
                [ "$rc" != 0 ] || fail "$attempt worked"
                has "$err" "Permission denied"
        done
        for attempt in 'rm -f file' 'mv file other' 'ln file other' 'mkdir d' 'chmod 600 file' 'touch -d 2020-01-01 file' 'truncate -s 0 file' \
                'ln -s x l' 'mkfifo f'; do
                boxed sh -c "$attempt"
                [ "$rc" != 0 ] || fail "$attempt worked"
        done
        is "$(cat file)" content
        is "$(ls -A "$W")" file
}

test_list_tree_shows_names_only() {
        echo content >"$W/file"
        policy <<-END
		use @base @dev
		list $W
	END
        boxed ls "$W"
        is "$out" file
        boxed stat -c %s "$W/file"
        is "$out" 8
        boxed cat "$W/file"
        status_is 1
        has "$err" "Permission denied"
}

test_create_tree_takes_new_files_only() {
        echo old >"$W/old"
        chmod 0666 "$W/old"
        policy <<-END
		use @base @dev
		create $W
	END
        cd "$W"
        boxed sh -c 'echo new >made; mkdir d; echo deep >d/made'
        status_is 0
        is "$(cat made d/made)" $'new\ndeep'
        local attempt
        for attempt in 'echo x >old' 'echo x >>old' 'cat old' 'rm -f old' 'mv old other' 'truncate -s 0 old' 'chmod 600 old' 'echo again >made' \
                'touch -d 2020-01-01 old' 'mv made old'; do
                boxed sh -c "$attempt"
                [ "$rc" != 0 ] || fail "$attempt worked"
        done
        is "$(cat old)" old
        is "$(stat -c %a old)" 666
        boxed ls
        is "$out" $'d\nmade\nold'
}

test_read_of_one_file_shows_no_neighbours() {
        echo in >"$W/granted"
        echo no >"$W/neighbour"
        policy <<-END
		use @base @dev
		read $W/granted
	END
        boxed cat "$W/granted"
        is "$out" in
        boxed cat "$W/neighbour"
        status_is 1
        has "$err" "No such file"
        boxed ls "$W"
        is "$out" granted
}

test_write_of_one_file() {
        echo before >"$W/granted"
        echo no >"$W/neighbour"
        policy <<-END
		use @base @dev
		write $W/granted
	END
        boxed sh -c "cat $W/granted; echo after >$W/granted"
        status_is 0
        is "$out" before
        is "$(cat "$W/granted")" after
        boxed sh -c "echo x >$W/neighbour"
        [ "$rc" != 0 ] || fail "the neighbour could be written"
        is "$(cat "$W/neighbour")" no
}

test_hide_and_deny_inside_trees() {
        mkdir -p "$W/tree/sub" "$W/out"
        echo a >"$W/tree/a"
        echo key >"$W/tree/sub/x.pem"
        echo hid >"$W/tree/hidden"
        echo den >"$W/tree/denied"
        policy <<-END
		use @base @dev
		read $W/tree
		write $W/out
		hide $W/tree/hidden
		deny $W/tree/denied
		deny $W/tree/**/*.pem because "keys"
	END
        boxed cat "$W/tree/a"
        is "$out" a
        boxed cat "$W/tree/hidden"
        has "$err" "No such file"
        boxed cat "$W/tree/denied"
        has "$err" "Permission denied"
        boxed cat "$W/tree/sub/x.pem"
        has "$err" "Permission denied"
        boxed sh -c "cp -r $W/tree $W/out/copy; ls $W/out/copy"
        lacks "$(cat "$W"/out/copy/* "$W"/out/copy/sub/* 2>/dev/null || true)" key
}

test_exec_needs_exec() {
        cp /bin/true "$W/true" 2>/dev/null || skip "no /bin/true to copy"
        policy <<-END
		use @base @dev
		read $W
	END
        boxed sh -c "$W/true"
        status_is 126
        policy <<-END
		use @base @dev
		exec $W
	END
        boxed sh -c "$W/true"
        status_is 0
}
