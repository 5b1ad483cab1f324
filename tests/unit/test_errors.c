/* Every error of the language, as a person sees it: line, column, caret, hint. A text that changes here changes for all
 * users; read it before you accept it. */
#include "tests/unit/unit.h"

#include "tests/unit/made_up.h"

static const struct {
        const char *policy, *said;
} table[] = {
        {"# no header\n"
         "read /a\n",
         "x.policy:1:1: error: the first line is not 'cordon 1'\n"
         "    1 | # no header\n"
         "      | ^~~~~~~~~~~ begin the file with: cordon 1\n"},
        {"cordon 2\n",
         "x.policy:1:8: error: version '2' is not known\n"
         "    1 | cordon 2\n"
         "      |        ^ this program reads version 1\n"},
        {"cordon\n",
         "x.policy:1:1: error: the first line is not 'cordon 1'\n"
         "    1 | cordon\n"
         "      | ^~~~~~ begin the file with: cordon 1\n"},
        {"cordon 1\n"
         "cordon 1\n",
         "x.policy:2:1: error: 'cordon' can only be the first line\n"
         "    2 | cordon 1\n"
         "      | ^~~~~~\n"},
        {"cordon 1\n"
         "wirte /x\n",
         "x.policy:2:1: error: unknown verb 'wirte'\n"
         "    2 | wirte /x\n"
         "      | ^~~~~ did you mean 'write'?\n"},
        {"cordon 1\n"
         "connect a\n",
         "x.policy:2:9: error: 'a' is no endpoint\n"
         "    2 | connect a\n"
         "      |         ^ write HOST:PORT, as in example.org:443 or [::1]:80\n"},
        {"cordon 1\n"
         "because \"x\"\n",
         "x.policy:2:1: error: 'because' is no line of its own\n"
         "    2 | because \"x\"\n"
         "      | ^~~~~~~ write it at the end of a rule: deny PATH because \"…\"\n"},
        {"cordon 1\n"
         "read\n",
         "x.policy:2:1: error: 'read' needs a path\n"
         "    2 | read\n"
         "      | ^~~~ write what it is about: read /usr/share\n"},
        {"cordon 1\n"
         "read \"/a\n",
         "x.policy:2:6: error: this quote is never closed\n"
         "    2 | read \"/a\n"
         "      |      ^ add a closing '\"'\n"},
        {"cordon 1\n"
         "read \"/a\\q\"\n",
         "x.policy:2:9: error: this escape is not known\n"
         "    2 | read \"/a\\q\"\n"
         "      |         ^~ there are \\\" \\\\ \\$ \\n \\t and \\xNN (not \\x00)\n"},
        {"cordon 1\n"
         "read \"/a\\x00\"\n",
         "x.policy:2:9: error: this escape is not known\n"
         "    2 | read \"/a\\x00\"\n"
         "      |         ^~ there are \\\" \\\\ \\$ \\n \\t and \\xNN (not \\x00)\n"},
        {"cordon 1\n"
         "read C:\\dir\n",
         "x.policy:2:8: error: a backslash means something in quotes only\n"
         "    2 | read C:\\dir\n"
         "      |        ^ put the word in quotes: \"…\"\n"},
        {"cordon 1\n"
         "read\t/a\tb\n",
         "x.policy:2:9: error: a path must be absolute\n"
         "    2 | read    /a      b\n"
         "      |                 ^ begin it with '/', '~', '$CWD' or '$HERE'\n"},
        {"cordon 1\n"
         "read \"\"\n",
         "x.policy:2:6: error: this path is empty\n"
         "    2 | read \"\"\n"
         "      |      ^~\n"},
        {"cordon 1\n"
         "read ~other/x\n",
         "x.policy:2:6: error: only '~' alone or '~/…' is known\n"
         "    2 | read ~other/x\n"
         "      |      ^ write the path out, or quote a name that begins with '~'\n"},
        {"cordon 1\n"
         "read $NOPE/x\n",
         "x.policy:2:6: error: '$NOPE' is not defined\n"
         "    2 | read $NOPE/x\n"
         "      |      ^~~~~ define it: param NAME, or let NAME=VALUE\n"},
        {"cordon 1\n"
         "let SOURCE=/s\n"
         "read \"$SORUCE\"/x\n",
         "x.policy:3:7: error: '$SORUCE' is not defined\n"
         "    3 | read \"$SORUCE\"/x\n"
         "      |       ^~~~~~~ did you mean '$SOURCE'?\n"},
        {"cordon 1\n"
         "read $/x\n",
         "x.policy:2:6: error: no variable's name follows the '$'\n"
         "    2 | read $/x\n"
         "      |      ^ write $NAME or ${NAME}; for the character itself: \"\\$\"\n"},
        {"cordon 1\n"
         "read ${HOME/x\n",
         "x.policy:2:6: error: no variable's name follows the '$'\n"
         "    2 | read ${HOME/x\n"
         "      |      ^ write $NAME or ${NAME}; for the character itself: \"\\$\"\n"},
        {"cordon 1\n"
         "let A=$B\n"
         "let B=$A\n"
         "read $A\n",
         "x.policy:2:5: error: 'A' is defined by itself\n"
         "    2 | let A=$B\n"
         "      |     ^~~~\n"},
        {"cordon 1\n"
         "param NEED\n",
         "x.policy:2:7: error: param 'NEED' has no value\n"
         "    2 | param NEED\n"
         "      |       ^~~~ give it one: -D NEED=VALUE\n"},
        {"cordon 1\n"
         "param A\n"
         "let A=/x\n",
         "x.policy:2:7: error: param 'A' has no value\n"
         "    2 | param A\n"
         "      |       ^ give it one: -D A=VALUE\n"
         "x.policy:3:5: error: 'A' is already defined on line 2\n"
         "    3 | let A=/x\n"
         "      |     ^\n"},
        {"cordon 1\n"
         "let HOME=/x\n",
         "x.policy:2:5: error: 'HOME' is built in\n"
         "    2 | let HOME=/x\n"
         "      |     ^~~~ choose another name\n"},
        {"cordon 1\n"
         "let 1A=/x\n",
         "x.policy:2:5: error: this is no name\n"
         "    2 | let 1A=/x\n"
         "      |     ^~ letters, digits and '_', not beginning with a digit\n"},
        {"cordon 1\n"
         "let A\n",
         "x.policy:2:5: error: this 'let' gives no value\n"
         "    2 | let A\n"
         "      |     ^ write: let NAME=VALUE\n"},
        {"cordon 1\n"
         "param\n",
         "x.policy:2:1: error: 'param' takes one word\n"
         "    2 | param\n"
         "      | ^~~~~ write: param NAME, or param NAME=DEFAULT\n"},
        {"cordon 1\n"
         "let A=*.pem\n",
         "x.policy:2:7: error: a wildcard means nothing here\n"
         "    2 | let A=*.pem\n"
         "      |       ^~~~~ put it in quotes if it is meant literally\n"},
        {"cordon 1\n"
         "param EMPTY\n"
         "write $EMPTY/x\n",
         "x.policy:3:7: error: this path begins with an empty variable\n"
         "    3 | write $EMPTY/x\n"
         "      |       ^~~~~~~~\n"},
        {"cordon 1\n"
         "write **/x\n",
         "x.policy:2:7: error: a pattern that begins with a wildcard can only restrict\n"
         "    2 | write **/x\n"
         "      |       ^~~~ begin it with a directory: $CWD/**/…\n"},
        {"cordon 1\n"
         "write /\n",
         "x.policy:2:7: error: 'write' cannot be given for the whole system\n"
         "    2 | write /\n"
         "      |       ^ name a directory below it\n"},
        {"cordon 1\n"
         "deny /a/b**\n",
         "x.policy:2:6: error: '**' must stand alone between slashes\n"
         "    2 | deny /a/b**\n"
         "      |      ^~~~~~ inside a name, write '*'\n"},
        {"cordon 1\n"
         "deny /a/[b\n",
         "x.policy:2:6: error: this '[' is never closed\n"
         "    2 | deny /a/[b\n"
         "      |      ^~~~~\n"},
        {"cordon 1\n"
         "deny /a/{b\n",
         "x.policy:2:6: error: this '{' is never closed\n"
         "    2 | deny /a/{b\n"
         "      |      ^~~~~ quote a brace that is meant literally\n"},
        {"cordon 1\n"
         "deny /a/b}\n",
         "x.policy:2:6: error: this '}' closes nothing\n"
         "    2 | deny /a/b}\n"
         "      |      ^~~~~ quote a brace that is meant literally\n"},
        {"cordon 1\n"
         "deny /a/*/..\n",
         "x.policy:2:6: error: '..' cannot stand after a wildcard\n"
         "    2 | deny /a/*/..\n"
         "      |      ^~~~~~~\n"},
        {"cordon 1\n"
         "deny /a/[$HOME]\n",
         "x.policy:2:6: error: this '[' is never closed\n"
         "    2 | deny /a/[$HOME]\n"
         "      |      ^~~~~~~~~~\n"},
        {"cordon 1\n"
         "read /ring/x\n",
         "x.policy:2:6: error: this path goes through too many symbolic links\n"
         "    2 | read /ring/x\n"
         "      |      ^~~~~~~\n"},
        {"cordon 1\n"
         "read /a\n"
         "write /a\n",
         "x.policy:3:7: error: this path already has 'read' on line 2\n"
         "    3 | write /a\n"
         "      |       ^~ one path has one rule; verbs combine: write exec PATH\n"},
        {"cordon 1\n"
         "read /a\n"
         "read /a\n",
         "x.policy:3:6: warning: this is already said on line 2 [duplicate-rule]\n"
         "    3 | read /a\n"
         "      |      ^~\n"},
        {"cordon 1\n"
         "exec /bin/x\n"
         "read /usr/bin/x\n",
         "x.policy:3:6: error: this path already has 'exec' on line 2\n"
         "    3 | read /usr/bin/x\n"
         "      |      ^~~~~~~~~~ it is the same as '/bin/x' there: /usr/bin/x\n"},
        {"cordon 1\n"
         "read deny /a\n",
         "x.policy:2:6: error: 'deny' cannot stand beside 'read'\n"
         "    2 | read deny /a\n"
         "      |      ^~~~ only list, read, create, write, exec and unix stand side by side\n"},
        {"cordon 1\n"
         "read /a because\n",
         "x.policy:2:9: error: 'because' needs a reason\n"
         "    2 | read /a because\n"
         "      |         ^~~~~~~ write it in quotes, at the end: because \"…\"\n"},
        {"cordon 1\n"
         "read /a because two words\n",
         "x.policy:2:21: error: a reason is one quoted text, and the last\n"
         "    2 | read /a because two words\n"
         "      |                     ^~~~~ write it in quotes, at the end: because \"…\"\n"},
        {"cordon 1\n"
         "net none because \"x\"\n",
         "x.policy:2:10: error: 'net' takes no 'because'\n"
         "    2 | net none because \"x\"\n"
         "      |          ^~~~~~~ it belongs to read, write, deny, …\n"},
        {"cordon 1\n"
         "use\n",
         "x.policy:2:1: error: 'use' needs a name\n"
         "    2 | use\n"
         "      | ^~~ name a bundle or a file: use @base\n"},
        {"cordon 1\n"
         "use other.policy\n",
         "x.policy:2:5: error: cannot use 'other.policy': there is no such file\n"
         "    2 | use other.policy\n"
         "      |     ^~~~~~~~~~~~\n"},
        {"cordon 1\n"
         "use below/other.policy\n",
         "x.policy:2:5: error: a path must be absolute\n"
         "    2 | use below/other.policy\n"
         "      |     ^~~~~~~~~~~~~~~~~~ write $HERE/below/other.policy\n"},
        {"cordon 1\n"
         "use @bsae\n",
         "x.policy:2:5: error: there is no bundle '@bsae'\n"
         "    2 | use @bsae\n"
         "      |     ^~~~~ did you mean '@base'?\n"},
        {"cordon 1\n"
         "use @tpyo\n",
         "x.policy:2:5: error: there is no bundle '@tpyo'\n"
         "    2 | use @tpyo\n"
         "      |     ^~~~~ there are @base, @dev, @python\n"},
        {"cordon 1\n"
         "read $GIT_DIR\n",
         "x.policy:2:6: error: '$GIT_DIR' has no value here\n"
         "    2 | read $GIT_DIR\n"
         "      |      ^~~~~~~~ this file needs a work tree: param REPO=$CWD\n"},
        {"cordon 1\n"
         "use /nope.policy\n",
         "x.policy:2:5: error: cannot use '/nope.policy': there is no such file\n"
         "    2 | use /nope.policy\n"
         "      |     ^~~~~~~~~~~~\n"},
        {"cordon 1\n"
         "use /used.policy\n",
         "/used.policy:2:1: error: unknown verb 'raed'\n"
         "    2 | raed /x\n"
         "      | ^~~~ did you mean 'read'?\n"
         "x.policy:2:5: note: it is used here\n"
         "    2 | use /used.policy\n"
         "      |     ^~~~~~~~~~~~\n"},
        {"cordon 1\n"
         "use /loop.policy\n",
         "/loop.policy:2:5: error: files use each other in a circle: /loop.policy uses /loop.policy\n"
         "    2 | use /loop.policy\n"
         "      |     ^~~~~~~~~~~~\n"
         "x.policy:2:5: note: it is used here\n"
         "    2 | use /loop.policy\n"
         "      |     ^~~~~~~~~~~~\n"},
        {"cordon 1\n"
         "use /empty.policy\n",
         "/empty.policy: error: the file is empty; a policy begins with: cordon 1\n"
         "x.policy:2:5: note: it is used here\n"
         "    2 | use /empty.policy\n"
         "      |     ^~~~~~~~~~~~~\n"},
        {"cordon 1\n"
         "net hsot\n",
         "x.policy:2:5: error: 'hsot' is nothing that 'net' knows\n"
         "    2 | net hsot\n"
         "      |     ^~~~ did you mean 'host'?\n"},
        {"cordon 1\n"
         "net\n",
         "x.policy:2:1: error: 'net' takes one word\n"
         "    2 | net\n"
         "      | ^~~ it is none, loopback or host\n"},
        {"cordon 1\n"
         "net none\n"
         "net host\n",
         "x.policy:3:1: error: 'net' is already given on line 2\n"
         "    3 | net host\n"
         "      | ^~~~~~~~ say it once\n"},
        {"cordon 1\n"
         "tmp 5M\n",
         "x.policy:2:1: error: 'tmp' is none or private, with a size\n"
         "    2 | tmp 5M\n"
         "      | ^~~~~~ write: tmp none, or: tmp private 256M\n"},
        {"cordon 1\n"
         "tmp private 5\n",
         "x.policy:2:13: error: '5' is not a size\n"
         "    2 | tmp private 5\n"
         "      |             ^ a size has a unit: 64K, 256M, 2G\n"},
        {"cordon 1\n"
         "dev nul\n",
         "x.policy:2:5: error: there is no device 'nul'\n"
         "    2 | dev nul\n"
         "      |     ^~~ did you mean 'null'?\n"},
        {"cordon 1\n"
         "dev kvm\n",
         "x.policy:2:5: error: the device 'kvm' is not supported in this version\n"
         "    2 | dev kvm\n"
         "      |     ^~~ there are null, zero, full, random, urandom, tty and pts\n"},
        {"cordon 1\n"
         "dev\n",
         "x.policy:2:1: error: 'dev' needs the names of devices\n"
         "    2 | dev\n"
         "      | ^~~ write: dev null urandom, or: dev none\n"},
        {"cordon 1\n"
         "env\n",
         "x.policy:2:1: error: 'env' is keep, set or clear\n"
         "    2 | env\n"
         "      | ^~~ write: env keep NAME…, env set NAME=VALUE, or env clear\n"},
        {"cordon 1\n"
         "env keep $PATH\n",
         "x.policy:2:10: error: '$PATH' is no name of an environment variable\n"
         "    2 | env keep $PATH\n"
         "      |          ^~~~~ write the name without the '$'\n"},
        {"cordon 1\n"
         "env keep A=b\n",
         "x.policy:2:10: error: 'A=b' is no name of an environment variable\n"
         "    2 | env keep A=b\n"
         "      |          ^~~ to give a value: env set NAME=VALUE\n"},
        {"cordon 1\n"
         "env set X\n",
         "x.policy:2:9: error: 'X' is not NAME=VALUE\n"
         "    2 | env set X\n"
         "      |         ^ write: env set NAME=VALUE\n"},
        {"cordon 1\n"
         "env set A=1\n"
         "env set A=2\n",
         "x.policy:3:9: error: 'A' is already set to another value at x.policy:2\n"
         "    3 | env set A=2\n"
         "      |         ^~~\n"},
        {"cordon 1\n"
         "limit time 5\n",
         "x.policy:2:12: error: '5' is no value for 'time'\n"
         "    2 | limit time 5\n"
         "      |            ^ a time has a unit: 500ms, 30s, 5m, 1h\n"},
        {"cordon 1\n"
         "limit mem 5M\n",
         "x.policy:2:7: error: there is no limit 'mem'\n"
         "    2 | limit mem 5M\n"
         "      |       ^~~ did you mean 'memory'?\n"},
        {"cordon 1\n"
         "limit procs\n",
         "x.policy:2:7: error: limit 'procs' needs a value\n"
         "    2 | limit procs\n"
         "      |       ^~~~~ it is a number, at least 1\n"},
        {"cordon 1\n"
         "limit fsize 99999999999T\n",
         "x.policy:2:13: error: '99999999999T' is no value for 'fsize'\n"
         "    2 | limit fsize 99999999999T\n"
         "      |             ^~~~~~~~~~~~ a size has a unit: 20M, 1G\n"},
        {"cordon 1\n"
         "limit time 0s\n",
         "x.policy:2:12: error: '0s' is no value for 'time'\n"
         "    2 | limit time 0s\n"
         "      |            ^~ a time has a unit: 500ms, 30s, 5m, 1h\n"},
        {"cordon 1\n"
         "limit\n",
         "x.policy:2:1: error: 'limit' needs names and values\n"
         "    2 | limit\n"
         "      | ^~~~~ write: limit time 30s memory 512M\n"},
        {"cordon 1\n"
         "limit time 5s time 6s\n",
         "x.policy:2:15: error: 'time' is already given on line 2\n"
         "    2 | limit time 5s time 6s\n"
         "      |               ^~~~ say it once\n"},
        {"cordon 1\n"
         "syscalls opennat\n",
         "x.policy:2:10: error: there is no system call 'opennat'\n"
         "    2 | syscalls opennat\n"
         "      |          ^~~~~~~ did you mean 'openat'?\n"},
        {"cordon 1\n"
         "syscalls @defualt\n",
         "x.policy:2:10: error: there is no group '@defualt'\n"
         "    2 | syscalls @defualt\n"
         "      |          ^~~~~~~~ did you mean '@default'?\n"},
        {"cordon 1\n"
         "syscalls deny\n",
         "x.policy:2:1: error: 'syscalls' needs names of calls or groups\n"
         "    2 | syscalls deny\n"
         "      | ^~~~~~~~~~~~~ write: syscalls @default, or: syscalls deny NAME…\n"},
        {"cordon 1\n"
         "expect maybe read /x\n",
         "x.policy:2:8: error: 'maybe' is neither allow nor deny\n"
         "    2 | expect maybe read /x\n"
         "      |        ^~~~~ write: expect allow …, or expect deny …\n"},
        {"cordon 1\n"
         "expect deny connect a\n",
         "x.policy:2:21: error: 'a' is no endpoint\n"
         "    2 | expect deny connect a\n"
         "      |                     ^ write HOST:PORT, as in example.org:443 or [::1]:80\n"},
        {"cordon 1\n"
         "expect deny look /x\n",
         "x.policy:2:13: error: 'look' is nothing that can be asked\n"
         "    2 | expect deny look /x\n"
         "      |             ^~~~ it is one of list, read, create, write, exec, unix, connect, bind\n"},
        {"cordon 1\n"
         "expect deny\n",
         "x.policy:2:1: error: 'expect' needs allow or deny, an access, and what it is about\n"
         "    2 | expect deny\n"
         "      | ^~~~~~~~~~~ write: expect allow read /etc/hosts\n"},
        {"cordon 1\n"
         "expect deny read /a/*\n",
         "x.policy:2:18: error: a wildcard means nothing here\n"
         "    2 | expect deny read /a/*\n"
         "      |                  ^~~~ put it in quotes if it is meant literally\n"},
        {"cordon 1\n"
         "cwd rel\n",
         "x.policy:2:5: error: a path must be absolute\n"
         "    2 | cwd rel\n"
         "      |     ^~~ begin it with '/', '~' or '$CWD'\n"},
        {"cordon 1\n"
         "audit som\n",
         "x.policy:2:7: error: 'som' is nothing that 'audit' knows\n"
         "    2 | audit som\n"
         "      |       ^~~ it is none, denied or all\n"},
};

static struct made_up host_for(const char *policy)
{
        return (struct made_up){
                .files = {{"x.policy", policy},
                          {"/used.policy", "cordon 1\nraed /x\n"},
                          {"/loop.policy", "cordon 1\nuse /loop.policy\n"},
                          {"@base", "cordon 1\n"},
                          {"/empty.policy", ""}},
                .links = {{"/ring", "/ring"}, {"/bin", "/usr/bin"}},
                .defines = {strstr(policy, "EMPTY") ? "EMPTY=" : NULL},
        };
}

static void every_error_as_people_see_it(void **state)
{
        unsigned wrong = 0;
        (void)state;
        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                struct made_up m = host_for(table[i].policy);
                struct policy *p = NULL;
                int r = made_up_compile(&m, &p);
                assert_int_equal(r, m.errors ? -EINVAL : 0);
                assert_true((p != NULL) == (r == 0));
                if (strcmp(m.said.data ? m.said.data : "", table[i].said) != 0) {
                        print_error("---- policy\n%s---- wanted\n%s---- got\n%s", table[i].policy, table[i].said, m.said.data);
                        wrong++;
                }
                policy_unref(p);
                buf_free(&m.said);
        }
        assert_int_equal(wrong, 0);
}

static void said_by(struct made_up *m, int wanted, const char *text)
{
        struct policy *p = NULL;
        assert_int_equal(made_up_compile(m, &p), wanted);
        assert_string_equal(m->said.data ? m->said.data : "", text);
        policy_unref(p);
        buf_free(&m->said);
}

static void defines(void **state)
{
        (void)state;
        said_by(&(struct made_up){.files = {{"x.policy", "cordon 1\nparam SRC\nparam OUT=/o\nread $SRC\n"}},
                                  .defines = {"SRC=/s", "SCR=/t", "OUT=/a", "OUT=/b", "nonsense"}},
                -EINVAL,
                "-D: error: 'OUT=/b': this name was given before; write -D NAME=VALUE, once for each name\n"
                "-D: error: 'nonsense' is not NAME=VALUE; write -D NAME=VALUE, once for each name\n"
                "-D: error: no param is called 'SCR'; the params are OUT, SRC\n");
        said_by(&(struct made_up){.files = {{"x.policy", "cordon 1\nparam SRC\nread $SRC\n"}}, .defines = {"SRC=s"}}, 0, "");
}

static void all_errors_in_the_order_of_lines(void **state)
{
        (void)state;
        said_by(&(struct made_up){.files = {{"x.policy", "cordon 1\nread rel\nwirte /x\nuse @zzz\nnet x\n"}}}, -EINVAL,
                "x.policy:2:6: error: a path must be absolute\n    2 | read rel\n"
                "      |      ^~~ begin it with '/', '~', '$CWD' or '$HERE'\n"
                "x.policy:3:1: error: unknown verb 'wirte'\n    3 | wirte /x\n"
                "      | ^~~~~ did you mean 'write'?\n"
                "x.policy:4:5: error: there is no bundle '@zzz'\n    4 | use @zzz\n"
                "      |     ^~~~ there are @base, @dev, @python\n"
                "x.policy:5:5: error: 'x' is nothing that 'net' knows\n    5 | net x\n"
                "      |     ^ it is none, loopback or host\n");
}

static void too_many_errors(void **state)
{
        struct buf text = {0};
        struct policy *p = NULL;
        (void)state;
        buf_str(&text, "cordon 1\n");
        for (int i = 0; i < 5000; i++)
                buf_str(&text, "nonsense\n");
        struct made_up m = {.files = {{"x.policy", text.data}}};
        assert_int_equal(made_up_compile(&m, &p), -EINVAL);
        assert_int_equal(m.errors, 100);
        assert_non_null(strstr(m.said.data, "x.policy: note: too many errors; the rest is not shown\n"));
        buf_free(&m.said);
        buf_free(&text);
}

/* ---- the format itself ---------------------------------------------------------------------------------------------- */

static void shows(unsigned column, unsigned width, const char *source, const char *wanted)
{
        char text[1024];
        cordon_diag d = {.severity = CORDON_ERROR, .file = "f", .line = 1, .column = column, .width = width, .message = "m",
                         .source = source};
        size_t length = cordon_diag_format(&d, text, sizeof(text));
        assert_int_equal(length, strlen(text));
        assert_string_equal(strchr(text, '\n') + 1, wanted);
}

static void carets_stand_where_people_look(void **state)
{
        (void)state;
        shows(2, 1, "\tx", "    1 |         x\n      |         ^\n");
        shows(3, 2, "a\tbc", "    1 | a       bc\n      |         ^~\n");
        shows(6, 1, "a\x1b[1mx", "    1 | a\\x1b[1mx\n      |         ^\n");
        shows(2, 1, "a\x1b!", "    1 | a\\x1b!\n      |  ^~~~\n");
        shows(4, 1, "\xc3\xa4 x", "    1 | \xc3\xa4 x\n      |   ^\n");
        shows(5, 1, "\xe6\xbc\xa2 x", "    1 | \xe6\xbc\xa2 x\n      |    ^\n");
        shows(9, 1, "short", "    1 | short\n      |      ^\n");
        shows(3, 1, "a\xffx", "    1 | a\\xffx\n      |      ^\n");
}

static void long_lines_are_cut_around_the_caret(void **state)
{
        char source[5001], text[1024];
        (void)state;
        memset(source, 'a', 5000);
        source[5000] = '\0';
        source[3000] = 'X';
        cordon_diag d = {.severity = CORDON_WARNING, .file = "f\n", .line = 7, .column = 3001, .width = 1, .message = "\x1b",
                         .source = source, .hint = "h\x07"};
        assert_true(cordon_diag_format(&d, text, sizeof(text)) < 300);
        assert_memory_equal(text, "f\\x0a:7:3001: warning: \\x1b\n", 26);
        char *shown = strchr(text, 'X'), *caret = strchr(text, '^'), *line = strchr(text, '\n') + 1;
        assert_int_equal(shown - line, caret - (strchr(line, '\n') + 1));
        assert_non_null(strstr(text, "^ h\\x07\n"));
        char small[10];
        assert_true(cordon_diag_format(&d, small, sizeof(small)) > sizeof(small));
        assert_int_equal(strlen(small), 9);
        assert_true(cordon_diag_format(&d, NULL, 0) > 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(every_error_as_people_see_it),
                counted_test(defines),
                counted_test(all_errors_in_the_order_of_lines),
                counted_test(too_many_errors),
                counted_test(carets_stand_where_people_look),
                counted_test(long_lines_are_cut_around_the_caret),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
