// Package password hashes passwords and checks them. New hashes are argon2id in the PHC string format, by default with the
// cost that OWASP names as the least (19 MiB, two passes, one lane). Hashes that other programs made are checked too: argon2i
// and argon2id as PHP and most libraries write them, and bcrypt with the prefixes $2a$, $2b$ and $2y$. Verify says when a hash
// should be replaced.
//
// A hash costs memory and time on purpose, so a [Hasher] works on a few passwords at once and lets the others wait: a wave
// of logins takes longer, and neither the memory nor the processors that everything else needs.
package password
