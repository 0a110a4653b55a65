package memory_test

import (
	"testing"

	"madang/chat"
	"madang/chat/chattest"
	"madang/store/memory"
)

func TestChat(t *testing.T) {
	chattest.Run(t, func(*testing.T) chat.Store { return memory.NewChat() })
}
