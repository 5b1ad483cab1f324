# Sockets: none to the outside unless the policy says so.
# shellcheck shell=bash

server() { # server KIND ADDRESS: $port for inet
        start "$HELPERS/serve" "$@"
        if [ "$1" = inet ]; then
                read -r -u "$lines" _ port
        fi
        expect_line ready
}

test_unix_socket_in_a_granted_tree() {
        dev_policy
        cd "$W"
        server unix sock
        reached_outside connect_unix sock
        refused_inside 'EACCES|EPERM|ECONNREFUSED|ENOENT' connect_unix "$W/sock"
        dev_policy "audit none"
        refused_inside 'EACCES|EPERM|ECONNREFUSED|ENOENT' connect_unix "$W/sock"
}

test_unix_datagram_socket_in_a_granted_tree() {
        dev_policy
        cd "$W"
        server dgram sock
        reached_outside sendto_unix sock
        refused_inside 'EACCES|EPERM|ECONNREFUSED|ENOENT' sendto_unix "$W/sock"
}

test_abstract_socket() {
        dev_policy
        server abstract "cordon-test-$$"
        reached_outside connect_abstract "cordon-test-$$"
        refused_inside 'EACCES|EPERM|ECONNREFUSED|ENOENT' connect_abstract "cordon-test-$$"
        dev_policy 'net host'
        refused_inside 'EACCES|EPERM|ECONNREFUSED|ENOENT' connect_abstract "cordon-test-$$"
}

test_net_none_has_no_way_out() {
        dev_policy
        server inet
        reached_outside connect_inet "$port"
        refused_inside '.*' connect_inet "$port"
        refused_inside '.*' own_loopback
        refused_inside 'EPERM|EACCES|ENOSYS|EAFNOSUPPORT' packet_socket
        refused_inside 'EPERM|EACCES|ENOSYS|EAFNOSUPPORT' raw_socket
}

test_net_loopback_is_its_own() {
        dev_policy 'net loopback'
        server inet
        reached_outside connect_inet "$port"
        refused_inside 'ECONNREFUSED' connect_inet "$port"
        boxed "$HELPERS/attack" own_loopback
        is "$out" reached
}

test_net_host_is_the_hosts() {
        dev_policy 'net host'
        server inet
        boxed "$HELPERS/attack" connect_inet "$port"
        is "$out" reached
        refused_inside 'EPERM|EACCES|ENOSYS|EAFNOSUPPORT' raw_socket
}

test_network_namespace_is_new() {
        dev_policy
        local own
        own=$(readlink /proc/self/ns/net)
        boxed readlink /proc/self/ns/net
        [ "$out" != "$own" ] || fail "the host's network namespace"
        local ns
        for ns in user mnt pid ipc uts cgroup; do
                own=$(readlink /proc/self/ns/$ns)
                boxed readlink /proc/self/ns/$ns
                [ "$out" != "$own" ] && [ -n "$out" ] || fail "the host's $ns namespace"
        done
}
