# No policy given: the system to read and run, this directory to work in, nothing else of the person's.
# shellcheck shell=bash

plain() {
        run "$CORDON" run -q -- "$@"
}

test_default_working_directory_is_writable() {
        echo before >file
        plain sh -c 'cat file; echo after >file; mkdir d; echo new >d/new; rm -r d; ls'
        status_is 0
        is "$out" $'before\nfile'
        is "$(cat file)" after
}

test_default_home_is_invisible() {
        mkdir -p "$HOME/.ssh"
        echo key >"$HOME/.ssh/id_rsa"
        chmod 755 "$HOME/.ssh"
        run cat "$HOME/.ssh/id_rsa"
        is "$out" key
        plain cat "$HOME/.ssh/id_rsa"
        status_is 1
        has "$err" "No such file"
        plain ls -A "$HOME"
        lacks "$out" ".ssh"
        plain sh -c 'echo x >$HOME/x'
        [ ! -e "$HOME/x" ] || fail "home was written"
}

test_default_has_no_network() {
        start "$HELPERS/serve" inet
        read -r -u "$lines" _ port
        expect_line ready
        run "$HELPERS/attack" connect_inet "$port"
        is "$out" reached
        cp "$HELPERS/attack" .
        plain ./attack connect_inet "$port"
        matches "$out" '^refused: '
}

test_default_system_is_readable_not_writable() {
        plain sh -c 'head -1 /etc/passwd; ls /usr/bin | wc -l'
        status_is 0
        local f
        for f in /etc/passwd /usr/bin/env; do
                plain sh -c ": >>$f" # opened, never written: a failing test must do no harm
                [ "$rc" != 0 ] || fail "$f could be opened for writing"
                has "$err" "Permission denied"
        done
}

test_default_tmp_is_private_and_executable() {
        local mark=/tmp/cordon-mark.$$
        echo host >"$mark"
        plain sh -c "cat $mark; printf '#!/bin/sh\necho ran' >/tmp/prog; chmod +x /tmp/prog; /tmp/prog"
        rm -f "$mark"
        has "$out" ran
        lacks "$out" host
}

test_default_runs_what_was_built_here() {
        need gcc
        echo 'int main(void) { return 9; }' >a.c
        plain sh -c 'gcc a.c && ./a.out'
        status_is 9
}

test_default_program_of_the_persons_own() {
        mkdir -p "$HOME/bin"
        cp "$HELPERS/ids" "$HOME/bin/"
        plain "$HOME/bin/ids"
        status_is 0
        has "$out" "caps=0000000000000000"
}

test_default_explains_itself_at_the_end() {
        plant_secret
        run "$CORDON" run -- cat "$S"
        has "$err" "cordon: denied"
        has "$err" "to allow: "
}
