/* The verbs about what is not simply a path that is granted: ask, mask, file, unix, connect, bind, fd, caps, user, hostname,
 * require and use?. */
#include "tests/unit/unit.h"

#include <linux/capability.h>
#include <netinet/in.h>

#include "tests/unit/made_up.h"

/* The findings about a policy that has errors. */
static void refused(const char *lines, const char *part)
{
        struct buf text = {0};
        struct policy *p = NULL;
        buf_printf(&text, "cordon 1\n%s", lines);
        struct made_up m = {.files = {{"x.policy", text.data}}};
        assert_int_equal(made_up_compile(&m, &p), -EINVAL);
        assert_null(p);
        if (!strstr(m.said.data, part))
                fail_msg("%s has not: %s", m.said.data, part);
        buf_free(&m.said);
        buf_free(&text);
}

static void asking_is_no_grant(void **state)
{
        (void)state;
        struct policy *p = policy_from("read /a\nask read write /a/b\nask read /c\nread /c/d\n");
        struct verdict v = asked(p, "read", "/a/b/f");
        assert_false(v.allow);
        assert_true(v.ask);
        assert_int_equal(v.error, EACCES);
        assert_int_equal(v.access, 0);
        v = asked(p, "exec", "/a/b/f"); /* this cannot even be asked for */
        assert_false(v.allow);
        assert_false(v.ask);
        assert_false(asked(p, "read", "/a/f").ask);
        assert_allowed(p, "read", "/a/f");
        assert_allowed(p, "read", "/c/d");
        policy_unref(p);
        refused("ask /a\n", "x.policy:2:1: error: 'ask' needs a verb");
        refused("ask deny /a\n", "x.policy:2:5: error: 'deny' cannot stand beside 'ask'");
        refused("ask read **/x\n", "can only restrict");
}

static void a_mask_may_be_read_and_no_more(void **state)
{
        (void)state;
        struct policy *p = policy_from("write /a\nmask /a/b /lone\ndeny /a/b/c\nmask /a/*.key\n");
        assert_allowed(p, "read", "/a/b");
        assert_allowed(p, "list", "/a/b/x");
        assert_denied(p, "write", "/a/b", EACCES);
        assert_denied(p, "exec", "/a/b", EACCES);
        assert_denied(p, "read", "/a/b/c", EACCES);
        assert_allowed(p, "read", "/lone");
        assert_allowed(p, "read", "/a/x.key");
        assert_denied(p, "write", "/a/x.key", EACCES);
        assert_allowed(p, "write", "/a/x");
        policy_unref(p);
        p = policy_from("read /a/b\nmask /a\n");
        assert_int_equal(asked(p, "read", "/a/x").rule->class, CLASS_MASK);
        assert_int_equal(asked(p, "read", "/a/b/x").rule->class, CLASS_GRANT);
        policy_unref(p);
}

static void virtual_files(void **state)
{
        struct policy *p = NULL;
        (void)state;
        struct made_up m = {.files = {{"x.policy", "cordon 1\nfile /etc/host \"a\\nb $UID *\"\nfile /etc/copy from /src\n"
                                                   "file \"/etc/a b\" \"\"\n"},
                                      {"/src", "content"}}};
        assert_int_equal(made_up_compile(&m, &p), 0);
        const struct rule *rule = asked(p, "read", "/etc/host").rule;
        assert_int_equal(rule->content_length, strlen("a\nb 1000 *"));
        assert_memory_equal(rule->content, "a\nb 1000 *", rule->content_length);
        assert_string_equal(asked(p, "read", "/etc/copy").rule->content, "content");
        assert_int_equal(asked(p, "read", "/etc/a b").rule->content_length, 0);
        assert_non_null(asked(p, "read", "/etc/a b").rule->content);
        assert_denied(p, "write", "/etc/host", EACCES);
        assert_denied(p, "exec", "/etc/host", EACCES);
        assert_denied(p, "read", "/etc/other", ENOENT);
        policy_unref(p);
        buf_free(&m.said);
        refused("file /a\n", "x.policy:2:1: error: 'file' needs a path");
        refused("file /a from /none\n", "x.policy:2:14: error: cannot read '/none'");
        refused("file /a b c\n", "'file' needs a path");
        refused("file /a \"x\"\nfile /a \"y\"\n", "this path already has 'file'");
        refused("file /a \"x\"\nread /a\n", "this path already has");
}

static bool net(const struct policy *p, enum net_op op, const char *host, unsigned port)
{
        return policy_net_eval(p, op, host, port).allow;
}

static void endpoints(void **state)
{
        (void)state;
        struct policy *p = policy_from("connect Example.org:443 *.example.net:80-90 10.1.0.0/15:* [2001:db8::/33]:1\n"
                                       "bind 127.0.0.1:3000-3999 *:8080 [::1]:5\n");
        assert_true(net(p, NET_CONNECT, "example.ORG", 443));
        assert_false(net(p, NET_CONNECT, "example.org", 444));
        assert_false(net(p, NET_CONNECT, "www.example.org", 443));
        assert_false(net(p, NET_CONNECT, "notexample.org", 443));
        assert_true(net(p, NET_CONNECT, "a.b.example.net", 80));
        assert_true(net(p, NET_CONNECT, "a.example.net", 90));
        assert_false(net(p, NET_CONNECT, "a.example.net", 91));
        assert_false(net(p, NET_CONNECT, "example.net", 80));
        assert_false(net(p, NET_CONNECT, "anexample.net", 80));
        assert_true(net(p, NET_CONNECT, "10.1.255.255", 65535));
        assert_true(net(p, NET_CONNECT, "10.0.0.1", 1)); /* fifteen bits: 10.0 and 10.1 */
        assert_false(net(p, NET_CONNECT, "10.2.0.0", 1));
        assert_true(net(p, NET_CONNECT, "2001:db8:7fff::1", 1));
        assert_false(net(p, NET_CONNECT, "2001:db8:8000::1", 1));
        assert_false(net(p, NET_CONNECT, "127.0.0.1", 3000)); /* may be bound, not connected to */
        assert_true(net(p, NET_BIND, "127.0.0.1", 3999));
        assert_false(net(p, NET_BIND, "127.0.0.1", 4000));
        assert_false(net(p, NET_BIND, "127.0.0.2", 3000));
        assert_true(net(p, NET_BIND, "0.0.0.0", 8080));
        assert_false(net(p, NET_CONNECT, "example.org", 0));
        policy_unref(p);
}

static void the_network_of_net(void **state)
{
        (void)state;
        struct policy *none = policy_from(""), *loopback = policy_from("net loopback\n"), *host = policy_from("net host\n");
        assert_false(net(none, NET_CONNECT, "127.0.0.1", 1));
        assert_true(net(loopback, NET_CONNECT, "127.9.9.9", 1));
        assert_true(net(loopback, NET_BIND, "::1", 1));
        assert_true(net(loopback, NET_CONNECT, "localhost", 1));
        assert_false(net(loopback, NET_CONNECT, "10.0.0.1", 1));
        assert_true(net(host, NET_CONNECT, "example.org", 1));
        policy_unref(none);
        policy_unref(loopback);
        policy_unref(host);
}

static void endpoints_that_are_none(void **state)
{
        static const char *const lines[][2] = {
                {"connect", "'connect' needs an endpoint"},
                {"connect a", "no endpoint"},
                {"connect a:b", "'b' is no port"},
                {"connect a:0", "'0' is no port"},
                {"connect a:65536", "'65536' is no port"},
                {"connect a:9-8", "'9-8' is no port"},
                {"connect ::1:80", "no endpoint"},
                {"connect 10.0.0.0/33:1", "how many bits"},
                {"connect 10.0.0/8:1", "is no host"}, /* inet_aton would take it */
                {"connect 1.2.3:1", "is no host"},
                {"connect -a.org:1", "is no host"},
                {"connect a..b:1", "is no host"},
                {"bind localhost:1", "takes an address"},
                {"bind *.a.org:1", "takes an address"},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
                char line[64];
                snprintf(line, sizeof(line), "%s\n", lines[i][0]);
                refused(line, lines[i][1]);
        }
}

static int failing(const char *lines)
{
        struct policy *p = policy_from(lines);
        int failed = policy_expect(p, NULL, NULL, NULL);
        policy_unref(p);
        return failed;
}

static void expectations_of_endpoints_and_sockets(void **state)
{
        (void)state;
        assert_int_equal(failing("connect a.org:1\nexpect allow connect a.org:1\nexpect deny connect a.org:2 b.org:1\n"), 0);
        assert_int_equal(failing("connect a.org:1\nexpect deny connect a.org:1\n"), 1);
        assert_int_equal(failing("expect allow bind 127.0.0.1:80\n"), 1);
        assert_int_equal(failing("read /run\nunix /run/s\nexpect allow unix /run/s\nexpect deny unix /run/t\n"), 0);
        assert_int_equal(failing("read /run\nexpect allow unix /run/s\n"), 1);
        assert_int_equal(failing("ask read /a\nexpect deny read /a\n"), 0);
        refused("expect deny connect a\n", "is no endpoint");
        refused("expect deny connect a:1-2\n", "is no endpoint");
        refused("expect deny connect *:1\n", "wildcard means nothing here");
}

static void descriptors(void **state)
{
        (void)state;
        struct policy *p = policy_from("fd keep 9\nfd keep 3 read\nfd keep 4 write\nfd keep 5 read write\n");
        const struct world *w = policy_world(p);
        assert_int_equal(w->fd_count, 4);
        assert_int_equal(w->fds[0].number, 3);
        assert_int_equal(w->fds[0].access, ACCESS_READ);
        assert_int_equal(w->fds[1].access, ACCESS_WRITE);
        assert_int_equal(w->fds[2].access, ACCESS_READ | ACCESS_WRITE);
        assert_int_equal(w->fds[3].number, 9);
        assert_int_equal(w->fds[3].access, 0);
        policy_unref(p);
        refused("fd keep 2\n", "always there");
        refused("fd keep 1024\n", "is no descriptor");
        refused("fd keep 3x\n", "is no descriptor");
        refused("fd keep 3 exec\n", "read, write, or both");
        refused("fd close 3\n", "needs keep");
        refused("fd keep 3 read\nfd keep 3 write\n", "x.policy:3:9: error: descriptor 3 is already kept otherwise at x.policy:2");
}

static void identities(void **state)
{
        (void)state;
        struct policy *p = policy_from("caps keep net_bind_service CAP_CHOWN\nuser 7:8\nhostname box-1\n");
        const struct world *w = policy_world(p);
        assert_int_equal(w->caps, 1u << CAP_NET_BIND_SERVICE | 1u << CAP_CHOWN);
        assert_int_equal(w->user, USER_ID);
        assert_int_equal(w->uid, 7);
        assert_int_equal(w->gid, 8);
        assert_string_equal(w->hostname, "box-1");
        policy_unref(p);
        p = policy_from("user own\n");
        assert_int_equal(policy_world(p)->user, USER_OWN);
        assert_int_equal(policy_world(p)->caps, 0);
        assert_null(policy_world(p)->hostname);
        policy_unref(p);
        refused("caps keep sys_admin\n", "'sys_admin' cannot be kept in a sandbox");
        refused("caps keep chwon\n", "did you mean 'chown'?");
        refused("caps keep\n", "'caps' is none, or keep");
        refused("user 4294967295\n", "nothing that 'user' knows");
        refused("user 1:\n", "nothing that 'user' knows");
        refused("user mail\n", "ids are numbers");
        refused("hostname -x\n", "is no host name");
        refused("hostname a\nhostname b\n", "'hostname' is already given on line 2");
}

static void two_files_of_one_rank(void **state)
{
        struct policy *p = NULL;
        (void)state;
        struct made_up m = {.files = {{"x.policy", "cordon 1\nuse /a /b\n"},
                                      {"/a", "cordon 1\ncaps keep chown kill\nhostname x\nfd keep 3\n"},
                                      {"/b", "cordon 1\ncaps keep kill setuid\nhostname x\nfd keep 3\n"}}};
        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_int_equal(policy_world(p)->caps, 1u << CAP_KILL);
        assert_int_equal(policy_world(p)->fd_count, 1);
        policy_unref(p);
        m.files[2].text = "cordon 1\nhostname y\n";
        assert_int_equal(made_up_compile(&m, &p), -EINVAL);
        assert_non_null(strstr(m.said.data, "/b:2:10: error: 'hostname' is also given at /a:3, differently"));
        buf_free(&m.said);
        m.said = (struct buf){0};
        m.files[0].text = "cordon 1\nuse /a /b\nhostname z\n"; /* the user's own decides */
        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_string_equal(policy_world(p)->hostname, "z");
        policy_unref(p);
        buf_free(&m.said);
}

static void requirements(void **state)
{
        (void)state;
        struct policy *p = policy_from("require landlock 6\nrequire kernel 6.7\nrequire cgroup\nrequire landlock\n");
        const struct world *w = policy_world(p);
        assert_int_equal(w->requirement_count, 4);
        assert_int_equal(w->requirements[0].feature, FEATURE_LANDLOCK);
        assert_int_equal(w->requirements[0].major, 6);
        assert_int_equal(w->requirements[1].major, 6);
        assert_int_equal(w->requirements[1].minor, 7);
        assert_int_equal(w->requirements[3].major, 0);
        policy_unref(p);
        refused("require\n", "needs a feature");
        refused("require kernel\n", "write: require kernel 6.7");
        refused("require kernel 6\n", "write: require kernel 6.7");
        refused("require cgroup 2\n", "without a version");
        refused("require landlok\n", "did you mean 'landlock'?");
}

static void files_that_may_be_missing(void **state)
{
        struct policy *p = NULL;
        (void)state;
        struct made_up m = {.files = {{"x.policy", "cordon 1\nuse? /there /not/there\n"}, {"/there", "cordon 1\nread /a\n"}}};
        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_allowed(p, "read", "/a");
        policy_unref(p);
        buf_free(&m.said);
        m.said = (struct buf){0};
        m.files[1].text = "cordon 1\nraed /a\n"; /* what is there must be right */
        assert_int_equal(made_up_compile(&m, &p), -EINVAL);
        buf_free(&m.said);
        refused("use /not/there\n", "cannot use '/not/there'");
        refused("use? @nothing\n", "bundle '@nothing'");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(asking_is_no_grant),
                counted_test(a_mask_may_be_read_and_no_more),
                counted_test(virtual_files),
                counted_test(endpoints),
                counted_test(the_network_of_net),
                counted_test(endpoints_that_are_none),
                counted_test(expectations_of_endpoints_and_sockets),
                counted_test(descriptors),
                counted_test(identities),
                counted_test(two_files_of_one_rank),
                counted_test(requirements),
                counted_test(files_that_may_be_missing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
