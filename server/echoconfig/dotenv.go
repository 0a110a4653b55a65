package echoconfig

import (
	"regexp"
	"strings"
)

// dotEnvLine is NAME=value as dotenv has it, and "export NAME=value" as PHP's reader of the same file also takes.
var dotEnvLine = regexp.MustCompile(`^\s*(?:export\s+)?([\w.-]+)\s*=\s*(.*?)\s*$`)

// parseDotEnv reads a .env file. The same file is read by Laravel, so a comment behind a value that has no quotes is one,
// as PHP sees it; dotenv would make it part of the value.
func parseDotEnv(b []byte) map[string]string {
	all := map[string]string{}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(b), "\ufeff"))
	for line := range strings.SplitSeq(text, "\n") {
		if found := dotEnvLine.FindStringSubmatch(line); found != nil {
			all[found[1]] = dotEnvValue(found[2])
		}
	}
	return all
}

func dotEnvValue(v string) string {
	if v == "" || strings.HasPrefix(v, "#") {
		return ""
	}
	if quote := v[0]; quote == '"' || quote == '\'' {
		if end := strings.LastIndexByte(v[1:], quote); end >= 0 && isComment(v[end+2:]) {
			inner := v[1 : end+1]
			if quote == '"' {
				inner = strings.ReplaceAll(inner, `\n`, "\n")
			}
			return inner
		}
		return v
	}
	if value, _, ok := strings.Cut(v, " #"); ok {
		return strings.TrimSpace(value)
	}
	return v
}

func isComment(s string) bool {
	s = strings.TrimSpace(s)
	return s == "" || strings.HasPrefix(s, "#")
}
