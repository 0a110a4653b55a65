package laravel

import (
	"encoding/json"
	"net/http"
)

// JSON answers with a value, which must be one that has a JSON.
func JSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"message":"Server Error"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	Private(h)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone hears nothing
}

// Empty answers that something was done: 204 without a body, any other status with the body `""`, which is what an empty
// JsonResponse is in Laravel, and what its clients parse.
func Empty(w http.ResponseWriter, status int) {
	if status == http.StatusNoContent {
		Private(w.Header())
		w.WriteHeader(status)
		return
	}
	JSON(w, status, "")
}

// Message answers with a sentence.
func Message(w http.ResponseWriter, status int, text string) {
	JSON(w, status, struct {
		Message string `json:"message"`
	}{text})
}

// Private sets the headers of an answer that is for one person alone.
func Private(h http.Header) {
	h.Set("Cache-Control", "no-store, private")
	h.Set("X-Content-Type-Options", "nosniff")
}
