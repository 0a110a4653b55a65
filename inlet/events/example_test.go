package events_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"madang"
	"madang/inlet/events"
)

// A backend with laravel-echo-server's key publishes into a channel.
func Example() {
	hub := madang.New(madang.Config{})
	if err := hub.Start(context.Background()); err != nil {
		panic(err)
	}
	defer hub.Close()
	api, err := events.New(hub, events.Defaults(), events.Options{
		Apps:     madang.NewApps(madang.App{ID: "shop"}),
		EchoKeys: map[string]string{"shop": "0c9d4b31d7a94c0f"},
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	for pattern, handler := range api.Routes() {
		mux.Handle(pattern, handler)
	}

	r := httptest.NewRequest("POST", "/apps/shop/events", strings.NewReader(`{"channel":"news","name":"hello","data":{"n":1}}`))
	r.Header.Set("Authorization", "Bearer 0c9d4b31d7a94c0f")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output: 200 {"message":"ok"}
}
