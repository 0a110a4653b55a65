package token_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"madang"
	"madang/account/token"
)

func Example() {
	config := token.Defaults()
	config.Secret = "a secret that is long enough: 32+ bytes"

	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	guard, err := token.New(context.Background(), config, token.WithClock(func() time.Time { return now }))
	if err != nil {
		fmt.Println(err)
		return
	}
	signed, err := token.Sign(config, token.Claims{User: "7", Name: "민수", Issued: now, TTL: time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}

	principal, err := guard.Authenticate(context.Background(), madang.Credentials{Token: signed})
	fmt.Println(principal.User, principal.Name, err)

	now = now.Add(time.Hour)
	_, err = guard.Authenticate(context.Background(), madang.Credentials{Token: signed, Locale: "en"})
	fmt.Println(err)
	fmt.Println(errors.Is(err, madang.ErrUnauthenticated), errors.Is(err, token.ErrExpired))
	// Output:
	// 7 민수 <nil>
	// token_expired: The token is invalid or has expired.
	// true true
}

func ExampleNegotiate() {
	fmt.Println(token.Negotiate("en-US,en;q=0.9,ko;q=0.8", token.Korean))
	fmt.Println(token.Text(token.CodeMissing, token.Korean))
	// Output:
	// en
	// 인증 토큰이 누락되었습니다.
}
