package redis

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// A target is what an address says.
type target struct {
	addresses          []string // host:port
	username, password string
	master             string // the name that Sentinels know; empty: there are none
	cluster            bool   // it must be one; a single address may be one anyway
	tls                bool
}

// parseURL reads an address. Its errors do not repeat it: it may hold a password. It is not a URL as net/url takes it,
// since several hosts have no place there.
func parseURL(text string) (target, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return target{}, errors.New("redis: url is not an address such as redis://127.0.0.1:6379")
	}
	var t target
	base, kind, _ := strings.Cut(scheme, "+")
	switch base {
	case "redis", "valkey":
	case "rediss", "valkeys":
		t.tls = true
	default:
		return target{}, fmt.Errorf("redis: url begins with %q, want redis:// or rediss://, with +cluster or +sentinel behind the name", scheme)
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		var err error
		if t.username, t.password, err = userinfo(rest[:at]); err != nil {
			return target{}, err
		}
		rest = rest[at+1:]
	}
	hosts, path, _ := strings.Cut(rest, "/")
	port := "6379"
	switch kind {
	case "":
		if path != "" && path != "0" {
			return target{}, errors.New("redis: url names a database; what is published is heard in all of them, so use prefix to tell clusters apart")
		}
	case "cluster":
		t.cluster = true
		if path != "" && path != "0" {
			return target{}, errors.New("redis: url names a database, but a Cluster has only one")
		}
	case "sentinel":
		port, t.master = "26379", path
		if path == "" || strings.Contains(path, "/") {
			return target{}, errors.New("redis: url names no master; it looks like redis+sentinel://host1,host2,host3/mymaster")
		}
	default:
		return target{}, fmt.Errorf("redis: url begins with %q; what can follow the plus is cluster or sentinel", scheme)
	}
	for h := range strings.SplitSeq(hosts, ",") {
		a, err := hostPort(h, port)
		if err != nil {
			return target{}, err
		}
		t.addresses = append(t.addresses, a)
	}
	if kind == "" && len(t.addresses) > 1 {
		return target{}, errors.New("redis: url names several hosts; say with redis+cluster:// or redis+sentinel:// what they are")
	}
	return t, nil
}

// userinfo reads user:password with its percent signs resolved.
func userinfo(text string) (user, password string, err error) {
	user, password, _ = strings.Cut(text, ":")
	if user, err = url.PathUnescape(user); err == nil {
		password, err = url.PathUnescape(password)
	}
	if err != nil {
		return "", "", errors.New("redis: url: a percent sign in user or password is written %25")
	}
	return user, password, nil
}

// hostPort adds the usual port to a host that names none.
func hostPort(text, port string) (string, error) {
	host, p, err := net.SplitHostPort(text)
	if err != nil {
		host, p = strings.Trim(text, "[]"), port
		if strings.Contains(host, ":") && !strings.HasPrefix(text, "[") {
			return "", errors.New("redis: url: an IPv6 address is written in brackets")
		}
	}
	if host == "" || p == "" || strings.ContainsAny(host, "?# ") || strings.ContainsAny(p, "?# ") {
		return "", errors.New("redis: url names no host; it looks like redis://127.0.0.1:6379")
	}
	return net.JoinHostPort(host, p), nil
}
