//go:build unix

package standard_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestModes lets the front-end of the NestJS example talk to the program in each of the ways to refuse.
func TestModes(t *testing.T) {
	folder := filepath.Join("..", "..", "examples", "nestjs-gateway")
	nodetest.Install(t, folder)
	for _, mode := range []string{"reject", "disconnect", "per-event"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			configure(t, dir, "socketio: {namespaces: {/chat: {mode: "+mode+"}}}")
			p := serve(t, dir, nil)
			env := []string{"BASE_URL=" + p.url, "AUTH_MODE=" + mode}
			for name, flags := range map[string]string{
				"TOKEN_A": "--user alice", "TOKEN_B": "--user bob", "TOKEN_EXPIRED": "--user alice --expires=-1h",
			} {
				status, token, errs := command(t, dir, nil, append([]string{"token"}, strings.Fields(flags)...)...)
				if status != 0 {
					t.Fatalf("token %s: %d %s", flags, status, errs)
				}
				env = append(env, name+"="+strings.TrimSpace(token))
			}
			nodetest.Run(t, folder, 2*time.Minute, env...)
		})
	}
}

// TestChatIsGuarded checks that settings of namespaces which do not name the chat's guard leave it in place.
func TestChatIsGuarded(t *testing.T) {
	for _, namespaces := range []string{"{}", "{/game: {}}", "{/chat: {include_cause: true}}", "{/chat: {mode: reject}}"} {
		dir := t.TempDir()
		configure(t, dir, "socketio: {namespaces: "+namespaces+"}")
		p := serve(t, dir, nil)
		var refused *connectError
		if s, err := enter(t.Context(), p.url, ""); err == nil {
			s.leave(t)
			t.Errorf("%s: a stranger was let in", namespaces)
		} else if !errors.As(err, &refused) || refused.Data.Code != "token_missing" || refused.Message != "인증 토큰이 누락되었습니다." {
			t.Errorf("%s: %v", namespaces, err)
		}
		p.kill(t)
	}
}
