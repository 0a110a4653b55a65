package standard

import (
	"context"
	"fmt"
	"time"

	"madang/account/develop"
	"madang/account/token"
	"madang/server"
)

// developTTL is how long a token of the development sign-in is good.
const developTTL = 24 * time.Hour

// signIn is the sign-in of development mode.
type signIn struct{ *develop.Session }

// openDevelop opens the sign-in without passwords, in development mode alone.
func openDevelop(_ context.Context, s *server.Site, _ struct{}) (signIn, error) {
	if !s.Dev {
		return signIn{}, server.ErrOff
	}
	guard, err := server.Find[*token.Guard](s)
	if err != nil {
		return signIn{}, err
	}
	session := develop.New(func(user, name string) (string, error) {
		return guard.Sign(token.Claims{User: user, Name: name, TTL: developTTL})
	}, s.Log)
	return signIn{session}, nil
}

// Hints implements server.Hinter.
func (signIn) Hints(url, _ string) []string {
	return []string{
		fmt.Sprintf("브라우저에서 %s 을 열어 보세요. 두 창에서 서로 다른 사람으로 들어가면 대화할 수 있습니다.", url),
		fmt.Sprintf("Open %s in two windows, sign in as two people, and chat.", url),
	}
}
