// Package chattest checks that a chat.Store keeps its contract. A store's own tests call Run:
//
//	func TestChat(t *testing.T) {
//		chattest.Run(t, func(t *testing.T) chat.Store { return open(t) })
//	}
package chattest
