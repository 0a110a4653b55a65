package madang

// A Proof is what a client sent along to prove its right to a channel. Which part of it counts is the policy's business.
type Proof struct {
	// Signature is a text that somebody trusted has signed: Pusher's auth.
	Signature string
	// Data is what the signature covers besides the channel: Pusher's channel_data, byte for byte.
	Data []byte
	// Header are the headers for the user's own backend, which decides: Laravel Echo's auth.headers, over those of the
	// handshake. Keys are in canonical form.
	Header map[string][]string
	// Request returns a header of the request that began the connection, as it came, Host among them: what a page cannot say
	// of itself. Nil: it is not known.
	Request func(key string) string
	// Remote is the client's address.
	Remote string
}
