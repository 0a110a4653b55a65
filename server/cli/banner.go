package cli

import (
	"fmt"
	"strings"

	"madang/server"
)

// banner welcomes people who run the server for the first time.
func (c *Context) banner(hints []string, set *server.Settings, url, token string) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	b.WriteByte('\n')
	line("마당에 오신 것을 환영합니다. 설정 파일이 없어 개발 모드로 실행 중입니다.")
	line("Welcome. There is no configuration, so this is development mode.")
	b.WriteByte('\n')
	line("주소 address     %s", url)
	line("자료 data        %s   (비밀 키 secrets: %s)", set.DataDir, set.File)
	for _, a := range set.Apps {
		for _, k := range a.Keys {
			line("앱   app         %s   key %s   (Pusher, Laravel Echo; secret: %s)", a.ID, k.Name, set.File)
		}
	}
	if token != "" {
		line("토큰 token       %s", token)
	}
	b.WriteByte('\n')
	for _, h := range hints {
		line("%s", h)
	}
	if c.Assembly.Token != nil {
		line("다른 사용자의 토큰 · a token for another user:   %s token --user alice", c.Assembly.Name)
	}
	line("모든 설정 · every setting:   %s config doc", c.Assembly.Name)
	line("멈추기 · stop:   Ctrl+C")
	b.WriteByte('\n')
	fmt.Fprint(c.Stdout, b.String())
}
