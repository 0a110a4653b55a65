package blob_test

import (
	"testing"

	"madang/blob"
	"madang/blob/blobtest"
)

func TestMemory(t *testing.T) {
	blobtest.Run(t, func(*testing.T) blob.Store { return new(blob.Memory) })
}
