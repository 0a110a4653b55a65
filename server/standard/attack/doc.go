// Package attack attacks the accounts and devices of the whole server, as it is assembled, from outside: by HTTP and by sockets.
//
// There is a file for each class of mistake that others have published, named after it. It begins with the advisories that
// taught it, and says what is done here instead and where the parts alone are tested for it. The files whose names begin with
// a letter are about holes between the parts, hosts, headers, cookies, logs, and those with home_ about devices.
//
// docs/security-model.md says what is promised. Each promise there names the tests that hold it, and a test here checks that
// there are such tests.
package attack
