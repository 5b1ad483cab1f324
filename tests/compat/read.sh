# Reads a case of the table of programs: tests/compat/NAME.case. docs/TESTING.md says what is in one.
#
# A case has lines `key value`, and sections: a line with a key, and below it lines that begin with 8 blanks, which are
# taken off. read_case puts all of it into $C, by key, and the names of the files that the case begins with into $inputs,
# with what is in them under "input NAME". Whoever reads it says what an error is: `fail`.
# shellcheck shell=bash disable=SC2034
declare -A C
inputs=()

case_keys=" program package does needs as policy prepare run ignore blur denied waits "

read_case() {
        local line key=top empty="" number=0
        C=() inputs=()
        while IFS= read -r line || [ -n "$line" ]; do
                number=$((number + 1))
                case $line in
                '#'*) ;;
                '') empty+=$'\n' ;;
                '        '*)
                        [ -n "${C[$key]+is}" ] || fail "$1:$number: this belongs to nothing"
                        [ -n "${C[$key]}" ] || empty=
                        C[$key]+=$empty${line:8}$'\n'
                        empty=
                        ;;
                *)
                        key=${line%%[ ]*}
                        [ "$key" = input ] && key=$line && inputs+=("${line#input }")
                        [[ $key == input* || $case_keys == *" $key "* ]] || fail "$1:$number: no key '$key'"
                        [ -z "${C[$key]+is}" ] || fail "$1:$number: '$key' stands here twice"
                        C[$key]=
                        [[ $key == "$line" || $key == input* ]] || C[$key]=${line#* }
                        empty=
                        ;;
                esac
        done <"$1"
        for key in program package does policy run; do
                [ -n "${C[$key]-}" ] || fail "$1: no '$key'"
        done
}
