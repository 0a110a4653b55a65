//go:build unix

package standard_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestModes lets the front-end of the NestJS example talk to the program in each of the ways to refuse.
func TestModes(t *testing.T) {
	folder := filepath.Join("..", "..", "examples", "nestjs-gateway")
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = folder
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v; install Node.js 20 or later and run: (cd examples/nestjs-gateway && npm ci)\n%s", err, out)
		}
	}
	for _, mode := range []string{"reject", "disconnect", "per-event"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			configure(t, dir, "socketio: {namespaces: {/chat: {mode: "+mode+"}}}")
			p := serve(t, dir, nil)
			env := append(os.Environ(), "BASE_URL="+p.url, "AUTH_MODE="+mode)
			for name, flags := range map[string]string{
				"TOKEN_A": "--user alice", "TOKEN_B": "--user bob", "TOKEN_EXPIRED": "--user alice --expires=-1h",
			} {
				status, token, errs := command(t, dir, nil, append([]string{"token"}, strings.Fields(flags)...)...)
				if status != 0 {
					t.Fatalf("token %s: %d %s", flags, status, errs)
				}
				env = append(env, name+"="+strings.TrimSpace(token))
			}
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
			defer stop()
			tests := exec.CommandContext(ctx, "npm", "test")
			tests.Dir, tests.Env = folder, env
			if out, err := tests.CombinedOutput(); err != nil {
				t.Fatalf("npm test: %v\n%s", err, out)
			}
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
