# Bundles and shipped policies: each holds alone, with and without a home; the languages build and run something; what
# @secrets names stays closed. Names and the search path; `cordon show`.
# shellcheck shell=bash

bundles() {
        "$CORDON" show | sed -n 's/^\(@[^ ]*\) .*/\1/p'
}

test_each_bundle_holds_alone() {
        local b home
        [ "$(bundles | wc -l)" -ge 14 ] || fail "not all bundles are listed: $(bundles)"
        for b in $(bundles); do
                for home in "$HOME" /nonexistent ""; do
                        if [ -n "$home" ]; then
                                run env HOME="$home" "$CORDON" check "$b"
                        else
                                run env -u HOME "$CORDON" check "$b"
                        fi
                        status_is 0
                        is "$err" ""
                        matches "$out" "^$b: fine, ([0-9]+) of \1 expectations hold\$"
                done
                run "$CORDON" explain "$b"
                status_is 0
        done
}

test_every_bundle_says_what_it_does() {
        local b
        for b in $(bundles); do
                run "$CORDON" show "$b"
                matches "$out" $'^cordon 1 +# [^\n]+\n'
                matches "$out" $'\n# '
                matches "$out" $'\nexpect deny '
        done
}

# ---- the languages ----------------------------------------------------------------------------------------------------

test_shell_scripts() {
        policy <<-END
		use @shell
		write $W
	END
        printf 'b\na\n' >list
        cat >script <<-'END'
		set -eu
		sort list | sed 's/a/A/' | awk '{ print NR, $0 }' >numbered
		find . -name numbered -print | xargs cat
		bash -c 'echo "${BASH_VERSION:+bash}"'
	END
        boxed sh script
        status_is 0
        is "$out" $'1 A\n2 b\nbash'
        plant_secret
        leaks_only_outside sh -c "cat $S"
}

test_basic_is_a_filter_and_nothing_else() {
        printf 'b\na\n' >list
        stdin=$W/list run "$CORDON" run -q -p @basic -- sort
        is "$out" $'a\nb'
        run "$CORDON" run -q -p @basic -- cat list
        [ "$rc" != 0 ] && is "$out" "" || fail "a file was read"
        run sh -c 'echo x >/tmp/cordon-test-$$ && rm /tmp/cordon-test-$$'
        status_is 0
        run "$CORDON" run -q -p @basic -p "$(policy "$T/sh" <<<"exec /bin/sh" && echo "$T/sh")" -- sh -c 'echo x >/tmp/file'
        [ "$rc" != 0 ] || fail "there is a place to write"
}

test_go_builds_and_tests() {
        need go
        policy <<-END
		use @go
		write exec $W
	END
        printf 'module x\ngo 1.18\n' >go.mod
        printf 'package main\nfunc main() { println("built") }\n' >main.go
        printf 'package main\nimport "testing"\nfunc TestX(t *testing.T) {}\n' >main_test.go
        boxed go build -o prog .
        status_is 0
        boxed ./prog
        is "$err" "built"
        boxed go test .
        matches "$out" "^ok "
        boxed sh -c "mkdir -p $HOME/.cache/go-build && echo x >$HOME/.cache/go-build/x"
        [ ! -e "$HOME/.cache/go-build/x" ] || fail "the cache of other builds was written"
}

test_java_compiles_and_runs() {
        need javac java
        policy <<-END
		use @java
		write $W
	END
        cat >Hello.java <<-'END'
		public class Hello {
		    public static void main(String[] args) throws Exception {
		        System.out.println("hello");
		        try {
		            System.out.println(java.nio.file.Files.readString(java.nio.file.Path.of(args[0])));
		        } catch (java.io.IOException e) {
		            System.out.println("refused");
		        }
		    }
		}
	END
        boxed javac Hello.java
        status_is 0
        plant_secret
        run java Hello "$S"
        has "$out" "$SECRET"
        boxed java Hello "$S"
        is "$out" $'hello\nrefused'
}

test_rust_builds_and_tests() {
        [ -x /usr/bin/cargo ] && [ -x /usr/bin/cc ] || skip "no cargo of the system"
        policy <<-END
		use @rust
		write exec $W
	END
        mkdir src
        printf '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n' >Cargo.toml
        printf 'fn main() { println!("{}", env!("BUILT")) }\n#[test]\nfn t() { assert_eq!(1, 1) }\n' >src/main.rs
        printf 'fn main() { println!("cargo:rustc-env=BUILT=built") }\n' >build.rs
        boxed /usr/bin/cargo build -q --offline
        status_is 0
        boxed target/debug/app
        is "$out" "built"
        boxed /usr/bin/cargo test -q --offline
        status_is 0
        has "$out" "1 passed"
}

# ---- @secrets and @gui-none -------------------------------------------------------------------------------------------

test_secrets_stay_closed() {
        am_root && skip "a home that is read is one of an ordinary user"
        mkdir -p "$HOME/.ssh" "$HOME/.aws" "$HOME/.mozilla" "$HOME/project"
        local f
        for f in .ssh/id_rsa .aws/credentials .mozilla/cookies .npmrc .bash_history project/.env project/code; do
                echo "content of $f" >"$HOME/$f"
        done
        policy <<-'END'
		use @base @shell @secrets
		read ~
	END
        for f in .ssh/id_rsa .aws/credentials .mozilla/cookies .npmrc .bash_history project/.env; do
                boxed cat "$HOME/$f"
                [ "$rc" != 0 ] || fail "$f was read"
                lacks "$out" "content"
        done
        boxed cat "$HOME/project/code"
        is "$out" "content of project/code"
        # A token can be handed over by name. A key cannot.
        printf 'read ~/.npmrc ~/.ssh ~/project/.env\n' >>"$T/policy"
        boxed cat "$HOME/.npmrc" "$HOME/project/.env"
        is "$out" $'content of .npmrc\ncontent of project/.env'
        boxed cat "$HOME/.ssh/id_rsa"
        [ "$rc" != 0 ] || fail "the key was read"
}

test_no_desktop_even_where_everything_is_granted() {
        am_root && skip "a home that is read is one of an ordinary user"
        echo cookie >"$HOME/.Xauthority"
        echo file >"$HOME/file"
        policy <<-'END'
		use @base @shell @gui-none
		read ~
		read ~/.Xauthority
	END
        boxed cat "$HOME/.Xauthority"
        [ "$rc" != 0 ] || fail "the cookie was read"
        boxed cat "$HOME/file"
        is "$out" file
        sed -i s/@gui-none// "$T/policy"
        boxed cat "$HOME/.Xauthority"
        is "$out" cookie
}

# ---- names ----------------------------------------------------------------------------------------------------------

# What lies below a directory that others may write is refused: then nothing can be found by name here.
need_private_way() {
        local d=$T
        while [ "$d" != / ]; do
                d=$(dirname "$d")
                [ -z "$(find "$d" -maxdepth 0 -perm /022 ! -perm -1000)" ] || skip "$d may be written by others than its owner"
        done
}

named_policy() { # in ~/.config/cordon
        need_private_way
        mkdir -p "$HOME/.config/cordon"
        policy "$HOME/.config/cordon/$1"
}

test_a_name_is_looked_for() {
        echo text >file
        named_policy mine.policy <<-END
		use @dev
		read $W
	END
        run "$CORDON" run -q -p mine -- cat file
        is "$out" text
        run "$CORDON" run -q -p mine.policy -- cat file
        is "$out" text
        run "$CORDON" check mine
        has "$out" "mine: fine"
        policy ./user <<<"use mine"
        run "$CORDON" run -q -p ./user -- cat file
        is "$out" text
        run env XDG_CONFIG_HOME="$T/elsewhere" "$CORDON" run -p mine -- cat file
        status_is 125
        has "$err" "$T/elsewhere/cordon"
}

test_the_current_directory_is_not_searched() {
        policy ./here.policy <<<"use @dev"
        run "$CORDON" run -p here.policy -- echo ran
        status_is 125
        is "$out" ""
        has "$err" "write ./here.policy"
        run "$CORDON" run -q -p ./here.policy -- echo ran
        is "$out" ran
        run "$CORDON" check here
        status_is 2
        has "$err" "/etc/cordon"
}

test_a_policy_that_others_may_write_is_refused() {
        named_policy mine.policy <<<"use @dev"
        run "$CORDON" run -q -p mine -- echo ran
        is "$out" ran
        chmod o+w "$HOME/.config/cordon/mine.policy"
        run "$CORDON" run -q -p mine -- echo ran
        status_is 125
        is "$out" ""
        has "$err" "may be written by everybody"
        chmod o-w "$HOME/.config/cordon/mine.policy"
        chmod g+w "$HOME/.config/cordon"
        run "$CORDON" check mine
        status_is 2
        has "$err" "may be written by its group"
}

test_show_lists_and_prints() {
        need python3
        named_policy mine.policy <<<"use @dev"
        sed -i '1s/$/ # all of mine/' "$HOME/.config/cordon/mine.policy"
        run "$CORDON" show
        status_is 0
        matches "$out" $'\nmine +'"$HOME/.config/cordon/mine.policy"' +all of mine'
        matches "$out" $'\n@git +commits'
        run "$CORDON" show mine
        is "$out" "$(cat "$HOME/.config/cordon/mine.policy")"
        is "$err" "cordon: mine is $HOME/.config/cordon/mine.policy"
        run "$CORDON" show @base "$HOME/.config/cordon/mine.policy"
        has "$out" "cordon 1"
        is "$err" ""
        run "$CORDON" show @bsae
        status_is 1
        has "$err" "did you mean '@base'?"
        run "$CORDON" show nothing
        status_is 2
        run "$CORDON" show --json mine
        cp "$T/out" "$T/json"
        run python3 -c 'import json, sys; [m] = json.load(open(sys.argv[1])); print(m["name"], m["summary"], m["text"], sep="|", end="")' "$T/json"
        is "$out" "mine|all of mine|$(cat "$HOME/.config/cordon/mine.policy")"
        run "$CORDON" show --json
        cp "$T/out" "$T/json"
        run python3 -c 'import json, sys; print(*(m["name"] for m in json.load(open(sys.argv[1]))))' "$T/json"
        has "$out" "@base"
        has "$out" "mine"
}

test_show_does_nothing_to_a_terminal() {
        printf 'cordon 1 # \033[31m\nread /a\t# \r\033]0;x\007\r\n\377\0end\n' >wild
        run "$CORDON" show ./wild
        status_is 0
        is "$(tr -d '\n\t' <"$T/out" | LC_ALL=C tr -cd '\000-\037\177-\377' | od -An -tx1 | tr -d ' ')" "0d" # of the \r\n
        has "$out" '\x1b[31m'
        has "$out" 'end'
}

# ---- what is shipped --------------------------------------------------------------------------------------------------

test_shipped_policies_hold() {
        local p f defines
        need_private_way
        mkdir -p "$HOME/.config/cordon"
        cp "$HERE"/../examples/policies/*.policy "$HOME/.config/cordon/"
        for f in "$HOME"/.config/cordon/*.policy; do
                p=$(basename "$f" .policy)
                defines=()
                while read -r name; do
                        defines+=(-D "$name=$W/$name")
                done < <(sed -n 's/^param \([A-Z]*\)$/\1/p' "$f")
                run "$CORDON" check "$p" "${defines[@]}"
                status_is 0
                matches "$out" "^$p: fine, ([0-9]+) of \1"
                run "$CORDON" show
                matches "$out" $'\n'"$p +$f +[^ ]"
        done
}

test_shipped_policies_run() {
        need gcc python3
        need_plain_build
        need_private_way
        mkdir -p "$HOME/.config/cordon" in out
        cp "$HERE"/../examples/policies/*.policy "$HOME/.config/cordon/"
        echo 'int main(void) { return 3; }' >in/main.c
        am_root && chown -R 65534 out
        run "$CORDON" run -q -p build -D SRC=in -D OUT=out -- gcc -o out/prog in/main.c
        status_is 0
        run out/prog
        status_is 3
        run "$CORDON" run -q -p build -D SRC=in -D OUT=out -- "$W/out/prog"
        status_is 126
        run "$CORDON" run -q -p document -D IN=in/main.c -- cat in/main.c
        has "$out" "main"
        run "$CORDON" run -q -p document -D IN=in/main.c -- cat out/prog
        status_is 1
        run "$CORDON" run -q -p script -D IN=in -D OUT=out -- /usr/bin/python3 -c "open('out/r', 'w').write(open('in/main.c').read())"
        cmp in/main.c out/r
        run "$CORDON" run -q -p script -D IN=in -D OUT=out -- /usr/bin/python3 -c "open('in/main.c', 'a')"
        status_is 1
        stdin=$W/in/main.c run "$CORDON" run -q -p filter -- sed s/3/4/
        has "$out" "return 4"
}
