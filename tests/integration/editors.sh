# The words of the language, where they are written down besides the program: the manual, Vim, VS Code. No verb may be missing
# in one of them, and none may be there that the program does not know.
# shellcheck shell=bash

R=$HERE/..
MANUAL=$R/docs/cordon-policy.5
VIM=$R/editors/vim
GRAMMAR=$R/editors/vscode/syntaxes/cordon.tmLanguage.json

all_verbs() {
        run "$HELPERS/verbs"
        status_is 0
        mapfile -t verbs <<<"$out"
        [ ${#verbs[@]} -ge 20 ] || fail "only ${#verbs[@]} verbs"
        [[ " ${verbs[*]} " == *" read "* ]] || fail "not even read: ${verbs[*]}"
}

# A word that begins no line in any version is unknown; those of later versions are known, and refused by name.
known_verb() {
        printf 'cordon 1\n%s\n' "$1" >"$T/known.policy"
        run "$CORDON" check "$T/known.policy"
        [[ $err != *"unknown verb"* ]]
}

# The manual's text without its marks for characters.
manual() {
        sed 's/\\&//g; s/\\(dq/"/g; s/\\e/\\/g' "$MANUAL"
}

test_every_verb_has_its_entry_in_the_manual() {
        local v entry
        all_verbs
        for v in "${verbs[@]}"; do
                entry=$(manual | awk -v v="$v" '$1 == ".It" { mine = $2 == "Ic" && $3 == v || mine && $2 != "Ic" } /^\.S[hs]/ { mine = 0 } mine')
                [ -n "$entry" ] || fail "no entry for '$v' in cordon-policy.5"
                grep -q "^\.Dl $v " <<<"$entry" || fail "no example of '$v' in its entry"
        done
}

test_the_manual_tells_which_rule_counts() {
        local section part
        section=$(manual | sed -n '/^\.Sh WHICH RULE COUNTS/,/^\.Sh FILES/p')
        for part in "order of lines never matters" "deepest" "beats everything" "Then your own file" "stricter verb"; do
                has "$section" "$part"
        done
}

# A policy as an example shows it; what it needs beside it is there.
example_holds() { # FILE
        run "$CORDON" fmt -d "$1"
        [ "$rc" = 0 ] || fail "this example is not in the canonical layout: $out$err"
        local defines=() name
        for name in $(sed -nE 's/^param ([A-Z]+)$/\1/p' "$1"); do
                defines+=(-D "$name=$W/$name")
        done
        run "$CORDON" check "${defines[@]}" "$1"
        [ "$rc" = 0 ] || has "$err" "expectations do not hold" # a claim alone, with no rules
}

test_every_example_in_the_manual_is_right() {
        local line name count=0
        all_verbs
        while IFS= read -r line; do
                [[ " ${verbs[*]} " == *" ${line%% *} "* ]] || continue
                printf 'cordon 1\n%s\n' "$line" >"$T/example.policy"
                for name in $(grep -oE '\$HERE/[A-Za-z.]+' <<<"$line"); do # what it names beside itself
                        echo "cordon 1" >"$T/${name#*/}"
                done
                example_holds "$T/example.policy"
                count=$((count + 1))
        done < <(manual | sed -n 's/^\.Dl //p')
        [ $count -ge ${#verbs[@]} ] || fail "only $count examples"
        manual | sed -n '/^\.Bd -literal/,/^\.Ed/{/^\./!p}' >"$T/whole.policy"
        has "$(head -n 1 "$T/whole.policy")" "cordon 1"
        example_holds "$T/whole.policy"
}

test_vim_knows_every_verb() {
        local v words
        all_verbs
        words=$(sed -nE 's/^syntax keyword cordon(Verb|Restrict|Declare|Test) contained //p' "$VIM/syntax/cordon.vim" | tr '\n' ' ')
        for v in "${verbs[@]}"; do
                has " $words" " $v "
        done
        for v in $words; do
                known_verb "$v" || fail "Vim knows '$v', cordon does not"
        done
        ! known_verb wirte || fail "cordon knows all"
}

# What an editor should tell apart; each line has one part that is looked for, and the class that it should have.
sample() {
        cat <<'END'
cordon 1                    # head
use @base
write exec $CWD/out
deny  ~/**/*.pem     because "a \n # $IN"
wirte /x
limit time 5m
expect deny read /x#y
END
}

# Prints "LINE GROUP <TEXT>" for the highlighted parts of a file.
vim_groups() {
        cat >"$T/dump.vim" <<END
set nocompatible
set runtimepath^=$VIM
filetype plugin on
syntax on
edit $1
let out = [&filetype . ' ' . &commentstring]
for l in range(1, line('\$'))
        let text = getline(l)
        let c = 1
        while c <= strlen(text)
                let name = synIDattr(synID(l, c, 1), 'name')
                let s = c
                while c <= strlen(text) && synIDattr(synID(l, c, 1), 'name') ==# name
                        let c += 1
                endwhile
                if name != ''
                        call add(out, l . ' ' . name . ' <' . substitute(strpart(text, s - 1, c - s), '\s*\$', '', '') . '>')
                endif
        endwhile
endfor
call writefile(out, '$T/groups')
qall!
END
        rm -f "$T/groups"
        run timeout 60 vim -u NONE -i NONE -N -n -es -S "$T/dump.vim"
        [ -e "$T/groups" ] || fail "Vim wrote nothing"
        groups=$(cat "$T/groups")
}

test_vim_tells_words_apart() {
        local v i=1 part
        need vim
        vim --version | grep -q '+syntax' || skip "this Vim has no syntax files"
        sample >"$W/sample.policy"
        vim_groups "$W/sample.policy"
        for part in 'cordon # %s' '1 cordonHeader <cordon>' '1 cordonComment <# head>' '2 cordonDeclare <use>' '2 cordonBundle <@base>' \
                '3 cordonVerb <write>' '3 cordonBeside <exec>' '3 cordonVariable <$CWD>' '4 cordonRestrict <deny>' '4 cordonVariable <~>' \
                '4 cordonWildcard <**>' '4 cordonBecause <because>' '4 cordonEscape <\n>' '4 cordonString < #>' '5 cordonUnknown <wirte>' \
                '6 cordonOption <time>' '6 cordonNumber <5m>' '7 cordonTest <expect>' '7 cordonAnswer <deny>' '7 cordonAccess <read>'; do
                has "$groups" "$part"
        done
        lacks "$groups" "7 cordonComment"
        all_verbs
        { echo "cordon 1"; printf '%s /x\n' "${verbs[@]}"; } >"$W/verbs.policy"
        vim_groups "$W/verbs.policy"
        for v in "${verbs[@]}"; do
                i=$((i + 1))
                grep -qE "^$i cordon(Verb|Restrict|Declare|Test) <${v//\?/\\?}>\$" "$T/groups" || fail "Vim does not show '$v': $groups"
        done
        echo "<policyconfig>" >"$W/other.policy" # what other programs call so
        vim_groups "$W/other.policy"
        lacks "$groups" "cordon"
}

test_vscode_tells_words_apart() {
        local part v i=1
        need python3
        for part in package.json language-configuration.json; do
                run python3 -m json.tool "$R/editors/vscode/$part"
                status_is 0
        done
        sample >"$W/sample.policy"
        stdin=$W/sample.policy run python3 "$HERE/helpers/grammar.py" "$GRAMMAR"
        status_is 0
        for part in '1 keyword.control.header.cordon <cordon>' '1 comment.line.number-sign.cordon <# head>' \
                '2 keyword.control.declaration.cordon <use>' '2 entity.name.bundle.cordon <@base>' '3 keyword.other.verb.cordon <write exec>' \
                '3 variable.other.cordon <$CWD>' '4 keyword.control.restriction.cordon <deny>' '4 variable.language.home.cordon <~>' \
                '4 constant.other.wildcard.cordon <**>' '4 keyword.other.because.cordon <because>' '4 constant.character.escape.cordon <\n>' \
                '4 variable.other.cordon <$IN>' '5 invalid.illegal.verb.cordon <wirte>' '6 support.type.limit.cordon <time>' \
                '6 constant.numeric.cordon <5m>' '7 keyword.other.test.cordon <expect>' '7 support.type.access.cordon <read>'; do
                has "$out" "$part"
        done
        lacks "$out" "7 comment"
        lacks "$out" "4 comment"
        all_verbs
        printf '%s /x\n' "${verbs[@]}" >"$W/verbs.policy"
        stdin=$W/verbs.policy run python3 "$HERE/helpers/grammar.py" "$GRAMMAR"
        status_is 0
        lacks "$out" "invalid"
        for ((i = 1; i <= ${#verbs[@]}; i++)); do
                has "$out" "$i keyword."
                has "$out" " <${verbs[i - 1]}>"
        done
}

test_vscode_knows_no_more_verbs_than_cordon() {
        local v words
        need python3
        words=$(python3 -c '
import json, re, sys
rules = json.load(open(sys.argv[1]))["repository"]
for name in ("claim", "declaration", "restriction", "grant", "world"):
    print(re.search(r"\((?!\?)([^()]*)\)", rules[name]["match"]).group(1).replace("\\", "").replace("|", " "))' "$GRAMMAR")
        [ "$(wc -w <<<"$words")" -ge 20 ] || fail "these are all: $words"
        for v in $words; do
                known_verb "$v" || fail "the grammar knows '$v', cordon does not"
        done
}
