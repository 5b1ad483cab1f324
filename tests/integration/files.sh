# What of the host's files is where in a sandbox: trees and files at other places, symlinks of its own.
# shellcheck shell=bash

# A tree and a file to be shown elsewhere.
data() {
        mkdir -p "$T/data/sub/deep" "$T/own"
        echo one >"$T/data/file"
        echo two >"$T/data/sub/deep/file"
        ln -s sub/deep "$T/data/link"
        ln -s /mnt/in/sub/deep/file "$T/data/absolute"
        chmod -R a+rwX "$T/data" "$T/own"
}

# A policy with the tools of a system, and what is given; the work directory is not in it.
tools_policy() {
        { echo "use @base @shell"; cat; } | policy
}

# ---- other places ----------------------------------------------------------------------------------------------------

test_a_tree_is_shown_at_another_place_and_not_at_its_own() {
        data
        tools_policy <<<"read $T/data as /mnt/in"
        cd /
        boxed sh -c "cat /mnt/in/file /mnt/in/link/file /mnt/in/absolute; ls /mnt; cd /mnt/in/sub && pwd -P"
        status_is 0
        is "$out" $'one\ntwo\ntwo\nin\n/mnt/in/sub'
        boxed cat "$T/data/file"
        status_is 1
        has "$err" "No such file"
}

test_a_file_is_shown_at_another_place() {
        data
        tools_policy <<-END
		read $T/data/file as /etc/app/conf
		write $T/own as /mnt/out
	END
        echo old >"$T/own/state"
        chmod a+rw "$T/own/state"
        cd /
        boxed sh -c "cat /etc/app/conf && echo new >/mnt/out/state && ls /etc/app"
        status_is 0
        is "$out" $'one\nconf'
        is "$(cat "$T/own/state")" new
        boxed sh -c "echo x >/etc/app/conf"
        [ "$rc" != 0 ] || fail "the file was written"
        is "$(cat "$T/data/file")" one
}

# The same tree twice: each place has what its own line grants, and no more, whatever Landlock, which knows the inode, adds up.
hold_two_places() {
        data
        tools_policy <<-END
		audit $1
		read $T/data
		write $T/data as /mnt/rw
		exec $T/data as /mnt/x
	END
        printf '#!/bin/sh\necho ran\n' >"$T/data/script"
        chmod 0755 "$T/data/script"
        cd /
        boxed sh -c "echo new >/mnt/rw/made && cat $T/data/made /mnt/x/made"
        status_is 0
        is "$out" $'new\nnew'
        local attempt
        for attempt in "echo x >$T/data/made" "echo x >/mnt/x/made" "rm $T/data/made" "mv /mnt/rw/made /mnt/x/other" \
                "ln /mnt/rw/made $T/data/other" "$T/data/script" "/mnt/rw/script" "chmod 777 /mnt/x/made"; do
                boxed sh -c "$attempt"
                [ "$rc" != 0 ] || fail "allowed: $attempt"
        done
        is "$(cat "$T/data/made")" new
        [ ! -e "$T/data/other" ] || fail "there is another name"
        boxed sh -c "exec /mnt/x/script"
        status_is 0
        is "$out" ran
        boxed sh -c "mv /mnt/rw/made /mnt/rw/moved && rm /mnt/rw/moved"
        status_is 0
}

test_each_of_two_places_has_its_own_rights() {
        hold_two_places denied
}

test_each_of_two_places_has_its_own_rights_without_a_broker() {
        hold_two_places none
}

# Landlock would let what may be read at one place be read at all of them: there the broker is asked.
test_a_place_to_be_listed_stays_one_where_another_is_read() {
        data
        tools_policy <<-END
		audit none
		list $T/data
		read $T/data/sub as /mnt/in
	END
        cd /
        boxed sh -c "cat /mnt/in/deep/file; ls $T/data/sub"
        is "$out" $'two\ndeep'
        boxed cat "$T/data/sub/deep/file"
        status_is 1
}

test_rules_are_about_places_in_the_sandbox() {
        data
        tools_policy <<-END
		write $T/data as /mnt/in
		deny /mnt/in/sub/deep
		deny /mnt/in/**/*.key
		hide /mnt/in/hidden
		read /mnt/in/link/none
		deny $T/data/file
	END
        echo k >"$T/data/a.key"
        echo h >"$T/data/hidden"
        cd /
        boxed sh -c "cat /mnt/in/file && echo new >/mnt/in/new && mv /mnt/in/new /mnt/in/newer"
        status_is 0
        is "$(cat "$T/data/newer")" new
        local attempt
        for attempt in "cat /mnt/in/sub/deep/file" "cat /mnt/in/link/file" "cat /mnt/in/a.key" "cat /mnt/in/hidden" \
                "mv /mnt/in/sub /mnt/in/sup" "mv /mnt/in/file /mnt/in/b.key" "ls /mnt/in/sub/deep"; do
                boxed sh -c "$attempt"
                [ "$rc" != 0 ] || fail "allowed: $attempt"
        done
        is "$(cat "$T/data/sub/deep/file" "$T/data/file")" $'two\none'
}

test_what_never_closes_is_closed_at_every_place() {
        data
        plant_secret
        mkdir -p "$T/home/.ssh" "$T/home/work"
        cp "$S" "$T/home/.ssh/id"
        cp "$S" "$T/home/work/tls.key"
        echo fine >"$T/home/work/file"
        tools_policy <<-END
		read $T/home as /mnt/home
		never $T/home/.ssh
		never $T/**/*.key
	END
        cd /
        boxed sh -c "cat /mnt/home/work/file"
        is "$out" fine
        leaks_outside cat "$T/home/.ssh/id" "$T/home/work/tls.key"
        holds_inside sh -c "cat /mnt/home/.ssh/id; cat /mnt/home/work/tls.key; cat /mnt/home/.ssh/../.ssh/id; grep -r . /mnt/home"
}

test_a_place_in_a_tree_of_the_host_must_be_there() {
        data
        mkdir "$T/tree" "$T/tree/here"
        tools_policy <<-END
		read $T/tree
		read $T/data as $T/tree/here
	END
        boxed cat "$T/tree/here/file"
        is "$out" one
        tools_policy <<-END
		read $T/tree
		read $T/data as $T/tree/there
	END
        launch=may_fail boxed true
        status_is 125
        has "$err" "$T/tree/there"
        [ ! -e "$T/tree/there" ] || fail "it was made"
        is "$(ls -A "$T/tree" "$T/tree/here")" "$T/tree:"$'\nhere\n\n'"$T/tree/here:"
}

# Where what is to be shown is missing, what lies under its place does not come to light.
test_what_is_missing_shows_nothing_else() {
        plant_secret
        mkdir -p "$T/tree/place"
        cp "$S" "$T/tree/place/file"
        tools_policy <<-END
		read $T/tree
		read $T/gone as $T/tree/place
	END
        leaks_outside cat "$T/tree/place/file"
        holds_inside sh -c "cat $T/tree/place/file; ls $T/tree/place"
        lacks "$out" file
}

test_a_denial_names_the_place_and_the_line_that_helps() {
        data
        tools_policy <<<"read $T/data as /mnt/in"
        cd /
        told sh -c "echo x >/mnt/in/file; echo x >/mnt/in/new"
        has "$err" "denied  write /mnt/in/file"
        has "$err" "to allow: write /mnt/in/file"
        has "$err" "to allow: write $T/data as /mnt/in"
        run "$CORDON" why -p "$T/policy" read /mnt/in/link/file
        status_is 0
        has "$out" "that is  /mnt/in/sub/deep/file"
        has "$out" "on host  $T/data/sub/deep/file"
        run "$CORDON" why -p "$T/policy" --json read /mnt/in/file
        has "$out" "\"on_host\":\"$T/data/file\""
        run "$CORDON" explain -p "$T/policy"
        has "$out" "/mnt/in <- $T/data"
}

test_a_program_is_at_another_place() {
        data
        mkdir -p "$T/tool/bin"
        cp "$(command -v uname)" "$T/tool/bin/mine"
        tools_policy <<-END
		exec $T/tool as /opt/tool
		read $T/data as /mnt/in
		cwd /mnt/in
	END
        boxed sh -c "/opt/tool/bin/mine >/dev/null && pwd && cat file && readlink /proc/self/fd/4 4<file"
        status_is 0
        is "$out" $'/mnt/in\none\n/mnt/in/file'
}

# As root the owner of a writable tree is shown as the sandbox's user, at whatever place.
test_what_is_made_belongs_to_the_owner_of_the_tree() {
        data
        tools_policy <<<"write $T/data as /mnt/rw"
        cd /
        boxed sh -c "mkdir /mnt/rw/d && echo x >/mnt/rw/d/f && stat -c %u /mnt/rw/d/f && id -u"
        status_is 0
        is "$(sort -u <<<"$out" | wc -l)" 1
        is "$(stat -c %u "$T/data/d/f")" "$(stat -c %u "$T/data")"
}

# ---- symlinks --------------------------------------------------------------------------------------------------------

test_symlinks_of_the_sandboxs_own() {
        data
        tools_policy <<-END
		read $T/data as /mnt/in
		deny /mnt/short/sub
		symlink in as /mnt/short
		symlink /not/there as /srv/dangling
		symlink /mnt/in/file as /tmp/file
	END
        cd /
        boxed sh -c "readlink /mnt/short /srv/dangling /tmp/file; cat /mnt/short/file /tmp/file; ls /srv; rm /tmp/file"
        status_is 0
        is "$out" $'in\n/not/there\n/mnt/in/file\none\none\ndangling'
        boxed cat /mnt/in/sub/deep/file
        has "$err" "Permission denied"
        boxed cat /mnt/short/link/file
        has "$err" "Permission denied"
        boxed cat /srv/dangling
        has "$err" "No such file"
        boxed sh -c "rm /mnt/short || ln -sf x /mnt/short"
        status_is 1
}

test_no_symlink_is_made_in_a_tree_of_the_host() {
        data
        tools_policy <<-END
		write $T/data
		symlink x as $T/data/new
	END
        launch=may_fail boxed true
        status_is 125
        has "$err" "no link is made in it"
        [ ! -L "$T/data/new" ] || fail "it was made"
}

# ---- nothing is made on the host ---------------------------------------------------------------------------------------

# Every name of a tree, with what would tell of anything that was made, moved or removed, if only for a moment.
imprint() {
        find "$1" -printf '%P %y %i %m %U %T@ %C@ %n %l\n' | LC_ALL=C sort
}

# A writable tree with all that a view has to put somewhere: what is missing, masked, hidden, closed, virtual, shown elsewhere.
busy_tree() {
        local d=$T/tree
        mkdir -p "$d/closed/in" "$d/masked" "$d/hidden/sub" "$d/place" "$d/deep/er/est" "$T/elsewhere/sub"
        echo x | tee "$d/file" "$d/over" "$d/closed/in/f" "$d/masked/f" "$d/a.key" "$d/deep/er/est/f" "$T/elsewhere/f" >"$d/hidden/f"
        ln -s missing "$d/dangling"
        chmod -R a+rwX "$T/tree" "$T/elsewhere"
        tools_policy <<-END
		write $d
		deny $d/closed $d/missing $d/deep/missing/more $d/**/*.key
		mask $d/masked $d/not-there
		hide $d/hidden $d/gone
		read $d/deep/er/est
		file $d/over "virtual"
		read $T/elsewhere as $d/place
		read $T/elsewhere/f as /mnt/file
		write $T/elsewhere/sub as /mnt/sub
		symlink $d/file as /mnt/link
		never $d/**/private
	END
}

test_nothing_is_made_on_the_host() {
        busy_tree
        local before after
        before=$(imprint "$T/tree"; imprint "$T/elsewhere")
        cd /
        boxed sh -c "cat $T/tree/over $T/tree/place/f /mnt/file /mnt/link; ls -R $T/tree /mnt"
        has "$out" virtual
        boxed sh -c "ls $T/tree/missing $T/tree/not-there $T/tree/gone; cat $T/tree/hidden/f $T/tree/masked/f $T/tree/a.key"
        [ "$rc" != 0 ] || fail "all of it can be seen"
        after=$(imprint "$T/tree"; imprint "$T/elsewhere")
        is "$after" "$before" "what is on the host"
        boxed sh -c "echo y >$T/tree/new" # the control: what is made is seen
        [ "$(imprint "$T/tree"; imprint "$T/elsewhere")" != "$before" ] || fail "nothing is seen"
}

# The launcher dies at any point of a launch, and leaves nothing behind.
test_a_killed_launch_leaves_nothing_on_the_host() {
        busy_tree
        local before i done=0
        before=$(imprint "$T/tree"; imprint "$T/elsewhere")
        cd /
        for ((i = 0; i < 100; i++)); do
                run timeout -s KILL "0.0$(printf %02d $((RANDOM % 40)))1" "$CORDON" run -q -p "$T/policy" -- true
                [ "$rc" != 0 ] || done=$((done + 1))
        done
        [ $done -lt 100 ] || fail "no launch was killed"
        is "$(imprint "$T/tree"; imprint "$T/elsewhere")" "$before" "what is on the host"
}

# ---- files that are replaced outside -----------------------------------------------------------------------------------

# A shell inside that does one line after the other: `inside COMMAND` leaves its output, with errors, in $out.
shell_inside() {
        coproc BOX { exec "$CORDON" run -q -p "$T/policy" -- sh 2>"$T/box.err"; }
        to_box=${BOX[1]} from_box=${BOX[0]} box_pid=$BOX_PID
        inside true
}

inside() {
        local line
        out=
        last="inside: $1"
        printf '{ %s\n} 2>&1; echo "@@ $?"\n' "$1" >&"$to_box"
        while IFS= read -r line <&"$from_box" && [[ $line != "@@ "* ]]; do
                out+=$line$'\n'
        done
        [[ ${line-} == "@@ "* ]] || fail "the shell inside is gone: $(cat "$T/box.err")"
        rc=${line#@@ }
        out=${out%$'\n'}
}

leave_shell() {
        exec {to_box}>&-
        wait "$box_pid" || true
        exec {from_box}<&-
}

replace() { # replace FILE HOW TEXT: as people and programs do
        case $2 in
        rename) echo "$3" >"$1.new" && mv "$1.new" "$1" ;;
        sed) sed -i "s/.*/$3/" "$1" ;;
        python) python3 -c 'import os, sys; p = sys.argv[1]; open(p + "~", "w").write(sys.argv[2] + "\n"); os.replace(p + "~", p)' "$1" "$3" ;;
        again) rm "$1" && echo "$3" >"$1" ;;
        backup) mv "$1" "$1.bak" && echo "$3" >"$1" ;;
        vim) vim -es -u NONE -N --cmd 'set backupcopy=no' -c "%s/.*/$3/" -c wq "$1" </dev/null >/dev/null 2>&1 ;;
        place) echo "$3" >"$1" ;;
        esac
        chmod a+rw "$1"
}

test_a_file_that_is_replaced_is_followed() {
        need python3 vim
        mkdir -p "$T/conf"
        chmod a+rwX "$T/conf"
        echo first >"$T/conf/app"
        echo neighbour >"$T/conf/other"
        echo first >"$T/conf/state"
        chmod a+rw "$T/conf/"*
        tools_policy <<-END
		read $T/conf/app
		read $T/conf/app as /etc/app/conf
		write $T/conf/state
	END
        cd /
        shell_inside
        local how
        for how in rename sed python again backup vim place; do
                replace "$T/conf/app" $how "by-$how"
                inside "cat $T/conf/app /etc/app/conf"
                is "$out" "by-$how"$'\n'"by-$how"
                replace "$T/conf/state" $how "by-$how"
                inside "cat $T/conf/state && echo inside-$how >$T/conf/state"
                is "$rc $out" "0 by-$how"
                is "$(cat "$T/conf/state")" "inside-$how"
        done
        is "$(cat "$T/conf/state.bak")" "inside-again" "what was put away" # by `backup`; nobody writes to it any more
        inside "echo x >$T/conf/app"
        [ "$rc" != 0 ] || fail "a new file can be written"
        inside "cat $T/conf/other; cat $T/conf/app~ $T/conf/state.bak"
        lacks "$out" neighbour
        rm "$T/conf/app"
        inside "cat $T/conf/app"
        has "$out" "No such file"
        replace "$T/conf/app" place back
        inside "cat $T/conf/app"
        is "$out" back
        leave_shell
}

# What takes its place and is none leads nowhere else.
test_what_a_file_is_replaced_by_leads_nowhere() {
        plant_secret
        mkdir -p "$T/conf" "$T/conf2/dir"
        cp "$S" "$T/conf2/dir/secret"
        echo first >"$T/conf/app"
        chmod -R a+rwX "$T/conf" "$T/conf2"
        tools_policy <<<"read $T/conf/app"
        cd /
        shell_inside
        inside "cat $T/conf/app"
        is "$out" first
        ln -sf "$S" "$T/conf/app"
        leaks_outside cat "$T/conf/app"
        inside "cat $T/conf/app; cat <$T/conf/app"
        lacks "$out" "$SECRET"
        rm "$T/conf/app" && mv "$T/conf2/dir" "$T/conf/app"
        leaks_outside cat "$T/conf/app/secret"
        inside "ls $T/conf/app; cat $T/conf/app/secret; cd $T/conf/app && cat secret"
        lacks "$out" "$SECRET"
        rm -r "$T/conf/app" && mkfifo "$T/conf/app"
        inside "cat $T/conf/app"
        [ "$rc" != 0 ] || fail "a pipe was opened"
        rm "$T/conf/app" && ln "$S" "$T/conf/app" # another name of it, given by somebody who may: this is the file
        inside "cat $T/conf/app"
        is "$out" "$SECRET"
        leave_shell
}

# Where the broker is asked for metadata, these are the new file's as well.
test_metadata_of_a_file_that_is_replaced() {
        mkdir -p "$T/conf"
        echo first >"$T/conf/app"
        chmod -R a+rwX "$T/conf"
        tools_policy <<-END
		audit all
		write $T/conf/app
	END
        cd /
        shell_inside
        echo "a longer text" >"$T/conf/new" && chmod a+rw "$T/conf/new" && mv "$T/conf/new" "$T/conf/app"
        inside "wc -c <$T/conf/app; stat -c %s $T/conf/app; cp $T/conf/app /tmp/copy && cat /tmp/copy"
        is "$out" $'14\n14\na longer text'
        inside "chmod 0640 $T/conf/app || touch $T/conf/app"
        is "$rc" 0
        rm "$T/conf/app"
        inside "stat $T/conf/app"
        has "$out" "No such file"
        leave_shell
}

# Where the kernel opens by itself, it goes by what was mounted.
test_a_file_that_is_replaced_is_followed_where_opens_are_brokered() {
        local audit seen
        for audit in denied none; do
                echo old >"$W/file"
                mkfifo "$W/go"
                chmod -R a+rX "$W"
                policy <<-END
			audit $audit
			exec /bin /usr /lib /lib64
			read $W/file
			read $W/go
			proc none
			dev none
		END
                run "$CORDON" explain "$T/policy"
                [ $audit = denied ] && seen=$'old\nnew' || seen=$'old\nold'
                start "$CORDON" run -q -p "$T/policy" -- sh -c "cat $W/file; echo ready; read x <$W/go; cat $W/file"
                expect_line ready
                echo new >"$W/next"
                chmod a+r "$W/next"
                mv "$W/next" "$W/file"
                echo go >"$W/go"
                finish
                is "old
${rest}" "$seen" "audit $audit"
                rm "$W/go"
        done
}

# Root's sandboxes are another user, who may not enter root's home; what is granted below is shown all the same.
test_a_home_that_is_closed_to_others() {
        mkdir -p "$HOME/.ssh" "$HOME/proj"
        echo key >"$HOME/.ssh/id_rsa"
        echo text >"$HOME/proj/file"
        chmod 700 "$HOME" "$HOME/.ssh"
        printf 'use @base @dev @secrets\nwrite ~/proj\n' | policy
        told sh -c "cat ~/proj/file; echo new >~/proj/new; ls -A ~; cat ~/.ssh/id_rsa"
        is "$out" $'text\nproj'
        is "$(cat "$HOME/proj/new")" new
        has "$err" "$HOME/.ssh/id_rsa  @secrets:"
        has "$err" 'because "private keys"'
        lacks "$err" "to allow"
        printf 'use @base @dev @secrets\nread ~\n' | policy
        run "$CORDON" run -p "$T/policy" -- sh -c "cat ~/proj/file ~/.ssh/id_rsa"
        if am_root; then
                status_is 125
                has "$err" "$HOME/.ssh: Permission denied"
                has "$err" "grant what he needs by itself"
        else
                is "$out" text
                has "$err" 'because "private keys"'
        fi
        run cat "$HOME/.ssh/id_rsa"
        is "$out" key
}
