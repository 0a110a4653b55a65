package memory_test

import (
	"testing"

	"madang/account"
	"madang/account/accounttest"
	"madang/store/memory"
)

func TestAccounts(t *testing.T) {
	accounttest.Run(t, func(*testing.T) account.Store { return memory.NewAccounts() })
}
